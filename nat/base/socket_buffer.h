/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much the kernel keeps for a socket: beyond its limit, if it may. */
#ifndef NAT_BASE_SOCKET_BUFFER_H
#define NAT_BASE_SOCKET_BUFFER_H

/*
 * So many bytes that were received and not yet read, or sent and not yet
 * taken.  Where it is refused, as in a container, the limit holds.
 */
void	socket_buffer_receive(int fd, int bytes);
void	socket_buffer_send(int fd, int bytes);

#endif
