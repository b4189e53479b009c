# SPDX-License-Identifier: GPL-2.0-or-later
from lib.scenario import Scenario

scenario = Scenario(
    title="no partition with that label on the LUN: lists what is there",
    root="root=LABEL=writeable rootfstype=ext4",
    local_disk=True,
    cmdline="pinet.server={server} pinet.target={target} pinet.timeout=40 pinet.onfail=poweroff",
    outcome="powers-off",
    console=(r"pinet: .*LABEL=writeable.*writable",),
)
