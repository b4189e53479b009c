# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="pinet-server: a stock image and a MAC address become a client that boots, with CHAP, and go without a trace",
    quick=("trixie",),
    ipxe=True,
    servers={"dhcp": "dnsmasq"},
    whole_life=True,
    limit_s=300,
    console=(r"pinet: session 1: .*\(native, ",),
    checks=check.BY_PINET
    + (
        check.address_is("{client}/24"),
        check.initiator_is("iqn.1993-08.org.debian:01:{mac}"),
        check.watch_shows("session 1: ", "root: ", "firmware: "),
        check.server_as_before,
    ),
)
