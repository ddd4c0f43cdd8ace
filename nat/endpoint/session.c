/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/bpf/engine.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/forward.h"
#include "nat/endpoint/pre_auth.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_log.h"
#include "nat/endpoint/session_net.h"
#include "nat/endpoint/session_ppp.h"

#define ERROR	256		/* bytes of a sentence */

static void
put_aside(struct session *s)
{
	if (s->aside)
		return;
	s->aside = true;
	s->next_ended = s->context->ended;
	s->context->ended = s;
}

/* Who has logged in may have frames held back; it was nobody before. */
void
session_enter(struct session *s, enum session_state state)
{
	const struct tunnel_options *link = s->profile->options;

	if (state == SESSION_NEGOTIATING)
		gre_sequence_wait(&s->sequence, link->reorder_frames + 1U,
		    link->reorder_time);
	s->state = (uint8_t)state;
	s->since = s->context->now;
}

void
session_wake_at(struct session *s, uint64_t due)
{
	uint64_t now = s->context->now;

	if (s->ended || due >= s->due)
		return;
	s->due = due;
	loop_watch_in(s->timer, due > now ? due - now : 0);
}

void
session_schedule(struct session *s)
{
	uint64_t due = gre_sequence_due(&s->sequence), ppp = ppp_due(&s->ppp);

	session_wake_at(s, ppp < due ? ppp : due);
}

/*
 * Up and down.
 */

/* It had negotiated before: goes on, if that has come to the same. */
static void
resume(struct session *s, const struct ppp_info *info)
{
	if (info->local != s->local || info->remote != s->remote) {
		session_close(s, PPP_IP_DISAGREED);
		return;
	}
	if (s->paused && s->open)
		session_enter(s, SESSION_UP);
	s->paused = false;
	if (s->open)
		session_net_ipv6(s);
}

/* Addresses are agreed: the host gets an interface, scripts are run. */
void
session_come_up(struct session *s)
{
	char error[ERROR];
	struct ppp_info info;
	int waits;

	ppp_info(&s->ppp, &info);
	s->mtu = info.mtu;
	if (!info.ipv4)
		return;
	if (s->installed) {
		resume(s, &info);
		return;
	}
	if (s->state == SESSION_CLOSING)
		return;
	s->local = info.local;
	s->remote = info.remote;
	if (session_net_up(s, error, sizeof(error)) == -1) {
		log_error("session %" PRIu64 ": %s", s->serial, error);
		session_close(s, PPP_NO_INTERFACE);
		return;
	}
	/* Not earlier: they want to know the interface. */
	if (s->logged_in != 0)
		(void)session_net_script(s, TUNNEL_AUTH_UP, false);
	waits = session_net_script(s, TUNNEL_IP_PRE_UP, true);
	s->waiting = waits == 1;
	if (waits == 0)
		session_go_on(s);
	else if (waits == -1)
		session_close(s, PPP_SCRIPT_FAILED);
}

void
session_go_on(struct session *s)
{
	struct script_facts f;

	if (s->state == SESSION_CLOSING || s->open)
		return;
	s->waiting = false;
	s->open = true;
	session_enter(s, SESSION_UP);
	s->context->logins++;
	session_log_login(s);
	(void)session_net_script(s, TUNNEL_IP_UP, false);
	session_net_ipv6(s);
	session_net_facts(s, &f);
	if (s->profile->options->wtmp) {
		script_wtmp(s->context->helper, &f, true);
		s->wtmp = true;
	}
	if (s->ctrl->host->up != NULL)
		s->ctrl->host->up(s);
}

static void
go_down(struct session *s)
{
	struct script_facts f;
	bool was_open = s->open;

	s->open = s->waiting = false;
	if (!s->installed)
		return;
	session_net_facts(s, &f);
	if (s->remote_ipv6 != 0)
		(void)session_net_script(s, TUNNEL_IPV6_DOWN, false);
	if (was_open)
		(void)session_net_script(s, TUNNEL_IP_DOWN, false);
	if (s->wtmp)
		script_wtmp(s->context->helper, &f, false);
	s->wtmp = false;
	if (was_open && s->ctrl->host->down != NULL)
		s->ctrl->host->down(s);
	if (s->logged_in != 0)
		(void)session_net_script(s, TUNNEL_AUTH_DOWN, false);
	session_net_remove(s);
}

void
session_over(struct session *s, enum ppp_reason reason)
{
	session_withdraw(s, reason);
	s->ended = true;
	put_aside(s);
}

void
session_withdraw(struct session *s, enum ppp_reason reason)
{
	if (s->state == SESSION_CLOSING)
		return;
	s->reason = (uint8_t)reason;
	session_log_end(s);
	session_enter(s, SESSION_CLOSING);
	go_down(s);
	if (s->ctrl->host->end != NULL)
		s->ctrl->host->end(s);
}

