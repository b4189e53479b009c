# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# init: chooses the servers, once.

command_init()
{
	local settings='' remove=
	while [ $# -gt 0 ]; do
		case $1 in
		--remove) remove=yes ;;
		--server | --network | --addresses | --storage | --target | --tftp | --nfs | --dhcp)
			need_value "$1" $#
			settings="$settings ${1#--}=$2"
			shift
			;;
		--server=* | --network=* | --addresses=* | --storage=* | --target=* | --tftp=* | --nfs=* | --dhcp=*)
			settings="$settings ${1#--}"
			;;
		--set)
			need_value "$1" $#
			settings="$settings $2"
			shift
			;;
		--set=*) settings="$settings ${1#--set=}" ;;
		*) usage_error "init has no argument $1" ;;
		esac
		shift
	done
	lock
	if [ -n "$remove" ]; then
		init_remove
		return 0
	fi
	init_choose
	conf_load
	init_settings "$settings"
	conf_fits
	backend_need
	journal_begin init ''
	init_print | put "$conf_file" 0644
	make_parents "$conf_tftp_directory"
	[ "$conf_storage" != file ] || make_parents "$conf_storage_directory"
	[ "$conf_dhcp" != kea ] || shared dhcp kea
	journal_done
	note "$conf_file: storage $conf_storage, target $conf_target, TFTP $conf_tftp, NFS $conf_nfs, DHCP $conf_dhcp"
}

# init_choose: without a file yet, the servers that are installed.
init_choose()
{
	local kind name program package chosen='' settings=''
	init_chosen=
	[ ! -e "$conf_file" ] || return 0
	while read -r kind name program package; do
		case "$chosen " in
		*" $kind "*) continue ;;
		esac
		# a store needs a pool, and a DHCP server a decision
		case $kind:$name in
		storage:* | dhcp:* | nfs:none) continue ;;
		esac
		command -v "$program" >/dev/null 2>&1 || continue
		chosen="$chosen $kind"
		init_chosen="$init_chosen $kind=$name"
	done <<-END
		$(backend_table)
	END
}

# init_settings LIST: words NAME=VALUE over what the file says.
init_settings()
{
	local one
	set -f
	for one in $init_chosen $1; do
		case $one in
		*=*) conf_check_set "init" "${one%%=*}" "${one#*=}" ;;
		*) die "init: $one is not NAME=VALUE" ;;
		esac
	done
	set +f
	[ -n "$conf_server" ] || init_address
	if [ -n "$conf_network" ] && ! in_network "$conf_server" "$conf_network"; then
		warn "the server $conf_server is not in the network $conf_network"
	fi
}

# init_address: this machine's only address, and its network.
init_address()
{
	local found
	found=$(ip -4 -o address show scope global 2>/dev/null | awk '{ print $4 }')
	case $found in
	'' | *"
"*) die "say --server ADDRESS: the one the clients are to use (this machine has: $(printf '%s' "${found:-none}" | tr '\n' ' '))" ;;
	esac
	conf_check_set init server "${found%%/*}"
}

# init_lines: the settings that have a value, as they are stored.
init_lines()
{
	local name value
	while IFS='|' read -r name value; do
		[ -z "$value" ] || printf '%s = %s\n' "$name" "$value"
	done <<-END
		server|$conf_server
		network|$conf_network
		addresses|$conf_addresses
		storage|$conf_storage
		target|$conf_target
		tftp|$conf_tftp
		nfs|$conf_nfs
		dhcp|$conf_dhcp
		storage.directory|${conf_storage_directory#"$root"}
		storage.pool|$conf_storage_pool
		tftp.directory|${conf_tftp_directory#"$root"}
		target.prefix|$conf_target_prefix
		target.portal|$conf_target_portal
		log|$conf_log
		control.tgt|$conf_control_tgt
		service.dnsmasq|$conf_service_dnsmasq
		service.ganesha|$conf_service_ganesha
		service.isc|$conf_service_isc
		service.kea|$conf_service_kea
		service.lio|$conf_service_lio
		service.kernel|$conf_service_kernel
	END
}

# init_print: the whole file: what is there, with the values of now, and at its end the settings that it did not have.
init_print()
{
	init_lines >"$work/settings"
	if [ -e "$conf_file" ]; then
		cat "$conf_file"
	else
		printf '# Written by "pinet-server init", yours to change: pinet-server(8) explains the settings.\n'
	fi | awk '
		NR == FNR { value[$1] = $3; name[++count] = $1; next }
		$1 ~ /^[a-z]/ && !($1 in value) { next }
		$1 in value {
			seen[$1] = 1
			match($0, /=[[:space:]]*[^[:space:]#]+/)
			$0 = substr($0, 1, RSTART - 1) "= " value[$1] substr($0, RSTART + RLENGTH)
		}
		{ print }
		END {
			for (i = 1; i <= count; i++)
				if (!(name[i] in seen))
					print name[i] " = " value[name[i]]
		}' "$work/settings" -
}

# init_remove: forgets the choice; there must be no clients.
init_remove()
{
	conf_load
	[ -z "$(client_ids)" ] || die "there are clients: remove them first"
	journal_begin init ''
	if [ "$conf_dhcp" = kea ]; then
		! dhcp_kea_included || die "$etc/kea/kea-dhcp4.conf includes $etc/kea/pinet-server.json: take that line out first"
		drop "$etc/kea/pinet-server.json"
	fi
	drop "$conf_file"
	journal_done
	rmdir "${conf_file%/*}" 2>/dev/null || :
}
