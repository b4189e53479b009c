# SPDX-License-Identifier: GPL-2.0-or-later
from lib.scenario import Scenario

scenario = Scenario(
    title="nobody answers DHCP: says so, and reboots when its time is over",
    down=("dnsmasq",),
    cmdline="pinet.server={server} pinet.target={target} pinet.timeout=15 pinet.onfail=reboot",
    outcome="reboots",
    console=(r"pinet: .*given up after 15 s.*(DHCP|lease|answer)",),
)
