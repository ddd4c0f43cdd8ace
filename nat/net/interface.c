/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Knows which interfaces are inside and which outside, by name patterns and
 * the kernel's events.
 */
#include <net/if.h>

#include <errno.h>
#include <fcntl.h>
#include <libnfnetlink/libnfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/ifnames.h"
#include "nat/net/interface.h"

#define CACHE	1024		/* a power of two */

struct interface {
	struct nlif_handle	*names;
	const struct config	*config;
	struct {
		uint32_t		index;
		enum interface_side	side;
	} cache[CACHE];
};

struct interface *
interface_open(const struct config *config, char *error, size_t size)
{
	struct interface *i;
	int fd;

	if ((i = calloc(1, sizeof(*i))) == NULL ||
	    (i->names = nlif_open()) == NULL || nlif_query(i->names) == -1) {
		snprintf(error, size, "cannot list interfaces: %s",
		    strerror(errno));
		interface_close(i);
		return NULL;
	}
	/* nlif_catch reads until there is no more. */
	fd = nlif_fd(i->names);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	i->config = config;
	return i;
}

void
interface_close(struct interface *i)
{
	if (i == NULL)
		return;
	if (i->names != NULL)
		nlif_close(i->names);
	free(i);
}

void
interface_configure(struct interface *i, const struct config *config)
{
	i->config = config;
	memset(i->cache, 0, sizeof(i->cache));
}

int
interface_fd(struct interface *i)
{
	return nlif_fd(i->names);
}

void
interface_read(struct interface *i)
{
	/* Events were lost: ask for the whole list again. */
	if (nlif_catch(i->names) == -1 && errno == ENOBUFS)
		(void)nlif_query(i->names);
	memset(i->cache, 0, sizeof(i->cache));
}

/* What has changed is heard before conntrack tells of its entries. */
bool
interface_is_up(struct interface *i, uint32_t index)
{
	unsigned int flags;

	interface_read(i);
	return nlif_get_ifflags(i->names, index, &flags) != -1 &&
	    flags & IFF_UP;
}

static bool
is_vrf(const struct interface *i, uint32_t index)
{
	unsigned int flags;

	return nlif_get_ifflags(i->names, index, &flags) != -1 &&
	    ifnames_is_vrf(flags);
}

uint32_t
interface_next_vrf(const struct interface *i, size_t *at)
{
	const struct config_names *outside = &i->config->outside;
	uint32_t index;

	while (*at < outside->n) {
		index = if_nametoindex(outside->name[(*at)++]);
		if (index != 0 && is_vrf(i, index))
			return index;
	}
	return 0;
}

static enum interface_side
side_of_name(const struct interface *i, uint32_t index, const char *name)
{
	const struct config *c = i->config;

	if (ifnames_match(&c->outside, name))
		return is_vrf(i, index) ? INTERFACE_VRF : INTERFACE_OUTSIDE;
	if (c->inside.n == 0 || ifnames_match(&c->inside, name))
		return INTERFACE_INSIDE;
	return INTERFACE_OTHER;
}

enum interface_side
interface_side(struct interface *i, uint32_t index)
{
	uint32_t slot = index & (CACHE - 1);
	char name[IFNAMSIZ];

	if (index == 0)
		return INTERFACE_NONE;
	if (i->cache[slot].index == index)
		return i->cache[slot].side;
	if (nlif_index2name(i->names, index, name) == -1) {
		/* So new that its event still waits to be read. */
		interface_read(i);
		if (nlif_index2name(i->names, index, name) == -1)
			return INTERFACE_UNKNOWN;
	}
	i->cache[slot].index = index;
	i->cache[slot].side = side_of_name(i, index, name);
	return i->cache[slot].side;
}
