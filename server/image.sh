# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# Images: what they are, how large, and how they get into a LUN.

# image_kind FILE: raw, xz, gz, zst, tar (in any compression) or directory, in $ret; and $image_packer, the program
# that unpacks it, or nothing.
image_kind()
{
	local magic
	image_packer=
	if [ -d "$1" ]; then
		ret=directory
		return 0
	fi
	[ -f "$1" ] && [ -r "$1" ] || die "there is no image $1"
	magic=$(od -An -tx1 -N6 "$1" | tr -d ' \n')
	ret=raw
	case $magic in
	fd377a585a00) ret=xz image_packer=xz ;;
	1f8b*) ret=gz image_packer=gzip ;;
	28b52ffd*) ret=zst image_packer=zstd ;;
	504b0304*) die "$1 is a zip archive: unzip it first" ;;
	514649fb*) die "$1 is a qcow2 image: \"qemu-img convert -O raw\" makes it one that can be written" ;;
	'') die "the image $1 is empty" ;;
	esac
	[ -z "$image_packer" ] || need_program "$image_packer" "$(image_package)"
	if image_unpack "$1" 2>/dev/null | head -c 512 | tail -c +258 | head -c 5 | grep -q ustar; then
		ret=tar
	fi
}

# image_package: the package of $image_packer.
image_package()
{
	case $image_packer in
	xz) echo xz-utils ;;
	*) echo "$image_packer" ;;
	esac
}

# image_unpack FILE: its content, on standard output.
image_unpack()
{
	case $image_packer in
	xz) xz -T0 -dc -- "$1" ;;
	gzip) gzip -dc -- "$1" ;;
	zstd) zstd -q -dc -- "$1" ;;
	*) cat -- "$1" ;;
	esac
}

# image_size FILE KIND: bytes of the disk or of the files in it, in $ret; "" if that would take reading all of it.
image_size()
{
	ret=
	case $2 in
	raw) ret=$(stat -L -c %s "$1") ;;
	xz) ret=$(xz --robot -l -- "$1" 2>/dev/null | awk '$1 == "totals" { print $5 }') ;;
	zst) ret=$(zstd -lv -- "$1" 2>/dev/null | sed -n 's/.*Decompressed Size:.*(\([0-9]*\) B).*/\1/p') ;;
	directory) ret=$(du -s -B1 -x -- "$1" | cut -f1) ;;
	esac
}

# image_write FILE KIND TO: the image's bytes into a LUN that is all zeros; holes stay holes. $writer is the process that
# writes, for at_exit: an interrupt does not reach it.
image_write()
{
	local status
	if [ "$2" = raw ] && [ -f "$3" ]; then
		# cp asks the file system where the holes are, and makes some of zeros
		cp --reflink=auto --sparse=always -- "$1" "$3" >"$work/write" 2>&1 &
	elif [ "$2" = raw ]; then
		dd if="$1" of="$3" bs=1M conv=sparse,notrunc >"$work/write" 2>&1 &
	else
		{ image_unpack "$1" || echo failed >"$work/unpack.failed"; } 2>"$work/unpack" |
			dd of="$3" bs=1M iflag=fullblock conv=sparse,notrunc >"$work/write" 2>&1 &
	fi
	writer=$!
	progress "$writer" "$1"
	status=0
	wait "$writer" || status=$?
	writer=
	if [ -e "$work/unpack.failed" ]; then
		die "the image $1 cannot be unpacked: $(tail -n 1 "$work/unpack" | tr -cd '[:print:]')"
	fi
	[ $status = 0 ] || die "cannot write $3: $(tail -n 1 "$work/write" | tr -cd '[:print:]')"
}

# progress PROCESS FILE: a bar on a terminal while it runs: how far our processes that read FILE have come.
progress()
{
	local total position most=0 percent shown bar='########################################' left
	[ -t 2 ] && [ -z "$quiet" ] || return 0
	total=$(stat -L -c %s "$2")
	[ "$total" -gt 0 ] || return 0
	set -- "$1" "$(readlink -f "$2")"
	while kill -0 "$1" 2>/dev/null; do
		for position in $(progress_positions $$ "$2"); do
			[ "$position" -le "$most" ] || most=$position
		done
		percent=$((most * 100 / total))
		left=$((40 - percent * 40 / 100))
		shown=$(printf '%s' "$bar" | cut -c "$((left + 1))-")
		printf '\r  %3d %% [%-40s] ' "$percent" "$shown" >&2
		sleep 0.5
	done
	printf '\r%60s\r' '' >&2
}

# progress_positions PROCESS FILE: where it and those below it stand in FILE, a number a line.
progress_positions()
{
	local process fd
	for fd in "/proc/$1/fd"/*; do
		[ "$(readlink "$fd")" = "$2" ] || continue
		sed -n 's/^pos:[[:space:]]*//p' "/proc/$1/fdinfo/${fd##*/}" 2>/dev/null
	done
	for process in $(ps -o pid= --ppid "$1" 2>/dev/null); do
		progress_positions "$process" "$2"
	done
}
