# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# NFS by nfs-ganesha: one file with the exports of all clients, included by a marked line in ganesha.conf. SIGHUP
# has it read exports again.

nfs_ganesha_files() { :; }
nfs_ganesha_files_drop() { :; }

# nfs_ganesha_shared_files IDS
nfs_ganesha_shared_files()
{
	local file="$etc/ganesha/pinet-server.conf" id
	touched nfs ganesha
	if [ -z "$1" ]; then
		block_drop "$etc/ganesha/ganesha.conf"
		drop "$file"
		return 0
	fi
	{
		mark ''
		for id in $1; do
			client_load "$id"
			nfs_ganesha_export
		done
	} | put_ours "$file" 0644
	block_put "$etc/ganesha/ganesha.conf" "%include \"$file\""
}

# nfs_ganesha_export: the export of c_*.
nfs_ganesha_export()
{
	client_directory
	printf 'EXPORT {\n\tExport_Id = %s;\n\tPath = %s;\n' "$c_export" "$ret"
	client_pseudo
	printf '\tPseudo = %s;\n\tAccess_Type = None;\n\tSquash = No_Root_Squash;\n\tSecType = sys;\n' "$ret"
	printf '\tTransports = TCP;\n\tFSAL { Name = VFS; }\n'
	printf '\tCLIENT { Clients = %s; Access_Type = RW; Squash = No_Root_Squash; }\n}\n' "${c_address:-$conf_network}"
}

nfs_ganesha_test() { :; }

nfs_ganesha_apply()
{
	service_reload nfs-ganesha "$conf_service_ganesha" nfs-ganesha.service reload
}

nfs_ganesha_check()
{
	client_directory
	[ -n "$c_address" ] || echo "all of $conf_network may write to $ret: give the client an --address"
	grep -q -x -F -e "	Path = $ret;" "$etc/ganesha/pinet-server.conf" 2>/dev/null ||
		echo "$etc/ganesha/pinet-server.conf does not export $ret"
}

nfs_ganesha_check_server()
{
	grep -q -x '# BEGIN pinet-server.*' "$etc/ganesha/ganesha.conf" 2>/dev/null ||
		echo "$etc/ganesha/ganesha.conf does not include $etc/ganesha/pinet-server.conf"
}
