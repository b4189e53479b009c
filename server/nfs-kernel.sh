# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# NFS by the kernel: a file in exports.d for each client.

nfs_kernel_file()
{
	ret=$etc/exports.d/pinet-$1.exports
}

nfs_kernel_files()
{
	local file
	nfs_kernel_file "$c_id"
	file=$ret
	client_directory
	{
		mark "$c_id"
		printf '%s %s(rw,sync,no_subtree_check,no_root_squash)\n' "$ret" "${c_address:-$conf_network}"
	} | put_ours "$file" 0644
}

nfs_kernel_files_drop()
{
	nfs_kernel_file "$c_id"
	drop "$ret"
}

nfs_kernel_shared_files() { :; }

nfs_kernel_test() { nfs_kernel_apply; }

nfs_kernel_apply()
{
	[ -z "$root" ] && [ "$conf_service_kernel" != none ] || return 0
	[ -e /proc/fs/nfsd/threads ] && [ "$(cat /proc/fs/nfsd/threads)" != 0 ] || return 0
	if ! exportfs -ra >"$work/exportfs" 2>&1 || grep -q '^exportfs: /' "$work/exportfs"; then
		printf 'pinet-server: %s\n' "$(tail -n 1 "$work/exportfs" | tr -cd '[:print:]')" >&2
		return 1
	fi
}

# nfs_kernel_check: the client's export, and wider ones of the same directory or of one above it.
nfs_kernel_check()
{
	local file directory
	nfs_kernel_file "$c_id"
	file=$ret
	[ -e "$file" ] || echo "the export's file $file is missing"
	client_directory
	directory=$ret
	[ -n "$c_address" ] || echo "all of $conf_network may write to $directory: give the client an --address"
	awk -v own="$directory" -v ours="$file" '
		FILENAME != ours && /^[[:space:]]*[^#[:space:]]/ {
			path = $1
			gsub(/"/, "", path)
			sub(/\/+$/, "", path)
			if (path == own || index(own "/", path "/") == 1)
				print FILENAME " exports " path ", and the client'"'"'s boot files with it: wider than needed"
		}' "$etc/exports" "$etc"/exports.d/*.exports 2>/dev/null
	return 0
}

nfs_kernel_check_server() { :; }
