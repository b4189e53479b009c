# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# Saying things, ending, running programs, and where everything is.

quiet=
work=
writer=

# note TEXT: what is being done.
note()
{
	[ -n "$quiet" ] || printf 'pinet-server: %s\n' "$1" >&2
}

# warn TEXT: what the reader should know and may leave as it is.
warn()
{
	printf 'pinet-server: warning: %s\n' "$1" >&2
}

# die TEXT: ends with status 1; the trap of an operation undoes it.
die()
{
	printf 'pinet-server: %s\n' "$1" >&2
	exit 1
}

# usage_error TEXT: ends with status 2.
usage_error()
{
	printf 'pinet-server: %s\n' "$1" >&2
	{
		[ -z "${file-}" ] || usage_of "$command"
		print_help
	} | sed -n 1p >&2
	exit 2
}

# need_value OPTION COUNT: an option's argument has to be there; COUNT is $# with the option.
need_value()
{
	[ "$2" -ge 2 ] || usage_error "$1 requires an argument"
}

# run TEXT PROGRAM...: runs it; when it fails, TEXT and its last words are the error.
run()
{
	local text="$1" log="$work/log" last status=0
	shift
	"$@" >"$log" 2>&1 </dev/null || status=$?
	[ "$status" != 0 ] || return 0
	last=$(grep -v '^[[:space:]]*$' "$log" | tail -n 1 | tr -cd '[:print:]')
	die "$text: ${last:-$1 ended with status $status}"
}

# need_program NAME PACKAGE: it has to be installed.
need_program()
{
	command -v "$1" >/dev/null 2>&1 || die "$1 is needed and missing: install the package $2"
}

# need_root: changes are root's.
need_root()
{
	[ "$(id -u)" = 0 ] || die "only root may do this: run it with sudo"
}

# set_places ROOT: where files are. With a ROOT, everything is below it, also as it is written into the
# servers' files: servers can be run on those, beside the ones of this machine.
set_places()
{
	case $1 in
	'' | /*) ;;
	*) usage_error "--root $1: the path must be absolute" ;;
	esac
	root=${1%/}
	[ -z "$root" ] || path_ok "$root" || usage_error "--root $1: the path has a character that the servers' files cannot hold"
	etc=$root/etc
	state=$root/var/lib/pinet-server
	runtime=$root/run/pinet-server
	conf_file=$etc/pinet-server/pinet-server.conf
	journal_file=$state/journal
}

# make_work: a private directory for this run, $work; it goes away at the end.
make_work()
{
	[ -z "$work" ] || return 0
	work=$(mktemp -d "$runtime/run.XXXXXX") || die "cannot make a directory in $runtime"
	trap at_exit EXIT
	trap 'exit 1' HUP INT TERM
}

# at_exit: an operation that did not come to its end is undone, when nothing writes to its LUN any more; the private
# directory goes.
at_exit()
{
	local status=$?
	trap - EXIT
	trap '' HUP INT TERM
	[ -z "$writer" ] || ! kill "$writer" 2>/dev/null || wait "$writer" || :
	[ -z "${journal_open-}" ] || journal_undo || { status=1 && warn "the next command tries again"; }
	[ -z "$work" ] || rm -rf "$work"
	exit "$status"
}

# ask QUESTION: yes from the terminal, or the program ends.
ask()
{
	local answer
	[ -t 0 ] || die "$1 Nobody can answer here: say --yes"
	printf '%s [y/N] ' "$1" >&2
	read -r answer || answer=
	case $answer in
	y | Y | yes) ;;
	*) die "nothing was done" ;;
	esac
}

# json_string TEXT: prints it as a JSON string. No value here has a control character.
json_string()
{
	case $1 in
	*[\\\"]*) printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')" ;;
	*) printf '"%s"' "$1" ;;
	esac
}

# plain FILE: whether it is a file, and no link to one. Clients write to their boot files: what they put there may be a
# link to anything of this machine's.
plain()
{
	[ -f "$1" ] && [ ! -L "$1" ]
}

# human BYTES: a size for people, in $ret.
human()
{
	if [ "$1" -ge 10737418240 ]; then
		ret="$((($1 + 536870912) / 1073741824))G"
	elif [ "$1" -ge 10485760 ]; then
		ret="$((($1 + 524288) / 1048576))M"
	else
		ret="$((($1 + 1023) / 1024))K"
	fi
}
