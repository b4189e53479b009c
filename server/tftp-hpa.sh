# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# TFTP by tftpd-hpa: it serves what is in its directory, and needs no line for a client.

tftp_hpa_shared_files() { tftp_bootcode; }

# tftp_hpa_setting NAME: a setting of its defaults file, in $ret.
tftp_hpa_setting()
{
	ret=$(sed -n "s/^[[:space:]]*$1=[\"']\\{0,1\\}\\([^\"']*\\)[\"']\\{0,1\\}[[:space:]]*\$/\\1/p" "$etc/default/tftpd-hpa" 2>/dev/null | tail -n 1)
}

tftp_hpa_check()
{
	tftp_hpa_setting TFTP_OPTIONS
	case " $ret " in
	*' --permissive '* | *' -p '*) ;;
	*) tftp_readable ;;
	esac
}

tftp_hpa_check_server()
{
	tftp_hpa_setting TFTP_DIRECTORY
	if [ "$ret" != "$conf_tftp_directory" ]; then
		echo "tftpd-hpa serves ${ret:-no directory}, the boot files are in $conf_tftp_directory: see $etc/default/tftpd-hpa"
	fi
	tftp_hpa_setting TFTP_OPTIONS
	case " $ret " in
	*' --secure '* | *' -s '*) ;;
	*) echo "tftpd-hpa runs without --secure: clients would have to ask for whole paths" ;;
	esac
}
