# SPDX-License-Identifier: GPL-2.0-or-later
from lib.scenario import Scenario

scenario = Scenario(
    title="the server has no target of that name",
    cmdline="pinet.server={server} pinet.target=iqn.2025-02.dev.example:root:nobody pinet.timeout=15",
    outcome="shell",
    console=(r"pinet: .*iqn\.2025-02\.dev\.example:root:nobody.*{server}|pinet: .*{server}.*iqn\.2025-02\.dev\.example:root:nobody",),
)
