# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# What a name, an address, a size and a path may look like. Each function returns 0 and leaves the canonical
# spelling in $ret, or returns 1. Text that passed goes into files of servers and into paths as it is.

# mac_ok TEXT: xx:xx:xx:xx:xx:xx or with "-"; as dc-a6-32-e9-00-4c.
mac_ok()
{
	local hex='[0-9A-Fa-f][0-9A-Fa-f]'
	# shellcheck disable=SC2254  # a pattern
	case $1 in
	$hex:$hex:$hex:$hex:$hex:$hex | $hex-$hex-$hex-$hex-$hex-$hex) ;;
	*) return 1 ;;
	esac
	ret=$1
	case $1 in
	*[A-F:]*) ret=$(printf '%s' "$1" | tr 'A-F:' 'a-f-') ;;
	esac
	case $ret in
	00-00-00-00-00-00 | ?[13579bdf]-*) return 1 ;; # nobody's, and addresses of groups
	esac
}

# mac_colons MAC: the canonical spelling of servers' files.
mac_colons()
{
	local a b c d e f rest
	IFS=- read -r a b c d e f rest <<-END
		$1
	END
	ret=$a:$b:$c:$d:$e:$f
}

# serial_ok TEXT: 8 or 16 hexadecimal digits; the low 8, in lower case, are what a Raspberry Pi asks for.
serial_ok()
{
	case ${#1}:$1 in
	*:*[!0-9A-Fa-f]*) return 1 ;;
	8:*) ret=$1 ;;
	16:*) ret=${1#????????} ;;
	*) return 1 ;;
	esac
	case $ret in
	*[A-F]*) ret=$(printf '%s' "$ret" | tr 'A-F' 'a-f') ;;
	esac
}

# label_ok TEXT: lower-case letters, digits, "-" and "." inside; what a host name, an IQN and a file all allow.
label_ok()
{
	case $1 in
	'' | *[!a-z0-9.-]* | [.-]* | *[.-] | *..* | *.-* | *-.*) return 1 ;;
	esac
	[ ${#1} -le 63 ] || return 1
	ret=$1
}

# hostname_ok TEXT: such a label, but nothing that dnsmasq takes for a word of its own, a time or an address where a name
# may stand.
hostname_ok()
{
	label_ok "$1" || return 1
	case $1 in
	ignore | infinite) return 1 ;;
	*[!0-9.]*) ;;
	*) return 1 ;;
	esac
	case ${1%[smhdw]} in
	*[!0-9]*) ;;
	*) return 1 ;;
	esac
}

# id_ok TEXT: a MAC address, a serial number or a name: the name of the client and of its directory.
id_ok()
{
	mac_ok "$1" && return
	serial_ok "$1" && return
	label_ok "$1" || return 1
	case $1 in
	mac | serial | uuid | hostname | all | none | pinet | server) return 1 ;; # words with a meaning
	esac
}

# address_ok TEXT: an IPv4 address.
address_ok()
{
	local a b c d rest part
	case $1 in
	*[!0-9.]* | *..* | .* | *.) return 1 ;;
	esac
	IFS=. read -r a b c d rest <<-END
		$1
	END
	[ -z "$rest" ] || return 1
	for part in "$a" "$b" "$c" "$d"; do
		case $part in
		'' | 0?* | ????*) return 1 ;;
		esac
		[ "$part" -le 255 ] || return 1
	done
	ret=$1
}

# address_number ADDRESS: its value, in $ret.
address_number()
{
	local a b c d
	IFS=. read -r a b c d <<-END
		$1
	END
	ret=$(((a << 24) + (b << 16) + (c << 8) + d))
}

# number_address NUMBER: the address of that value, in $ret.
number_address()
{
	ret=$(($1 >> 24 & 255)).$(($1 >> 16 & 255)).$(($1 >> 8 & 255)).$(($1 & 255))
}

