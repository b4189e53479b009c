# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2016,SC2034,SC2154
# tgt: a file in conf.d for each client, which tgt-admin reads when the service starts. A running tgtd is told by
# tgtadm; the secret goes to it over its control socket, by tgt-account: an argument could be read by everybody.

target_tgt_file()
{
	ret=$etc/tgt/conf.d/pinet-$1.conf
}

target_tgt_files()
{
	local file
	target_tgt_file "$c_id"
	file=$ret
	[ -z "$c_user" ] || client_secret_text
	{
		mark "$c_id"
		# one of either is let in; without any address tgt-admin adds ALL, and the name would be for nothing
		printf '<target %s>\n\tbacking-store %s\n\tinitiator-name %s\n\tinitiator-address 127.0.0.1\n' \
			"$c_target" "$c_lun" "$c_initiator"
		[ -z "$c_user" ] || printf '\tincominguser %s %s\n' "$c_user" "$ret"
		printf '</target>\n'
	} | put_ours "$file" 0600
}

target_tgt_files_drop()
{
	target_tgt_file "$c_id"
	drop "$ret"
}

# tgt_admin ARGUMENT...: tgtadm, to the tgtd that pinet-server.conf means.
tgt_admin()
{
	# shellcheck disable=SC2086  # a number or nothing
	timeout 30 tgtadm ${conf_control_tgt:+-C $conf_control_tgt} --lld iscsi "$@"
}

# tgt_socket: where that tgtd listens.
tgt_socket()
{
	ret=/run/tgtd/socket.${conf_control_tgt:-0}
}

# target_tgt_runs: whether there is one to be told.
target_tgt_runs()
{
	[ -z "$root" ] || [ -n "$conf_control_tgt" ] || return 1
	tgt_socket
	[ -S "$ret" ] && tgt_admin --mode sys --op show >/dev/null 2>&1
}

# target_tgt_apply ID IQN USER: the running tgtd has what the file says, or no such target.
target_tgt_apply()
{
	local id="$1" iqn="$2" account="${3-}" file tid word one two lun='' initiator='' user='' secret=''
	target_tgt_runs || return 0
	tgt_admin --mode target --op show >"$work/tgt" || return 1
	tid=$(awk -v iqn="$iqn" '/^Target / && $3 == iqn { print $2 + 0 }' "$work/tgt")
	if [ -n "$tid" ]; then
		tgt_admin --mode target --op delete --force --tid "$tid" || return 1
	else
		tid=$(awk '/^Target / && $2 + 0 > last { last = $2 + 0 } END { print last + 1 }' "$work/tgt")
	fi
	target_tgt_file "$id"
	file=$ret
	if [ -n "$account" ] && tgt_admin --mode account --op show | grep -q -x " *$account"; then
		tgt_admin --mode account --op delete --user "$account" || return 1
	fi
	[ -e "$file" ] || return 0
	while read -r word one two; do
		case $word in
		backing-store) lun=$one ;;
		initiator-name) initiator=$one ;;
		incominguser) user=$one secret=$two ;;
		esac
	done <"$file"
	tgt_admin --mode target --op new --tid "$tid" --targetname "$iqn" &&
		tgt_admin --mode logicalunit --op new --tid "$tid" --lun 1 --backing-store "$lun" || return 1
	if [ -n "$user" ]; then
		tgt_socket
		printf '%s\n%s\n' "$user" "$secret" | perl "$lib/tgt-account" "$ret" &&
			tgt_admin --mode account --op bind --tid "$tid" --user "$user" || return 1
	fi
	# last: before this nobody may log in
	tgt_admin --mode target --op bind --tid "$tid" --initiator-name "$initiator"
}

target_tgt_taken()
{
	target_tgt_file "$2"
	[ ! -e "$ret" ] || echo "there is a file $ret"
	find "$etc/tgt/targets.conf" "$etc/tgt/conf.d" -name '*.conf' -print0 2>/dev/null | xargs -0 -r awk -v iqn="$1" '
		tolower($1) == "<target" {
			gsub(/[">]/, "", $2)
			if ($2 == iqn)
				print FILENAME " has a target " iqn
		}'
	target_tgt_runs || return 0
	tgt_admin --mode target --op show | awk -v iqn="$1" '/^Target / && $3 == iqn { print "tgtd has a target " iqn }'
	tgt_admin --mode account --op show | awk -v user="$3" 'NF == 1 && $1 == user { print "tgtd has an account " user }'
}

# target_tgt_sessions IQN: how many are logged in, in $ret.
target_tgt_sessions()
{
	ret=0
	target_tgt_runs || return 0
	ret=$(tgt_admin --mode target --op show | awk -v iqn="$1" '
		/^Target / { own = $3 == iqn }
		own && /I_T nexus: / { sum++ }
		END { print sum + 0 }')
}

# target_tgt_lun: the number of the disk; LUN 0 is tgt's controller.
target_tgt_lun()
{
	ret=1
}

target_tgt_check()
{
	target_tgt_file "$c_id"
	[ -e "$ret" ] || echo "the target's file $ret is missing"
}

# target_tgt_check_server IDS: secrets that others can read, names that one of our targets shares with another, and
# targets that tgtd does not have.
target_tgt_check_server()
{
	local id iqn
	find "$etc/tgt/conf.d" -maxdepth 1 -name 'pinet-*.conf' -perm /077 |
		sed 's/.*/& holds a secret and others may read it: chmod 600 it/'
	find "$etc/tgt/targets.conf" "$etc/tgt/conf.d" -name '*.conf' -print0 | xargs -0 -r awk -v ours="$etc/tgt/conf.d/pinet-" '
		$1 == "<target" || $1 == "initiator-name" {
			name = $2
			sub(/>$/, "", name)
			one = first[$1 " " name]
			if (one == "")
				first[$1 " " name] = FILENAME
			else if (one != FILENAME && (index(one, ours) == 1 || index(FILENAME, ours) == 1))
				print one " and " FILENAME " name the same " ($1 == "<target" ? "target" : "initiator") " " name
		}'
	target_tgt_runs || return 0
	tgt_admin --mode target --op show | sed -n 's/^Target [0-9]*: //p' >"$work/targets"
	for id in $1; do
		client_record "$id"
		iqn=$(sed -n 's/^target=//p' "$ret")
		grep -q -x -F -e "$iqn" "$work/targets" || echo "tgtd runs and does not have the target $iqn: \"systemctl restart tgt\""
	done
}
