# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2016,SC2034,SC2154
# The record of a client: /var/lib/pinet-server/clients/ID, lines KEY=VALUE; its secret is a file of its own.

# client_clear: no client.
client_clear()
{
	c_id='' c_mac='' c_serial='' c_hostname='' c_address='' c_target='' c_initiator='' c_user=''
	c_storage='' c_lun='' c_size='' c_target_kind='' c_tftp='' c_nfs='' c_dhcp='' c_layout=''
	c_words='' c_append='' c_export='' c_made='' c_image='' c_mount='' c_root='' c_boot_files=''
}

# client_record ID, client_secret ID: the files.
client_record()
{
	ret=$state/clients/$1
}

client_secret()
{
	ret=$state/secrets/$1
}

# client_secret_text: the secret of c_*, in $ret, or this ends: a target without it would let everybody in.
client_secret_text()
{
	local path
	client_secret "$c_id"
	path=$ret
	secret_ok "$(cat "$path" 2>/dev/null)" ||
		die "there is no secret in $path: put it back, it is also the password in /etc/pinet/chap.conf of the client $c_id"
}

# client_load ID: reads the record into c_*. Returns 1 if there is none.
client_load()
{
	client_record "$1"
	[ -e "$ret" ] || return 1
	client_read "$ret"
}

# client_read FILE: the same from a file.
client_read()
{
	local key value
	client_clear
	while IFS='=' read -r key value; do
		case $key in
		id) c_id=$value ;;
		mac) c_mac=$value ;;
		serial) c_serial=$value ;;
		hostname) c_hostname=$value ;;
		address) c_address=$value ;;
		target) c_target=$value ;;
		initiator) c_initiator=$value ;;
		user) c_user=$value ;;
		storage) c_storage=$value ;;
		lun) c_lun=$value ;;
		size) c_size=$value ;;
		target_kind) c_target_kind=$value ;;
		tftp) c_tftp=$value ;;
		nfs) c_nfs=$value ;;
		dhcp) c_dhcp=$value ;;
		layout) c_layout=$value ;;
		words) c_words=$value ;;
		append) c_append=$value ;;
		export) c_export=$value ;;
		made) c_made=$value ;;
		image) c_image=$value ;;
		mount) c_mount=$value ;;
		root) c_root=$value ;;
		boot_files) c_boot_files=$value ;;
		esac
	done <"$1"
}

# id_need TEXT: the name of a client that an argument is, in $ret, or ends.
id_need()
{
	id_ok "$1" || die "\"$1\" is no client's name: it is a MAC address, a serial number or a name of small letters and digits"
}

# client_need ID: loads the client that an argument names, or ends.
client_need()
{
	id_need "$1"
	set -- "$ret"
	client_load "$1" || client_by_board "$1" || die "there is no client $1: \"pinet-server list\" shows those there are"
}

# client_by_board TEXT: the client whose MAC address or serial number that is. Returns 1 if there is none.
client_by_board()
{
	local id wanted="$1"
	for id in $(client_ids); do
		client_load "$id"
		[ "$wanted" != "$c_mac" ] && [ "$wanted" != "$c_serial" ] || return 0
	done
	return 1
}

# client_print: the record of c_* as it is stored.
client_print()
{
	printf '%s\n' \
		"id=$c_id" \
		"mac=$c_mac" \
		"serial=$c_serial" \
		"hostname=$c_hostname" \
		"address=$c_address" \
		"target=$c_target" \
		"initiator=$c_initiator" \
		"user=$c_user" \
		"storage=$c_storage" \
		"lun=$c_lun" \
		"size=$c_size" \
		"target_kind=$c_target_kind" \
		"tftp=$c_tftp" \
		"nfs=$c_nfs" \
		"dhcp=$c_dhcp" \
		"layout=$c_layout" \
		"words=$c_words" \
		"append=$c_append" \
		"export=$c_export" \
		"made=$c_made" \
		"image=$c_image" \
		"mount=$c_mount" \
		"root=$c_root" \
		"boot_files=$c_boot_files"
}

# client_ids: all of them, a line each.
client_ids()
{
	local file
	for file in "$state"/clients/[a-z0-9]*; do
		[ ! -f "$file" ] || printf '%s\n' "${file##*/}"
	done
}

# client_directory: where the client's boot files are.
client_directory()
{
	ret=$conf_tftp_directory/$c_id
}

