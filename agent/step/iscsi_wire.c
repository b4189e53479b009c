/* SPDX-License-Identifier: GPL-2.0-or-later
 * PDUs over a connection: whole or not at all, until a deadline.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "step/iscsi_wire.h"

static int failed(const struct iscsi_wire *wire, int r, struct err *reterr)
{
	if (r == -ETIMEDOUT)
		return err_set(reterr, r, "%s does not answer any more", wire->where);
	if (r == -ECONNRESET || r == -EPIPE)
		return err_set(reterr, -ECONNRESET,
			"%s closes the connection in the middle of the exchange", wire->where);
	return err_sys(reterr, r, "the connection to %s fails", wire->where);
}

/* Waits until the connection can be read or written, as @events says: 0, or a negative errno. */
static int wait_for(const struct iscsi_wire *wire, short events)
{
	struct pollfd p = {wire->fd, events, 0};
	int n;

	do
		n = poll(&p, 1, clock_poll_ms(clock_now_ms(), wire->deadline_ms));
	while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : n == 0 ? -ETIMEDOUT : -errno;
}

int iscsi_wire_send(struct iscsi_wire *wire, const struct iscsi_request *req, struct err *reterr)
{
	size_t done = 0;

	while (done < req->len) {
		ssize_t n = send(wire->fd, req->buf + done, req->len - done, MSG_NOSIGNAL);
		int r = n < 0 ? -errno : 0;

		if (r == -EAGAIN)
			r = wait_for(wire, POLLOUT);
		if (r < 0 && r != -EINTR)
			return failed(wire, r, reterr);
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

/* Exactly @len bytes: 0, or a negative errno. */
static int receive(const struct iscsi_wire *wire, uint8_t *buf, size_t len)
{
	while (len) {
		ssize_t n = recv(wire->fd, buf, len, 0);
		int r = n < 0 ? -errno : n == 0 ? -ECONNRESET : 0;

		if (r == -EAGAIN)
			r = wait_for(wire, POLLIN);
		if (r < 0 && r != -EINTR)
			return r;
		if (n > 0) {
			buf += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int iscsi_wire_receive(struct iscsi_wire *wire, uint32_t max, struct err *reterr)
{
	uint32_t len, pad;
	int r = receive(wire, wire->bhs, sizeof(wire->bhs));

	if (r < 0)
		return failed(wire, r, reterr);
	r = iscsi_pdu_lengths(wire->bhs, max, &len, &pad, reterr);
	if (r < 0) {
		err_prefix(reterr, "%s", wire->where);
		return r;
	}
	r = receive(wire, wire->data, len + pad);
	if (r < 0)
		return failed(wire, r, reterr);
	wire->len = len;
	return 0;
}
