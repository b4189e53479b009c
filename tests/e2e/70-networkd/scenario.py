# SPDX-License-Identifier: GPL-2.0-or-later
from lib.manager import undisturbed
from lib.managers import NETWORKD

scenario = undisturbed("systemd-networkd, told to ask DHCP for eth0, leaves the root's address alone", NETWORKD)
