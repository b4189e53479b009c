/* SPDX-License-Identifier: GPL-2.0-or-later
 * Tells the service manager how a service fares (sd_notify(3)).
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

/*
 * Sends @text, lines like READY=1 and STATUS=..., to the socket $NOTIFY_SOCKET and waits for nobody.
 * Returns 1 if it was sent, 0 if there is no such socket, or a negative errno.
 */
int notify_send(const char *text);

#endif
