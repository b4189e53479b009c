/* SPDX-License-Identifier: GPL-2.0-or-later
 * An NFS root as DHCP option 17 and nfsroot= name it.
 *
 *   root = [("nfs" / "nfs4") ":"] [host ":"] path [(":" / ",") options]
 *   host = IPv4 / "[" IPv6 "]" / host-name
 *   path = "/" *any                     (up to the first ":" or ",")
 */
#include <errno.h>
#include <stdio.h>

#include "source/nfs_root.h"

/* Cuts the host and its colon off @in; an empty host if a path stands first. */
static int cut_host(struct span *in, struct span *ret)
{
	size_t end = 0;

	if (span_starts(*in, "/")) {
		*ret = SPAN_NONE;
		return 0;
	}
	if (span_starts(*in, "["))
		end = span_find(*in, ']');
	end += span_find(span_sub(*in, end, in->len), ':');
	if (end == 0 || !span_starts(span_sub(*in, end, in->len), ":/"))
		return -ENOENT;
	*ret = span_sub(*in, 0, end);
	*in = span_sub(*in, end + 1, in->len);
	return 0;
}

/* The path ends at the first ':' or ','; what follows are options. */
static void split_options(struct span in, struct span *ret_path, struct span *ret_options)
{
	size_t colon = span_find(in, ':'), comma = span_find(in, ',');
	size_t end = colon < comma ? colon : comma;

	*ret_path = span_sub(in, 0, end);
	*ret_options = span_sub(in, end + 1, in.len);
}

int nfs_root_parse(struct span text, struct nfs_root *ret, struct err *reterr)
{
	struct nfs_root out = {.present = true};
	struct span in = text, host, path, options;
	bool v4 = span_starts(text, "nfs4:");
	char shown[80];
	int n;

	span_escape(text, shown, sizeof(shown));
	if (v4)
		in = span_sub(in, 5, in.len);
	else if (span_starts(in, "nfs:"))
		in = span_sub(in, 4, in.len);
	if (cut_host(&in, &host) < 0)
		return err_set(reterr, -ENOENT, "\"%s\" is no [HOST:]/path of an NFS root", shown);
	split_options(in, &path, &options);
	if (host.len && !settings_is_host(host))
		return err_set(reterr, -EINVAL,
			"\"%s\": no address or host name stands before the path", shown);
	if (path.len > 1 && !settings_is_path(path))
		return err_set(reterr, -EINVAL,
			"\"%s\": a path has no \"..\", blank, quote or control character", shown);
	if (options.len && !settings_is_options(options))
		return err_set(reterr, -EINVAL, "\"%s\": no NFS options follow the path", shown);
	if (host.len && host.p[0] == '[')
		host = span_sub(host, 1, host.len - 2);
	n = snprintf(out.options, sizeof(out.options), "%s%s%.*s", v4 ? "vers=4" : "",
		v4 && options.len ? "," : "", (int)options.len, (const char *)options.p);
	if (n < 0 || (size_t)n >= sizeof(out.options) ||
		span_copy(host, out.host, sizeof(out.host)) < 0 ||
		span_copy(path, out.path, sizeof(out.path)) < 0)
		return err_set(reterr, -EINVAL, "\"%s\": longer than %zu bytes", shown,
			sizeof(out.path) - 1);
	*ret = out;
	return 0;
}
