/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/load/socket.h"

#define BACKLOG		65535	/* the kernel lowers it to somaxconn */

int
socket_listen(const struct load_options *o)
{
	struct sockaddr_in local = { .sin_family = AF_INET,
	    .sin_port = htons(o->port), .sin_addr.s_addr = htonl(o->address) };
	int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);

	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) == -1 ||
	    bind(fd, (struct sockaddr *)&local, sizeof local) == -1 ||
	    listen(fd, BACKLOG) == -1)
		err(1, "listen on port %u (is another server there?)",
		    o->port);
	return fd;
}

int
socket_dial(const struct load_options *o, uint32_t call)
{
	struct sockaddr_in local = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(options_local(o, call)) };
	struct sockaddr_in server = { .sin_family = AF_INET,
	    .sin_port = htons(o->port),
	    .sin_addr.s_addr = htonl(options_server(o, call)) };
	int yes = 1, fd;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	/* The port is chosen at connect: the same one can serve twice. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
	if (bind(fd, (struct sockaddr *)&local, sizeof local) == 0 &&
	    (connect(fd, (struct sockaddr *)&server, sizeof server) == 0 ||
	    errno == EINPROGRESS))
		return fd;
	close(fd);
	return -1;
}
