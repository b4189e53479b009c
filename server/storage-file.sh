# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# LUNs that are sparse files.

storage_file_path()
{
	ret=$conf_storage_directory/$1.img
}

# storage_file_create NAME BYTES: an empty one.
storage_file_create()
{
	storage_file_path "$1"
	make_parents "${ret%/*}"
	storage_file_path "$1"
	(umask 077 && run "cannot make $ret" truncate -s "$2" "$ret") || exit 1
}

storage_file_destroy()
{
	storage_file_path "$1"
	rm -f -- "$ret"
}

storage_file_exists()
{
	storage_file_path "$1"
	[ -e "$ret" ]
}

storage_file_resize()
{
	storage_file_path "$1"
	run "cannot grow $ret" truncate -s "$2" "$ret"
}

# storage_file_copy FROM TO: shares the blocks where the file system can, and keeps holes where it cannot.
storage_file_copy()
{
	local from
	storage_file_path "$1"
	from=$ret
	storage_file_path "$2"
	run "cannot copy $from" cp --reflink=auto --sparse=always -- "$from" "$ret"
}

storage_file_rename()
{
	local from
	storage_file_path "$1"
	from=$ret
	storage_file_path "$2"
	rename "$from" "$ret"
}

# storage_file_replace NAME BY: BY becomes NAME; what was NAME is kept until the operation is done.
storage_file_replace()
{
	local by
	storage_file_path "$2"
	by=$ret
	storage_file_path "$1"
	drop "$ret"
	storage_file_path "$1"
	rename "$by" "$ret"
}

# storage_file_used NAME: bytes that it takes on the disk.
storage_file_used()
{
	storage_file_path "$1"
	ret=$(stat -c %b "$ret" 2>/dev/null) || ret=0
	ret=$((ret * 512))
}
