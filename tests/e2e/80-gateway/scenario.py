# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check, upgrade
from lib.scenario import Scenario

scenario = Scenario(
    title="pinet-server: a Raspberry Pi, ISC dhcpd, tftpd-hpa and tgt (deployment A), and a new kernel",
    pi="pi4",
    servers={"dhcp": "isc", "tftp": "hpa"},
    whole_life=True,
    checks=check.BY_PINET + upgrade.CHECKS + (check.address_is("{client}/24"), check.server_as_before),
    **upgrade.STEPS,
)
