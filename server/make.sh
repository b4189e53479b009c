# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# The steps of making a client, c_*: each leaves in the journal how it is taken back.

# make_fields: what a new client has that its image does not say.
make_fields()
{
	mac_ok "$c_id" && c_mac=$c_id
	serial_ok "$c_id" && c_serial=$c_id
	c_mac=${new_mac:-$c_mac}
	c_serial=${new_serial:-$c_serial}
	c_hostname=$new_hostname
	c_address=$new_address
	if [ -z "$c_address" ]; then
		client_free_address
		c_address=$ret
	fi
	client_refuse_address
	[ -n "$c_address$conf_network" ] || die "say --address, or \"network\" in $conf_file: the boot files must not be exported to everybody"
	c_storage=$conf_storage c_target_kind=$conf_target c_tftp=$conf_tftp c_nfs=$conf_nfs c_dhcp=$conf_dhcp
	client_names
	c_user=
	[ -z "$new_chap" ] || make_user
	client_free_export
	c_export=$ret
	c_made=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	[ -n "$source" ] || c_layout=$new_layout
	[ "$c_layout" != san ] || c_nfs=none # all of its files are in its LUN
	if [ -z "$source" ]; then
		c_append=$new_append
		c_words=${new_words:-cmdline}
	fi
	[ "$c_words" = dhcp ] || return 0
	case $c_dhcp in
	none | dnsmasq-proxy) die "--words dhcp: dhcp = $c_dhcp cannot say what a client needs" ;;
	esac
	[ -n "$c_mac" ] || die "--words dhcp: the DHCP server knows clients by their MAC address: say --mac"
	[ "$install" = yes ] || die "--words dhcp: the image has to be told to ask, which --no-install forbids"
}

# make_user: the CHAP name: that of the client, unless one that was renamed still has it. tgt's accounts are the whole
# server's: one of ours must not be one of somebody else's.
make_user()
{
	local number=1
	c_user=pinet-$c_id
	while grep -q -s -x -F -e "user=$c_user" "$state"/clients/[a-z0-9]*; do
		number=$((number + 1))
		c_user=pinet-$c_id-$number
	done
}

# make_refuse: nothing is overwritten.
make_refuse()
{
	local path
	client_record "$c_id"
	[ ! -e "$ret" ] || die "there is a client $c_id already: \"pinet-server remove $c_id\" takes it away"
	client_refuse_twins "$c_id"
	client_directory
	path=$ret
	[ ! -e "$path" ] || die "$path exists already: move it away, it may be another client's"
	if on storage "$c_storage" exists "$c_id"; then
		[ -n "$adopt" ] || die "the LUN $c_lun exists already: --adopt takes it as it is"
	elif [ -n "$adopt" ]; then
		die "there is no LUN $c_lun to adopt"
	fi
	refuse_taken "$c_user"
}

# refuse_taken USER: nobody else has a target of c_*'s names.
refuse_taken()
{
	local taken
	taken=$(on target "$c_target_kind" taken "$c_target" "$c_id" "$1" | head -n 1)
	[ -z "$taken" ] || die "$taken already, and pinet-server did not make it: take another name for the client, or remove it"
}

# make_secret: the CHAP secret, for root alone.
make_secret()
{
	local secret path
	client_secret "$c_id"
	path=$ret
	[ -n "$c_user" ] || return 0
	secret=$(head -c 512 /dev/urandom | tr -dc 'A-Za-z0-9' | head -c 16)
	secret_ok "$secret" || die "cannot make a secret"
	printf '%s\n' "$secret" | put "$path" 0600
}

# make_directory: the client's boot files, empty.
make_directory()
{
	client_directory
	make_parents "${ret%/*}"
	client_directory
	journal new "$ret"
	mkdir "$ret" || die "cannot make the directory $ret"
}

# make_from_image: LUN, root, boot files, from --image, or as they are with --adopt.
make_from_image()
{
	local kind='' bytes=0 job="${adopt:+adopt}"
	if [ -n "$image" ]; then
		image_kind "$image"
		kind=$ret
		case $image in
		/*) ;;
		*) image=$PWD/$image ;;
		esac
		c_image=${image##*/}
		c_image=$(printf '%s' "$c_image" | tr -cd 'A-Za-z0-9._+-')
		make_volume "$kind"
	fi
	make_directory
	case $kind in
	directory | tar)
		job=tree
		disk_make "$c_lun"
		;;
	*)
		make_grow "$kind"
		disk_find_boot
		if [ -d "$(kept_boot_files "$c_id")" ] && [ -n "$adopt" ]; then
			client_directory
			cp -a "$(kept_boot_files "$c_id")/." "$ret/" || die "cannot copy the boot files back"
			journal_line later remove "$(kept_boot_files "$c_id")"
		elif [ -n "$disk_boot" ] && [ "$disk_label" = dos ]; then
			client_directory
			disk_extract_boot "$c_lun" "$ret"
		fi
		;;
	esac
	make_inside "${job:-image}"
}