static void
due(void *arg)
{
	struct session *s = arg;
	struct context *x = s->context;
	uint64_t now = context_begin_turn(x);

	s->due = UINT64_MAX;
	forward_tick(s);
	if (!s->ended)
		ppp_tick(&s->ppp, now);
	session_schedule(s);
	context_end_turn(x);
}

/*
 * From nothing to running and back.
 */

static int
take_id(struct session *s)
{
	int id = alg_take_id(s->context->alg, s->path.local, s->path.peer);

	s->call.id = (uint16_t)id;
	return id;
}

static int
prepare(struct session *s)
{
	struct ctrl_socket *p = s->ctrl;

	s->path = p->path;
	s->due = UINT64_MAX;
	if ((s->timer = loop_timer(s->context->loop, due, s)) == NULL)
		return -1;
	/* An ID rests when it is given back: none for those who are refused. */
	if (p->host->admits != NULL && !p->host->admits(s))
		return -1;
	if (take_id(s) != -1)
		return 0;
	if (p->host->admits != NULL)
		p->host->end(s);
	return -1;
}

struct session *
session_new(struct context *x, struct ctrl_socket *p)
{
	uint32_t i = pool_take(&x->sessions);
	struct session *s = pool_at(&x->sessions, i);

	if (i == 0)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->context = x;
	s->ctrl = p;
	s->index = i;
	if (prepare(s) == -1) {
		loop_watch_free(s->timer);
		pool_give(&x->sessions, i);
		return NULL;
	}
	s->profile = profile_use(p->profile);
	s->serial = ++x->serial;
	p->sessions++;
	p->called = true;
	session_enter(s, SESSION_OPENING);
	return s;
}

void
session_start(struct session *s)
{
	struct context *x = s->context;

	gre_sequence_init(&s->sequence, &x->frames, s->call.peer_id,
	    s->profile->options->window);
	gre_sequence_wait(&s->sequence, 1, 1);
	session_table_connect(&x->session_table, s);
	engine_local(x->engine, s->path.peer, s->path.local, s->call.id, true);
	s->started = true;
	ppp_init(&s->ppp, &s->profile->ppp, session_ppp_host(), s);
	ppp_open(&s->ppp, x->now);
	session_schedule(s);
}

void
session_close(struct session *s, enum ppp_reason reason)
{
	if (s->started && !s->ended) {
		ppp_close(&s->ppp, reason, s->context->now);
		session_schedule(s);
	} else if (!s->started) {
		session_withdraw(s, reason);
		put_aside(s);
	}
}

void
session_lost(struct session *s, enum reason reason)
{
	s->down = true;
	s->call_reason = reason;
	if (!s->started)
		session_withdraw(s, PPP_LOST);
	else if (!s->ended)
		ppp_lost(&s->ppp, s->context->now);
	put_aside(s);
}

/* The other end learns of it by the control connection, too. */
static void
end_call(struct session *s)
{
	session_table_disconnect(&s->context->session_table, s);
	engine_local(s->context->engine, s->path.peer, s->path.local,
	    s->call.id, false);
	gre_sequence_close(&s->sequence);
	if (s->down)
		return;
	ctrl_conn_clear(&s->call, s->reason == PPP_PEER ? REASON_CLEAR :
	    REASON_ADMIN, s->context->now);
	ctrl_socket_schedule(s->ctrl);
}

static void
count(const struct session *s)
{
	struct context *x = s->context;
	int i;

	if (!s->told)		/* failed logins are counted already */
		x->ends[s->reason]++;
	for (i = 0; i < PPP_DROP_COUNT; i++)
		x->drops[i] += s->ppp.drops[i];
}

static void
release(struct session *s)
{
	struct context *x = s->context;
	struct ctrl_socket *p = s->ctrl;

	alg_give_id(x->alg, s->path.local, s->path.peer, s->call.id, x->now);
	if (s->started) {
		count(s);
		ppp_wipe(&s->ppp);
		free(s->mppc);
	}
	loop_watch_free(s->timer);
	profile_leave(s->profile);
	pool_give(&x->sessions, s->index);
	/* A client's connection has no other use; ours had its last one. */
	if (--p->sessions == 0 && (p->profile->client || x->stopping ||
	    p->failures >= PRE_AUTH_CALLS))
		ctrl_socket_stop(p, REASON_ADMIN);
}

/* Comes again, if the call was not over before. */
void
session_reap(struct session *s)
{
	bool down = s->down;

	s->aside = false;
	end_call(s);
	if (down)
		release(s);
}
