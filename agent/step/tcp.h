/* SPDX-License-Identifier: GPL-2.0-or-later
 * A TCP connection with a deadline, and what its failure means.
 */
#ifndef STEP_TCP_H
#define STEP_TCP_H

#include <stdint.h>

#include "base/err.h"

/*
 * Connects to @host, an address (IPv6 without brackets) or a name, whose addresses are tried in
 * turn, and @port.
 *
 * Returns a non-blocking socket, or a negative errno with @reterr: -EDESTADDRREQ if @host is a name
 * and no name server is known, -ENOENT if it is no name of an address, -ETIMEDOUT, -ECONNREFUSED, ...
 */
int tcp_connect(const char *host, uint16_t port, uint64_t deadline_ms, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
