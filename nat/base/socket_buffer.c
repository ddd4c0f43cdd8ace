/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much the kernel keeps for a socket: beyond its limit, if it may. */
#include <sys/socket.h>

#include "nat/base/socket_buffer.h"

static void
enlarge_buffer(int fd, int force, int option, int bytes)
{
	if (setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof(bytes)) == -1)
		(void)setsockopt(fd, SOL_SOCKET, option, &bytes,
		    sizeof(bytes));
}

void
socket_buffer_receive(int fd, int bytes)
{
	enlarge_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, bytes);
}

void
socket_buffer_send(int fd, int bytes)
{
	enlarge_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, bytes);
}
