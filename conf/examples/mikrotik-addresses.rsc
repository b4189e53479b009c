# SPDX-License-Identifier: GPL-2.0-or-later
# A MikroTik router gives addresses, as it does anyway; the clients know the rest. Nothing of a boot
# server may be left from earlier.
# Not tested on a router: written after the documentation of RouterOS 7. Look at the result with
# "pinet plan --dhcp eth0".
/ip dhcp-server network
set [find address=192.168.20.0/24] dhcp-option-set=none next-server=none boot-file-name=""
