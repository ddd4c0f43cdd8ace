/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A raw socket (raw(7)) that never receives. */
#include <sys/socket.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/net/raw_socket.h"

#define OFFSET_DST	16		/* RFC 791 section 3.1 */

struct raw_socket {
	int		 fd;
	uint32_t	 mark;		/* of the packet before */
	unsigned int	 device;	/* of a VRF, or 0 */
};

struct raw_socket *
raw_socket_open(char *error, size_t size)
{
	struct raw_socket *s;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	s->fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    IPPROTO_RAW);
	if (s->fd == -1) {
		snprintf(error, size, "raw socket: %s", strerror(errno));
		raw_socket_close(s);
		return NULL;
	}
	return s;
}

void
raw_socket_close(struct raw_socket *s)
{
	if (s == NULL)
		return;
	if (s->fd != -1)
		close(s->fd);
	free(s);
}

int
raw_socket_bind(struct raw_socket *s, unsigned int device)
{
	int index = (int)device;

	if (device != s->device && setsockopt(s->fd, SOL_SOCKET,
	    SO_BINDTOIFINDEX, &index, sizeof(index)) == -1)
		return -1;
	s->device = device;
	return 0;
}

/* What is sent from now on is routed by this mark; where a packet goes. */
static int
set_way(struct raw_socket *s, const uint8_t *packet, uint32_t mark,
    struct sockaddr_in *to)
{
	if (mark != s->mark && setsockopt(s->fd, SOL_SOCKET, SO_MARK, &mark,
	    sizeof(mark)) == -1)
		return -1;
	s->mark = mark;
	*to = (struct sockaddr_in){ .sin_family = AF_INET };
	memcpy(&to->sin_addr, packet + OFFSET_DST, sizeof(to->sin_addr));
	return 0;
}

int
raw_socket_send(struct raw_socket *s, const uint8_t *packet, size_t len,
    uint32_t mark)
{
	struct sockaddr_in to;

	if (set_way(s, packet, mark, &to) == -1)
		return -1;
	return sendto(s->fd, packet, len, 0, (struct sockaddr *)&to,
	    sizeof(to)) == -1 ? -1 : 0;
}

/* Only a socket that is connected tells (ip(7), IP_MTU). */
uint16_t
raw_socket_mtu(struct raw_socket *s, const uint8_t *packet, uint32_t mark)
{
	static const struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in to;
	socklen_t size = sizeof(int);
	int mtu = 0;

	if (set_way(s, packet, mark, &to) == -1 ||
	    connect(s->fd, (struct sockaddr *)&to, sizeof(to)) == -1 ||
	    getsockopt(s->fd, IPPROTO_IP, IP_MTU, &mtu, &size) == -1)
		mtu = 0;
	(void)connect(s->fd, &none, sizeof(none));
	return (uint16_t)(mtu < UINT16_MAX ? mtu : UINT16_MAX);
}
