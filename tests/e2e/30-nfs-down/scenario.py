# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="the NFS server is down: the client boots without /boot/firmware and says so",
    quick=("trixie",),
    down=("nfs",),
    cmdline="pinet.server={server} pinet.target={target}",
    console=(r"pinet: firmware: .*{server}.*refuse.*booting without /boot/firmware",),
    checks=check.FROM_LUN + (check.no_firmware,),
)
