# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Event, Nic, Scenario

scenario = Scenario(
    title="the cable is plugged in 25 s after power-on: boots",
    nics=(Nic(link=False),),
    events=(Event("link 0 up", after=25),),
    cmdline="pinet.server={server} pinet.target={target}",
    console=(r"pinet: .*eth0.*(carrier|cable|link)",),
    checks=check.BY_PINET,
)
