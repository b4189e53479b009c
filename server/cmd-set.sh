# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# set: another board, name, address or size.
. "$lib/disk.sh"
. "$lib/make.sh"
. "$lib/words.sh"

command_set()
{
	local id='' name='' size='' force='' mac='' serial='' address='' hostname='' old words
	while [ $# -gt 0 ]; do
		case $1 in
		--force) force=yes ;;
		--name | --mac | --serial | --address | --hostname | --size)
			need_value "$1" $#
			set_value "$1" "$2"
			shift
			;;
		--name=* | --mac=* | --serial=* | --address=* | --hostname=* | --size=*) set_value "${1%%=*}" "${1#*=}" ;;
		-*) usage_error "set has no option $1" ;;
		*)
			[ -z "$id" ] || usage_error "unexpected argument \"$1\""
			id=$1
			;;
		esac
		shift
	done
	[ -n "$id" ] || usage_error "the name of a client is missing"
	[ -n "$name$size$mac$serial$address$hostname" ] || usage_error "say what is to change"
	lock
	conf_read
	client_need "$id"
	[ -n "$force" ] || refuse_session
	old=$c_id
	words_pinet
	words=$ret
	# a client that is named after its board gets the name of the new one
	if [ -n "$mac" ] && [ "$c_id" = "$c_mac" ]; then name=${name:-$mac}; fi
	if [ -n "$serial" ] && [ "$c_id" = "$c_serial" ]; then name=${name:-$serial}; fi
	c_mac=${mac:-$c_mac} c_serial=${serial:-$c_serial} c_address=${address:-$c_address} c_hostname=${hostname:-$c_hostname}
	client_refuse_address
	[ -z "$name" ] || [ "$name" != "$c_id" ] || name=
	if [ -z "$name" ]; then
		client_refuse_twins "$old"
		words_pinet
		[ "$ret" = "$words" ] || set_refuse_san
		journal_begin set "$old"
		[ "$ret" = "$words" ] || set_boot_files
	else
		set_name "$old"
	fi
	[ -z "$size" ] || set_size
	client_files
	apply
	journal_done
	note "$c_id is changed"
}

# set_value OPTION VALUE
set_value()
{
	case $1 in
	--name)
		id_ok "$2" || usage_error "--name $2: a MAC address, a serial number, or small letters and digits"
		name=$ret
		;;
	--mac)
		mac_ok "$2" || usage_error "--mac $2: six pairs of hexadecimal digits, such as dc:a6:32:e9:00:4c"
		mac=$ret
		;;
	--serial)
		serial_ok "$2" || usage_error "--serial $2: 8 or 16 hexadecimal digits"
		serial=$ret
		;;
	--address)
		address_ok "$2" || usage_error "--address $2: an IPv4 address"
		address=$ret
		;;
	--hostname)
		hostname_ok "$2" || usage_error "--hostname $2: small letters, digits and \"-\", and no word of dnsmasq's own: ignore, infinite, a time"
		hostname=$ret
		;;
	--size)
		size_ok "$2" || usage_error "--size $2: a number with M, G or T behind it, such as 32G"
		size=$ret
		;;
	esac
}

# set_name OLD: another name: its files are written anew, its boot files get the new words. CHAP name and secret stay:
# they are in the client's initramfs.
set_name()
{
	local old="$1" old_directory secret snapshot
	set_refuse_san
	client_record "$name"
	[ ! -e "$ret" ] || die "there is a client $name already"
	client_directory
	old_directory=$ret
	[ ! -e "$conf_tftp_directory/$name" ] || die "$conf_tftp_directory/$name exists already"
	! on storage "$c_storage" exists "$name" || die "there is a LUN for $name already"
	for snapshot in "$state/snapshots/${old}_"*; do
		[ ! -d "$snapshot" ] || die "$old has snapshots, which have its old name in them: delete them first"
	done
	(
		c_id=$name
		client_names
		client_refuse_twins "$old"
		refuse_taken ''
	) || exit 1
	journal_begin set "$old"
	set_drop_old "$old"
	on storage "$c_storage" rename "$old" "$name"
	client_secret "$old"
	secret=$ret
	c_id=$name
	if [ -e "$secret" ]; then
		client_secret "$name"
		rename "$secret" "$ret"
	fi
	client_names
	client_directory
	journal new "$ret"
	cp -a --reflink=auto -- "$old_directory" "$ret" || die "cannot copy the boot files of $old"
	set_words "$ret"
	drop "$old_directory"
}

# set_refuse_san: what is only in the LUN is not changed here.
set_refuse_san()
{
	[ "$c_layout" != san ] || die "a client that boots by SAN has its names in its LUN: clone it under the new name, then remove it"
}

# set_boot_files: the name stays, and the boot files get other words, as when a client is not named after its board any more.
# A copy takes their place.
set_boot_files()
{
	local directory new
	client_directory
	directory=$ret
	drop "$directory"
	copy_beside "${directory%/*}/.${directory##*/}.pinet-old" "$directory"
	new=$ret
	set_words "$new"
	mv -T -- "$new" "$directory" || die "cannot put the boot files in place"
}

# set_drop_old OLD: the old name's files go, with the old record.
set_drop_old()
{
	client_print >"$work/changed"
	client_load "$1"
	client_files_drop
	client_read "$work/changed"
}

# set_words DIRECTORY: the boot files there say the new names.
set_words()
{
	local file generation
	. "$lib/identity.sh"
	words_refuse_links "$1"
	words_write "$1"
	for generation in "$1"/pinet/g[0-9]*; do
		[ -f "$generation/manifest" ] || continue
		for file in "$generation/cmdline.txt" "$generation/boot.ipxe"; do
			[ ! -f "$file" ] || identity_words "$file"
		done
		identity_manifest "$generation"
	done
}

# set_size: the work is done on a copy, which then takes the LUN's place: a power cut finds one of the two whole.
set_size()
{
	local new="${c_id}_.new"
	make_real_size
	[ "$size" -gt "$c_size" ] || die "the LUN has $c_size bytes: it can only grow"
	journal_volume "$c_storage" "$new"
	on storage "$c_storage" copy "$c_id" "$new"
	on storage "$c_storage" resize "$new" "$size"
	on storage "$c_storage" path "$new"
	disk_table "$ret"
	on storage "$c_storage" path "$new"
	disk_find_root "$ret"
	on storage "$c_storage" path "$new"
	disk_grow "$ret"
	touched target "$c_target_kind" "$c_id" "$c_target" "$c_user"
	on storage "$c_storage" replace "$c_id" "$new"
	make_real_size
}
