# SPDX-License-Identifier: GPL-2.0-or-later
from lib import manager

scenario = manager.undisturbed(
    "netplan, with DHCP for eth0, leaves the root's address alone",
    "netplan.io",
    "netplan apply",
    "networkctl status eth0 | grep -q /run/systemd/network/00-pinet.network\ngrep -q 192.168.77.53 /etc/resolv.conf",
    "rm -f /etc/systemd/system-generators/netplan\nsystemctl enable systemd-networkd.service\nnetplan apply",
    packages=("dbus",),
    installed={
        "/etc/netplan/50-owner.yaml": "network:\n  version: 2\n  renderer: networkd\n  ethernets:\n    eth0:\n"
        f"      dhcp4: true\n      dhcp-identifier: duid\n    eth1:\n      addresses: [{manager.OTHER}/24]\n"
    },
)
