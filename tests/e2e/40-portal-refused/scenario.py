# SPDX-License-Identifier: GPL-2.0-or-later
from lib.scenario import Scenario

scenario = Scenario(
    title="nobody listens on the portal's port: a shell that says whom it asked",
    cmdline="pinet.server={server} pinet.target={target} pinet.portal={server}:3261 pinet.timeout=10",
    outcome="shell",
    console=(r"pinet: .*{server} refuses connections to port 3261",),
)
