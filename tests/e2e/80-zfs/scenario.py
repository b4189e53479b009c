# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="pinet-server: a Raspberry Pi, ZFS volumes, the kernel's NFS, and tgt, ISC dhcpd and tftpd-hpa as systemd runs them",
    suites=("bookworm",),
    pi="pi4",
    servers={"dhcp": "isc", "tftp": "hpa", "nfs": "kernel", "storage": "zfs", "storage.pool": "tank/luns"},
    whole_life=True,
    add=("--size", "2G"),
    limit_s=300,
    checks=check.BY_PINET + (check.address_is("{client}/24"), check.server_as_before),
)
