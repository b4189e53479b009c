# SPDX-License-Identifier: GPL-2.0-or-later
from lib.manager import undisturbed
from lib.managers import DHCPCD

# trixie's package has no unit
scenario = undisturbed("dhcpcd, which asks DHCP on every interface, leaves the root's address alone", DHCPCD, suites=("bookworm",))
