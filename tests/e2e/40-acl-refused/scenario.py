# SPDX-License-Identifier: GPL-2.0-or-later
from lib.scenario import Scenario

scenario = Scenario(
    title="the target refuses this initiator: names it, and reboots",
    quick=("bookworm",),
    acl="iqn.2025-02.dev.example:cluster:somebody-else",
    cmdline="pinet.server={server} pinet.target={target} pinet.timeout=15 pinet.onfail=reboot",
    outcome="reboots",
    console=(r"pinet: .*{target}.*", r"pinet: .*iqn\.1993-08\.org\.debian:01:{mac}"),
)
