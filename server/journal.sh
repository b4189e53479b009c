# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# One operation at a time, and all of it or nothing.
#
# Before anything is changed, the journal gets a line that says how to take the change back:
#
#	begin VERB ID       the operation
#	new PATH            did not exist: is removed, with all that is in it
#	parent PATH         a directory that others use, too: is removed when it is empty
#	file PATH DIGEST    did not exist: is removed
#	old PATH COPY DIGEST   is put back from COPY
#	move FROM TO        TO is moved back to FROM
#	volume KIND NAME    a new LUN: is destroyed, after the servers have looked again
#	renamed KIND FROM TO   a LUN: gets its old name
#	apply KIND NAME ARGUMENT...   a server has to look again, after all files are back
#	done                nothing is taken back any more; what is left is to throw away:
#	later COMMAND...    only then: "remove PATH" or "destroy KIND NAME"
#
# An operation that fails undoes itself at exit; one that was killed is undone by the next command. Every line
# can be undone twice, and for a change that was not made yet. A file stays when it is not what DIGEST says any more: somebody
# else has changed it since. Fields are separated by tabs: no name has one.

journal_open=
journal_applied=

# lock: waits for other commands, then undoes what a killed one has left. A child of a killed command still has
# the lock: what it writes to is not taken away under its hands.
lock()
{
	need_root
	mkdir -p "$runtime" || die "cannot make $runtime"
	exec 9>>"$runtime/lock"
	if ! flock -n 9; then
		note "waiting for another pinet-server (process $(cat "$runtime/holder" 2>/dev/null || echo unknown))"
		flock -w 900 9 || die "another pinet-server works since 15 minutes: nothing was done"
	fi
	echo $$ >"$runtime/holder"
	# what killed ones have left: nobody else is here
	rm -rf -- "$runtime"/run.*
	make_work
	mkdir -p "$state/clients" "$state/secrets" "$state/undo" || die "cannot make $state"
	chmod 0700 "$state/secrets" "$state/undo"
	conf_load
	backend_load
	# check says what else is wrong
	journal_recover || [ "$command" = check ] ||
		die "nothing else is done before that: put right what is said above and try again, or take back by hand what is left and remove $journal_file"
}

# journal_recover: after a command that was killed. Returns 1 if it cannot be undone; the journal stays then.
journal_recover()
{
	local verb id
	[ -s "$journal_file" ] || return 0
	read -r _ verb id <"$journal_file" || id=
	if grep -q '^done$' "$journal_file"; then
		journal_finish
		return 0
	fi
	note "undoing \"$verb $id\", which was interrupted"
	journal_undo
}

# journal_begin VERB ID: the operation starts.
journal_begin()
{
	printf 'begin\t%s\t%s\n' "$1" "$2" >"$journal_file"
	journal_open=yes
	journal_applied=
}

