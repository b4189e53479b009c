# SPDX-License-Identifier: GPL-2.0-or-later
from lib.scenario import Scenario

scenario = Scenario(
    title="the portal's address is nobody's: names it, and ends in time",
    cmdline="pinet.server={server} pinet.target={target} pinet.portal=192.168.77.9 pinet.timeout=15",
    outcome="shell",
    console=(r"pinet: given up after 15 s: .*192\.168\.77\.9",),
)
