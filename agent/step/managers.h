/* SPDX-License-Identifier: GPL-2.0-or-later
 * Files in /run that keep the network managers of the root away from its interface. Nothing that the
 * owner wrote is changed, and other interfaces are left to them.
 */
#ifndef STEP_MANAGERS_H
#define STEP_MANAGERS_H

#include <net/if.h>

#include "base/err.h"

#define MANAGERS_TEXT_SIZE 8192 /* of one file */
#define MANAGERS_LIST_SIZE 600

struct managers_net {
	char ifname[IF_NAMESIZE];
	char dns[MANAGERS_LIST_SIZE]; /* addresses, blanks between them; "" for none */
	char search[MANAGERS_LIST_SIZE]; /* domains, in the same way */
};

/*
 * Writes what the managers below @root need into the directory @run, which will be their /run, for
 * systemd-networkd, NetworkManager, ifupdown, dhcpcd, resolvconf and systemd-resolved, whether they are
 * installed or will be while the system runs. netplan is a generator for the first two, whose files of
 * ours come before its own. Where none of them makes /etc/resolv.conf, systemd-tmpfiles is told to.
 *
 * Returns the number of files written, or a negative errno with @reterr after trying them all.
 */
int managers_write(const char *root, const char *run, const struct managers_net *net,
	struct err *reterr) __attribute__((warn_unused_result));

/*
 * The same for those files alone that have name servers, when these have changed. Nothing is read but
 * below @run. Returns as managers_write().
 */
int managers_write_names(const char *run, const struct managers_net *net, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Expands a template: \1 is the interface, \2 the DNS servers and \3 the search domains, each with
 * @separator between its parts; \4 is \3 with blanks. A line that stands for nothing is left out.
 * Returns 0 or -ENOSPC.
 */
int managers_expand(const char *template, const struct managers_net *net, const char *separator,
	char *out, size_t size) __attribute__((warn_unused_result));

#endif