# kept_boot_files ID: where remove leaves the boot files of a LUN that stays.
kept_boot_files()
{
	printf '%s\n' "$state/kept/$1"
}

# make_volume KIND: the LUN with the image's bytes in it.
make_volume()
{
	local bytes
	image_size "$image" "$1"
	bytes=$ret
	case $1 in
	directory) bytes=${size:-$((bytes + bytes / 3 + 536870912))} ;;
	tar) bytes=${size:-8589934592} ;;
	*)
		if [ -n "$size" ] && [ -n "$bytes" ] && [ "$size" -lt "$bytes" ]; then
			human "$bytes"
			die "--size is less than the image has ($ret)"
		fi
		[ "$c_storage" = file ] || [ -n "$size$bytes" ] || die "say --size: $image does not tell how large it is"
		bytes=${size:-${bytes:-0}}
		;;
	esac
	bytes=$(((bytes + 1048575) / 1048576 * 1048576))
	journal_volume "$c_storage" "$c_id"
	on storage "$c_storage" create "$c_id" "$bytes"
	case $1 in
	directory | tar)
		c_size=$bytes
		return 0
		;;
	esac
	note "writing $c_image to $c_lun"
	image_write "$image" "$1" "$c_lun"
	[ ! -f "$c_lun" ] || c_size=$(stat -c %s "$c_lun")
	if [ -f "$c_lun" ] && [ "$bytes" -gt "$c_size" ]; then
		on storage "$c_storage" resize "$c_id" "$bytes"
	fi
	make_real_size
	[ -z "$size" ] || [ "$size" -ge "$c_size" ] || die "--size is less than the image has"
}

# make_real_size: bytes of the LUN.
make_real_size()
{
	if [ -b "$c_lun" ]; then
		c_size=$(blockdev --getsize64 "$c_lun")
	else
		c_size=$(stat -c %s "$c_lun")
	fi
}

# make_grow KIND: the root has all the room there is. A LUN that is adopted stays as it is.
make_grow()
{
	make_real_size
	disk_table "$c_lun"
	disk_find_root "$c_lun"
	[ -n "$1" ] && [ -n "$size" ] || return 0
	note "growing the root"
	disk_grow "$c_lun"
}

# make_copy BASE: LUN and boot files of another client, with a new identity.
make_copy()
{
	local directory
	journal_volume "$c_storage" "$c_id"
	on storage "$c_storage" copy "$1" "$c_id"
	disk_table "$c_lun"
	disk_find_root "$c_lun"
	client_directory
	directory=$ret
	journal new "$directory"
	cp -a --reflink=auto -- "$conf_tftp_directory/$1" "$directory" || die "cannot copy the boot files of $1"
	make_inside clone
}

# make_inside JOB [DIRECTORY]: works on the system in the LUN, in namespaces of its own. The boot files are in DIRECTORY
# while they are not in their place yet.
make_inside()
{
	local offset bytes key value
	disk_field "$disk_root" 2
	offset=$ret
	disk_field "$disk_root" 3
	bytes=$ret
	client_directory
	rm -rf "$work/inside"
	mkdir -p "$work/inside"
	client_print >"$work/inside.record"
	env lib="$lib" root="$root" INSIDE_WORK="$work/inside" INSIDE_QUIET="$quiet" INSIDE_JOB="$1" INSIDE_OFFSET="$offset" INSIDE_BYTES="$bytes" \
		INSIDE_SOURCE="${image-}" INSIDE_INSTALL="${install-no}" INSIDE_DEB="${deb-}" INSIDE_DIRECTORY="${2:-$ret}" \
		unshare --mount --pid --fork --kill-child sh "$lib/inside.sh" "$work/inside.record" || exit 1
	while IFS='=' read -r key value; do
		case $key in
		layout) c_layout=$value ;;
		mount) c_mount=$value ;;
		root) c_root=$value ;;
		esac
	done <"$work/inside/result"
}

# make_report: what there is now.
make_report()
{
	client_directory
	note "$c_id: $c_target, LUN $c_lun, boot files $ret${c_user:+, CHAP}"
	[ -n "$c_address" ] || [ "$c_nfs" = none ] || warn "$c_id has no --address: all of $conf_network may mount its boot files"
}

# refuse_session: the client must not be running.
refuse_session()
{
	on target "$c_target_kind" sessions "$c_target"
	# tgt keeps the session of one that was switched off: its root was mounted to the last
	[ "$ret" = 0 ] || die "the client $c_id is running: shut it down first; if it is switched off already, say --force"
}
