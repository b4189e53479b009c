/* SPDX-License-Identifier: GPL-2.0-or-later
 * Any bytes as the answer of a name server, and as resolv.conf.
 */
#include "step/dns.h"
#include "step/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_addresses found = {.n = 0};
	struct names_conf conf;
	int r = dns_answer_parse(span_of(data, size), "nas.lab", DNS_TYPE_A, 7, &found);

	if (r > 0 || found.n > DNS_ADDRESSES || (r < 0 && found.n))
		__builtin_trap();
	names_conf_parse(span_of(data, size), &conf);
	if (conf.n_servers > 4 || conf.n_search > 4)
		__builtin_trap();
	return 0;
}
