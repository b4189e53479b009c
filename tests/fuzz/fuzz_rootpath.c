/* SPDX-License-Identifier: GPL-2.0-or-later
 * Any bytes as an iSCSI root path, as an NFS root, and as the words of a DHCP text option.
 */
#include <string.h>

#include "source/nfs_root.h"
#include "source/rootpath.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings set = {.n_portals = 0};
	struct notes notes = {.n = 0};
	struct rootpath rp;
	struct nfs_root nfs;
	struct err err;

	if (rootpath_parse(span_of(data, size), &rp, &err) == 0 &&
		rootpath_settings(&rp, "option 17", &set, &err) < 0 && err.code >= 0)
		__builtin_trap(); /* a refusal has a reason */
	if (nfs_root_parse(span_of(data, size), &nfs, &err) == 0 &&
		(nfs.path[0] != '/' || strstr(nfs.path, "/../") || strchr(nfs.path, '\'')))
		__builtin_trap(); /* it goes to mount(2) and to a shell's files */
	settings_put_words(&set, "option 224", span_of(data, size), &notes);
	return 0;
}
