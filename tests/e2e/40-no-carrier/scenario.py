# SPDX-License-Identifier: GPL-2.0-or-later
from lib.scenario import Nic, Scenario

scenario = Scenario(
    title="no cable: says so, gives up when its time is over, and powers off",
    nics=(Nic(link=False),),
    cmdline="pinet.server={server} pinet.target={target} pinet.timeout=15 pinet.onfail=poweroff",
    outcome="powers-off",
    console=(r"pinet: .*eth0.*(carrier|cable|link)", r"given up after 15 s", r"poweroff"),
)
