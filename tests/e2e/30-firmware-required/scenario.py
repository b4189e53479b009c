# SPDX-License-Identifier: GPL-2.0-or-later
from lib.scenario import Scenario

scenario = Scenario(
    title="firmware.policy=required and no NFS server: tried again, then the boot stops, and panic= is honoured",
    down=("nfs",),
    cmdline="pinet.server={server} pinet.target={target} pinet.firmware.policy=required pinet.timeout=30 panic=5",
    outcome="reboots",
    console=(r"pinet: firmware: .*{server}.*required, trying again", r"pinet: firmware: given up after 30 s: .*{server}"),
)