# journal_line WORD...: a line that needs not be on the disk before what it is about: it is needed after a kill only, or
# after "done".
journal_line()
{
	local line="$1"
	shift
	while [ $# -gt 0 ]; do
		line="$line	$1"
		shift
	done
	printf '%s\n' "$line" >>"$journal_file"
}

# journal WORD...: a line, on the disk before this returns: a power cut finds it.
journal()
{
	journal_line "$@"
	sync "$journal_file"
}

# journal_volume KIND NAME: a LUN will be made; nobody has one of that name. NAME is that of a client; ID_NAME, which no client
# can have, for a snapshot, and ID_.new, ID_.old, which no snapshot can have.
journal_volume()
{
	! on storage "$1" exists "$2" || die "there is a LUN $2 already, which this command did not make: rename or remove it"
	journal volume "$1" "$2"
}

# journal_done: the operation is complete, on the disk too: what "put" has written is there already, the LUN and the
# directories with copies of boot files are not.
journal_done()
{
	local directory
	for directory in "$state" "$conf_tftp_directory" "$conf_storage_directory"; do
		[ ! -d "$directory" ] || sync -f "$directory" || die "what was written does not get to the disk"
	done
	[ ! -b "${c_lun-}" ] || sync "$c_lun" || die "what was written does not get to $c_lun"
	journal 'done'
	journal_open=
	journal_finish
}

# journal_finish: throws away what is not needed any more. It can be repeated.
journal_finish()
{
	local word one two rest tab='	'
	while IFS=$tab read -r word one two rest; do
		case $word:$one in
		later:remove) rm -rf -- "$two" ;;
		later:destroy) "storage_${two}_destroy" "$rest" || warn "the LUN $rest could not be removed" ;;
		esac
	done <"$journal_file"
	drop_parents
	rm -rf -- "$state"/undo/*
	rm -f "$journal_file"
}

# journal_undo: takes the operation back, last change first. Returns 1 if something could not be taken back; the
# journal then stays for the next command.
journal_undo()
{
	local word one two rest failed='' tab='	'
	journal_open=
	# tac would miss a last line that was cut off: such a line's change was not made
	awk '{ line[NR] = $0 } END { for (i = NR; i > 0; i--) print line[i] }' "$journal_file" >"$work/undo" ||
		return 1
	while IFS=$tab read -r word one two rest; do
		case $word in
		new)
			rm -rf -- "$one" || journal_stuck "$one cannot be removed"
			;;
		file) journal_take_back "$one" "$two" || journal_stuck "$one cannot be removed" ;;
		old) journal_put_back "$one" "$two" "$rest" || journal_stuck "$one cannot be made what it was, which is in $two" ;;
		move)
			if [ -e "$two" ] && [ -e "$one" ]; then
				warn "$one was made anew since: what it was before stays in $two"
			elif [ -e "$two" ]; then
				mv -- "$two" "$one" || journal_stuck "$two cannot be moved back to $one"
			fi
			;;
		renamed)
			if "storage_${one}_exists" "$rest" && ! "storage_${one}_exists" "$two"; then
				("storage_${one}_rename" "$rest" "$two") || journal_stuck "the LUN $rest cannot get its name $two back"
			fi
			;;
		esac
	done <"$work/undo"
	while IFS=$tab read -r word one two rest; do
		[ "$word" = apply ] || continue
		# shellcheck disable=SC2086  # words of ours, without blanks in them
		apply_now "$one" "$two" $rest ||
			warn "$two does not take the configuration that it had before: \"pinet-server check\" looks at it"
	done <"$work/undo"
	# last: the target has let go of them
	while IFS=$tab read -r word one two rest; do
		[ "$word" != volume ] || "storage_${one}_destroy" "$two" </dev/null ||
			journal_stuck "the LUN $two cannot be removed: a target or a mount may have it open"
	done <"$work/undo"
	while IFS=$tab read -r word one two rest; do
		[ "$word" != parent ] || [ ! -d "$one" ] || rmdir -- "$one" 2>/dev/null || :
	done <"$work/undo"
	if [ -n "$failed" ]; then
		return 1
	fi
	drop_parents
	rm -rf -- "$state"/undo/*
	rm -f "$journal_file"
}

# journal_stuck TEXT: sets journal_undo's $failed, and says what is in the way.
journal_stuck()
{
	printf 'pinet-server: not everything can be undone: %s\n' "$1" >&2
	failed=yes
}

# journal_same PATH DIGEST: whether the file is what was written.
journal_same()
{
	[ "$(sha256sum <"$1")" = "$2  -" ]
}

# journal_take_back PATH DIGEST: a file that was not there goes.
journal_take_back()
{
	rm -f -- "${1%/*}/.${1##*/}.pinet-new"
	if [ -e "$1" ] && ! journal_same "$1" "$2"; then
		warn "$1 was changed since it was written: it stays"
	else
		rm -f -- "$1"
	fi
}

# journal_put_back PATH COPY DIGEST: a file is what it was. One that was changed since loses our block, and nothing else.
journal_put_back()
{
	local new="${1%/*}/.${1##*/}.pinet-new" block='^# BEGIN pinet-server'
	rm -f -- "$new"
	[ -e "$2" ] && ! cmp -s "$1" "$2" || return 0
	if [ ! -e "$1" ] || journal_same "$1" "$3"; then
		mkdir -p -- "${1%/*}" && cp -p -- "$2" "$new" && mv -f -- "$new" "$1"
	elif grep -q "$block" "$1" && ! grep -q "$block" "$2"; then
		(block_drop "$1") || warn "$1 was changed since it was written: it stays, with pinet-server's lines in it"
	else
		warn "$1 was changed since it was written: it stays"
	fi
}