# network_ok TEXT: ADDRESS/PREFIX, with no bit set behind the prefix.
network_ok()
{
	local prefix="${1#*/}"
	case $1 in
	*/*) ;;
	*) return 1 ;;
	esac
	case $prefix in
	'' | *[!0-9]* | ???* | 0?*) return 1 ;;
	esac
	address_ok "${1%%/*}" && [ "$prefix" -ge 8 ] && [ "$prefix" -le 32 ] || return 1
	address_number "${1%%/*}"
	[ $((ret & ((1 << (32 - prefix)) - 1))) = 0 ] || return 1
	ret=$1
}

# in_network ADDRESS NETWORK: whether it is one of it.
in_network()
{
	local number bits=$((32 - ${2#*/}))
	address_number "$1"
	number=$ret
	address_number "${2%%/*}"
	[ $((number >> bits)) = $((ret >> bits)) ]
}

# host_ok ADDRESS NETWORK: whether a machine can have it: it is none of those with a meaning, and neither the first nor the
# last of its NETWORK, which may be empty.
host_ok()
{
	local last
	case $1 in
	0.* | 127.* | 22[4-9].* | 2[345]?.*) return 1 ;;
	esac
	[ -n "$2" ] && [ "${2#*/}" -lt 31 ] && in_network "$1" "$2" || return 0
	last=$(((1 << (32 - ${2#*/})) - 1))
	address_number "$1"
	[ $((ret & last)) != 0 ] && [ $((ret & last)) != $last ]
}

# range_ok TEXT: FIRST-LAST, two addresses in their order.
range_ok()
{
	local first
	case $1 in
	*-*) ;;
	*) return 1 ;;
	esac
	address_ok "${1%%-*}" && address_ok "${1#*-}" || return 1
	address_number "${1%%-*}"
	first=$ret
	address_number "${1#*-}"
	[ "$first" -le "$ret" ] && [ $((ret - first)) -lt 65536 ] || return 1
	ret=$1
}

# size_ok TEXT: a number with K, M, G or T behind it, or bytes; bytes in $ret, whole sectors, at most 1 P.
size_ok()
{
	local number="${1%[KMGT]}" shift=0
	case $number in
	'' | 0* | *[!0-9]* | ????????????????*) return 1 ;;
	esac
	case $1 in
	*K) shift=10 ;;
	*M) shift=20 ;;
	*G) shift=30 ;;
	*T) shift=40 ;;
	esac
	[ "$number" -le $((1 << (50 - shift))) ] || return 1
	ret=$((number << shift))
	[ $((ret % 512)) = 0 ]
}

# path_ok TEXT: absolute, without "." and ".." parts, and of characters that no server's file gives a meaning.
path_ok()
{
	case $1 in
	*[!A-Za-z0-9./_+,:@=-]* | *//* | */ | */./* | */../* | */. | */..) return 1 ;;
	/?*) ;;
	*) return 1 ;;
	esac
	[ ${#1} -le 200 ] || return 1
	ret=$1
}

# iqn_ok TEXT: an iSCSI name (RFC 3720 section 3.2.6.3.1).
iqn_ok()
{
	case $1 in
	*[!a-z0-9.:-]*) return 1 ;;
	iqn.[0-9][0-9][0-9][0-9]-[01][0-9].[a-z0-9]*) ;;
	*) return 1 ;;
	esac
	[ ${#1} -le 150 ] || return 1
	ret=$1
}

# words_ok TEXT: words for a kernel command line: printable, and nothing a boot menu would take for its own.
words_ok()
{
	case $1 in
	*[!A-Za-z0-9\ ./_+,:@=%-]* | *' -- '*) return 1 ;;
	esac
	[ ${#1} -le 1000 ] || return 1
	ret=$1
}

# snapshot_ok TEXT: the name of a snapshot.
snapshot_ok()
{
	case $1 in
	'' | *[!A-Za-z0-9._-]* | [.-]*) return 1 ;;
	esac
	[ ${#1} -le 63 ] || return 1
	ret=$1
}

# iscsi_user_ok, secret_ok TEXT: what CHAP and all the servers' files can hold.
secret_ok()
{
	case $1 in
	*[!A-Za-z0-9]*) return 1 ;;
	esac
	[ ${#1} -ge 12 ] && [ ${#1} -le 16 ] || return 1
	ret=$1
}
