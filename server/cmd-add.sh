# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# add, clone: new clients.
. "$lib/image.sh"
. "$lib/disk.sh"
. "$lib/make.sh"

# add_options: what add and clone take; $image, $size and so on, and the ids in $ids.
add_options()
{
	ids='' image='' source='' adopt='' size='' deb='' install=yes force=''
	new_mac='' new_serial='' new_address='' new_hostname='' new_layout='' new_append='' new_words='' new_chap=yes
	while [ $# -gt 0 ]; do
		case $1 in
		--adopt) adopt=yes ;;
		--no-install) install=no ;;
		--no-chap) new_chap= ;;
		--force) force=yes ;;
		--*=*)
			add_value "${1%%=*}" "${1#*=}"
			;;
		--*)
			add_known "$1"
			need_value "$1" $#
			add_value "$1" "$2"
			shift
			;;
		*)
			id_ok "$1" || usage_error "\"$1\" cannot be a client's name: a MAC address, a serial number, or small letters and digits with \"-\" and \".\" between them"
			case " $ids " in
			*" $ret "*) usage_error "$ret is there twice" ;;
			esac
			ids="$ids $ret"
			;;
		esac
		shift
	done
	ids=${ids# }
	[ -n "$ids" ] || usage_error "the name of a client is missing"
}

# add_known OPTION: ends unless the command takes it.
add_known()
{
	usage_of "$command" | grep -q -w -e "$1" || usage_error "$command has no option $1"
}

# add_value OPTION VALUE
add_value()
{
	add_known "$1"
	case $1 in
	--image) image=$2 ;;
	--deb) deb=$2 ;;
	--clone-of) source=$2 ;;
	--size)
		size_ok "$2" || usage_error "--size $2: a number with M, G or T behind it, such as 32G"
		size=$ret
		;;
	--mac)
		mac_ok "$2" || usage_error "--mac $2: six pairs of hexadecimal digits, such as dc:a6:32:e9:00:4c"
		new_mac=$ret
		;;
	--serial)
		serial_ok "$2" || usage_error "--serial $2: 8 or 16 hexadecimal digits"
		new_serial=$ret
		;;
	--address)
		address_ok "$2" || usage_error "--address $2: an IPv4 address"
		new_address=$ret
		;;
	--hostname)
		hostname_ok "$2" || usage_error "--hostname $2: small letters, digits and \"-\", and no word of dnsmasq's own: ignore, infinite, a time"
		new_hostname=$ret
		;;
	--boot)
		case $2 in
		raspi | pxe | san) new_layout=$2 ;;
		*) usage_error "--boot $2: raspi, pxe or san" ;;
		esac
		;;
	--append)
		words_ok "$2" || usage_error "--append: words of letters, digits and . / _ + , : @ = % -"
		new_append=$2
		;;
	--words)
		case $2 in
		cmdline | dhcp) new_words=$2 ;;
		*) usage_error "--words $2: cmdline or dhcp" ;;
		esac
		;;
	*) usage_error "$command has no option $1" ;;
	esac
}

command_add()
{
	add_options "$@"
	case ${image:+i}${source:+c}${adopt:+a} in
	i | c | a) ;;
	'') usage_error "say what the client is made from: --image, --clone-of or --adopt" ;;
	*) usage_error "--image, --clone-of and --adopt exclude each other" ;;
	esac
	[ -z "$adopt" ] || [ -z "$size" ] || usage_error "--size is not for --adopt: \"pinet-server set\" makes a LUN larger"
	if [ -n "$source" ] && [ "$size$deb$new_layout$new_append$new_words$install" != yes ]; then
		usage_error "--size, --deb, --no-install, --boot, --append and --words are not for --clone-of: a copy has those of its original"
	fi
	add_all
}

command_clone()
{
	add_options "$@"
	source=${ids%% *}
	case $ids in
	*' '*) ids=${ids#* } ;;
	*) usage_error "the name of the new client is missing" ;;
	esac
	add_all
}

# add_all: makes all of $ids, each an operation of its own.
add_all()
{
	local id
	case $ids in
	*' '*)
		[ -z "$new_mac$new_serial$new_address$new_hostname" ] || usage_error "--mac, --serial, --address and --hostname are for one client"
		;;
	esac
	[ -z "$deb" ] || [ -f "$deb" ] || die "there is no package $deb"
	lock
	conf_read
	backend_need
	for id in $ids; do
		add_one "$id"
	done
}

# add_one ID
add_one()
{
	local name="$1" base
	client_clear
	if [ -n "$source" ]; then
		client_need "$source"
		base=$c_id
		[ -n "$force" ] || refuse_session
		c_mac='' c_serial='' c_hostname='' c_address='' c_image="copy of $base"
	fi
	c_id=$name
	make_fields
	make_refuse
	journal_begin add "$c_id"
	make_secret
	if [ -n "$source" ]; then
		make_copy "$base"
	else
		make_from_image
	fi
	client_files
	apply
	journal_done
	make_report
}
