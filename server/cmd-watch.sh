# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# watch: shows clients boot, as they say themselves.

command_watch()
{
	local listen=0.0.0.0 port=514 page='' seconds=0
	while [ $# -gt 0 ]; do
		case $1 in
		--listen | --port | --html | --for)
			need_value "$1" $#
			case $1 in
			--listen) listen=$2 ;;
			--port) port=$2 ;;
			--html) page=$2 ;;
			--for) seconds=$2 ;;
			esac
			shift
			;;
		*) usage_error "watch has no argument $1" ;;
		esac
		shift
	done
	address_ok "$listen" || usage_error "--listen $listen: an IPv4 address"
	case $port:$seconds in
	*[!0-9:]* | :* | *: | 0* | ??????*:* | *:???????*) usage_error "--port and --for take numbers" ;;
	esac
	[ "$port" -le 65535 ] || usage_error "--port $port: at most 65535"
	conf_load
	mkdir -p "$state/seen" 2>/dev/null || note "not root: when clients were seen is not noted"
	exec perl "$lib/boot-log" "$listen" "$port" "$seconds" "$page" "$state/seen" "$state/clients" </dev/null
}
