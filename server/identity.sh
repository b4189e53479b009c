# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# What makes one client another than its copy: names, keys, secrets. Part of inside.sh.

# identity_renew: the system forgets whom it was.
identity_renew()
{
	local key kind
	system_file /etc/machine-id
	[ ! -e "$ret" ] || : >"$ret"
	system_path /var/lib/dbus
	[ -L "$ret/machine-id" ] || rm -f "$ret/machine-id"
	system_path /var/lib/systemd
	rm -f "$ret/random-seed" "$ret/credential.secret"
	system_path /etc/ssh
	for key in "$ret"/ssh_host_*_key; do
		plain "$key" || [ -L "$key" ] || continue
		kind=${key##*/ssh_host_}
		kind=${kind%_key}
		rm -f "$key" "$key.pub"
		run "cannot make a host key" ssh-keygen -q -t "$kind" -N '' -C "root@${c_hostname:-$c_id}" -f "$key"
	done
	[ -z "$c_hostname" ] || identity_hostname
}

# identity_hostname: in hostname and in the line of hosts that Debian has for it.
identity_hostname()
{
	local old hosts
	system_file /etc/hosts
	hosts=$ret
	system_file /etc/hostname
	old=$(head -n 1 "$ret" 2>/dev/null) || old=
	printf '%s\n' "$c_hostname" >"$ret" || die "cannot write /etc/hostname in the image"
	if label_ok "$old" && [ -f "$hosts" ]; then
		sed -i "/^127\\.0\\.1\\.1[[:space:]]/s/\\([[:space:]]\\)$(printf '%s' "$old" | sed 's/[.]/[.]/g')\\([[:space:]]\\|\$\\)/\\1$c_hostname\\2/" "$hosts"
	fi
}

# identity_conf: pinet's configuration in the system: the secret, and what no other source says.
identity_conf()
{
	local own='' conf chap
	if [ "$c_layout" = san ] || [ "$c_words" = dhcp ]; then
		own=yes
	fi
	system_path /etc/pinet
	mkdir -p "$ret"
	chap=$ret/chap.conf
	if [ -n "$own" ]; then
		system_file /etc/pinet/pinet.conf
		conf=$ret
		words_conf >"$conf"
		chmod 0644 "$conf"
	fi
	if [ -n "$c_user" ]; then
		(
			umask 077
			mark "$c_id"
			printf 'username = %s\npassword = ' "$c_user"
			cat "$secret"
		) >"$work/chap"
		rm -f "$chap"
		install -m 0600 -T "$work/chap" "$chap"
	elif plain "$chap" && is_ours "$chap"; then
		rm -f "$chap"
	fi
	rmdir "${chap%/*}" 2>/dev/null || :
}

# identity_boot_files DIRECTORY: boot files of another, or older ones, get the words of c_*, and every initramfs its
# configuration: as a further archive behind it, whose files replace those of the same name. The list has a line for each:
# no name there may be two.
identity_boot_files()
{
	local line file inode generation last=''
	identity_archive
	if [ -s "$work/archive" ]; then
		system_path /boot
		find "$1" "$ret" -type f -name 'init*' ! -path '*[[:cntrl:]]*' -printf '%D:%i %p\n' | sort >"$work/images"
		while IFS= read -r line; do
			inode=${line%% *}
			file=${line#* }
			# generations share files
			[ "$inode" != "$last" ] || continue
			last=$inode
			identity_is_image "$file" || continue
			truncate -s %4 "$file"
			cat "$work/archive" >>"$file"
		done <"$work/images"
	fi
	words_write "$1"
	for generation in "$1"/pinet/g[0-9]*; do
		[ -f "$generation/manifest" ] || continue
		for file in "$generation/cmdline.txt" "$generation/boot.ipxe"; do
			[ ! -f "$file" ] || identity_words "$file"
		done
		identity_manifest "$generation"
	done
}

# identity_is_image FILE: whether it begins as an initramfs does.
identity_is_image()
{
	case $(od -An -tx1 -N6 "$1" | tr -d ' \n') in
	303730373031 | 1f8b* | 28b52ffd* | fd377a585a00 | 02214c18* | 894c5a4f* | 425a68* | 5d0000*) ;;
	*) return 1 ;;
	esac
}

# identity_archive: the configuration as a "newc" archive in $work/archive; empty if there is nothing to say.
identity_archive()
{
	local name
	: >"$work/archive"
	mkdir -p "$work/tree/etc/pinet"
	for name in pinet.conf chap.conf; do
		system_file "/etc/pinet/$name"
		[ ! -e "$ret" ] || cp -p "$ret" "$work/tree/etc/pinet/$name"
	done
	[ -n "$(ls "$work/tree/etc/pinet")" ] || return 0
	(cd "$work/tree" && find etc | sort | cpio --quiet -o -H newc -R 0:0) >"$work/archive" || die "cannot make an archive"
}

# identity_words FILE: the lines that are kernel command lines get this client's words.
identity_words()
{
	local line
	while IFS= read -r line || [ -n "$line" ]; do
		case " $line" in
		*[[:space:]]root=* | *[[:space:]]pinet.*)
			words_line "$line"
			line=$ret
			;;
		esac
		printf '%s\n' "$line"
	done <"$1" >"$work/words"
	words_file "$1" <"$work/words"
}

# identity_manifest GENERATION: its manifest has the sizes and digests of what was changed in it.
identity_manifest()
{
	local word role digest size path rest file
	while read -r word role digest size path rest; do
		file="$1/$path"
		case $word:$role/$path/ in
		file:*/../*) die "the manifest in $1 names a file of elsewhere" ;;
		file:initramfs/* | file:cmdline/* | file:other/*)
			[ -n "$path" ] && [ -z "$rest" ] && plain "$file" ||
				die "the manifest in $1 names a file that is not there: $(printf '%s' "$path" | tr -cd '[:print:]')"
			digest=$(sha256sum <"$file")
			printf 'file %s %s %s %s\n' "$role" "${digest%% *}" "$(stat -c %s "$file")" "$path"
			;;
		*)
			printf '%s\n' "$word${role:+ $role}${digest:+ $digest}${size:+ $size}${path:+ $path}${rest:+ $rest}"
			;;
		esac
	done <"$1/manifest" >"$work/manifest"
	words_file "$1/manifest" <"$work/manifest"
}
