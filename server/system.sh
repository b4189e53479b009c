# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2153,SC2154
# The system in a LUN, mounted at $mnt: what it is, how it gets pinet-initramfs, and which of its files the firmware
# loads. Part of inside.sh.

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
	local place
	if [ -z "$c_layout" ]; then
		c_layout=pxe
		for place in "$INSIDE_DIRECTORY" "$mnt/boot/firmware"; do
			[ ! -e "$place/config.txt" ] || c_layout=raspi
		done
	fi
	c_mount=/boot/firmware
	[ "$c_layout" = raspi ] || return 0
	c_mount=$(awk '$1 !~ /^#/ && $3 == "vfat" && ($2 == "/boot" || $2 == "/boot/firmware") { print $2; exit }' \
		"$mnt/etc/fstab" 2>/dev/null) || c_mount=
	c_mount=${c_mount:-/boot/firmware}
	# a tree has them in place; an image had them in its boot partition
	if [ -e "$mnt$c_mount/config.txt" ] && [ ! -e "$INSIDE_DIRECTORY/config.txt" ]; then
		cp -rL --preserve=timestamps "$mnt$c_mount/." "$INSIDE_DIRECTORY/" || die "cannot copy the boot files"
	fi
}

# system_fstab: the root by its UUID where the image names a device of other hardware, and a line for it where there is
# none; a line for another such device would stop the boot, and becomes a comment. Everything else stays. A tree of files
# has none of its file systems with it: the root is another, and no UUID or label that it names is here.
system_fstab()
{
	local device='^/dev/(sd|mmcblk|vd|xvd|nvme|hd)'
	[ "$INSIDE_JOB" != tree ] || device="^(/dev/(disk|mapper)/|(PART)?(UUID|LABEL)=)|$device"
	[ -e "$mnt/etc/fstab" ] || : >"$mnt/etc/fstab"
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
		}' "$mnt/etc/fstab" >"$work/fstab"
	cmp -s "$work/fstab" "$mnt/etc/fstab" || cat "$work/fstab" >"$mnt/etc/fstab"
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
	mkdir -p "$mnt$c_mount"
	if [ "$c_layout" = raspi ]; then
		mount --bind "$INSIDE_DIRECTORY" "$mnt$c_mount"
	fi
	in_system true >"$work/log" 2>&1 ||
		die "programs of this image do not run here: for another architecture install qemu-user-static and binfmt-support ($(tail -n 1 "$work/log" | tr -cd '[:print:]'))"
}

# system_cover PATH BY: BY is seen at PATH in the system while this runs. A PATH that is a link or not there is made, and
# noted for system_uncover.
system_cover()
{
	local place="$mnt$1"
	[ -e "$2" ] || return 0
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
	for place in "$mnt/usr/sbin/policy-rc.d" "$mnt/etc/resolv.conf"; do
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
	[ "$c_layout" != raspi ] || umount "$mnt$c_mount"
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

# system_kernel, system_initrd: the kernel that the system boots, and its initramfs, printed.
system_kernel()
{
	local link target
	for link in "$mnt/vmlinuz" "$mnt/boot/vmlinuz"; do
		target=$(readlink "$link" 2>/dev/null) || continue
		target=$mnt/boot/${target##*/}
		if [ -f "$target" ]; then
			printf '%s\n' "$target"
			return 0
		fi
	done
	find "$mnt/boot" -maxdepth 1 -type f -name 'vmlinuz-*' | sort -V | tail -n 1
}

system_initrd()
{
	local kernel
	kernel=$(system_kernel)
	if [ -n "$kernel" ] && [ -f "$mnt/boot/initrd.img-${kernel##*/vmlinuz-}" ]; then
		printf '%s\n' "$mnt/boot/initrd.img-${kernel##*/vmlinuz-}"
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
