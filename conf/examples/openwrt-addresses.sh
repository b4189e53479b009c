#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# An OpenWrt router gives addresses, as it does anyway; the clients know the rest. Nothing of a boot
# server may be left from earlier. To be run on the router.
# Not tested on a router.
uci -q delete dhcp.lan.dhcp_option
uci commit dhcp
/etc/init.d/dnsmasq restart
