# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# Partitions and file systems in a LUN, by their offsets: nothing here needs the kernel to read a partition table.

# disk_table LUN: its partitions, lines "NUMBER OFFSET BYTES FSTYPE" (bytes; FSTYPE "-" if there is none), in
# $work/table; and $disk_label, dos or gpt.
disk_table()
{
	local line number start size type
	run "cannot read the partition table of $1" sfdisk --dump "$1"
	disk_label=$(sed -n 's/^label: //p' "$work/log")
	case $disk_label in
	dos | gpt) ;;
	*) die "the image has a partition table of a kind that is not known here: ${disk_label:-none}" ;;
	esac
	# ".../x.img1 : start=        8192, size=     1048576, type=c, bootable"
	sed -n 's/^.*[^0-9]\([0-9]\{1,3\}\) : start= *\([0-9]*\), size= *\([0-9]*\), type=\([^,]*\).*/\1 \2 \3 \4/p' "$work/log" |
		while read -r number start size type; do
			case $type in
			5 | f | 85) continue ;; # a frame around others
			esac
			type=$(blkid -p -O "$((start * 512))" -S "$((size * 512))" -s TYPE -o value "$1" 2>/dev/null) || type=-
			printf '%s %s %s %s\n' "$number" "$((start * 512))" "$((size * 512))" "${type:--}"
		done >"$work/table"
	[ -s "$work/table" ] || die "the image has a partition table without partitions"
}

# disk_field NUMBER N: a column of the partition's line, in $ret.
disk_field()
{
	ret=$(awk -v number="$1" -v field="$2" '$1 == number { print $field }' "$work/table")
}

# disk_find_root LUN: the number of the partition with the root, in $disk_root: the ext4 that has an /etc/fstab or,
# failing that, an /sbin; the largest of several.
disk_find_root()
{
	local number offset size type what
	disk_root=
	for what in /etc/fstab /etc/os-release /sbin; do
		while read -r number offset size type; do
			case $type in
			ext[234]) ;;
			*) continue ;;
			esac
			debugfs -R "stat $what" "$1?offset=$offset" 2>/dev/null | grep -q '^Inode:' || continue
			disk_root=$number
			return 0
		done <<-END
			$(sort -k3,3nr "$work/table")
		END
	done
	die "no partition of the image is an ext4 file system with a system in it"
}

# disk_find_boot: the number of the first FAT partition, in $disk_boot; "" if there is none.
disk_find_boot()
{
	disk_boot=$(awk '$4 == "vfat" { print $1; exit }' "$work/table")
}

# disk_grow LUN: the root's partition to the end of the disk, if it is the last one there, and its file system with it.
# The numbers that name the disk and the partition stay.
disk_grow()
{
	local offset last
	disk_field "$disk_root" 2
	offset=$ret
	last=$(sort -k2,2n "$work/table" | tail -n 1 | cut -d ' ' -f 1)
	if [ "$last" != "$disk_root" ]; then
		warn "the root is partition $disk_root and partition $last is behind it: it keeps its size"
		return 0
	fi
	[ "$disk_label" != gpt ] || run "cannot move the second table of $1" sfdisk --relocate gpt-bak-std "$1"
	if [ -n "$(awk '$1 >= 5' "$work/table")" ] && [ "$disk_label" = dos ]; then
		warn "the image has logical partitions: the root keeps its size"
		return 0
	fi
	printf ', +\n' >"$work/grow"
	sfdisk --no-reread --no-tell-kernel -N "$disk_root" "$1" <"$work/grow" >"$work/log" 2>&1 ||
		die "cannot grow partition $disk_root: $(tail -n 1 "$work/log" | tr -cd '[:print:]')"
	disk_table "$1"
	disk_grow_filesystem "$1"
}

# disk_grow_filesystem LUN: checked, then made as large as its partition. resize2fs wants a device: a loop that is
# let go of at once and lives as long as it is open here.
disk_grow_filesystem()
{
	local offset size loop status=0
	disk_field "$disk_root" 2
	offset=$ret
	disk_field "$disk_root" 3
	size=$ret
	loop=$(losetup --find --show --offset "$offset" --sizelimit "$size" -- "$1") || die "cannot get a loop device for $1"
	exec 8<>"$loop"
	losetup --detach "$loop"
	e2fsck -f -p "$loop" >"$work/log" 2>&1 </dev/null || status=$?
	[ $status -le 1 ] || die "the root's file system has errors: $(tail -n 1 "$work/log" | tr -cd '[:print:]')"
	run "cannot grow the root's file system" resize2fs "$loop"
	exec 8>&-
}

# disk_make LUN: one ext4 over all of it, for a tree of files.
disk_make()
{
	local offset size
	printf 'label: gpt\nstart=1MiB, type=linux\n' >"$work/layout"
	sfdisk --no-reread --no-tell-kernel --quiet "$1" <"$work/layout" >"$work/log" 2>&1 ||
		die "cannot partition $1: $(tail -n 1 "$work/log" | tr -cd '[:print:]')"
	disk_table "$1"
	disk_root=1
	disk_field 1 2
	offset=$ret
	disk_field 1 3
	size=$ret
	run "cannot make a file system in $1" mkfs.ext4 -q -F -L pinet-root -E "offset=$offset,lazy_itable_init=1" "$1" "$((size / 1024))k"
	disk_table "$1"
}

# disk_extract_boot LUN DIRECTORY: copies the files of the FAT partition; no kernel has to know the file system.
disk_extract_boot()
{
	disk_field "$disk_boot" 2
	MTOOLS_SKIP_CHECK=1 run "cannot read the boot partition" mcopy -s -n -p -m -i "$1@@$ret" '::*' "$2/"
	chmod -R u+rwX,go+rX,go-w "$2"
}
