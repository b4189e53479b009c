# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="MTU, classless routes, host name and name server from DHCP",
    dhcp=(
        "dhcp-option=26,1400",
        "dhcp-option=121,10.9.0.0/16,192.168.77.2,0.0.0.0/0,192.168.77.1",
        "dhcp-option=option:dns-server,192.168.77.53",
        "dhcp-option=option:domain-name,lab.example",
    ),
    cmdline="pinet.server={server} pinet.target={target}",
    checks=check.BY_PINET
    + (
        check.mtu_is(1400),
        check.default_route_is("{server}"),
        check.route_is("10.9.0.0/16", "192.168.77.2"),
        check.klibc_says("IPV4DNS0", "192.168.77.53"),
        check.klibc_says("DNSDOMAIN", "lab.example"),
    ),
)
