# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check, upgrade
from lib.scenario import Scenario

scenario = Scenario(
    title="pinet-server: iPXE opens the LUN with CHAP, Kea says where its script is (deployment D), and a new kernel",
    san=True,
    servers={"dhcp": "kea"},
    whole_life=True,
    add=("--boot", "san", "--size", "2G"),
    checks=check.BY_SAN
    + upgrade.SAN_CHECKS
    + (check.address_is("{client}/24"), check.initiator_is("iqn.1993-08.org.debian:01:{mac}"), check.server_as_before),
    **upgrade.SAN_STEPS,
)
