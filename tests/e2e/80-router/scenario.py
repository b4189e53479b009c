# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check, upgrade
from lib.scenario import Scenario

scenario = Scenario(
    title="pinet-server: a Raspberry Pi, a name in its EEPROM, a router with option 66 and a raw option 43 (deployment E)",
    pi="pi4",
    router=('dhcp-option=43,"Raspberry Pi Boot"', 'dhcp-option=66,"{server}"'),
    whole_life=True,
    prefix="running-lion",
    checks=check.BY_PINET + upgrade.CHECKS + (check.address_is("{client}/24"), check.server_as_before),
    **upgrade.STEPS,
)
