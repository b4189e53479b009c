# SPDX-License-Identifier: GPL-2.0-or-later
from lib import manager

scenario = manager.undisturbed(
    "systemd-networkd, told to ask DHCP for eth0, leaves the root's address alone",
    "systemd",
    "systemctl restart systemd-networkd.service; networkctl reload; networkctl reconfigure eth0",
    "networkctl status eth0 | grep -q /run/systemd/network/00-pinet.network\n"
    "resolvectl dns | grep -q 192.168.77.53\ngrep -q nameserver /etc/resolv.conf",
    "systemctl enable --now systemd-networkd.service",
    packages=("dbus", "systemd-resolved"),
    installed={
        "/etc/systemd/network/05-other.network": f"[Match]\nName=eth1\n\n[Network]\nAddress={manager.OTHER}/24\n",
        "/etc/systemd/network/10-owner.network": "[Match]\nName=e*\n\n[Network]\nDHCP=yes\n",
    },
)
