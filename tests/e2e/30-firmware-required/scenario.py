# SPDX-License-Identifier: GPL-2.0-or-later
from lib.scenario import Scenario

scenario = Scenario(
    title="firmware.policy=required and no NFS server: the boot stops, and panic= is honoured",
    down=("nfs",),
    cmdline="pinet.server={server} pinet.target={target} pinet.firmware.policy=required panic=5",
    outcome="reboots",
    console=(r"pinet: firmware: .*{server}.*required",),
)
