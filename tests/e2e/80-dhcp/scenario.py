# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="pinet-server: a Raspberry Pi to which DHCP says everything; with ARCH=arm64 an image of another architecture",
    pi="pi4",
    servers={"dhcp": "dnsmasq"},
    whole_life=True,
    add=("--words", "dhcp"),
    limit_s=300,
    checks=check.BY_PINET
    + (
        check.address_is("{client}/24"),
        check.initiator_is("iqn.1993-08.org.debian:01:{mac}"),
        check.status_shows(
            *(f"{field} .*DHCP: option {code}" for field, code in (("server", 66), ("target", 17), ("firmware", 224), ("log", 224)))
        ),
        check.watch_shows("session 1: ", "root: "),
        check.server_as_before,
    ),
)
