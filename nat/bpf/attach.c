/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/base/log.h"
#include "nat/bpf/attach.h"
#include "nat/bpf/hook.h"
#include "nat/bpf/program.h"
#include "nat/net/interface.h"

/* What an interface gets. */
enum kind {
	NOTHING,
	OUTSIDE,
	OUTSIDE_UNFIT,		/* the same, but no program understands it */
	INSIDE
};

struct place {
	uint32_t	index;
	enum kind	kind;
	bool		ethernet;
	bool		changed;	/* since the last update */
	bool		failed;		/* has not all its programs */
};

struct attach {
	struct program		*program;
	struct interface	*interface;
	bool			 direct;
	bool			 queue;		/* what comes from inside */
	struct place		*places;	/* by index */
	size_t			 n;
};

static const struct {
	enum program_hook	hook;
	enum kind		kind;
	enum hook_point		point;
	bool			direct;		/* needed even then */
} filters[] = {
	/* Nothing is marked for the way out before the way out is ready. */
	{ PROGRAM_TO_OUTSIDE, OUTSIDE, HOOK_EGRESS, false },
	{ PROGRAM_FROM_OUTSIDE, OUTSIDE, HOOK_INGRESS, true },
	{ PROGRAM_FROM_INSIDE, INSIDE, HOOK_INGRESS, true }
};

#define FILTERS		(sizeof(filters) / sizeof(filters[0]))

struct attach *
attach_new(struct program *program, struct interface *interface, bool direct)
{
	struct attach *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->program = program;
	a->interface = interface;
	a->direct = direct;
	return a;
}

void
attach_free(struct attach *a)
{
	if (a == NULL)
		return;
	free(a->places);
	free(a);
}

static bool
applies(const struct attach *a, size_t i, enum kind kind)
{
	return filters[i].kind == kind && (filters[i].direct || !a->direct);
}

static void
take_off(uint32_t index)
{
	hook_remove(index, HOOK_INGRESS);
	hook_remove(index, HOOK_EGRESS);
}

static void
complain(uint32_t index, int error)
{
	char name[IF_NAMESIZE];

	if (error != ENODEV && if_indextoname(index, name) != NULL)
		log_warning("interface %s goes without the BPF program: %s%s",
		    name, strerror(error), error == EINVAL ||
		    error == EOPNOTSUPP ? " (a qdisc \"ingress\" in the place "
		    "of \"clsact\"? tc qdisc del dev IT ingress)" : "");
}

static int
by_index(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

/* Interfaces that carry IP without a header, or behind an Ethernet header. */
static bool
has_place(int fd, const char *name, struct place *p)
{
	struct ifreq r = { 0 };

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFHWADDR, &r) == -1)
		return false;
	p->ethernet = r.ifr_hwaddr.sa_family == ARPHRD_ETHER;
	return p->ethernet || r.ifr_hwaddr.sa_family == ARPHRD_NONE ||
	    r.ifr_hwaddr.sa_family == ARPHRD_PPP ||
	    r.ifr_hwaddr.sa_family == ARPHRD_RAWIP ||
	    r.ifr_hwaddr.sa_family == ARPHRD_TUNNEL;
}

static enum kind
kind_of(struct attach *a, uint32_t index, bool fit)
{
	enum interface_side side = interface_side(a->interface, index);

	if (side == INTERFACE_OUTSIDE)
		return fit ? OUTSIDE : OUTSIDE_UNFIT;
	return side == INTERFACE_INSIDE && fit ? INSIDE : NOTHING;
}

/* All interfaces that there are now; NULL if they cannot be listed. */
static struct place *
list(struct attach *a, size_t *n)
{
	struct if_nameindex *all = if_nameindex(), *i;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct place *places;
	size_t count = 0;

	for (i = all; i != NULL && i->if_index != 0; i++)
		count++;
	places = calloc(count + 1, sizeof(*places));
	*n = 0;
	for (i = all; places != NULL && i != NULL && i->if_index != 0; i++) {
		struct place *p = &places[*n];

		p->index = i->if_index;
		p->kind = kind_of(a, i->if_index,
		    has_place(fd, i->if_name, p));
		++*n;
	}
	if (places != NULL)
		qsort(places, *n, sizeof(*places), by_index);
	if (fd != -1)
		close(fd);
	if_freenameindex(all);
	return places;
}

