# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# Works on the system in a LUN. It runs as "sh inside.sh RECORD" in mount and process namespaces of its own, which
# take all mounts and processes with them, whatever ends it. Its caller gives it, in the environment,
#
#	lib root                as in the caller
#	INSIDE_WORK, _QUIET     $work, for this alone, and $quiet
#	INSIDE_JOB              image, tree, clone; adopt and rollback: a system of a client, which is this one again
#	INSIDE_OFFSET, _BYTES   where the root's file system is in the LUN
#	INSIDE_SOURCE           tree: a directory or a tar archive
#	INSIDE_INSTALL          yes, no: whether pinet-initramfs is installed and the initramfs is built
#	INSIDE_DEB              that package, or nothing: from apt
#	INSIDE_DIRECTORY        the client's boot files
#
# and gets the fields layout, mount and root of the record in $work/result.
set -eu
command=inside
for part in base names conf client journal backends words image system identity; do
	. "$lib/$part.sh"
done
work=$INSIDE_WORK
quiet=$INSIDE_QUIET
set_places "$root"
conf_load
backend_load
client_read "$1"
client_secret "$c_id"
secret=$ret

mnt=$work/mnt
mkdir -p "$mnt"
mount -o "loop,nodev,offset=$INSIDE_OFFSET,sizelimit=$INSIDE_BYTES" -- "$c_lun" "$mnt" 2>"$work/log" ||
	die "cannot mount the root of $c_lun: $(tail -n 1 "$work/log" | tr -cd '[:print:]')"
case $INSIDE_JOB in
tree) system_unpack ;;
*) words_refuse_links "$INSIDE_DIRECTORY" ;;
esac
c_root=UUID=$(blkid -p -O "$INSIDE_OFFSET" -S "$INSIDE_BYTES" -s UUID -o value "$c_lun")
case $INSIDE_JOB in
clone | rollback)
	[ "$INSIDE_JOB" = rollback ] || identity_renew
	identity_conf
	identity_boot_files "$INSIDE_DIRECTORY"
	# whose it is, and who writes there: another machine from now on
	[ "$INSIDE_JOB" = rollback ] || rm -f -- "$INSIDE_DIRECTORY/pinet/owner" "$INSIDE_DIRECTORY/pinet/lock"
	;;
*)
	system_layout
	system_fstab
	[ -z "$c_hostname" ] || identity_hostname
	identity_conf
	[ "$INSIDE_INSTALL" = no ] || system_install
	system_boot_files
	case $INSIDE_JOB in
	adopt) identity_boot_files "$INSIDE_DIRECTORY" ;;
	*) words_write "$INSIDE_DIRECTORY" ;;
	esac
	;;
esac
printf '%s\n' "layout=$c_layout" "mount=$c_mount" "root=$c_root" >"$work/result"
sync -f "$mnt"
umount -R "$mnt"
