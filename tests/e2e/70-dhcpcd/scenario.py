# SPDX-License-Identifier: GPL-2.0-or-later
from lib import manager

scenario = manager.undisturbed(
    "dhcpcd, which asks DHCP on every interface, leaves the root's address alone",
    "dhcpcd",
    "systemctl restart dhcpcd.service",
    "systemctl is-active dhcpcd.service\ngrep -q denyinterfaces /run/pinet/dhcpcd.conf\n"
    "grep -q 192.168.77.53 /etc/resolv.conf",
    f"printf 'interface eth1\\nstatic ip_address={manager.OTHER}/24\\n' >>/etc/dhcpcd.conf",
    suites=("bookworm",),  # trixie's package has no unit
)
