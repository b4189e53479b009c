# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2030,SC2031,SC2034,SC2154
# list, show, export: what there is. None of them changes anything, or waits for another command.

# list_rows: what is not in the records, a line "ID|GENERATION|BYTES" for each client: what it boots, "-" if it has none yet,
# and what its LUN takes if that is a file. All clients at once: there may be many. They write the names of generations,
# and may write others than there can be.
list_rows()
{
	{
		if [ -d "$conf_storage_directory" ]; then
			find "$conf_storage_directory" -maxdepth 1 -name '*.img' -printf 'used %p %b\n'
		fi
		if [ -d "$conf_tftp_directory" ]; then
			find "$conf_tftp_directory" -mindepth 3 -maxdepth 3 -path '*/pinet/active' -type l -printf 'generation %h %l\0' |
				tr '\n\000' '?\n' | sed 's,/pinet , ,'
			find "$conf_tftp_directory" -mindepth 2 -maxdepth 2 -name config.txt -type f -exec \
				awk 'match($0, "^os_prefix=pinet/g[0-9][^/]*/") {
					directory = FILENAME
					sub("/config.txt$", "", directory)
					print "generation", directory, substr($0, 17, RLENGTH - 17)
				}' {} +
		fi
		client_ids | sed "s,^,$state/clients/," | tr '\n' '\0' | xargs -0 -r grep -h -e '^id=' -e '^lun='
	} | awk -v tftp="$conf_tftp_directory" '
		$1 == "used" || $1 == "generation" && NF == 3 && $3 ~ /^g[0-9]+-[A-Za-z0-9.+~_-]+$/ { fact[$1 " " $2] = $3 }
		sub(/^id=/, "") { id[++count] = $0 }
		sub(/^lun=/, "") { lun[count] = $0 }
		END {
			for (i = 1; i <= count; i++) {
				generation = fact["generation " tftp "/" id[i]]
				printf "%s|%s|%.0f\n", id[i], generation == "" ? "-" : generation, fact["used " lun[i]] * 512
			}
		}'
}

# list_each FUNCTION [ID]: calls it for every client or for one, with the record in c_* and the rest in $f_generation,
# $f_used and $f_seen.
list_each()
{
	local id
	list_rows | while IFS='|' read -r id f_generation f_used; do
		[ "${2:-$id}" = "$id" ] && client_load "$id" || continue
		if [ "$c_storage" != file ]; then
			on storage "$c_storage" used "$c_id"
			f_used=$ret
		fi
		list_seen
		"$1"
	done
}

# list_seen: when the client was seen last, by what "watch" has noted.
list_seen()
{
	f_seen=-
	[ ! -f "$state/seen/$c_id" ] || read -r f_seen <"$state/seen/$c_id" || f_seen=-
}

command_list()
{
	local json=''
	list_json_option "$@"
	conf_load
	backend_load
	if [ -n "$json" ]; then
		list_json
		return 0
	fi
	printf '%-20s %-12s %-15s %-6s %-26s %6s %6s  %s\n' CLIENT HOST ADDRESS BOOT GENERATION SIZE USED SEEN
	list_each list_line
	[ ! -s "$journal_file" ] || warn "a command is running or was interrupted; the next one undoes what is not complete"
}

# list_line: a line of the table.
list_line()
{
	local used
	human "$f_used"
	used=$ret
	human "${c_size:-0}"
	printf '%-20s %-12s %-15s %-6s %-26s %6s %6s  %s\n' "$c_id" "${c_hostname:--}" "${c_address:--}" "$c_layout" "$f_generation" "$ret" "$used" "$f_seen"
}

# list_json_option ARGUMENT...: $json.
list_json_option()
{
	[ $# -le 1 ] || usage_error "unexpected argument \"$2\""
	case ${1-} in
	'') ;;
	--json) json=yes ;;
	*) usage_error "unexpected argument \"$1\"" ;;
	esac
}

command_show()
{
	local json='' id=''
	while [ $# -gt 0 ]; do
		case $1 in
		--json) json=yes ;;
		-*) usage_error "show has no option $1" ;;
		*)
			[ -z "$id" ] || usage_error "unexpected argument \"$1\""
			id=$1
			;;
		esac
		shift
	done
	[ -n "$id" ] || usage_error "the name of a client is missing"
	conf_load
	backend_load
	client_need "$id"
	if [ -n "$json" ]; then
		list_each list_object "$c_id"
		echo
	else
		list_each list_text "$c_id"
	fi
}

# list_text: c_*, for people.
list_text()
{
	local used size
	human "$f_used"
	used=$ret
	human "${c_size:-0}"
	size=$ret
	client_directory
	cat <<-END
		client      $c_id
		MAC         ${c_mac:--}
		serial      ${c_serial:--}
		host name   ${c_hostname:--}
		address     ${c_address:--}
		boots by    $c_layout
		boot files  $ret ($c_nfs, $c_tftp)
		generation  $f_generation
		LUN         $c_lun ($c_storage, $size, of which $used are used)
		target      $c_target ($c_target_kind)
		initiator   $c_initiator
		CHAP        ${c_user:-no}
		DHCP        $c_dhcp
		made        $c_made from $c_image
		seen        $f_seen
	END
}

# list_object: c_* as a JSON object; no secret is in it. What is not known is null.
list_object()
{
	local key value between='{'
	while IFS='=' read -r key value; do
		case $key in
		size) printf '%s\n    "%s": %s' "$between" "$key" "${value:-0}" ;;
		generation | seen)
			[ "$value" = - ] && value=null || value=$(json_string "$value")
			printf '%s\n    "%s": %s' "$between" "$key" "$value"
			;;
		*) printf '%s\n    "%s": %s' "$between" "$key" "$(json_string "$value")" ;;
		esac
		between=','
	done <<-END
		$(client_print)
		generation=$f_generation
		seen=$f_seen
	END
	printf ',\n    "used": %s\n  }' "$f_used"
}

list_json()
{
	local between=''
	printf '['
	list_each list_element
	printf '\n]\n'
}

# list_element: c_* as one of a list.
list_element()
{
	printf '%s\n  ' "${between-}"
	list_object
	between=','
}

command_export()
{
	local format=json id between=''
	case $#:${1-} in
	0:) ;;
	2:--format) format=$2 ;;
	1:--format=*) format=${1#--format=} ;;
	*) usage_error "export takes --format ansible or --format json" ;;
	esac
	conf_load
	backend_load
	case $format in
	json) list_json ;;
	ansible)
		# what "ansible-inventory" takes from a program
		printf '{ "pinet": { "hosts": ['
		for id in $(client_ids); do
			printf '%s"%s"' "$between" "$id"
			between=', '
		done
		between=
		printf '] },\n  "_meta": { "hostvars": {'
		for id in $(client_ids); do
			client_load "$id" || continue
			printf '%s\n    "%s": { "ansible_host": "%s", "pinet_mac": "%s", "pinet_serial": "%s", "pinet_target": "%s", "pinet_boot": "%s" }' \
				"$between" "$c_id" "${c_address:-${c_hostname:-$c_id}}" "$c_mac" "$c_serial" "$c_target" "$c_layout"
			between=','
		done
		printf '\n  } } }\n'
		;;
	*) usage_error "--format $format: ansible or json" ;;
	esac
}
