/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts the tc programs on interfaces and takes them off: by BPF links (Linux
 * 6.6), else by tc filters in a clsact qdisc.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
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
#include "nat/bpf/pins.h"
#include "nat/bpf/program.h"
#include "nat/net/interface.h"
#include "nat/net/tc_filter.h"

/* In linux/bpf.h since Linux 6.6. */
#define TCX_INGRESS	46
#define TCX_EGRESS	47

/*
 * Where in the order of tc filters, and by which number, ours are known: last
 * at ingress where the admin has filters that a packet must not get past.
 */
#define PRIORITY	23
#define PRIORITY_LAST	0xFFFF
#define HANDLE		0x1723

/* What an interface gets. */
enum kind {
	NOTHING,
	OUTSIDE,
	OUTSIDE_UNFIT,		/* the same, but no program understands it */
	INSIDE
};

/* An interface, and what it has. */
struct place {
	uint32_t	index;
	enum kind	kind;
	bool		ethernet;
	bool		shaped;		/* filters of the admin's go first */
	bool		changed;	/* since the last update */
	bool		failed;		/* has not all its programs */
	bool		one_way;	/* since its qdisc is "ingress" */
};

struct attach {
	struct program		*program;
	struct interface	*interface;
	struct tc_filter	*others;	/* but for stack */
	enum config_forward	 forward;
	bool			 queue;		/* what comes from inside */
	struct place		*places;	/* by index */
	size_t			 n;
};

#define AUTO	(1U << CONFIG_FORWARD_AUTO)
#define STACK	(1U << CONFIG_FORWARD_STACK)
#define ALL	(AUTO | STACK | 1U << CONFIG_FORWARD_DIRECT)

static const struct {
	enum program_hook	hook;
	enum kind		kind;
	enum bpf_tc_attach_point point;
	unsigned int		forward;	/* needed with these */
} filters[] = {
	/* Nothing is marked for the way out before the way out is ready. */
	{ PROGRAM_TO_OUTSIDE, OUTSIDE, BPF_TC_EGRESS, AUTO | STACK },
	{ PROGRAM_TO_INSIDE, INSIDE, BPF_TC_EGRESS, AUTO },
	{ PROGRAM_FROM_OUTSIDE, OUTSIDE, BPF_TC_INGRESS, ALL },
	{ PROGRAM_FROM_INSIDE, INSIDE, BPF_TC_INGRESS, ALL }
};

#define FILTERS		(sizeof(filters) / sizeof(filters[0]))

struct attach *
attach_new(struct program *program, struct interface *interface,
    enum config_forward forward)
{
	struct attach *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->program = program;
	a->interface = interface;
	a->forward = forward;
	if (forward != CONFIG_FORWARD_STACK &&
	    (a->others = tc_filter_open()) == NULL) {
		free(a);
		return NULL;
	}
	return a;
}

void
attach_free(struct attach *a)
{
	if (a == NULL)
		return;
	tc_filter_close(a->others);
	free(a->places);
	free(a);
}

/*
 * One program on one interface.
 */

/* A BPF link is there as long as something refers to it: a pinned file. */
static void
name_pin(uint32_t index, enum bpf_tc_attach_point point, char name[PINS_NAME])
{
	snprintf(name, PINS_NAME, "%s-%u",
	    point == BPF_TC_INGRESS ? "ingress" : "egress", index);
}

static int
replace_link(const char *name, const char *path, int program)
{
	int fd = bpf_obj_get(path), result;

	if (fd < 0)
		return -1;
	result = bpf_link_update(fd, program, NULL);
	close(fd);
	if (result < 0)
		(void)pins_unlink(name);	/* its interface has gone */
	return result < 0 ? -1 : 0;
}

static int
put_link(uint32_t index, enum bpf_tc_attach_point point, int program)
{
	char name[PINS_NAME], path[PINS_PATH];
	int fd, result, saved;

	name_pin(index, point, name);
	pins_path(name, path);
	if (replace_link(name, path, program) == 0)
		return 0;
	fd = bpf_link_create(program, (int)index,
	    (enum bpf_attach_type)(point == BPF_TC_INGRESS ? TCX_INGRESS :
	    TCX_EGRESS), NULL);
	if (fd < 0)
		return -1;
	result = bpf_obj_pin(fd, path);
	saved = errno;
	close(fd);
	errno = saved;
	return result < 0 ? -1 : 0;
}

