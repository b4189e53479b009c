# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="pinet-server: a Raspberry Pi, ISC dhcpd, tftpd-hpa and tgt (deployment A)",
    pi="pi4",
    provisioned={"dhcp": "isc", "tftp": "hpa"},
    limit_s=300,
    checks=check.BY_PINET + (check.address_is("{client}/24"), check.server_as_before),
)