# client_pseudo: the directory as the client mounts it: the kernel's NFS server knows it by its path,
# nfs-ganesha by a name that we give.
client_pseudo()
{
	ret=$conf_tftp_directory/$c_id
	[ "$c_nfs" = kernel ] || ret=${ret#"$root"}
}

# client_names: what is named after the id. The initiator is what the agent takes by default.
client_names()
{
	c_target=$conf_target_prefix:$c_id
	c_initiator=iqn.1993-08.org.debian:01:$c_id
	on storage "$c_storage" path "$c_id"
	c_lun=$ret
	client_directory
	c_boot_files=$ret
}

# client_places: LUNs and boot files have to be where the settings say: elsewhere, what has such a name is something else.
client_places()
{
	local places id kind lun boot
	places=$(client_ids | sed "s,^,$state/clients/," | tr '\n' '\0' | xargs -0 -r awk '
		sub(/^id=/, "") { id = $0 }
		sub(/^storage=/, "") { kind = $0 }
		sub(/^lun=/, "") { lun = $0 }
		sub(/^boot_files=/, "") { print id, kind, lun, $0 }')
	while read -r id kind lun boot; do
		[ -n "$id" ] || continue
		on storage "$kind" path "$id"
		[ "$ret" = "$lun" ] || client_misplaced "$id" "its LUN" "$lun" "$ret" "$(
			[ "$kind" = file ] && echo storage.directory || echo storage.pool)"
		c_id=$id
		client_directory
		[ "$ret" = "${boot:-$ret}" ] || client_misplaced "$id" "its boot files" "$boot" "$ret" tftp.directory
	done <<-END
		$places
	END
	client_clear
}

# client_misplaced ID WHAT IS SHOULD SETTING: ends.
client_misplaced()
{
	die "the client $1 has $2 in $3, $5 in $conf_file says $4: put the setting back; to move clients, \"remove\" them (what they have stays), change it, move the files, and \"add --adopt\" them"
}

# client_own_address ADDRESS: whether it is one of this server's.
client_own_address()
{
	[ "$1" = "$conf_server" ] || [ "$1" = "$conf_target_portal" ]
}

# client_refuse_address: ends unless the address of c_* can be a client's.
client_refuse_address()
{
	[ -n "$c_address" ] || return 0
	if [ -n "$conf_network" ] && ! in_network "$c_address" "$conf_network"; then
		die "the address $c_address is not one of the network $conf_network"
	fi
	host_ok "$c_address" "$conf_network" || die "no client can have the address $c_address: it is that of a network, or of all machines in it"
	! client_own_address "$c_address" || die "the address $c_address is the server's own"
}

# client_refuse_twins: no other client has one of c_*'s names and addresses.
client_refuse_twins()
{
	local own="$1" id key value what
	for id in $(client_ids); do
		[ "$id" != "$own" ] || continue
		client_record "$id"
		while IFS='=' read -r key value; do
			[ -n "$value" ] || continue
			what=
			case $key in
			mac) [ "$value" != "$c_mac" ] || what="the MAC address $value" ;;
			serial) [ "$value" != "$c_serial" ] || what="the serial number $value" ;;
			address) [ "$value" != "$c_address" ] || what="the address $value" ;;
			target) [ "$value" != "$c_target" ] || what="the target $value" ;;
			initiator) [ "$value" != "$c_initiator" ] || what="the initiator name $value" ;;
			lun) [ "$value" != "$c_lun" ] || what="the LUN $value" ;;
			esac
			[ -z "$what" ] || die "the client $id has $what already: two clients on one would write over each other"
		done <"$ret"
	done
}

# client_free_export: the lowest number that no export has, in $ret.
client_free_export()
{
	local taken number=100
	taken=$(sed -n 's/^export=//p' "$state"/clients/* 2>/dev/null | tr '\n' ' ')
	while :; do
		case " $taken " in
		*" $number "*) number=$((number + 1)) ;;
		*) break ;;
		esac
	done
	ret=$number
}

# client_free_address: the first address of "addresses" that nobody has, in $ret; "" if there are none to give.
client_free_address()
{
	local taken number last address
	ret=
	[ -n "$conf_addresses" ] || return 0
	taken=$(sed -n 's/^address=//p' "$state"/clients/* 2>/dev/null | tr '\n' ' ')
	address_number "${conf_addresses#*-}"
	last=$ret
	address_number "${conf_addresses%%-*}"
	number=$ret
	while [ "$number" -le "$last" ]; do
		number_address "$number"
		address=$ret
		number=$((number + 1))
		case " $taken " in
		*" $address "*) continue ;;
		esac
		if host_ok "$address" "$conf_network" && ! client_own_address "$address"; then
			ret=$address
			return 0
		fi
	done
	die "all addresses of $conf_addresses are taken"
}
