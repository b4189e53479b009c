# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# DHCP by ISC's dhcpd: one file with all clients, included by a marked line in dhcpd.conf. dhcpd reads its
# configuration only when it starts; its own checker is asked before that.

dhcp_isc_files() { :; }
dhcp_isc_files_drop() { :; }

# dhcp_isc_shared_files IDS
dhcp_isc_shared_files()
{
	local file="$etc/dhcp/pinet-server.conf" id
	if [ -z "$1" ]; then
		block_drop "$etc/dhcp/dhcpd.conf"
		drop "$file"
		return 0
	fi
	{
		mark ''
		printf 'option pinet-initiator code 203 = text;\noption pinet-words code 224 = text;\n'
		for id in $1; do
			client_load "$id"
			dhcp_isc_host
		done
	} | put_ours "$file" 0644
	block_put "$etc/dhcp/dhcpd.conf" "include \"$file\";"
}

# dhcp_isc_host: the declaration of c_*, if it has a MAC address.
dhcp_isc_host()
{
	local code text
	[ -n "$c_mac" ] || return 0
	mac_colons "$c_mac"
	printf 'host pinet-%s {\n\thardware ethernet %s;\n' "$c_id" "$ret"
	[ -z "$c_address" ] || printf '\tfixed-address %s;\n' "$c_address"
	[ -z "$c_hostname" ] || printf '\toption host-name "%s";\n' "$c_hostname"
	dhcp_options | while read -r code text; do
		case $code in
		17) printf '\toption root-path "%s";\n' "$text" ;;
		43) printf '\toption vendor-encapsulated-options "%s";\n' "$text" ;;
		66) printf '\toption tftp-server-name "%s";\n' "$text" ;;
		203) printf '\toption pinet-initiator "%s";\n' "$text" ;;
		224) printf '\toption pinet-words "%s";\n' "$text" ;;
		ipxe) printf '\tif exists user-class and option user-class = "iPXE" {\n\t\tfilename "%s";\n\t}\n' "$text" ;;
		esac
	done
	printf '}\n'
}

dhcp_isc_test()
{
	if ! dhcpd -t -cf "$etc/dhcp/dhcpd.conf" -lf /dev/null >"$work/dhcpd.log" 2>&1; then
		grep -E ' line [0-9]+: |rror' "$work/dhcpd.log" | head -n 1 | tr -cd '[:print:]' | sed 's/^/pinet-server: dhcpd: /;s/$/\n/' >&2
		return 1
	fi
}

dhcp_isc_apply()
{
	dhcp_isc_test || return 1
	service_reload isc-dhcp-server "$conf_service_isc" isc-dhcp-server.service restart
}

dhcp_isc_check() { :; }

dhcp_isc_check_server()
{
	grep -q -x '# BEGIN pinet-server.*' "$etc/dhcp/dhcpd.conf" 2>/dev/null ||
		echo "$etc/dhcp/dhcpd.conf does not include $etc/dhcp/pinet-server.conf"
}