static int
put_filter(uint32_t index, enum bpf_tc_attach_point point, uint32_t priority,
    int program)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)index,
	    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = HANDLE,
	    .priority = priority, .flags = BPF_TC_F_REPLACE,
	    .prog_fd = program);

	/* The qdisc may be there, from us or from somebody else. */
	(void)bpf_tc_hook_create(&hook);
	if (point == BPF_TC_EGRESS && tc_filter_ingress_only(index)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	hook.attach_point = point;
	return bpf_tc_attach(&hook, &filter) < 0 ? -1 : 0;
}

static void
remove_filter(uint32_t index, enum bpf_tc_attach_point point,
    uint32_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)index,
	    .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = HANDLE,
	    .priority = priority);

	(void)bpf_tc_detach(&hook, &filter);
}

static void
remove_program(uint32_t index, enum bpf_tc_attach_point point)
{
	char name[PINS_NAME];

	name_pin(index, point, name);
	if (pins_unlink(name) == -1)
		remove_filter(index, point, PRIORITY);
	/* To the qdisc "ingress" of others, both points are one. */
	if (point == BPF_TC_INGRESS)
		remove_filter(index, point, PRIORITY_LAST);
}

/*
 * Since Linux 6.6 there are links, which cost a packet less than filters, but
 * go before them.
 */
static int
put_program(const struct place *p, enum bpf_tc_attach_point point, int program)
{
	if (p->shaped && point == BPF_TC_INGRESS) {
		remove_program(p->index, point);
		return put_filter(p->index, point, PRIORITY_LAST, program);
	}
	if (point == BPF_TC_INGRESS)
		remove_filter(p->index, point, PRIORITY_LAST);
	if (put_link(p->index, point, program) == 0)
		return 0;
	return errno == EINVAL ?
	    put_filter(p->index, point, PRIORITY, program) : -1;
}

/*
 * All of them.
 */

static bool
is_needed(const struct attach *a, size_t i, enum kind kind)
{
	return filters[i].kind == kind &&
	    (filters[i].forward & 1U << a->forward) != 0;
}

static void
remove_programs(uint32_t index)
{
	remove_program(index, BPF_TC_INGRESS);
	remove_program(index, BPF_TC_EGRESS);
}

static void
log_failure(uint32_t index, int error)
{
	char name[IF_NAMESIZE];

	if (error != ENODEV && if_indextoname(index, name) != NULL)
		log_warning("interface %s goes without the BPF program: %s%s",
		    name, strerror(error), error == EINVAL ||
		    error == EOPNOTSUPP ? " (a qdisc \"ingress\" in the place "
		    "of \"clsact\"? tc qdisc del dev IT ingress)" : "");
}

static int
compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

/* Interfaces that carry IP without a header, or behind an Ethernet header. */
static bool
is_fit(int fd, const char *name, struct place *p)
{
	struct ifreq r = { 0 };
	bool far_end;

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &r) == -1)
		return false;
	far_end = r.ifr_flags & IFF_POINTOPOINT;
	if (ioctl(fd, SIOCGIFHWADDR, &r) == -1)
		return false;
	p->ethernet = r.ifr_hwaddr.sa_family == ARPHRD_ETHER;
	/* Without one, a tunnel asks a packet's route; by auto it has none. */
	if (r.ifr_hwaddr.sa_family == ARPHRD_TUNNEL)
		return far_end;
	return p->ethernet || r.ifr_hwaddr.sa_family == ARPHRD_NONE ||
	    r.ifr_hwaddr.sa_family == ARPHRD_PPP ||
	    r.ifr_hwaddr.sa_family == ARPHRD_RAWIP;
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
list_interfaces(struct attach *a, size_t *n)
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
		p->kind = kind_of(a, i->if_index, is_fit(fd, i->if_name, p));
		p->shaped = a->others != NULL && p->kind != NOTHING &&
		    tc_filter_others(a->others, p->index, HANDLE);
		++*n;
	}
	if (places != NULL)
		qsort(places, *n, sizeof(*places), compare_places);
	if (fd != -1)
		close(fd);
	if_freenameindex(all);
	return places;
}

/* What was there before; a new one was nothing. */
static struct place
place_before(const struct attach *a, const struct place *p)
{
	const struct place none = { .kind = NOTHING, .ethernet = p->ethernet };
	const struct place *found = NULL;

	if (a->n > 0)
		found = bsearch(p, a->places, a->n, sizeof(*p), compare_places);
	return found == NULL ? none : *found;
}

