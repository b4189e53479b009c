# SPDX-License-Identifier: GPL-2.0-or-later
# A MikroTik router (RouterOS 7) tells diskless clients everything. s'...' is a string. A router sends
# an option only to who asks for it: pinet asks for all of these.
# Not tested on a router: written after the documentation of RouterOS 7. Look at the result with
# "pinet plan --dhcp eth0".
/ip dhcp-server option
add name=boot-server code=66 value="s'192.168.20.1'"
add name=root-path code=17 value="s'iscsi:192.168.20.1::::iqn.2025-02.dev.example:root:%i'"
add name=initiator code=203 value="s'iqn.2025-02.dev.example:cluster:%i'"
add name=pinet code=224 value="s'pinet.firmware=192.168.20.1:/srv/tftp/%m'"
add name=raspberry-pi code=43 value="s'Raspberry Pi Boot   '"
/ip dhcp-server option sets
add name=netboot options=boot-server,root-path,initiator,pinet,raspberry-pi
/ip dhcp-server network
set [find address=192.168.20.0/24] dhcp-option-set=netboot
