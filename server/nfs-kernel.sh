# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC1090,SC2015,SC2034,SC2154
# NFS by the kernel: a file in exports.d for each client. A running server is told of that export alone: others may have
# been made by hand, and lines of others may be wrong.

nfs_kernel_file()
{
	ret=$etc/exports.d/pinet-$1.exports
}

nfs_kernel_files()
{
	local file
	nfs_kernel_file "$c_id"
	file=$ret
	nfs_kernel_touch "$file"
	client_directory
	{
		mark "$c_id"
		printf '%s %s(rw,sync,no_subtree_check,no_root_squash)\n' "$ret" "${c_address:-$conf_network}"
	} | put_ours "$file" 0644
	nfs_kernel_touch "$file"
}

nfs_kernel_files_drop()
{
	local file
	nfs_kernel_file "$c_id"
	file=$ret
	nfs_kernel_touch "$file"
	drop "$file"
}

# nfs_kernel_touch FILE: what it exports may change.
nfs_kernel_touch()
{
	local directory host
	[ -e "$1" ] || return 0
	while read -r directory host; do
		[ "$directory" = '#' ] || touched nfs kernel "$directory" "${host%%(*}"
	done <"$1"
}

nfs_kernel_shared_files() { :; }

nfs_kernel_test() { :; }

# nfs_kernel_runs: whether there is a server to be told.
nfs_kernel_runs()
{
	[ -z "$root" ] && [ "$conf_service_kernel" != none ] || return 1
	[ -e /proc/fs/nfsd/threads ] && [ "$(cat /proc/fs/nfsd/threads)" != 0 ]
}

# nfs_kernel_apply DIRECTORY HOST: is exported to it if the client's file says so, else not.
nfs_kernel_apply()
{
	local directory host options=''
	nfs_kernel_runs || return 0
	nfs_kernel_file "${1##*/}"
	[ ! -e "$ret" ] || while read -r directory host; do
		[ "$directory ${host%%(*}" != "$1 $2" ] || options=${host#*(}
	done <"$ret"
	if [ -n "$options" ]; then
		exportfs -i -o "${options%)}" "$2:$1" >"$work/exportfs" 2>&1 && ! grep -q '^exportfs: /' "$work/exportfs"
	else
		exportfs -u "$2:$1" >"$work/exportfs" 2>&1 || grep -q 'Could not find' "$work/exportfs"
	fi || {
		printf 'pinet-server: %s\n' "$(tail -n 1 "$work/exportfs" | tr -cd '[:print:]')" >&2
		return 1
	}
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
