#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# An OpenWrt router tells diskless clients everything; the boot server is another machine. To be run
# on the router.
# Tested: the options, with dnsmasq. Not tested: uci and a router.

# The firmware of Raspberry Pis looks for these words. It takes them as they are, without a menu
# around them, and pinet does not mind them.
uci add_list dhcp.lan.dhcp_option='43,Raspberry Pi Boot   '
# The server; the target on it; the name by which the target knows the client.
uci add_list dhcp.lan.dhcp_option='66,192.168.20.1'
uci add_list dhcp.lan.dhcp_option='17,iscsi:192.168.20.1::::iqn.2025-02.dev.example:root:%i'
uci add_list dhcp.lan.dhcp_option='203,iqn.2025-02.dev.example:cluster:%i'
# For pinet alone: words as on its kernel command line.
uci add_list dhcp.lan.dhcp_option='224,pinet.firmware=192.168.20.1:/srv/tftp/%m'
uci commit dhcp
/etc/init.d/dnsmasq restart
