# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# The configuration: /etc/pinet-server/pinet-server.conf, lines NAME = VALUE. It is read, never run.

# conf_defaults: what holds without a line.
conf_defaults()
{
	conf_server=
	conf_network=
	conf_addresses=
	conf_storage="file"
	conf_target=tgt
	conf_tftp=dnsmasq
	conf_nfs=kernel
	conf_dhcp=none
	conf_storage_directory=$root/srv/pinet
	conf_storage_pool=
	conf_tftp_directory=$root/srv/tftp
	conf_target_prefix=
	conf_target_portal=
	conf_log=
	conf_control_tgt=
	conf_service_dnsmasq=
	conf_service_ganesha=
	conf_service_isc=
	conf_service_kea=
	conf_service_lio=
	conf_service_kernel=
}

# conf_set NAME VALUE: returns 1 for an unknown name, 2 for a value that is none.
conf_set()
{
	case $1 in
	server | target.portal | log)
		address_ok "$2" || return 2
		;;
	network) network_ok "$2" || return 2 ;;
	addresses) range_ok "$2" || return 2 ;;
	storage | target | tftp | nfs | dhcp)
		backend_known "$1" "$2" || return 2
		;;
	storage.directory | tftp.directory) path_ok "$2" || return 2 ;;
	storage.pool)
		case $2 in
		*[!A-Za-z0-9/_.-]* | /* | -* | */ | *..*) return 2 ;;
		esac
		;;
	target.prefix) iqn_ok "$2" || return 2 ;;
	control.tgt)
		case $2 in
		'' | *[!0-9]* | ??????*) return 2 ;;
		esac
		;;
	service.*)
		case $2 in
		none) ;;
		pid:*) path_ok "${2#pid:}" || return 2 ;;
		'' | *[!A-Za-z0-9@._-]* | -*) return 2 ;;
		esac
		;;
	esac
	case $1 in
	server) conf_server=$2 ;;
	network) conf_network=$2 ;;
	addresses) conf_addresses=$2 ;;
	storage) conf_storage=$2 ;;
	target) conf_target=$2 ;;
	tftp) conf_tftp=$2 ;;
	nfs) conf_nfs=$2 ;;
	dhcp) conf_dhcp=$2 ;;
	storage.directory) conf_storage_directory=$root${2#"$root"} ;;
	storage.pool) conf_storage_pool=$2 ;;
	tftp.directory) conf_tftp_directory=$root${2#"$root"} ;;
	target.prefix) conf_target_prefix=$2 ;;
	target.portal) conf_target_portal=$2 ;;
	log) conf_log=$2 ;;
	control.tgt) conf_control_tgt=$2 ;;
	service.dnsmasq) conf_service_dnsmasq=$2 ;;
	service.ganesha) conf_service_ganesha=$2 ;;
	service.isc) conf_service_isc=$2 ;;
	service.kea) conf_service_kea=$2 ;;
	service.lio) conf_service_lio=$2 ;;
	service.kernel) conf_service_kernel=$2 ;;
	*) return 1 ;;
	esac
}

# conf_check_set WHERE NAME VALUE: sets it or ends.
conf_check_set()
{
	local status=0
	conf_set "$2" "$3" || status=$?
	case $status in
	1) die "$1: there is no setting \"$2\": pinet-server(8) lists them" ;;
	2) die "$1: $2 cannot be \"$3\": pinet-server(8) says what it can be" ;;
	esac
}

# conf_read: the configuration of this machine; it has to be there.
conf_read()
{
	[ -e "$conf_file" ] || die "there is no $conf_file: run \"pinet-server init\" first"
	conf_load
	[ -n "$conf_server" ] || die "$conf_file does not say server = ADDRESS: the clients have to find it"
	case $conf_storage:$conf_storage_pool in
	zfs: | lvm:) die "$conf_file: storage = $conf_storage needs a storage.pool" ;;
	esac
	conf_fits
}

# conf_fits: ends when a setting does not fit another one, or the clients.
conf_fits()
{
	host_ok "$conf_server" "$conf_network" || die "server = $conf_server: no machine can have that address${conf_network:+ in the network $conf_network}"
	client_places
}

# conf_load: the same without asking for anything.
conf_load()
{
	local line number=0 name value
	conf_defaults
	if [ ! -e "$conf_file" ]; then
		conf_default_prefix
		return 0
	fi
	while IFS= read -r line || [ -n "$line" ]; do
		number=$((number + 1))
		line=${line%%#*}
		# shellcheck disable=SC2086  # values have no blanks
		set -f && set -- $line && set +f
		[ $# -gt 0 ] || continue
		if [ $# != 3 ] || [ "$2" != '=' ]; then
			die "$conf_file line $number: not a line NAME = VALUE"
		fi
		conf_check_set "$conf_file line $number" "$1" "$3"
	done <"$conf_file"
	[ -n "$conf_target_prefix" ] || conf_default_prefix
}

# conf_default_prefix: targets are named after the host, in a domain that nobody else has.
conf_default_prefix()
{
	local name
	name=$(uname -n | tr 'A-Z_' 'a-z-' | sed 's/[^a-z0-9-].*//')
	label_ok "$name" || name=server
	conf_target_prefix=iqn.2026-11.internal.$name:root
}
