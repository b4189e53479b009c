# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# LUNs that are sparse ZFS volumes below storage.pool. Copies are clones of a snapshot: they share their blocks.

storage_zfs_path()
{
	ret=/dev/zvol/$conf_storage_pool/$1
}

storage_zfs_create()
{
	local whole=$((($2 + 1048575) / 1048576 * 1048576))
	run "cannot make the volume $1" zfs create -s -b 16K -V "$whole" "$conf_storage_pool/$1"
	storage_zfs_settle "$1"
}

# storage_zfs_settle NAME: waits for the device.
storage_zfs_settle()
{
	storage_zfs_path "$1"
	run "the device $ret does not appear" udevadm wait --timeout=20 "$ret"
	storage_zfs_path "$1"
}

storage_zfs_exists()
{
	zfs list -H -o name "$conf_storage_pool/$1" >/dev/null 2>&1
}

# storage_zfs_destroy NAME: with its snapshots; copies of it are made independent first. The snapshot that it is a copy of
# goes, too, unless it has other copies, and so does one that was made for a copy that then was not.
storage_zfs_destroy()
{
	local one old=''
	if storage_zfs_exists "$1"; then
		for one in $(zfs list -H -r -t snapshot -o clones "$conf_storage_pool/$1" | tr ',' '\n' | sed '/\//!d'); do
			zfs promote "$one" || return 1
		done
		old=$(zfs get -H -o value origin "$conf_storage_pool/$1" | sed '/@pinet-/!d')
		zfs destroy -r "$conf_storage_pool/$1" || return 1
	fi
	for one in $({
		printf '%s\n' "$old"
		zfs list -H -r -t snapshot -o name "$conf_storage_pool" | sed "/@pinet-$1-[0-9-]*\$/!d"
	} | sort -u); do
		case $(zfs get -H -o value clones "$one") in
		'' | -) zfs destroy "$one" || return 1 ;;
		esac
	done
}

storage_zfs_resize()
{
	run "cannot grow the volume $1" zfs set "volsize=$((($2 + 1048575) / 1048576 * 1048576))" "$conf_storage_pool/$1"
}

storage_zfs_copy()
{
	local snapshot
	# a copy that has got another name may still need the one before
	snapshot="$conf_storage_pool/$1@pinet-$2-$(date +%s)-$$"
	run "cannot snapshot the volume $1" zfs snapshot "$snapshot"
	run "cannot clone the volume $1" zfs clone "$snapshot" "$conf_storage_pool/$2"
	storage_zfs_settle "$2"
}

storage_zfs_rename()
{
	[ -z "$journal_open" ] || journal renamed zfs "$1" "$2"
	run "cannot rename the volume $1" zfs rename "$conf_storage_pool/$1" "$conf_storage_pool/$2"
	storage_zfs_settle "$2"
}

# storage_zfs_replace NAME BY
storage_zfs_replace()
{
	journal_line later destroy zfs "${1}_.old"
	storage_zfs_rename "$1" "${1}_.old"
	storage_zfs_rename "$2" "$1"
}

storage_zfs_used()
{
	ret=$(zfs get -H -p -o value referenced "$conf_storage_pool/$1" 2>/dev/null) || ret=0
}
