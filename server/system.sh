# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2153,SC2154
# The system in a LUN, mounted at $mnt: what it is, how it gets pinet-initramfs, and which of its files the firmware
# loads. Part of inside.sh.

# system_path PATH: where PATH of the system is here, in $ret, a path without links: they are followed as the system itself
# would, so that an absolute one ends in $mnt, too. Its root may be anybody's; what is done here is done as root.
system_path()
{
	local rest="$1/" part place='' count=0
	while [ -n "$rest" ]; do
		part=${rest%%/*}
		rest=${rest#*/}
		case $part in
		'' | .) continue ;;
		..)
			place=${place%/*}
			continue
			;;
		esac
		if [ ! -L "$mnt$place/$part" ]; then
			place=$place/$part
			continue
		fi
		count=$((count + 1))
		[ "$count" -le 40 ] || die "in the image, $1 leads around in circles"
		part=$(readlink "$mnt$place/$part")
		rest=$part/$rest
		case $part in
		/*) place= ;;
		esac
	done
	ret=$mnt$place
}

# system_file PATH: the same for a file to read or write. It need not be there.
system_file()
{
	system_path "$1"
	[ ! -e "$ret" ] || [ -f "$ret" ] || die "in the image, $1 is no file"
}

# system_unpack: fills the empty file system from a directory or an archive.
system_unpack()
{
	note "copying $INSIDE_SOURCE"
	if [ -d "$INSIDE_SOURCE" ]; then
		(cd "$INSIDE_SOURCE" && system_tar -c --one-file-system --sparse .) |
			system_tar -x --same-owner -C "$mnt" || die "cannot copy $INSIDE_SOURCE"
	else
		image_kind "$INSIDE_SOURCE"
		image_unpack "$INSIDE_SOURCE" |
			system_tar -x --same-owner -C "$mnt" || die "cannot unpack $INSIDE_SOURCE"
	fi
	[ -e "$mnt/etc/os-release" ] || [ -e "$mnt/usr/lib/os-release" ] || die "there is no system in $INSIDE_SOURCE: it has no etc/os-release"
}

# system_tar ARGUMENT...: tar with all that files have: without a pattern it gives them none but the "user." attributes,
# and file capabilities are others.
system_tar()
{
	tar --xattrs --xattrs-include='*' --acls --numeric-owner "$@"
}

# system_layout: which firmware boots it, unless the administrator has said, and where its boot files are mounted.
system_layout()
{
	local from name
	if [ -z "$c_layout" ]; then
		c_layout=pxe
		system_file /boot/firmware/config.txt
		[ ! -e "$INSIDE_DIRECTORY/config.txt" ] && [ ! -e "$ret" ] || c_layout=raspi
	fi
	c_mount=/boot/firmware
	[ "$c_layout" = raspi ] || return 0
	system_file /etc/fstab
	c_mount=$(awk '$1 !~ /^#/ && $3 == "vfat" && ($2 == "/boot" || $2 == "/boot/firmware") { print $2; exit }' \
		"$ret" 2>/dev/null) || c_mount=
	c_mount=${c_mount:-/boot/firmware}
	# a tree has them in place; an image had them in its boot partition
	system_path "$c_mount"
	from=$ret
	if [ -e "$from/config.txt" ] && [ ! -e "$INSIDE_DIRECTORY/config.txt" ]; then
		cp -r --preserve=timestamps "$from/." "$INSIDE_DIRECTORY/" || die "cannot copy the boot files"
		# of what is no file there, links to files become what they lead to
		find "$INSIDE_DIRECTORY" -type l ! -path '*[[:cntrl:]]*' -printf '%P\n' >"$work/links"
		find "$INSIDE_DIRECTORY" ! -type f ! -type d -delete
		while IFS= read -r name; do
			system_path "$c_mount/$name"
			[ ! -f "$ret" ] || cp --preserve=timestamps "$ret" "$INSIDE_DIRECTORY/$name" || die "cannot copy the boot files"
		done <"$work/links"
	fi
}

# system_fstab: the root by its UUID where the image names a device of other hardware, and a line for it where there is
# none; a line for another such device would stop the boot, and becomes a comment. Everything else stays. A tree of files
# has none of its file systems with it: the root is another, and no UUID or label that it names is here.
system_fstab()
{
	local device='^/dev/(sd|mmcblk|vd|xvd|nvme|hd)'
	[ "$INSIDE_JOB" != tree ] || device="^(/dev/(disk|mapper)/|(PART)?(UUID|LABEL)=)|$device"
	system_file /etc/fstab
	[ -e "$ret" ] || true >"$ret" || die "cannot write /etc/fstab in the image"
	awk -v device="$device" -v root="$c_root" -v job="$INSIDE_JOB" '
		job == "tree" && $1 !~ /^#/ && $2 == "/" { next }
		$1 !~ /^#/ && $2 == "/" {
			seen = 1
			if ($1 ~ device)
				sub(/^[[:space:]]*[^[:space:]]+/, root)
		}
		$1 ~ device && $2 != "/" && $4 !~ /(^|,)(nofail|noauto)(,|$)/ && !($3 == "vfat" && $2 ~ /^\/boot(\/firmware)?$/) {
			print "# not on this machine (pinet-server): " $0
			next
		}
		{ print }
		END {
			if (!seen)
				print root " / ext4 defaults,errors=remount-ro 0 1"
		}' "$ret" >"$work/fstab"
	cmp -s "$work/fstab" "$ret" || cat "$work/fstab" >"$ret"
}

# in_system PROGRAM...: runs it there.
in_system()
{
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive HOME=/root TERM=dumb \
		timeout 7200 chroot "$mnt" "$@" </dev/null
}

# system_enter: what programs there need: /proc, a few devices, a /run of their own, names of hosts; no service of the
# image is started, and no device of this machine is there.
system_enter()
{
	local node
	for node in proc sys run dev; do
		[ -d "$mnt/$node" ] && [ ! -L "$mnt/$node" ] || die "the image has no directory /$node"
	done
	mount -t proc proc "$mnt/proc"
	mount -t sysfs -o ro sysfs "$mnt/sys"
	mount -t tmpfs -o mode=0755 tmpfs "$mnt/run"
	mount -t tmpfs -o mode=0755 tmpfs "$mnt/dev"
	mkdir -p "$mnt/dev/pts" "$mnt/dev/shm" "$mnt/run/lock" "$mnt/run/pinet-server"
	for node in null zero full random urandom tty; do
		: >"$mnt/dev/$node"
		mount --bind "/dev/$node" "$mnt/dev/$node"
	done
	ln -s /proc/self/fd "$mnt/dev/fd"
	printf '#!/bin/sh\nexit 101\n' >"$mnt/run/pinet-server/policy"
	chmod 0755 "$mnt/run/pinet-server/policy"
	system_cover /usr/sbin/policy-rc.d "$mnt/run/pinet-server/policy"
	system_cover /etc/resolv.conf /etc/resolv.conf
	system_path "$c_mount"
	mkdir -p "$ret"
	if [ "$c_layout" = raspi ]; then
		mount --bind "$INSIDE_DIRECTORY" "$ret"
	fi
	in_system true >"$work/log" 2>&1 ||
		die "programs of this image do not run here: for another architecture install qemu-user-static and binfmt-support ($(tail -n 1 "$work/log" | tr -cd '[:print:]'))"
}

# system_cover PATH BY: BY is seen at PATH in the system while this runs. A PATH that is a link or not there is made, and
# noted for system_uncover.
system_cover()
{
	local place
	[ -e "$2" ] || return 0
	system_path "${1%/*}"
	place=$ret/${1##*/}
	if [ -L "$place" ]; then
		mv "$place" "$place.pinet-link"
	elif [ ! -e "$place" ]; then
		echo "$place" >>"$work/made"
	fi
	[ -e "$place" ] || : >"$place"
	mount --bind "$(readlink -f "$2")" "$place"
}

