# SPDX-License-Identifier: GPL-2.0-or-later
"""The network managers, each as an owner would have it who thinks that eth0 is its: how it comes, is started again, and
shows that it is at work. What the owner wrote for eth1 it has to do."""

from dataclasses import dataclass, field

OTHER = "10.99.1.1"  # of eth1, at whose network nobody is


@dataclass(frozen=True)
class Manager:
    """Shell texts; $names is the name server of the lease."""

    package: str
    disturb: str  # starts it again, in all its ways
    works: str  # succeeds when it runs
    spares: str  # succeeds when it has been told of the root's interface
    resolves: str = "grep -q $names /etc/resolv.conf"
    install: str = ""  # after its installation
    packages: tuple[str, ...] = ()
    installed: dict[str, str] = field(default_factory=dict)


NETWORKD = Manager(
    package="systemd",
    disturb="systemctl restart systemd-networkd.service; networkctl reload; networkctl reconfigure eth0",
    works="systemctl is-active systemd-networkd.service",
    spares="networkctl status eth0 | grep -q /run/systemd/network/00-pinet.network",
    resolves="resolvectl dns | grep -q $names && grep -q nameserver /etc/resolv.conf",
    install="systemctl enable --now systemd-networkd.service",
    packages=("dbus", "systemd-resolved"),
    installed={
        "/etc/systemd/network/05-other.network": f"[Match]\nName=eth1\n\n[Network]\nAddress={OTHER}/24\n",
        "/etc/systemd/network/10-owner.network": "[Match]\nName=e*\n\n[Network]\nDHCP=yes\n",
    },
)
NETWORKMANAGER = Manager(
    package="network-manager",
    disturb="systemctl restart NetworkManager.service; nmcli general reload; nmcli connection reload",
    works="systemctl is-active NetworkManager.service",
    spares="timeout 60 sh -c 'until nmcli -t -f DEVICE,STATE device | grep -q eth0:unmanaged; do sleep 1; done'",
    install=f"nmcli connection add type ethernet con-name other ifname eth1 ipv4.method manual ipv4.addresses {OTHER}/24",
)
IFUPDOWN = Manager(
    package="ifupdown",
    disturb="systemctl restart networking.service; systemctl stop ifup@eth0.service; ifup -a",
    works="systemctl is-active networking.service",
    spares="ifquery --state eth0",
    packages=("resolvconf", "isc-dhcp-client"),
    installed={
        "/etc/network/interfaces": "auto lo eth0 eth1\niface lo inet loopback\niface eth0 inet dhcp\n"
        f"allow-hotplug eth0\niface eth1 inet static\n\taddress {OTHER}/24\n"
    },
)
NETPLAN = Manager(
    package="netplan.io",
    disturb="netplan apply",
    works="systemctl is-active systemd-networkd.service",
    spares="networkctl status eth0 | grep -q /run/systemd/network/00-pinet.network",
    install="rm -f /etc/systemd/system-generators/netplan\nsystemctl enable systemd-networkd.service\nnetplan apply",
    packages=("dbus",),
    installed={
        "/etc/netplan/50-owner.yaml": "network:\n  version: 2\n  renderer: networkd\n  ethernets:\n    eth0:\n"
        f"      dhcp4: true\n      dhcp-identifier: duid\n    eth1:\n      addresses: [{OTHER}/24]\n"
    },
)
DHCPCD = Manager(
    package="dhcpcd",
    disturb="systemctl restart dhcpcd.service",
    works="systemctl is-active dhcpcd.service",
    spares="grep -q denyinterfaces /run/pinet/dhcpcd.conf",
    install=f"printf 'interface eth1\\nstatic ip_address={OTHER}/24\\n' >>/etc/dhcpcd.conf",
)
