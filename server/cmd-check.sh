# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# check: what would keep clients from booting, and what is open wider than it has to be.

command_check()
{
	local id ids wrong
	[ $# -le 1 ] || usage_error "unexpected argument \"$2\""
	case ${1-} in
	-*) usage_error "check has no option $1" ;;
	esac
	# what a killed command has left is undone first, if it can be
	lock
	conf_read
	backend_need
	ids=$(client_ids)
	if [ $# = 1 ]; then
		client_need "$1"
		ids=$c_id
	fi
	{
		[ ! -s "$journal_file" ] || echo "a command was interrupted and cannot be undone: see above; $journal_file has what it did"
		check_twins
		for id in $ids; do
			client_load "$id"
			wrong=$(check_client)
			[ -z "$wrong" ] || printf '%s\n' "$wrong" | sed "s/^/$id: /"
		done
		check_servers
		check_strays
	} >"$work/found"
	if [ -s "$work/found" ]; then
		cat "$work/found"
		exit 1
	fi
	note "nothing is wrong"
}

# check_client: what is wrong with c_*.
check_client()
{
	on storage "$c_storage" exists "$c_id" || echo "the LUN $c_lun is missing"
	client_secret "$c_id"
	if [ -n "$c_user" ]; then
		[ -e "$ret" ] || echo "the secret $ret is missing"
		[ ! -e "$ret" ] || [ "$(stat -c %a "$ret")" = 600 ] || echo "others may read the secret $ret: chmod 600 it"
	fi
	on target "$c_target_kind" check
	on tftp "$c_tftp" check
	on nfs "$c_nfs" check
	on dhcp "$c_dhcp" check
	check_words
}

# check_words: the words in the boot files are the ones they should be.
check_words()
{
	client_directory
	[ "$c_layout" != san ] && [ "$c_words" != dhcp ] && [ -e "$ret/cmdline.txt" ] || return 0
	plain "$ret/cmdline.txt" && tr -s '[:space:]' '\n' <"$ret/cmdline.txt" | grep -q -x -F -e "pinet.target=$c_target" ||
		echo "$ret/cmdline.txt does not name the target $c_target"
}

# check_twins: two clients with one name.
check_twins()
{
	local key
	for key in mac serial address target initiator lun; do
		sed -n "s/^$key=\\(.\\)/$key \\1/p" "$state"/clients/[a-z0-9]* 2>/dev/null | sort | uniq -d |
			sed 's/^\([a-z]*\) \(.*\)/two clients have the \1 \2/'
	done
}

# check_servers: what is wrong with those that have clients, and what they say themselves of what they are given.
check_servers()
{
	local kind name program package users asked=' '
	while read -r kind name program package; do
		[ "$name" != none ] && [ "$kind" != storage ] || continue
		users=$(users_of "$kind" "$name")
		[ -n "$users" ] || continue
		on "$kind" "$name" check_server "$users"
		# dnsmasq may be both
		case $kind$asked in
		target* | *" ${name%%-*} "*) continue ;;
		esac
		asked="$asked${name%%-*} "
		(on "$kind" "$name" test 2>&1) || echo "$name refuses its configuration"
	done <<-END
		$(backend_table)
	END
	check_ports
}

# check_ports: on the machine itself, that somebody listens.
check_ports()
{
	[ -z "$root" ] && [ -n "$(client_ids)" ] && command -v ss >/dev/null 2>&1 || return 0
	ss -Hlnt | grep -q ':3260 ' || echo "nobody listens on TCP port 3260 (iSCSI)"
	[ -z "$(users_of nfs kernel)$(users_of nfs ganesha)" ] || ss -Hlnt | grep -q ':2049 ' || echo "nobody listens on TCP port 2049 (NFS)"
	ss -Hlnu | grep -q ':69 ' || echo "nobody listens on UDP port 69 (TFTP)"
}

# check_strays: files of ours whose client is not there.
check_strays()
{
	local file id
	for file in "$etc"/tgt/conf.d/pinet-*.conf "$etc"/exports.d/pinet-*.exports "$etc"/dnsmasq.d/pinet-client-*.conf \
		"$state"/secrets/* "$state"/lio/*; do
		[ -f "$file" ] || continue
		id=${file##*/}
		case $file in
		"$state"/*) ;;
		*/dnsmasq.d/*) id=${id#pinet-client-} id=${id%.conf} ;;
		*) id=${id#pinet-} id=${id%.*} ;;
		esac
		client_record "$id"
		[ -e "$ret" ] || echo "$file is there, the client $id is not"
	done
}
