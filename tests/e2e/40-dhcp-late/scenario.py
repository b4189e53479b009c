# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Event, Scenario

scenario = Scenario(
    title="no DHCP answer for 60 s, and then one: boots",
    down=("dnsmasq",),
    events=(Event("start dnsmasq", after=60),),
    limit_s=240,
    cmdline="pinet.server={server} pinet.target={target}",
    console=(r"pinet: .*eth0.*(DHCP|lease|answer)",),
    checks=check.BY_PINET + (check.address_is("{client}/24"),),
)
