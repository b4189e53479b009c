# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# DHCP by Kea: a file that is a list of host reservations. JSON has no place for marked lines, so the administrator
# includes it once, where the subnet's reservations stand:
#
#	"reservations": <?include "/etc/kea/pinet-server.json"?>,
#
# Kea's own checker is asked before it reads its configuration again.

dhcp_kea_files() { :; }
dhcp_kea_files_drop() { :; }

# dhcp_kea_included: whether Kea's configuration has the line.
dhcp_kea_included()
{
	grep -q -F "<?include \"$etc/kea/pinet-server.json\"?>" "$etc/kea/kea-dhcp4.conf" 2>/dev/null
}

# dhcp_kea_shared_files IDS: an empty list is there from "init" to "init --remove", and for as long as it is included: Kea
# does not start without it then.
dhcp_kea_shared_files()
{
	local file="$etc/kea/pinet-server.json" id between=' '
	if [ -z "$1" ] && [ "$conf_dhcp" != kea ] && ! dhcp_kea_included; then
		drop "$file"
		return 0
	fi
	dhcp_kea_included || warn "Kea does not use $file yet: say \"reservations\": <?include \"$file\"?> in the subnet of kea-dhcp4.conf"
	{
		mark ''
		printf '[\n'
		for id in $1; do
			client_load "$id"
			[ -n "$c_mac" ] || continue
			printf '%s' "$between"
			between=', '
			dhcp_kea_host
		done
		printf ']\n'
	} | put_ours "$file" 0644
}

# dhcp_kea_host: the reservation of c_*.
dhcp_kea_host()
{
	local code text file='' between=''
	mac_colons "$c_mac"
	printf '{ "hw-address": "%s"' "$ret"
	[ -z "$c_address" ] || printf ', "ip-address": "%s"' "$c_address"
	[ -z "$c_hostname" ] || printf ', "hostname": "%s"' "$c_hostname"
	[ "$c_layout" = raspi ] || printf ', "next-server": "%s", "boot-file-name": "tftp://%s/%s/boot.ipxe"' \
		"$conf_server" "$conf_server" "$c_id"
	printf ',\n    "option-data": ['
	dhcp_options | while read -r code text; do
		case $code in
		ipxe) continue ;;
		17) printf '%s\n      { "name": "root-path", "data": "%s" }' "$between" "$text" ;;
		66) printf '%s\n      { "name": "tftp-server-name", "data": "%s" }' "$between" "$text" ;;
		*) printf '%s\n      { "code": %s, "csv-format": false, "always-send": %s, "data": "%s" }' \
			"$between" "$code" "$([ "$code" = 43 ] && echo true || echo false)" "$(printf '%s' "$text" | od -An -tx1 | tr -d ' \n')" ;;
		esac
		between=','
	done
	printf ' ] }\n'
}

dhcp_kea_test()
{
	if ! kea-dhcp4 -t "$etc/kea/kea-dhcp4.conf" >"$work/kea.log" 2>&1; then
		printf 'pinet-server: Kea: %s\n' "$(grep -i error "$work/kea.log" | tail -n 1 | tr -cd '[:print:]')" >&2
		return 1
	fi
}

dhcp_kea_apply()
{
	dhcp_kea_test || return 1
	service_reload kea-dhcp4-server "$conf_service_kea" kea-dhcp4-server.service reload
}

dhcp_kea_check() { :; }

dhcp_kea_check_server()
{
	dhcp_kea_included || echo "$etc/kea/kea-dhcp4.conf does not include $etc/kea/pinet-server.json"
}
