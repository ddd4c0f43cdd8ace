/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "nat/endpoint/connect.h"

static int
prepare(int fd, const struct dial *d)
{
	struct sockaddr_in local = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(d->bind_address)
	};

	if (d->mark != 0 && setsockopt(fd, SOL_SOCKET, SO_MARK, &d->mark,
	    sizeof(d->mark)) == -1)
		return -1;
	if (*d->bind_device != '\0' && setsockopt(fd, SOL_SOCKET,
	    SO_BINDTODEVICE, d->bind_device,
	    (socklen_t)strlen(d->bind_device) + 1) == -1)
		return -1;
	return d->bind_address == 0 ? 0 :
	    bind(fd, (struct sockaddr *)&local, sizeof(local));
}

int
connect_server(const struct dial *d, uint32_t address)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(address),
		.sin_port = htons(d->port)
	};
	int fd, error;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (prepare(fd, d) == 0 && (connect(fd, (struct sockaddr *)&sin,
	    sizeof(sin)) == 0 || errno == EINPROGRESS))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int
connect_result(int fd)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return errno;
	return error;
}
