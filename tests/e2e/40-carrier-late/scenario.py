# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Event, Nic, Scenario

MISSED = r"pinet: .*eth0.*(carrier|cable|link)"

scenario = Scenario(
    title="the cable is plugged in 10 s after pinet has missed it: boots",
    nics=(Nic(link=False),),
    events=(Event("link 0 up", after=10, seen=MISSED),),
    cmdline="pinet.server={server} pinet.target={target}",
    console=(MISSED,),
    checks=check.BY_PINET,
)
