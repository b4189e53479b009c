# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="a static ip= and no DHCP server at all",
    cmdline="ip=192.168.77.50::{server}:255.255.255.0:lab7:eth0:off pinet.server={server} pinet.target={target}",
    add=("--address", "192.168.77.50"),
    down=("dnsmasq",),
    console=(r"pinet: eth0: 192\.168\.77\.50/24 \(static\)",),
    checks=check.BY_PINET + (check.address_is("192.168.77.50/24"), check.default_route_is("{server}")),
)