/* What was there before; a new one was nothing. */
static struct place
former(const struct attach *a, const struct place *p)
{
	const struct place none = { .kind = NOTHING, .ethernet = p->ethernet };
	const struct place *found = NULL;

	if (a->n > 0)
		found = bsearch(p, a->places, a->n, sizeof(*p), by_index);
	return found == NULL ? none : *found;
}

static void
forget_gone(struct attach *a, const struct place *now, size_t n)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (a->places[i].kind != NOTHING && bsearch(&a->places[i], now,
		    n, sizeof(*now), by_index) == NULL)
			take_off(a->places[i].index);
}

/* One kind of program on all interfaces that are to have it and changed. */
static void
put_all(const struct attach *a, size_t filter, struct place *places, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct place *p = &places[i];

		if (!p->changed || !applies(a, filter, p->kind) ||
		    hook_put(p->index, filters[filter].point,
		    program_fd(a->program, filters[filter].hook,
		    p->ethernet)) == 0)
			continue;
		p->failed = errno != ENODEV;
		complain(p->index, errno);
	}
}

/*
 * What is marked inside must be translated wherever it goes outside.  If one
 * interface there cannot do that, inside ones get nothing: the queue does the
 * work.
 */
static void
check_way_out(struct attach *a, struct place *places, size_t n)
{
	bool queue = false;
	size_t i;

	for (i = 0; i < n && !a->direct; i++)
		if (places[i].kind == OUTSIDE_UNFIT || places[i].failed)
			queue = true;
	for (i = 0; i < n; i++)
		if (places[i].kind == INSIDE && queue)
			places[i].kind = NOTHING;
	if (queue != a->queue)
		log_warning("GRE from inside is %s", queue ? "queued, because "
		    "not every outside interface has its BPF program" :
		    "no longer queued");
	a->queue = queue;
}

/* Compared with the last update; at first all has, by a former daemon. */
static void
find_changes(const struct attach *a, struct place *places, size_t n)
{
	struct place before;
	size_t i;

	for (i = 0; i < n; i++) {
		before = former(a, &places[i]);
		places[i].changed = a->places == NULL || before.failed ||
		    before.kind != places[i].kind ||
		    before.ethernet != places[i].ethernet;
	}
}

/* Looked at once, when it is new. */
static void
complain_unfit(const struct place *places, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (places[i].changed && places[i].kind == OUTSIDE_UNFIT)
			complain(places[i].index, EPROTONOSUPPORT);
}

/* What other programs relied on goes last. */
static void
take_off_all(const struct attach *a, const struct place *places, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct place *p = &places[i];

		if (p->changed && (p->kind == NOTHING ||
		    p->kind == OUTSIDE_UNFIT))
			take_off(p->index);
		else if (p->changed && (p->kind == INSIDE || a->direct))
			hook_remove(p->index, HOOK_EGRESS);
	}
}

void
attach_update(struct attach *a)
{
	struct place *now;
	size_t i, n;

	if ((now = list(a, &n)) == NULL) {
		log_warning("cannot list interfaces: %s", strerror(errno));
		return;
	}
	forget_gone(a, now, n);
	find_changes(a, now, n);
	complain_unfit(now, n);
	for (i = 0; i < FILTERS; i++) {
		put_all(a, i, now, n);
		if (filters[i].hook == PROGRAM_TO_OUTSIDE) {
			check_way_out(a, now, n);
			find_changes(a, now, n);
		}
	}
	take_off_all(a, now, n);
	free(a->places);
	a->places = now;
	a->n = n;
}

void
attach_remove_all(void)
{
	struct if_nameindex *all = if_nameindex(), *i;

	for (i = all; i != NULL && i->if_index != 0; i++)
		take_off(i->if_index);
	if_freenameindex(all);
}
