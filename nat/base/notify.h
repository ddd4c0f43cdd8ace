/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells the service manager when the daemon is ready, reloads or stops. */
#ifndef NAT_BASE_NOTIFY_H
#define NAT_BASE_NOTIFY_H

/*
 * Sends lines of sd_notify(3), such as "READY=1", to $NOTIFY_SOCKET, if that
 * is set; errors are ignored.
 */
void	notify_send(const char *state);

#endif
