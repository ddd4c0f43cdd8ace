/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accepts TCP connections on one port. */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/base/acceptor.h"
#include "nat/base/loop.h"
#include "nat/net/listener.h"

#define BACKLOG		1024

struct listener {
	struct acceptor	*acceptor;
	listener_accept	 accept;
	void		*arg;
};

static void
accept_client(void *arg, int fd, const struct sockaddr *from)
{
	const struct sockaddr_in *peer = (const void *)from;
	struct listener *l = arg;

	l->accept(l->arg, fd, ntohl(peer->sin_addr.s_addr),
	    ntohs(peer->sin_port));
}

static int
bind_socket(int fd, uint32_t address, uint16_t port, const char *device)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(address),
		.sin_port = htons(port)
	};
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on)) == -1)
		return -1;
	if (*device != '\0' && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE,
	    device, (socklen_t)strlen(device) + 1) == -1)
		return -1;
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		return -1;
	return listen(fd, BACKLOG);
}

struct listener *
listener_open(struct loop *loop, uint32_t address, uint16_t port,
    const char *device, listener_accept accept, void *arg, char *error,
    size_t size)
{
	struct in_addr in = { htonl(address) };
	struct listener *l;
	int fd;

	if ((l = calloc(1, sizeof(*l))) == NULL) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	l->accept = accept;
	l->arg = arg;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd != -1 && bind_socket(fd, address, port, device) == 0 &&
	    (l->acceptor = acceptor_open(loop, fd, accept_client,
	    l)) != NULL)
		return l;
	snprintf(error, size, "listen %s:%u%s%s: %s%s", inet_ntoa(in), port,
	    *device == '\0' ? "" : " on ", device, strerror(errno),
	    errno == EADDRINUSE ? ": end the other PPTP server, or choose "
	    "another address" : "");
	if (fd != -1)
		close(fd);
	free(l);
	return NULL;
}

void
listener_close(struct listener *l)
{
	if (l == NULL)
		return;
	acceptor_close(l->acceptor);
	free(l);
}
