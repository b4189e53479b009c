# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2016,SC2034,SC2154
# DHCP by dnsmasq, as the server of the network or as a proxy beside it: a file of its own in dnsmasq.d for each client.
# dnsmasq has to start again for it: it could read hosts with tags from a dhcp-hostsfile on SIGHUP, and then crashes
# when it has served one of them (2.86 to 2.90).

dhcp_dnsmasq_file()
{
	ret=$etc/dnsmasq.d/pinet-client-$1.conf
}

# dhcp_dnsmasq_files: without a MAC address a server cannot tell who asks, and DHCP says nothing.
dhcp_dnsmasq_files()
{
	local file mac code text
	if [ -z "$c_mac" ]; then
		dhcp_dnsmasq_files_drop
		return 0
	fi
	dhcp_dnsmasq_file "$c_id"
	file=$ret
	mac_colons "$c_mac"
	mac=$ret
	{
		mark "$c_id"
		printf 'dhcp-host=%s,set:pinet-%s%s%s\n' "$mac" "$c_id" "${c_address:+,$c_address}" "${c_hostname:+,$c_hostname}"
		dhcp_options | while read -r code text; do
			case $code in
			ipxe) printf 'dhcp-option=tag:pinet-%s,tag:pinet-ipxe,67,"%s"\n' "$c_id" "$text" ;;
			*) printf 'dhcp-option=tag:pinet-%s,%s,"%s"\n' "$c_id" "$code" "$text" ;;
			esac
		done
	} | put_ours "$file" 0644
}

# dhcp_options: what DHCP says to the client c_*, lines CODE TEXT; "ipxe" is the boot file of iPXE alone. iPXE would open
# the disk of a root path (17) by itself, without the secret, and not boot at all when it is refused: there pinet's own
# option says the target.
dhcp_options()
{
	local words=''
	printf '66 %s\n203 %s\n' "$conf_server" "$c_initiator"
	case $c_layout in
	raspi)
		on target "$c_target_kind" lun
		printf '17 iscsi:%s:6:3260:%x:%s\n' "${conf_target_portal:-$conf_server}" "$ret" "$c_target"
		echo '43 Raspberry Pi Boot'
		;;
	*)
		echo "ipxe tftp://$conf_server/$c_id/boot.ipxe"
		words="pinet.target=$c_target"
		[ -z "$conf_target_portal" ] || words="$words pinet.portal=$conf_target_portal"
		;;
	esac
	if [ "$c_layout" != san ]; then
		client_pseudo
		words="$words${words:+ }pinet.firmware=$conf_server:$ret"
	fi
	[ -z "$conf_log" ] || words="$words${words:+ }pinet.log=$conf_log"
	[ -z "$words" ] || echo "224 $words"
}

dhcp_dnsmasq_files_drop()
{
	dhcp_dnsmasq_file "$c_id"
	drop "$ret"
}

# dhcp_dnsmasq_shared_files IDS
dhcp_dnsmasq_shared_files()
{
	local file="$etc/dnsmasq.d/pinet-dhcp.conf"
	if [ -z "$1" ]; then
		drop "$file"
		return 0
	fi
	{
		mark ''
		echo 'dhcp-match=set:pinet-ipxe,175'
	} | put_ours "$file" 0644
}

dhcp_dnsmasq_check()
{
	dhcp_dnsmasq_file "$c_id"
	[ -z "$c_mac" ] || [ -e "$ret" ] || echo "the client's file $ret is missing"
}

# dhcp_dnsmasq_check_server IDS: addresses for everybody else, and boards that two files name.
dhcp_dnsmasq_check_server()
{
	dnsmasq_has dhcp-range || echo "dnsmasq has no dhcp-range: it gives nobody an address"
	dnsmasq_files | tr '\n' '\0' | xargs -0 -r awk -v ours="$etc/dnsmasq.d/pinet-client-" '
		/^[[:space:]]*dhcp-host[[:space:]]*=/ {
			count = split(tolower($0), part, /[=,[:space:]]+/)
			for (i = 1; i <= count; i++) {
				if (part[i] !~ /^[0-9a-f][0-9a-f]:[0-9a-f:]+$/)
					continue
				one = first[part[i]]
				if (one == "")
					first[part[i]] = FILENAME
				else if (one != FILENAME && (index(one, ours) == 1 || index(FILENAME, ours) == 1))
					print one " and " FILENAME " have a dhcp-host line for the same board " part[i]
			}
		}'
}

# The proxy says nothing that is a client's own: only who is the boot server.
dhcp_dnsmasq_proxy_files() { :; }
dhcp_dnsmasq_proxy_files_drop() { :; }
dhcp_dnsmasq_proxy_apply() { dnsmasq_apply; }
dhcp_dnsmasq_proxy_test() { dnsmasq_test; }

dhcp_dnsmasq_proxy_shared_files()
{
	local file="$etc/dnsmasq.d/pinet-dhcp.conf"
	if [ -z "$1" ]; then
		drop "$file"
		return 0
	fi
	[ -n "$conf_network" ] || die "$conf_file does not say network = ADDRESS/PREFIX, which a DHCP proxy needs"
	# that is the administrator's to say: others may ask it for names
	[ -e "$file" ] || dnsmasq_has port || note "this dnsmasq answers DNS, too: say port=0 in $etc/dnsmasq.conf if it is there for clients alone"
	{
		mark ''
		# the ROM of a Raspberry Pi 3 compares the three blanks, and misses an answer that comes at once
		printf 'dhcp-range=%s,proxy\ndhcp-reply-delay=1\n' "${conf_network%/*}"
		printf 'pxe-service=0,"Raspberry Pi Boot   "\n'
	} | put_ours "$file" 0644
}

dhcp_dnsmasq_proxy_check() { :; }

dhcp_dnsmasq_proxy_check_server()
{
	[ -e "$etc/dnsmasq.d/pinet-dhcp.conf" ] || echo "dnsmasq's file $etc/dnsmasq.d/pinet-dhcp.conf is missing"
}
