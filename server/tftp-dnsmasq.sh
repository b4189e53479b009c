# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2016,SC2034,SC2154
# TFTP by dnsmasq, and what both of dnsmasq's parts share. A drop-in in dnsmasq.d that is there while there is a
# client; dnsmasq reads it only when it starts.

# tftp_dnsmasq_shared_files IDS: the drop-in that switches TFTP on, unless the administrator has done so.
tftp_dnsmasq_shared_files()
{
	local file="$etc/dnsmasq.d/pinet-tftp.conf" lines=''
	tftp_bootcode
	if [ -z "$1" ]; then
		drop "$file"
		dnsmasq_changed
		return 0
	fi
	dnsmasq_has enable-tftp || lines="enable-tftp\n"
	dnsmasq_has tftp-root || lines="${lines}tftp-root=$conf_tftp_directory\n"
	[ -n "$lines" ] || return 0
	ret=
	{
		mark ''
		# shellcheck disable=SC2059  # the text is made above
		printf "$lines"
	} | put_ours "$file" 0644
	dnsmasq_changed
}

# dnsmasq_files: the files that dnsmasq reads, a line each.
dnsmasq_files()
{
	local file
	for file in "$etc/dnsmasq.conf" "$etc"/dnsmasq.d/*; do
		case $file in
		*.dpkg-dist | *.dpkg-old | *.dpkg-new | *'~') continue ;;
		esac
		[ ! -f "$file" ] || printf '%s\n' "$file"
	done
}

# dnsmasq_has WORD: whether a file of the administrator's has such a line. There may be many files: one program reads
# them all, here and below.
dnsmasq_has()
{
	dnsmasq_files | tr '\n' '\0' | xargs -0 -r awk -v word="$1" '
		FNR == 1 { ours = /Written by pinet-server/ }
		!ours && $0 ~ "^[[:space:]]*" word "([[:space:]]*=.*)?[[:space:]]*(#.*)?$" { print "yes" }' | grep -q yes
}

# dnsmasq_changed: what it reads only when it starts has changed.
dnsmasq_changed()
{
	touched tftp dnsmasq
}

# dnsmasq_configuration [LINE]: what dnsmasq would read, as one file, printed; or where LINE of it is from.
dnsmasq_configuration()
{
	dnsmasq_files | tr '\n' '\0' | xargs -0 -r awk -v own="$etc/dnsmasq.conf" -v wanted="${1-}" '
		FILENAME == own && /^[[:space:]]*conf-(dir|file)[[:space:]]*=/ { next }
		wanted == "" { print }
		++line == wanted { print "line " FNR " of " FILENAME }'
}

# dnsmasq_test: its own checker, on $work/dnsmasq.conf.
dnsmasq_test()
{
	local text line
	dnsmasq_configuration >"$work/dnsmasq.conf"
	if ! dnsmasq --test --conf-file="$work/dnsmasq.conf" >"$work/dnsmasq.log" 2>&1; then
		text=$(tail -n 1 "$work/dnsmasq.log" | tr -cd '[:print:]')
		case $text in
		*' line '[0-9]*)
			line=${text##* line }
			text="${text% line *} $(dnsmasq_configuration "${line%% *}")"
			;;
		esac
		printf 'pinet-server: %s\n' "$text" >&2
		return 1
	fi
}

# dnsmasq_apply: if anything is new to it, the running one starts again. What it started with last is kept as a digest in
# $runtime.
dnsmasq_apply()
{
	local digest now="$runtime/dnsmasq"
	dnsmasq_test || return 1
	digest=$(sha256sum <"$work/dnsmasq.conf")
	[ "$digest" != "$(cat "$now" 2>/dev/null)" ] || return 0
	rm -f "$now"
	service_reload dnsmasq "$conf_service_dnsmasq" dnsmasq.service restart || return 1
	printf '%s\n' "$digest" >"$now"
}

tftp_dnsmasq_check() { tftp_readable; }

# tftp_dnsmasq_check_server IDS: the directory that it serves.
tftp_dnsmasq_check_server()
{
	local served
	served=$(dnsmasq_configuration | sed -n 's/^[[:space:]]*tftp-root[[:space:]]*=[[:space:]]*\([^,]*\).*/\1/p' | tail -n 1)
	if [ "$served" != "$conf_tftp_directory" ]; then
		echo "dnsmasq serves ${served:-no directory} by TFTP, the boot files are in $conf_tftp_directory"
	fi
}

# tftp_bootcode: the first file that a Raspberry Pi 3 asks for is bootcode.bin, without its serial number: one for all
# of them stands above their directories. One that somebody else has put there stays. Clients may write to theirs while
# it is read: a link is not followed.
tftp_bootcode()
{
	local file="$conf_tftp_directory/bootcode.bin" noted="$state/bootcode" id source=''
	for id in $(client_ids); do
		! plain "$conf_tftp_directory/$id/bootcode.bin" || source=$conf_tftp_directory/$id/bootcode.bin
	done
	if [ -n "$source" ] && [ ! -e "$file" ]; then
		dd if="$source" iflag=nofollow,nonblock,fullblock bs=1M count=4 status=none >"$work/bootcode" || die "cannot read $source"
		put "$noted" 0644 </dev/null
		put "$file" 0644 <"$work/bootcode"
	elif [ -z "$source" ] && [ -e "$noted" ]; then
		drop "$file"
		drop "$noted"
	fi
}

# tftp_readable: files that a TFTP server without root's rights cannot read.
tftp_readable()
{
	client_directory
	if [ ! -d "$ret" ]; then
		echo "the boot files' directory $ret is missing"
	elif [ "$c_layout" != san ]; then
		find "$ret" \( -type f ! -perm -o=r -o -type d ! -perm -o=rx \) |
			sed -n '1,3s/$/ cannot be read by a TFTP server: chmod o+r it/p' | tr -cd '[:print:]\n'
	fi
}
