# SPDX-License-Identifier: GPL-2.0-or-later
from lib import manager

scenario = manager.undisturbed(
    "ifupdown, with an eth0 that it should bring up itself, leaves the root's address alone",
    "ifupdown",
    "systemctl restart networking.service; systemctl stop ifup@eth0.service; ifup -a",
    "systemctl is-active networking.service\nifquery --state eth0\ngrep -q 192.168.77.53 /etc/resolv.conf",
    packages=("resolvconf",),
    installed={
        "/etc/network/interfaces": "auto lo eth0 eth1\niface lo inet loopback\niface eth0 inet static\n"
        f"\taddress 10.99.0.1/24\nallow-hotplug eth0\niface eth1 inet static\n\taddress {manager.OTHER}/24\n"
    },
)