static void
remove_gone(struct attach *a, const struct place *now, size_t n)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (a->places[i].kind != NOTHING && bsearch(&a->places[i], now,
		    n, sizeof(*now), compare_places) == NULL)
			remove_programs(a->places[i].index);
}

/* One kind of program on all interfaces that are to have it and changed. */
static void
put_programs(const struct attach *a, size_t filter, struct place *places,
    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct place *p = &places[i];

		if (!p->changed || !is_needed(a, filter, p->kind) ||
		    put_program(p, filters[filter].point,
		    program_fd(a->program, filters[filter].hook,
		    p->ethernet)) == 0)
			continue;
		p->failed = errno != ENODEV;
		p->one_way = errno == EOPNOTSUPP;
		log_failure(p->index, errno);
	}
}

/*
 * What is marked inside must be translated wherever it goes outside.  If one
 * interface there cannot do that, inside ones get nothing: the queue does the
 * work.
 */
static void
check_egress(struct attach *a, struct place *places, size_t n)
{
	bool queue = false;
	size_t i;

	for (i = 0; i < n && a->forward != CONFIG_FORWARD_DIRECT; i++)
		if (places[i].kind == OUTSIDE_UNFIT ||
		    (places[i].kind == OUTSIDE && places[i].failed))
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

/*
 * May what has failed succeed now?  Each try puts programs, which we hear of as
 * of a change: not while the qdisc is the same.
 */
static bool
is_worth_a_try(const struct place *before)
{
	return before->failed &&
	    !(before->one_way && tc_filter_ingress_only(before->index));
}

/* Compared with the last update; at first all has, by a former daemon. */
static void
find_changes(const struct attach *a, struct place *places, size_t n)
{
	struct place before;
	size_t i;

	for (i = 0; i < n; i++) {
		before = place_before(a, &places[i]);
		places[i].changed = a->places == NULL ||
		    is_worth_a_try(&before) ||
		    before.kind != places[i].kind ||
		    before.shaped != places[i].shaped ||
		    before.ethernet != places[i].ethernet;
		if (places[i].changed)
			continue;
		places[i].failed = before.failed;
		places[i].one_way = before.one_way;
	}
}

/* Looked at once, when it is new. */
static void
log_unfit(const struct place *places, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (places[i].changed && places[i].kind == OUTSIDE_UNFIT)
			log_failure(places[i].index, EPROTONOSUPPORT);
}

static bool
has_egress(const struct attach *a, enum kind kind)
{
	size_t i;

	for (i = 0; i < FILTERS; i++)
		if (filters[i].point == BPF_TC_EGRESS && is_needed(a, i, kind))
			return true;
	return false;
}

/* What other programs relied on goes last. */
static void
remove_unneeded(const struct attach *a, const struct place *places, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct place *p = &places[i];

		if (p->changed && (p->kind == NOTHING ||
		    p->kind == OUTSIDE_UNFIT))
			remove_programs(p->index);
		else if (p->changed && !has_egress(a, p->kind))
			remove_program(p->index, BPF_TC_EGRESS);
	}
}

int
attach_fd(const struct attach *a)
{
	return a->others != NULL ? tc_filter_fd(a->others) : -1;
}

void
attach_update(struct attach *a)
{
	struct place *now;
	size_t i, n;

	if (a->others != NULL)
		tc_filter_read(a->others);
	if ((now = list_interfaces(a, &n)) == NULL) {
		log_warning("cannot list interfaces: %s", strerror(errno));
		return;
	}
	remove_gone(a, now, n);
	find_changes(a, now, n);
	log_unfit(now, n);
	for (i = 0; i < FILTERS; i++) {
		put_programs(a, i, now, n);
		if (filters[i].hook == PROGRAM_TO_OUTSIDE) {
			check_egress(a, now, n);
			find_changes(a, now, n);
		}
	}
	remove_unneeded(a, now, n);
	free(a->places);
	a->places = now;
	a->n = n;
}

void
attach_remove_all(void)
{
	struct if_nameindex *all = if_nameindex(), *i;

	for (i = all; i != NULL && i->if_index != 0; i++)
		remove_programs(i->if_index);
	if_freenameindex(all);
}
