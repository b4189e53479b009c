# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# snapshot, rollback: LUN and boot files together, so that kernel and modules agree.
. "$lib/disk.sh"
. "$lib/make.sh"

# snapshot_arguments ARGUMENT...: $id, $name and the options.
snapshot_arguments()
{
	id='' name='' list='' delete='' yes='' force=''
	while [ $# -gt 0 ]; do
		case $command:$1 in
		*:--force) force=yes ;;
		snapshot:--list) list=yes ;;
		snapshot:--delete) delete=yes ;;
		rollback:--yes) yes=yes ;;
		*:-*) usage_error "$command has no option $1" ;;
		*)
			if [ -z "$id" ]; then
				id=$1
			elif [ -z "$name" ]; then
				snapshot_ok "$1" || usage_error "\"$1\" cannot be the name of a snapshot: letters, digits and . _ -"
				name=$1
			else
				usage_error "unexpected argument \"$1\""
			fi
			;;
		esac
		shift
	done
	[ -n "$id" ] || usage_error "the name of a client is missing"
}

# snapshot_list: those of c_*.
snapshot_list()
{
	local one
	for one in "$state/snapshots/${c_id}_"*; do
		[ ! -d "$one" ] || printf '%s  %s\n' "$(date -u -r "$one/.taken" +%Y-%m-%dT%H:%M:%SZ)" "${one##*/"${c_id}_"}"
	done
}

command_snapshot()
{
	local volume kept
	snapshot_arguments "$@"
	if [ -n "$list" ]; then
		conf_load
		backend_load
		client_need "$id"
		snapshot_list
		return 0
	fi
	lock
	conf_read
	client_need "$id"
	[ -n "$name" ] || [ -z "$delete" ] || usage_error "the name of the snapshot is missing"
	name=${name:-$(date -u +%Y%m%d-%H%M%S)}
	volume=${c_id}_$name
	kept=$state/snapshots/$volume
	if [ -n "$delete" ]; then
		[ -d "$kept" ] || die "$c_id has no snapshot $name: \"pinet-server snapshot $c_id --list\" shows them"
		journal_begin snapshot "$c_id"
		journal_line later destroy "$c_storage" "$volume"
		journal_line later remove "$kept"
		journal_done
		return 0
	fi
	[ ! -e "$kept" ] || die "$c_id has a snapshot $name already"
	[ -n "$force" ] || refuse_session
	journal_begin snapshot "$c_id"
	journal_volume "$c_storage" "$volume"
	on storage "$c_storage" copy "$c_id" "$volume"
	make_parents "$state/snapshots"
	journal new "$kept"
	client_directory
	cp -a --reflink=auto -- "$ret" "$kept" || die "cannot copy the boot files of $c_id"
	rm -rf -- "$kept/.taken"
	: >"$kept/.taken"
	journal_done
	note "$c_id: snapshot $name"
}

command_rollback()
{
	local volume kept directory new
	snapshot_arguments "$@"
	[ -n "$name" ] || usage_error "the name of the snapshot is missing"
	lock
	conf_read
	client_need "$id"
	volume=${c_id}_$name
	kept=$state/snapshots/$volume
	[ -d "$kept" ] || die "$c_id has no snapshot $name: \"pinet-server snapshot $c_id --list\" shows them"
	[ -n "$force" ] || refuse_session
	[ -n "$yes" ] || ask "Take $c_id back to $name? What was written since is lost."
	journal_begin rollback "$c_id"
	journal_volume "$c_storage" "${c_id}_.new"
	on storage "$c_storage" copy "$volume" "${c_id}_.new"
	client_directory
	directory=$ret
	touched target "$c_target_kind" "$c_id" "$c_target" "$c_user"
	on storage "$c_storage" replace "$c_id" "${c_id}_.new"
	drop "$directory"
	copy_beside "$kept" "$directory"
	new=$ret
	rm -rf -- "$new/.taken"
	# since then it may have got another secret, other words and another size
	make_real_size
	disk_table "$c_lun"
	disk_find_root "$c_lun"
	make_inside rollback "$new"
	mv -T -- "$new" "$directory" || die "cannot put the boot files in place"
	client_record "$c_id"
	client_print | put "$ret" 0644
	apply
	journal_done
	note "$c_id is what it was at $name"
}
