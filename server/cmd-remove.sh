# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# remove: everything that was written for a client goes; its LUN and boot files are kept unless told.
. "$lib/make.sh"

command_remove()
{
	local ids='' yes='' delete='' force='' id
	while [ $# -gt 0 ]; do
		case $1 in
		--yes) yes=yes ;;
		--delete-lun) delete=yes ;;
		--force) force=yes ;;
		-*) usage_error "remove has no option $1" ;;
		*)
			id_need "$1"
			ids="$ids $ret"
			;;
		esac
		shift
	done
	[ -n "$ids" ] || usage_error "the name of a client is missing"
	lock
	conf_read
	# a name that is wrong is said before any client is gone
	for id in $ids; do
		client_need "$id"
	done
	for id in $ids; do
		client_need "$id"
		[ -n "$force" ] || refuse_session
		if [ -z "$yes" ]; then
			ask "Remove the client $c_id${delete:+ and its LUN $c_lun with all that is in it}?"
		fi
		remove_one "$delete"
	done
}

# remove_one DELETE
remove_one()
{
	local directory kept snapshot secret
	journal_begin remove "$c_id"
	client_files_drop
	client_secret "$c_id"
	secret=$ret
	[ ! -e "$secret" ] || drop "$secret"
	client_directory
	directory=$ret
	kept=$(kept_boot_files "$c_id")
	if [ -n "$1" ]; then
		journal_line later destroy "$c_storage" "$c_id"
		for snapshot in "$state/snapshots/${c_id}_"*; do
			[ -d "$snapshot" ] || continue
			journal_line later destroy "$c_storage" "${snapshot##*/}"
			journal_line later remove "$snapshot"
		done
		[ ! -e "$kept" ] || journal_line later remove "$kept"
	elif [ -d "$directory" ]; then
		[ ! -e "$kept" ] || drop "$kept"
		make_parents "${kept%/*}"
		journal new "$kept"
		cp -a --reflink=auto -- "$directory" "$kept" || die "cannot keep the boot files of $c_id"
	fi
	drop "$directory"
	[ ! -e "$state/seen/$c_id" ] || journal_line later remove "$state/seen/$c_id"
	apply
	journal_done
	if [ -n "$1" ]; then
		note "$c_id is removed, and its LUN"
	else
		note "$c_id is removed; its LUN $c_lun stays, and its boot files in $kept: \"add --adopt\" takes both again"
	fi
}
