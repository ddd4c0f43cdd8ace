/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens, reads and writes a TUN device with the kernel's offloads on. */
#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/net/tun.h"

struct tun {
	int		 fd;
	unsigned int	 index;
	char		 name[IFNAMSIZ];
	bool		 persists;
};

/* The kernel may leave checksums to us, and TCP segments of 64 KB. */
static int
set_offloads(int fd)
{
	int size = sizeof(struct virtio_net_hdr);

	if (ioctl(fd, TUNSETVNETHDRSZ, &size) == -1)
		return -1;
	return ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4);
}

static int
attach_device(struct tun *t, const char *name)
{
	struct ifreq request = {
		.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR
	};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fcntl(t->fd, F_SETFL, O_NONBLOCK) == -1 ||
	    ioctl(t->fd, TUNSETIFF, &request) == -1)
		return -1;
	memcpy(t->name, request.ifr_name, sizeof(t->name));
	if (set_offloads(t->fd) == -1 ||
	    ioctl(t->fd, TUNGETIFF, &request) == -1)
		return -1;
	t->persists = request.ifr_flags & IFF_PERSIST;
	t->index = if_nametoindex(t->name);
	return t->index == 0 ? -1 : 0;
}

struct tun *
tun_open(int fd, const char *name, char *error, size_t size)
{
	struct tun *t;

	if ((t = calloc(1, sizeof(*t))) == NULL) {
		snprintf(error, size, "out of memory");
		close(fd);
		return NULL;
	}
	t->fd = fd;
	if (attach_device(t, name) == -1) {
		snprintf(error, size, "TUN device %s: %s", name,
		    strerror(errno));
		close(tun_release(t));
		return NULL;
	}
	return t;
}

int
tun_release(struct tun *t)
{
	int fd = t == NULL ? -1 : t->fd;

	free(t);
	return fd;
}

int
tun_fd(const struct tun *t)
{
	return t->fd;
}

const char *
tun_name(const struct tun *t)
{
	return t->name;
}

bool
tun_persists(const struct tun *t)
{
	return t->persists;
}

bool
tun_is_gone(const struct tun *t)
{
	struct ifreq request = { .ifr_flags = 0 };

	return ioctl(t->fd, TUNGETIFF, &request) == -1;
}

bool
tun_is_here(const struct tun *t)
{
	struct ifreq request = { .ifr_flags = 0 };

	return ioctl(t->fd, TUNGETIFF, &request) == 0 &&
	    if_nametoindex(request.ifr_name) == t->index;
}

unsigned int
tun_index(const struct tun *t)
{
	return t->index;
}

bool
tun_read(struct tun *t, struct tso *b)
{
	struct iovec pieces[] = {
		{ &b->how, sizeof(b->how) }, { b->bytes, sizeof(b->bytes) }
	};
	ssize_t n;

	do
		n = readv(t->fd, pieces, 2);
	while (n == -1 && errno == EINTR);
	if (n <= (ssize_t)sizeof(b->how))
		return false;
	tso_start(b, (size_t)n - sizeof(b->how));
	return true;
}

int
tun_write(struct tun *t, const struct iovec *pieces, int n)
{
	ssize_t written;

	do
		written = writev(t->fd, pieces, n);
	while (written == -1 && errno == EINTR);
	return written == -1 ? -1 : 0;
}
