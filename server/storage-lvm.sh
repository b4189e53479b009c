# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# LUNs that are thin volumes of LVM; storage.pool is VG/POOL. Copies are thin snapshots: they share their blocks.

storage_lvm_name()
{
	ret=${conf_storage_pool%%/*}/pinet-$1
}

storage_lvm_path()
{
	storage_lvm_name "$1"
	ret=/dev/$ret
}

storage_lvm_create()
{
	run "cannot make the volume $1" lvcreate --yes --wipesignatures n --thin --virtualsize "${2}b" \
		--name "pinet-$1" "$conf_storage_pool"
	storage_lvm_path "$1"
}

storage_lvm_exists()
{
	storage_lvm_name "$1"
	lvs "$ret" >/dev/null 2>&1
}

storage_lvm_destroy()
{
	storage_lvm_exists "$1" || return 0
	storage_lvm_name "$1"
	lvremove --yes "$ret" >/dev/null 9>&- # complains of open files that it does not know
}

storage_lvm_resize()
{
	storage_lvm_name "$1"
	run "cannot grow the volume $1" lvextend --size "${2}b" "$ret"
}

storage_lvm_copy()
{
	storage_lvm_name "$1"
	run "cannot snapshot the volume $1" lvcreate --yes --snapshot --setactivationskip n --name "pinet-$2" "$ret"
	storage_lvm_path "$2"
}

storage_lvm_rename()
{
	[ -z "$journal_open" ] || journal renamed lvm "$1" "$2"
	run "cannot rename the volume $1" lvrename "${conf_storage_pool%%/*}" "pinet-$1" "pinet-$2"
	storage_lvm_path "$2"
}

# storage_lvm_replace NAME BY
storage_lvm_replace()
{
	journal_line later destroy lvm "${1}_.old"
	storage_lvm_rename "$1" "${1}_.old"
	storage_lvm_rename "$2" "$1"
}

storage_lvm_used()
{
	storage_lvm_name "$1"
	ret=$(lvs --noheadings --units b --nosuffix -o lv_size,data_percent "$ret" 2>/dev/null |
		awk '{ printf "%d", $1 * $2 / 100 }')
	ret=${ret:-0}
}