# put PATH MODE: writes standard input to PATH, whole or not at all, and on the disk when this returns. MODE "-" keeps that of the file.
put()
{
	local path="$1" new="${1%/*}/.${1##*/}.pinet-new" copy digest
	make_parents "${path%/*}"
	cat >"$work/written" || die "cannot write $path"
	digest=$(sha256sum <"$work/written")
	digest=${digest%% *}
	if [ -e "$path" ]; then
		copy=$(mktemp "$state/undo/XXXXXX")
		cp -p -- "$path" "$copy"
		journal_line old "$path" "$copy" "$digest"
		sync "$copy" "$journal_file"
		rm -f -- "$new"
		cp -p -- "$path" "$new"
	else
		journal file "$path" "$digest"
		(umask 077 && : >"$new")
	fi
	[ "$2" = - ] || [ "$2" = 0600 ] || chmod "$2" "$new"
	[ "$2" != 0600 ] || chmod 0600 "$new"
	cat "$work/written" >"$new" && sync "$new" || die "cannot write $path"
	mv -f -- "$new" "$path" && sync "${path%/*}" || die "cannot write $path"
}

# make_parents DIRECTORY: makes it, and the ones above it; all made here go again if the operation fails and nobody uses
# them. Those for files of servers are noted: see drop_parents.
make_parents()
{
	[ ! -d "$1" ] || return 0
	make_parents "${1%/*}"
	[ -z "$journal_open" ] || journal_line parent "$1"
	mkdir "$1" || die "cannot make the directory $1"
	case $1 in
	"${conf_file%/*}") ;;
	"$etc"/*) printf '%s\n' "$1" >>"$state/made" ;;
	esac
}

# drop_parents: the directories that make_parents has made for files of servers go when they are empty.
drop_parents()
{
	local directory
	[ -e "$state/made" ] || return 0
	sort -ru "$state/made" | while read -r directory; do
		[ ! -d "$directory" ] || rmdir "$directory" 2>/dev/null || printf '%s\n' "$directory"
	done >"$work/made"
	if [ -s "$work/made" ]; then
		cat "$work/made" >"$state/made"
	else
		rm -f "$state/made"
	fi
}

# copy_beside FROM TO: a copy of boot files, in $ret, that is to be put in the place of TO, which is not there any more. Beside
# it: a client may write to all that is there by its name.
copy_beside()
{
	local new="${2%/*}/.${2##*/}.pinet-new"
	journal new "$2"
	rm -rf -- "$new"
	journal new "$new"
	cp -a --reflink=auto -- "$1" "$new" || die "cannot copy the boot files of $c_id"
	ret=$new
}

# drop PATH: removes a file or a directory, which comes back if the operation fails.
drop()
{
	local aside="${1%/*}/.${1##*/}.pinet-old"
	[ -e "$1" ] || return 0
	rm -rf -- "$aside"
	journal_line later remove "$aside"
	journal move "$1" "$aside"
	mv -- "$1" "$aside" || die "cannot remove $1"
}

# rename FROM TO: within a directory.
rename()
{
	[ ! -e "$2" ] || die "$2 exists already"
	journal move "$1" "$2"
	mv -- "$1" "$2" || die "cannot rename $1"
}

# touched KIND NAME ARGUMENT...: a server will have to look at its files again. Each once.
touched()
{
	local one="$*"
	case "$journal_applied" in
	*"|$one|"*) return 0 ;;
	esac
	journal_line apply "$@"
	journal_applied="$journal_applied|$one|"
}

# apply: all servers that were touched look at their files.
apply()
{
	local list="$journal_applied" one
	while [ -n "$list" ]; do
		list=${list#|}
		one=${list%%|*}
		list=${list#*|}
		# shellcheck disable=SC2086  # words of ours, without blanks in them
		apply_now $one || die "the server refused what was written for it: see above; all of it was taken back"
	done
}

# apply_now KIND NAME ARGUMENT...: that server looks at its files.
apply_now()
{
	local kind="$1" name="$2"
	shift 2
	"${kind}_${name}_apply" "$@" </dev/null
}
