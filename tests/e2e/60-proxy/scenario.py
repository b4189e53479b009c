# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="a proxy beside a router, boot files by serial number, one target for all clients (deployment C)",
    root="root=UUID=5d1c7f0e-70c1-4bd0-9a52-0d6b1a2f3c4d",
    # QEMU's machines have no serial number: the id stands for it.
    initramfs={"/etc/pinet/pinet.conf": "server = dhcp\nid = e9004c01\n"},
    cmdline="ip=::::rpi-blog:eth0:dhcp",
    router=(),
    servers={"dhcp": "dnsmasq-proxy"},
    prefix="e9004c01",
    target="iqn.2003-01.org.linux-iscsi.san:pis",
    console=(r"pinet: eth0: 192\.168\.77\.\d+/24 from 192\.168\.77\.254 ",),
    checks=check.BY_PINET
    + (
        check.initiator_is("iqn.1993-08.org.debian:01:e9004c01"),
        check.default_route_is("192.168.77.254"),
        check.klibc_says("HOSTNAME", "rpi-blog"),
    ),
)
