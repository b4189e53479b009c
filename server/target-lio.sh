# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# LIO: targetcli tells the kernel, and saves its configuration for the next start. It reads its commands from standard
# input, so that no secret is an argument. What a client has is also in a file of ours, from which it can be made again.

target_lio_file()
{
	ret=$state/lio/$1
}

# target_lio_files: the commands that make the target; the disk is LUN 0 to this initiator and to nobody else.
target_lio_files()
{
	local file kind=fileio tpg="/iscsi/$c_target/tpg1"
	target_lio_file "$c_id"
	file=$ret
	[ -z "$c_user" ] || client_secret_text
	[ "$c_storage" = file ] || kind=block
	{
		mark "$c_id"
		if [ $kind = fileio ]; then
			echo "/backstores/fileio create name=pinet-$c_id file_or_dev=$c_lun write_back=false"
		else
			echo "/backstores/block create name=pinet-$c_id dev=$c_lun"
		fi
		echo "/iscsi create $c_target"
		echo "$tpg/luns create /backstores/$kind/pinet-$c_id lun=0 add_mapped_luns=false"
		echo "$tpg set attribute generate_node_acls=0 demo_mode_write_protect=1"
		echo "$tpg/acls create $c_initiator add_mapped_luns=false"
		echo "$tpg/acls/$c_initiator create mapped_lun=0 tpg_lun_or_backstore=lun0 write_protect=0"
		if [ -n "$c_user" ]; then
			echo "$tpg set attribute authentication=1"
			printf '%s/acls/%s set auth userid=%s password=%s\n' "$tpg" "$c_initiator" "$c_user" "$ret"
		fi
	} | put_ours "$file" 0600
}

target_lio_files_drop()
{
	target_lio_file "$c_id"
	drop "$ret"
}

# target_lio_runs: whether the kernel has LIO and we are to tell it.
target_lio_runs()
{
	[ -z "$root" ] && [ "$conf_service_lio" != none ] && [ -d /sys/kernel/config/target ]
}

# target_lio_apply ID IQN: the kernel has what the file says, or no such target; others stay as they are, and so do the
# settings that targetcli keeps for its user.
target_lio_apply()
{
	local id="$1" iqn="$2" file kind status=0
	target_lio_runs || return 0
	target_lio_file "$id"
	file=$ret
	{
		echo "set global auto_add_mapped_luns=false auto_add_default_portal=true auto_save_on_exit=false"
		[ ! -d "/sys/kernel/config/target/iscsi/$iqn" ] || echo "/iscsi delete $iqn"
		for kind in fileio block; do
			if target_lio_has "$kind" "$id"; then
				echo "/backstores/$kind delete pinet-$id"
			fi
		done
		[ ! -e "$file" ] || grep -v '^#' "$file"
		echo "saveconfig"
	} | TARGETCLI_HOME="$work/lio" timeout 300 targetcli >"$work/targetcli" 2>&1 || status=$?
	# it ends with 0 whatever its commands did
	if [ $status != 0 ] || { [ -e "$file" ] && [ ! -d "/sys/kernel/config/target/iscsi/$iqn/tpgt_1/acls" ]; }; then
		printf 'pinet-server: targetcli (exit status %s): %s\n' "$status" "$(grep -v -i password "$work/targetcli" | tail -n 1 | tr -cd '[:print:]')" >&2
		return 1
	fi
}

# target_lio_has KIND ID: whether there is such a backstore.
target_lio_has()
{
	local directory
	for directory in /sys/kernel/config/target/core/"${1%io}"*_*/pinet-"$2"; do
		[ ! -d "$directory" ] || return 0
	done
	[ "$1" != block ] || for directory in /sys/kernel/config/target/core/iblock_*/pinet-"$2"; do
		[ ! -d "$directory" ] || return 0
	done
	return 1
}

target_lio_taken()
{
	local kind
	target_lio_file "$2"
	[ ! -e "$ret" ] || echo "there is a file $ret"
	target_lio_runs || return 0
	[ ! -d "/sys/kernel/config/target/iscsi/$1" ] || echo "the kernel has a target $1"
	for kind in fileio block; do
		! target_lio_has "$kind" "$2" || echo "the kernel has a backstore pinet-$2"
	done
}

target_lio_sessions()
{
	local info
	ret=0
	for info in "/sys/kernel/config/target/iscsi/$1/tpgt_1/acls"/*/info; do
		[ ! -e "$info" ] || ! grep -q '^InitiatorName' "$info" || ret=$((ret + 1))
	done
}

target_lio_lun()
{
	ret=0
}

target_lio_check()
{
	target_lio_file "$c_id"
	[ -e "$ret" ] || echo "the target's file $ret is missing"
	if target_lio_runs && [ ! -d "/sys/kernel/config/target/iscsi/$c_target" ]; then
		echo "the kernel does not have the target $c_target: \"targetctl restore\""
	fi
	return 0
}

target_lio_check_server() { :; }
