# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check, upgrade
from lib.scenario import Scenario

scenario = Scenario(
    title="pinet-server: a Raspberry Pi 3 by serial number, a proxy, LIO, thin volumes, the kernel's NFS (deployment C)",
    suites=("bookworm",),
    pi="pi3+",
    router=(),
    servers={"dhcp": "dnsmasq-proxy", "target": "lio", "nfs": "kernel", "storage": "lvm", "storage.pool": "vg0/thin"},
    whole_life=True,
    add=("--size", "2G"),
    prefix="e9004c01",
    cmdline="ip=::::rpi-blog:eth0:dhcp",
    checks=check.BY_PINET
    + upgrade.CHECKS
    + (
        check.address_is("{client}/24"),
        check.default_route_is("192.168.77.254"),
        check.klibc_says("HOSTNAME", "rpi-blog"),
        check.server_as_before,
    ),
    **upgrade.STEPS,
)
