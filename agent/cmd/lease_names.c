/* SPDX-License-Identifier: GPL-2.0-or-later
 * Name servers that a renewal of the lease has changed: nothing of the root is touched, which may be
 * away. pinet-names.path sees what is written here and has the resolver read it.
 */
#include <errno.h>
#include <string.h>

#include "base/fs.h"
#include "base/span.h"
#include "cmd/boot_lease.h"
#include "cmd/lease_names.h"
#include "step/managers.h"
#include "step/names.h"

#define RESOLV_SIZE 4096

_Static_assert(MANAGERS_LIST_SIZE >= STATE_VALUE_SIZE, "a list of the lease fits");

static const char *search_of(const struct state *lease)
{
	const char *search = state_get(lease, "search");

	return search[0] ? search : state_get(lease, "domain");
}

/* True if the name servers of this boot are the first of the lease's, and not ip='s for example. */
static bool are_of_lease(const char *run, const char *dns)
{
	char path[128], text[RESOLV_SIZE];
	struct names_conf c = {.n_servers = 0};
	struct span rest = span_str(dns);
	ssize_t n = fs_join(path, sizeof(path), run, "pinet/resolv.conf");

	if (n == 0)
		n = fs_read(path, text, sizeof(text));
	if (n == -ENOENT)
		return !dns[0];
	if (n < 0)
		return false;
	names_conf_parse(span_of(text, (size_t)n), &c);
	for (unsigned int i = 0; i < c.n_servers; i++)
		if (!span_eq_str(span_cut(&rest, ' '), c.server[i]))
			return false;
	return true;
}

int lease_names_update(
	struct state *lease, const struct lease *answer, const char *run, struct err *reterr)
{
	struct managers_net net = {.dns = ""};
	char dns[STATE_VALUE_SIZE], search[STATE_VALUE_SIZE];
	int r;

	if (!answer->n_dns)
		return 0;
	strcpy(dns, state_get(lease, "dns"));
	strcpy(search, search_of(lease));
	boot_lease_put_names(lease, answer);
	if (strcmp(dns, state_get(lease, "dns")) == 0 && strcmp(search, search_of(lease)) == 0)
		return 0;
	if (!are_of_lease(run, dns))
		return 0;
	r = span_copy(span_str(state_get(lease, "interface")), net.ifname, sizeof(net.ifname));
	if (r < 0 || !net.ifname[0])
		return err_set(reterr, -EINVAL, "the lease is of no interface");
	strcpy(net.dns, state_get(lease, "dns"));
	strcpy(net.search, search_of(lease));
	r = managers_write_names(run, &net, reterr);
	return r < 0 ? r : 1;
}
