# SPDX-License-Identifier: GPL-2.0-or-later
from lib import manager

scenario = manager.undisturbed(
    "NetworkManager, which manages every wired interface, leaves the root's address alone",
    "network-manager",
    "systemctl restart NetworkManager.service; nmcli general reload; nmcli connection reload",
    "timeout 60 sh -c 'until nmcli -t -f DEVICE,STATE device | grep -q eth0:unmanaged; do sleep 1; done'\n"
    "grep -q 192.168.77.53 /etc/resolv.conf",
    "nmcli connection add type ethernet con-name other ifname eth1 ipv4.method manual "
    f"ipv4.addresses {manager.OTHER}/24",
)
