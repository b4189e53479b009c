# SPDX-License-Identifier: GPL-2.0-or-later
from lib.manager import undisturbed
from lib.managers import NETPLAN

scenario = undisturbed("netplan, with DHCP for eth0, leaves the root's address alone", NETPLAN)
