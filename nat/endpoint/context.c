/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all sessions that end here share, and the turns of the loop in which
 * what is over is freed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/forward.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/tun_device.h"
#include "nat/net/gre_socket.h"
#include "nat/net/gro.h"
#include "nat/net/rtnetlink.h"
#include "nat/privsep/helper.h"

#define FRAMES		4096		/* that wait for others, at once */

uint64_t
context_begin_turn(struct context *x)
{
	return x->now = clock_ms();
}

/* Ending a session may end its control connection, and the other way round. */
static void
reap_all(struct context *x)
{
	struct tun_device *d;
	struct session *s;
	struct ctrl_socket *p;

	while (x->reaped_sessions != NULL || x->reaped_ctrl_sockets != NULL) {
		if ((s = x->reaped_sessions) != NULL) {
			x->reaped_sessions = s->next_reaped;
			session_reap(s);
		} else {
			p = x->reaped_ctrl_sockets;
			x->reaped_ctrl_sockets = p->next_reaped;
			ctrl_socket_reap(p);
		}
	}
	while ((d = x->reaped_devices) != NULL) {
		x->reaped_devices = d->next_reaped;
		tun_device_close(d);
	}
}

void
context_end_turn(struct context *x)
{
	reap_all(x);
	gre_socket_flush(x->gre_socket);
}

struct session *
context_next_session(const struct context *x, uint32_t *at)
{
	if (x == NULL || (*at = pool_next(&x->sessions, *at + 1)) == 0)
		return NULL;
	return pool_at(&x->sessions, *at);
}

uint64_t
context_hash(const struct context *x, const void *section,
    const void *bytes, size_t len)
{
	uintptr_t n = (uintptr_t)section;

	return hash_bytes(&x->session_table.key, bytes, len) ^
	    hash_words(&x->session_table.key, (uint32_t)(n >> 32),
	    (uint32_t)n, 2U << 16);
}

/*
 * Opening and closing.
 */

/* The helper process was killed: sessions that wait for a script end. */
static void
go_without_helper(struct context *x)
{
	struct session *s;
	uint32_t i = 0;

	log_error("the helper process is gone: no scripts, wtmp, new "
	    "interfaces or names of servers; restart the daemon");
	loop_watch_stop(x->helper_watch);
	while ((i = pool_next(&x->sessions, i + 1)) != 0) {
		s = pool_at(&x->sessions, i);
		session_pre_up_done(s, false);
	}
}

static void
helper_readable(void *arg)
{
	struct context *x = arg;

	context_begin_turn(x);
	if (helper_read(x->helper) == -1)
		go_without_helper(x);
	context_end_turn(x);
}

static int
open_tables(struct context *x, uint32_t sessions, uint32_t ctrl_sockets)
{
	if (pool_init(&x->sessions, sessions, sizeof(struct session)) == -1 ||
	    pool_init(&x->ctrl_sockets, ctrl_sockets,
		sizeof(struct ctrl_socket)) == -1 ||
	    quota_init(&x->sources, sessions) == -1 ||
	    quota_init(&x->users, sessions) == -1 ||
	    quota_init(&x->addresses, sessions) == -1 ||
	    session_table_init(&x->session_table, &x->sessions) == -1)
		return -1;
	return gre_sequence_pool_init(&x->frames, FRAMES);
}

static int
open_watches(struct context *x)
{
	x->gre_watch = loop_read(x->loop, gre_socket_fd(x->gre_socket),
	    forward_gre, x);
	x->helper_watch = loop_read(x->loop, helper_fd(x->helper),
	    helper_readable, x);
	return x->gre_watch == NULL || x->helper_watch == NULL ? -1 : 0;
}

struct context *
context_open(struct loop *loop, struct alg *alg, struct engine *engine,
    struct helper *helper, uint32_t mark, uint32_t sessions,
    uint32_t ctrl_sockets, char *error, size_t size)
{
	struct context *x;

	snprintf(error, size, "out of memory");
	if ((x = calloc(1, sizeof(*x))) == NULL) {
		helper_end(helper);
		return NULL;
	}
	x->loop = loop;
	x->alg = alg;
	x->engine = engine;
	x->helper = helper;
	x->accounting = -1;
	context_begin_turn(x);
	x->started = (x->now + clock_epoch(x->now)) / 1000;
	if (open_tables(x, sessions, ctrl_sockets) == -1 ||
	    (x->rtnetlink = rtnetlink_open(error, size)) == NULL ||
	    (x->gre_socket = gre_socket_open(mark, error, size)) == NULL ||
	    (x->gro = gro_new()) == NULL ||
	    open_watches(x) == -1) {
		context_close(x);
		return NULL;
	}
	rtnetlink_clean(x->rtnetlink);
	return x;
}

void
context_close(struct context *x)
{
	if (x == NULL)
		return;
	loop_watch_free(x->gre_watch);
	loop_watch_free(x->helper_watch);
	gre_socket_close(x->gre_socket);
	gro_free(x->gro);
	rtnetlink_close(x->rtnetlink);
	helper_end(x->helper);
	gre_sequence_pool_free(&x->frames);
	session_table_free(&x->session_table);
	if (x->accounting != -1)
		close(x->accounting);
	quota_free(&x->sources);
	quota_free(&x->users);
	quota_free(&x->addresses);
	pool_free(&x->ctrl_sockets);
	pool_free(&x->sessions);
	free(x);
}
