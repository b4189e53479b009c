# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check, upgrade
from lib.scenario import Scenario

scenario = Scenario(
    title="pinet-server: a Raspberry Pi, DHCP that says nothing but an address, no CHAP (deployment B), and a new kernel",
    pi="pi4",
    servers={"tftp": "hpa"},
    whole_life=True,
    add=("--no-chap",),
    checks=check.BY_PINET + upgrade.CHECKS + (check.address_is("{client}/24"), check.server_as_before),
    **upgrade.STEPS,
)
