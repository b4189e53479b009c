# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# The servers and stores there are, and what all of them have in common.
#
# A backend KIND NAME is the file KIND-NAME.sh with functions KIND_NAME_*:
#
#	storage   create NAME BYTES, destroy NAME, path NAME, resize NAME BYTES, copy FROM TO, rename FROM TO, used NAME
#	target    files, files_drop, apply ID IQN USER, sessions IQN, taken IQN ID USER, lun, check, check_server IDS
#	tftp      shared_files IDS, test, apply, check, check_server IDS
#	nfs       files, files_drop, shared_files IDS, test, apply, check, check_server IDS
#	dhcp      files, files_drop, shared_files IDS, test, apply, check, check_server IDS
#
# "files" writes what a client (c_*) needs, by put_ours; "shared_files" what all clients of this server, IDS, need;
# "test" asks the server's own checker, "apply" then has the server read them. "check" prints a line for each thing that is wrong with a client, "check_server" for
# each that is wrong with the server or between its clients: it is called once, however many there are. "taken" prints what
# others have made under a new client's names, which "apply" would delete.

# backend_table: KIND NAME PROGRAM PACKAGE.
backend_table()
{
	printf '%s\n' \
		'storage file truncate coreutils' \
		'storage zfs zfs zfsutils-linux' \
		'storage lvm lvcreate lvm2' \
		'target tgt tgtadm tgt' \
		'target lio targetcli targetcli-fb' \
		'tftp dnsmasq dnsmasq dnsmasq-base' \
		'tftp hpa in.tftpd tftpd-hpa' \
		'nfs kernel exportfs nfs-kernel-server' \
		'nfs ganesha ganesha.nfsd nfs-ganesha' \
		'nfs none true coreutils' \
		'dhcp dnsmasq dnsmasq dnsmasq-base' \
		'dhcp dnsmasq-proxy dnsmasq dnsmasq-base' \
		'dhcp isc dhcpd isc-dhcp-server' \
		'dhcp kea kea-dhcp4 kea-dhcp4-server' \
		'dhcp none true coreutils'
}

# backend_known KIND NAME: whether there is one.
backend_known()
{
	local table
	table=$(backend_table)
	case "
$table" in
	*"
$1 $2 "*) ;;
	*) return 1 ;;
	esac
}

# backend_function KIND NAME: the beginning of its functions' names, in $ret.
backend_function()
{
	case $2 in
	*-*) ret=$1_${2%%-*}_${2#*-} ;;
	*) ret=$1_$2 ;;
	esac
}

# backend_load: the functions of all of them: clients may have others than pinet-server.conf names now.
backend_load()
{
	local kind name rest
	while read -r kind name rest; do
		[ "$name" != none ] || continue
		. "$lib/$kind-${name%%-*}.sh"
	done <<-END
		$(backend_table)
	END
}

# backend_need: the programs of those that pinet-server.conf names have to be there.
backend_need()
{
	local kind name program package
	while read -r kind name program package; do
		case "$kind $name" in
		"storage $conf_storage" | "target $conf_target" | "tftp $conf_tftp" | "nfs $conf_nfs" | "dhcp $conf_dhcp")
			need_program "$program" "$package"
			;;
		esac
	done <<-END
		$(backend_table)
	END
}

# on KIND NAME FUNCTION ARGUMENT...: calls it.
on()
{
	local function
	[ "$2" != none ] || return 0
	backend_function "$1" "$2"
	function=${ret}_$3
	shift 3
	"$function" "$@"
}

# Nothing to do for these.
dhcp_none_apply() { :; }
dhcp_dnsmasq_apply() { dnsmasq_apply; }
dhcp_dnsmasq_test() { dnsmasq_test; }
tftp_dnsmasq_apply() { dnsmasq_apply; }
tftp_dnsmasq_test() { dnsmasq_test; }
tftp_hpa_apply() { :; }
tftp_hpa_test() { :; }

# mark: the first line of every file that is written here.
mark()
{
	printf '# Written by pinet-server%s: "pinet-server remove" takes it away again.\n' "${1:+ for the client $1}"
}

# is_ours FILE: whether it has such a line.
is_ours()
{
	head -n 3 "$1" 2>/dev/null | grep -q 'Written by pinet-server'
}

# put_ours PATH MODE: put, but refuses to overwrite what somebody else wrote. A file that is the same stays.
put_ours()
{
	if [ -e "$1" ] && ! is_ours "$1"; then
		die "$1 exists and was not written by pinet-server: it stays as it is"
	fi
	cat >"$work/put"
	if [ -e "$1" ] && cmp -s "$work/put" "$1"; then
		return 0
	fi
	put "$1" "$2" <"$work/put"
	ret=changed
}

# users_of KIND NAME: the ids of the clients that use a backend.
users_of()
{
	local field="$1"
	[ "$1" != target ] || field=target_kind
	grep -l -x -F -e "$field=$2" "$state"/clients/[a-z0-9]* 2>/dev/null | sed 's,.*/,,'
	return 0
}

