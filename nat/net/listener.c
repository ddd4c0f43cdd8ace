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

#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/net/listener.h"

#define BACKLOG		1024
#define TURN		64		/* accepted before others get a turn */
#define PAUSE_MS	500		/* when there are no descriptors left */

struct listener {
	int		 fd;
	struct watch	*watch, *pause;
	listener_accept	 accept;
	void		*arg;
};

static void
resume_accepting(void *arg)
{
	struct listener *l = arg;

	loop_watch_start(l->watch);
}

static void
accept_more(void *arg)
{
	struct listener *l = arg;
	struct sockaddr_in peer;
	socklen_t len;
	int i, fd;

	for (i = 0; i < TURN; i++) {
		len = sizeof(peer);
		fd = accept4(l->fd, (struct sockaddr *)&peer, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd != -1)
			l->accept(l->arg, fd, ntohl(peer.sin_addr.s_addr),
			    ntohs(peer.sin_port));
		else if (errno != ECONNABORTED && errno != EINTR)
			break;
	}
	if (i == TURN || errno == EAGAIN)
		return;
	log_error("accept: %s; waiting a moment", strerror(errno));
	loop_watch_stop(l->watch);
	loop_watch_in(l->pause, PAUSE_MS);
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

	if ((l = calloc(1, sizeof(*l))) == NULL) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	l->accept = accept;
	l->arg = arg;
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (l->fd == -1 || bind_socket(l->fd, address, port, device) == -1 ||
	    (l->watch = loop_read(loop, l->fd, accept_more, l)) == NULL ||
	    (l->pause = loop_timer(loop, resume_accepting, l)) == NULL) {
		snprintf(error, size, "listen %s:%u%s%s: %s%s", inet_ntoa(in),
		    port, *device == '\0' ? "" : " on ", device,
		    strerror(errno), errno == EADDRINUSE ? ": end the other "
		    "PPTP server, or choose another address" : "");
		listener_close(l);
		return NULL;
	}
	return l;
}

void
listener_close(struct listener *l)
{
	if (l == NULL)
		return;
	loop_watch_free(l->watch);
	loop_watch_free(l->pause);
	if (l->fd != -1)
		close(l->fd);
	free(l);
}
