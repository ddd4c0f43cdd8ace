/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells the service manager how the daemon is getting on. */
#ifndef NAT_BASE_NOTIFY_H
#define NAT_BASE_NOTIFY_H

/*
 * Sends lines of sd_notify(3), such as "READY=1", to $NOTIFY_SOCKET.  Nothing
 * where that is not set; that it cannot be sent is nobody's concern.
 */
void	notify_send(const char *state);

#endif