# shared KIND NAME: what a server needs for all its clients together; gone with the last of them.
shared()
{
	[ "$2" != none ] || return 0
	on "$1" "$2" shared_files "$(users_of "$1" "$2")"
}

# client_files: writes what all servers need for the client c_*, its record first, and has them read it.
client_files()
{
	local record
	client_record "$c_id"
	record=$ret
	client_print | put "$record" 0644
	on target "$c_target_kind" files
	touched target "$c_target_kind" "$c_id" "$c_target" "$c_user"
	shared tftp "$c_tftp"
	on nfs "$c_nfs" files
	shared nfs "$c_nfs"
	if [ "$c_dhcp" != none ]; then
		on dhcp "$c_dhcp" files
		shared dhcp "$c_dhcp"
		backend_function dhcp "$c_dhcp"
		touched dhcp "${ret#dhcp_}"
	fi
}

# client_files_drop: takes all of that away.
client_files_drop()
{
	local record
	client_record "$c_id"
	record=$ret
	drop "$record"
	on target "$c_target_kind" files_drop
	touched target "$c_target_kind" "$c_id" "$c_target" "$c_user"
	on nfs "$c_nfs" files_drop
	shared nfs "$c_nfs"
	if [ "$c_dhcp" != none ]; then
		on dhcp "$c_dhcp" files_drop
		shared dhcp "$c_dhcp"
		backend_function dhcp "$c_dhcp"
		touched dhcp "${ret#dhcp_}"
	fi
	shared tftp "$c_tftp"
}

# service_reload BACKEND SETTING UNIT ACTION: has a running server read its files. SETTING is its service.* line:
# nothing (the unit, where systemd runs and there is no --root), a unit, pid:FILE, or none. A unit that ran and did not
# come up again is noted in $runtime: the undo starts it with what it had before.
service_reload()
{
	local setting="$2" unit="$3" action="$4" pid down
	if [ -z "$setting" ]; then
		[ -z "$root" ] && [ -d /run/systemd/system ] || return 0
		setting=$unit
	fi
	case $setting in
	none) return 0 ;;
	pid:*)
		[ "$action" = reload ] || {
			note "$1 has to be started again: its configuration has changed"
			return 0
		}
		pid=$(cat "${setting#pid:}" 2>/dev/null) || return 0
		case $pid in
		'' | *[!0-9]*) return 0 ;;
		esac
		kill -HUP "$pid" 2>/dev/null || return 0
		;;
	*)
		down=$runtime/down.$setting
		if ! systemctl is-active --quiet "$setting" 9>&-; then
			[ -e "$down" ] || return 0
			action=restart
		fi
		if [ "$action" != reload ]; then
			: >"$down"
			# many clients are many starts, which systemd would stop after five
			systemctl reset-failed "$setting" 9>&- 2>/dev/null || :
		fi
		systemctl "$action" "$setting" 9>&- || {
			warn "$1: \"systemctl $action $setting\" failed: \"journalctl -u $setting\" says why"
			return 1
		}
		rm -f "$down"
		;;
	esac
}

# block_put FILE LINE: a line of ours, between marks, at the end of a file that is somebody else's.
block_put()
{
	local file end=
	file=$(readlink -f "$1") || file=
	[ -f "$file" ] || die "there is no $1: its server is not set up"
	! grep -q -x '# BEGIN pinet-server.*' "$file" || return 0
	[ -z "$(tail -c 1 "$file")" ] || end=' (the line above had no end)'
	cat "$file" >"$work/block"
	[ -z "$end" ] || printf '\n' >>"$work/block"
	printf '# BEGIN pinet-server%s\n%s\n# END pinet-server\n' "$end" "$2" >>"$work/block"
	put "$file" - <"$work/block"
}

# block_drop FILE: takes it out again; everything else stays as it is. Marks that are not as they were put there would
# take lines of others with them.
block_drop()
{
	local file begin
	file=$(readlink -f "$1") || file=
	[ -f "$file" ] || return 0
	begin=$(grep -x '# BEGIN pinet-server.*' "$file") || return 0
	awk '/^# BEGIN pinet-server/ { wrong += begin > 0; begin = NR }
		/^# END pinet-server$/ { wrong += !begin || NR != begin + 2; end = NR; next }
		!begin || NR > begin + 2 { print }
		END { exit wrong || end != begin + 2 }' "$file" >"$work/block" ||
		die "$1: \"# BEGIN pinet-server\", one line and \"# END pinet-server\" do not follow each other any more: put them in order, or take them and that line out"
	case $begin:$(tail -n 1 "$file") in
	*'no end)':'# END pinet-server') printf '%s' "$(cat "$work/block")" | put "$file" - ;;
	*) put "$file" - <"$work/block" ;;
	esac
}