# system_uncover: nothing is covered any more, and what was made for it is gone; also what one that was killed has left.
system_uncover()
{
	local place
	for place in /usr/sbin/policy-rc.d /etc/resolv.conf; do
		system_path "${place%/*}"
		place=$ret/${place##*/}
		! mountpoint -q "$place" || umount -l "$place"
		if [ -L "$place.pinet-link" ]; then
			mv -f -T "$place.pinet-link" "$place"
		fi
	done
	[ ! -e "$work/made" ] || while read -r place; do
		rm -f "$place"
	done <"$work/made"
}

# system_leave: the system is as it will be again.
system_leave()
{
	system_uncover
	trap - EXIT
	system_path "$c_mount"
	[ "$c_layout" != raspi ] || umount "$ret"
	umount -R "$mnt/dev" "$mnt/run" "$mnt/sys" "$mnt/proc"
}

# system_install: pinet-initramfs with what it needs, and an initramfs with it in it.
system_install()
{
	local what=pinet-initramfs had=no image
	# the LUN of --adopt stays when this fails: only what runs there needs those files
	system_uncover
	trap system_uncover EXIT
	trap 'exit 1' HUP INT TERM
	system_enter
	# shellcheck disable=SC2016  # for dpkg-query
	! in_system dpkg-query -W -f '${db:Status-Status}' pinet-initramfs 2>/dev/null | grep -q -x installed || had=yes
	if [ -n "$INSIDE_DEB" ]; then
		cp "$INSIDE_DEB" "$mnt/run/pinet-server/pinet-initramfs.deb"
		what=/run/pinet-server/pinet-initramfs.deb
	fi
	if [ "$had" = no ] || [ -n "$INSIDE_DEB" ]; then
		note "installing pinet-initramfs in the image"
		if [ -z "$INSIDE_DEB" ] || ! system_apt --no-download install "$what"; then
			system_apt update || warn "apt-get update failed in the image"
			system_apt install "$what" || die "pinet-initramfs cannot be installed in the image: $(system_apt_error | tr -cd '[:print:]')"
		fi
	else
		note "building the initramfs in the image"
		in_system update-initramfs -u -k all >"$work/apt" 2>&1 ||
			die "the initramfs cannot be built in the image: $(tail -n 1 "$work/apt" | tr -cd '[:print:]')"
	fi
	grep '^W: pinet:' "$work/apt" >&2 || :
	image=$(system_initrd)
	[ -n "$image" ] || die "the image has no kernel with an initramfs in /boot"
	in_system lsinitramfs "/boot/${image##*/}" >"$work/log" 2>&1 && grep -q '^\(usr/\)\{0,1\}sbin/pinet$' "$work/log" ||
		die "the initramfs ${image##*/} in the image did not get pinet"
	system_leave
}

# system_apt ARGUMENT...: apt-get, without questions.
system_apt()
{
	in_system apt-get -y -q --no-install-recommends -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 "$@" >"$work/apt" 2>&1
}

# system_apt_error: why it failed: its first error; what dpkg calls one was said in the line before that.
system_apt_error()
{
	awk '/^dpkg: error/ && last != "" { print last; exit }
		/^(E:|dpkg: error| pinet-initramfs : )/ { print; exit }
		{ last = $0 }' "$work/apt"
}

# system_kernel, system_initrd: the kernel that the system boots, and its initramfs, printed. Links only say which.
system_kernel()
{
	local link target
	system_path /boot
	for link in "$mnt/vmlinuz" "$ret/vmlinuz"; do
		target=$(readlink "$link" 2>/dev/null) || continue
		target=$ret/${target##*/}
		if plain "$target"; then
			printf '%s\n' "$target"
			return 0
		fi
	done
	find "$ret" -maxdepth 1 -type f -name 'vmlinuz-*' ! -name '*[[:cntrl:]]*' | sort -V | tail -n 1
}

system_initrd()
{
	local kernel
	kernel=$(system_kernel)
	system_path /boot
	if [ -n "$kernel" ] && plain "$ret/initrd.img-${kernel##*/vmlinuz-}"; then
		printf '%s\n' "$ret/initrd.img-${kernel##*/vmlinuz-}"
	fi
}

# system_boot_files: what the firmware loads, into the client's directory.
system_boot_files()
{
	local kernel initrd
	kernel=$(system_kernel)
	initrd=$(system_initrd)
	case $c_layout in
	pxe)
		[ -n "$kernel" ] && [ -n "$initrd" ] || die "the image has no kernel with an initramfs in /boot"
		cp "$kernel" "$INSIDE_DIRECTORY/vmlinuz" && cp "$initrd" "$INSIDE_DIRECTORY/initrd.img" || die "cannot copy the boot files"
		;;
	raspi)
		if ! grep -q -E '^[[:space:]]*(auto_initramfs[[:space:]]*=[[:space:]]*1|initramfs[[:space:]])' "$INSIDE_DIRECTORY/config.txt"; then
			[ -n "$initrd" ] || die "config.txt names no initramfs, and /boot of the image has none"
			cp "$initrd" "$INSIDE_DIRECTORY/${initrd##*/}" || die "cannot copy the initramfs"
			{
				cat "$INSIDE_DIRECTORY/config.txt"
				printf '\n'
				mark "$c_id"
				printf '[all]\ninitramfs %s followkernel\n' "${initrd##*/}"
			} | words_file "$INSIDE_DIRECTORY/config.txt"
		fi
		;;
	esac
	# whatever goes over TFTP is everybody's to read
	chmod -R u+rwX,go+rX,go-w "$INSIDE_DIRECTORY"
}
