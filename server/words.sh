# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# The words that tell a client what it boots from, and the files that carry them.

# words_pinet: pinet's words for c_*, in $ret; none when DHCP says them all.
words_pinet()
{
	local words='' path
	ret=
	[ "$c_words" != dhcp ] || return 0
	words="pinet.server=$conf_server pinet.target=$c_target"
	[ -z "$conf_target_portal" ] || words="$words pinet.portal=$conf_target_portal"
	# the agent takes the MAC address, spelled as here, unless told
	[ "$c_id" = "$c_mac" ] || words="$words pinet.id=$c_id"
	if [ "$c_layout" = san ]; then
		words="$words pinet.firmware=off"
	else
		client_pseudo
		path=$ret
		[ "$path" = "/srv/tftp/$c_id" ] || words="$words pinet.firmware=$conf_server:$path"
		[ -z "$c_mount" ] || [ "$c_mount" = /boot/firmware ] || words="$words pinet.firmware.dir=$c_mount"
	fi
	[ -z "$conf_log" ] || words="$words pinet.log=$conf_log"
	ret=$words
}

# words_line OLD: a kernel command line: OLD without pinet's words and without what would look for the card the image
# was made for, then pinet's words, then the words of --append that it does not have yet. A tree of files
# has another root than it had.
words_line()
{
	local word line=''
	set -f
	for word in $1; do
		case $word in
		pinet.*) continue ;;
		root=*) [ "${INSIDE_JOB-}" != tree ] || word=root=$c_root ;;
		rootfstype=* | rootflags=*) [ "${INSIDE_JOB-}" != tree ] || continue ;;
		init=/usr/lib/raspi-config/init_resize.sh | init=/usr/lib/raspberrypi-sys-mods/firstboot) continue ;;
		esac
		line="$line $word"
	done
	words_pinet
	line="$line${ret:+ $ret}"
	for word in $c_append; do
		case " $line " in
		*" $word "*) ;;
		*) line="$line $word" ;;
		esac
	done
	set +f
	ret=${line# }
}

# words_refuse_links DIRECTORY: ends if the boot files there are more than files and directories with names of one line:
# clients write to them, and what is done here is done as root. The links that pinet makes in pinet/ (store/active and
# store/lock of the agent) are not followed.
words_refuse_links()
{
	local found
	found=$(find "$1" \( ! \( -type f -o -type d -o -type l \( -path "$1/pinet/active" -o -path "$1/pinet/lock" -o \
		-path "$1/pinet/.tmp-*" ! -path "$1/pinet/.tmp-*/*" \) \) -o -name '*[[:cntrl:]]*' \) \
		-printf '%P' -quit | tr -cd '[:print:]')
	[ -z "$found" ] || die "\"$found\" of the boot files is no plain file, but a link, a device or the like: remove it first, no client needs it"
}

# words_old FILE: its first line that is no comment, in $ret; "" if there is none.
words_old()
{
	ret=
	! plain "$1" || ret=$(head -c 65536 "$1" | tr -d '\r\000' | grep -v '^#' | head -n 1)
}

# words_write DIRECTORY: into the boot files in DIRECTORY, each file whole.
words_write()
{
	local old
	case $c_layout in
	raspi)
		words_old "$1/cmdline.txt"
		old=$ret
		case " $old " in
		*' root='*) ;;
		*) old="root=$c_root rw rootwait${old:+ $old}" ;;
		esac
		words_line "$old"
		printf '%s\n' "$ret" | words_file "$1/cmdline.txt"
		;;
	pxe)
		words_old "$1/cmdline.txt"
		words_line "${ret:-root=$c_root rw}"
		printf '%s\n' "$ret" | words_file "$1/cmdline.txt"
		{
			printf '#!ipxe\n'
			mark "$c_id"
			printf 'chain pinet/active/boot.ipxe ||\nkernel vmlinuz initrd=initrd.img %s\ninitrd initrd.img\nboot\n' "$ret"
		} | words_file "$1/boot.ipxe"
		mkdir -p "$1/pxelinux.cfg"
		{
			mark "$c_id"
			printf 'default pinet\nlabel pinet\n\tkernel vmlinuz\n\tinitrd initrd.img\n\tappend %s\n' "$ret"
		} | words_file "$1/pxelinux.cfg/default"
		;;
	san)
		on target "$c_target_kind" lun
		{
			printf '#!ipxe\n'
			mark "$c_id"
			printf 'set initiator-iqn %s\n' "$c_initiator"
			if [ -n "$c_user" ]; then
				client_secret "$c_id"
				printf 'set username %s\nset password %s\n' "$c_user" "$(cat "$ret")"
				on target "$c_target_kind" lun
			fi
			printf 'sanboot --keep iscsi:%s:6:3260:%x:%s\n' "${conf_target_portal:-$conf_server}" "$ret" "$c_target"
		} | words_file "$1/boot.ipxe"
		;;
	esac
}

# words_file PATH: standard input becomes PATH, whatever is there.
words_file()
{
	local new
	new=$(mktemp "$1.XXXXXX.pinet-new") || die "cannot write $1"
	cat >"$new" && chmod 0644 "$new" && mv -f -T "$new" "$1" || die "cannot write $1"
}

# words_conf: pinet.conf for the client's root: everything when nothing else says it, or that DHCP is to be asked.
words_conf()
{
	local word
	mark "$c_id"
	if [ "$c_words" = dhcp ]; then
		echo 'server = dhcp'
		return 0
	fi
	words_pinet
	for word in $ret; do
		word=${word#pinet.}
		printf '%s = %s\n' "${word%%=*}" "${word#*=}"
	done
}
