/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a terminated session: a call of a control connection, PPP in
 * its GRE, and what the host gets for it; one table says what follows what.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/bpf/engine.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/forward.h"
#include "nat/endpoint/half_open.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_audit.h"
#include "nat/endpoint/session_log.h"
#include "nat/endpoint/session_net.h"
#include "nat/endpoint/session_radius.h"
#include "nat/endpoint/session_way.h"

#define NETWORK_ERROR	256		/* bytes of a sentence */

/*
 * Every state x event; what is not said here stays as it is.  No event leads
 * back to SESSION_CALLING, which is 0.
 */
static const uint8_t next_state[SESSION_STATES][SESSION_EVENTS] = {
	[SESSION_CALLING] = {
		[SESSION_CALL_UP] = SESSION_OPENING,
		[SESSION_END] = SESSION_CLOSING,
	},
	[SESSION_OPENING] = {
		[SESSION_AUTHENTICATE] = SESSION_AUTHENTICATING,
		[SESSION_LOGGED_IN] = SESSION_NEGOTIATING,
		[SESSION_END] = SESSION_CLOSING,
	},
	[SESSION_AUTHENTICATING] = {
		[SESSION_LOGGED_IN] = SESSION_NEGOTIATING,
		[SESSION_END] = SESSION_CLOSING,
	},
	[SESSION_NEGOTIATING] = {
		[SESSION_PPP_UP] = SESSION_STARTING,
		[SESSION_END] = SESSION_CLOSING,
	},
	[SESSION_STARTING] = {
		[SESSION_PPP_UP] = SESSION_STARTING,
		[SESSION_PPP_DOWN] = SESSION_NEGOTIATING,
		[SESSION_PRE_UP_DONE] = SESSION_UP,
		[SESSION_END] = SESSION_CLOSING,
	},
	/* Again, when IPv6 comes after IPv4. */
	[SESSION_UP] = {
		[SESSION_PPP_UP] = SESSION_UP,
		[SESSION_PPP_DOWN] = SESSION_RENEGOTIATING,
		[SESSION_END] = SESSION_CLOSING,
	},
	[SESSION_RENEGOTIATING] = {
		[SESSION_PPP_UP] = SESSION_UP,
		[SESSION_END] = SESSION_CLOSING,
	},
	/* PPP says good-bye, then the control connection does. */
	[SESSION_CLOSING] = {
		[SESSION_PPP_CLOSED] = SESSION_CLEARING,
		[SESSION_CALL_DOWN] = SESSION_OVER,
	},
	[SESSION_CLEARING] = {
		[SESSION_CALL_DOWN] = SESSION_OVER,
	},
};

void
session_wake_at(struct session *s, uint64_t due)
{
	uint64_t now = s->context->now;

	if (s->state >= SESSION_CLEARING || due >= s->due)
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

static void
timer_due(void *arg)
{
	struct session *s = arg;
	struct context *x = s->context;
	uint64_t now = context_begin_turn(x);

	s->due = UINT64_MAX;
	forward_tick(s);
	if (s->state < SESSION_CLEARING)
		ppp_tick(&s->ppp, now);
	session_schedule(s);
	context_end_turn(x);
}

void
session_info(const struct session *s, struct ppp_info *info)
{
	static const struct ppp_info none = { .user = "", .account = "" };

	if (s->has_ppp)
		ppp_info(&s->ppp, info);
	else
		*info = none;
}

/*
 * What is done when a state is entered.
 */

/* From now on GRE of the call is the session's. */
static void
register_gre(struct session *s)
{
	struct context *x = s->context;

	session_table_add_call(&x->session_table, s);
	engine_local(x->engine, s->path.peer, s->path.local, s->call.id, true);
}

/* Until the login is done, no frame waits for others before it. */
static void
enter_opening(struct session *s)
{
	struct context *x = s->context;

	gre_sequence_init(&s->sequence, &x->frames, s->call.peer_id,
	    s->profile->options->window);
	gre_sequence_wait(&s->sequence, 1, 1);
	register_gre(s);
	s->has_ppp = true;
	ppp_init(&s->ppp, &s->profile->ppp, s->ctrl->host->ppp, s);
	ppp_open(&s->ppp, x->now);
	forward_take_early(s);
	session_schedule(s);
}

static void
enter_negotiating(struct session *s)
{
	const struct tunnel_options *options = s->profile->options;

	gre_sequence_wait(&s->sequence, options->reorder_frames + 1U,
	    options->reorder_time);
}

/* Sets up the session's interface; -1: not possible, and the session closes. */
static int
start_network(struct session *s)
{
	struct ppp_info info;
	char error[NETWORK_ERROR];
	int runs;

	ppp_info(&s->ppp, &info);
	s->local = info.local;
	s->remote = info.remote;
	if (session_way_is_own_address(s)) {
		session_close(s, PPP_OWN_ADDRESS);
		return -1;
	}
	if (session_net_up(s, error, sizeof(error)) == -1) {
		log_error("session %" PRIu64 ": %s", s->serial, error);
		session_close(s, PPP_NO_INTERFACE);
		return -1;
	}
	/* Not right after the login: the script is told the interface. */
	if (s->logged_in != 0)
		(void)session_net_script(s, TUNNEL_AUTH_UP, false);
	runs = session_net_script(s, TUNNEL_IP_PRE_UP, true);
	s->pre_up_runs = runs == 1;
	if (runs == -1)
		session_close(s, PPP_SCRIPT_FAILED);
	return runs == -1 ? -1 : 0;
}

/* Waits for ip-pre-up, if it runs. */
static void
enter_starting(struct session *s)
{
	if (s->device == NULL && start_network(s) == -1)
		return;
	if (!s->pre_up_runs)
		session_event(s, SESSION_PRE_UP_DONE);
}

static void
enter_up(struct session *s)
{
	bool first = s->up_since == 0;
	struct script_facts f;

	if (first) {
		s->up_since = s->context->now;
		s->context->logins++;
		session_way_check(s);
		session_log_login(s);
		session_audit_count(s);
		(void)session_net_script(s, TUNNEL_IP_UP, false);
	}
	session_net_ipv6(s);
	if (!first)
		return;
	session_net_facts(s, &f);
	if (s->profile->options->wtmp)
		script_wtmp(s->context->helper, &f, true);
	if (s->ctrl->host->up != NULL)
		s->ctrl->host->up(s);
}

/* Removes what start_network has set up, in the opposite order. */
static void
stop_network(struct session *s)
{
	struct script_facts f;
	bool was_up = s->up_since != 0;

	s->pre_up_runs = false;
	if (s->device == NULL)
		return;
	session_net_facts(s, &f);
	if (s->remote_ipv6 != 0)
		(void)session_net_script(s, TUNNEL_IPV6_DOWN, false);
	if (was_up)
		(void)session_net_script(s, TUNNEL_IP_DOWN, false);
	if (was_up && s->profile->options->wtmp)
		script_wtmp(s->context->helper, &f, false);
	if (was_up && s->ctrl->host->down != NULL)
		s->ctrl->host->down(s);
	if (s->logged_in != 0)
		(void)session_net_script(s, TUNNEL_AUTH_DOWN, false);
	session_net_remove(s);
}

/* The end is logged first; then the session leaves all tables at once. */
static void
enter_closing(struct session *s)
{
	session_log_end(s);
	stop_network(s);
	if (s->ctrl->host->end != NULL)
		s->ctrl->host->end(s);
}

/* Its memory is freed by session_reap, when no caller of ours uses it. */
static void
reap_later(struct session *s)
{
	if (s->reaping)
		return;
	s->reaping = true;
	s->next_reaped = s->context->reaped_sessions;
	s->context->reaped_sessions = s;
}

static void (*const enter[SESSION_STATES])(struct session *) = {
	[SESSION_OPENING] = enter_opening,
	[SESSION_NEGOTIATING] = enter_negotiating,
	[SESSION_STARTING] = enter_starting,
	[SESSION_UP] = enter_up,
	[SESSION_CLOSING] = enter_closing,
	[SESSION_CLEARING] = reap_later,
	[SESSION_OVER] = reap_later,
};

void
session_event(struct session *s, enum session_event event)
{
	uint8_t next = next_state[s->state][event];

	if (next == 0)
		return;
	if (next != s->state)
		s->since = s->context->now;
	s->state = next;
	if (enter[next] != NULL)
		enter[next](s);
}

/*
 * What happens to it.
 */

/* Addresses are agreed; when that is so again, they must be the same. */
void
session_ppp_up(struct session *s)
{
	struct ppp_info info;

	ppp_info(&s->ppp, &info);
	s->mtu = info.mtu;
	s->mppe_out = info.mppe_out;
	if (!info.ipv4)
		return;
	if (s->device != NULL &&
	    (info.local != s->local || info.remote != s->remote))
		session_close(s, PPP_IP_DISAGREED);
	else
		session_event(s, SESSION_PPP_UP);
}

void
session_pre_up_done(struct session *s, bool ran)
{
	if (!s->pre_up_runs)
		return;
	s->pre_up_runs = false;
	if (ran)
		session_event(s, SESSION_PRE_UP_DONE);
	else
		session_close(s, PPP_SCRIPT_FAILED);
}

void
session_withdraw(struct session *s, enum ppp_reason reason)
{
	if (s->state >= SESSION_CLOSING)
		return;
	s->reason = (uint8_t)reason;
	session_event(s, SESSION_END);
}

void
session_close(struct session *s, enum ppp_reason reason)
{
	if (!s->has_ppp)
		session_ppp_closed(s, reason);
	else if (s->state < SESSION_CLEARING) {
		ppp_close(&s->ppp, reason, s->context->now);
		session_schedule(s);
	}
}

void
session_ppp_closed(struct session *s, enum ppp_reason reason)
{
	session_withdraw(s, reason);
	session_event(s, SESSION_PPP_CLOSED);
}

void
session_lost(struct session *s, enum reason reason)
{
	s->call_reason = reason;
	if (s->has_ppp && s->state < SESSION_CLEARING)
		ppp_lost(&s->ppp, s->context->now);
	session_withdraw(s, PPP_LOST);
	session_event(s, SESSION_CALL_DOWN);
}

bool
session_kick(struct session *s)
{
	if (s->state >= SESSION_CLOSING)
		return false;
	context_begin_turn(s->context);
	session_close(s, PPP_ADMIN);
	context_end_turn(s->context);
	return true;
}

/*
 * Opening and closing.
 */

static int
take_id(struct session *s)
{
	int id = alg_take_id(s->context->alg, s->path.local, s->path.peer);

	s->call.id = (uint16_t)id;
	return id;
}

static int
prepare_call(struct session *s)
{
	struct ctrl_socket *p = s->ctrl;

	s->path = p->path;
	s->due = UINT64_MAX;
	if ((s->timer = loop_timer(s->context->loop, timer_due, s)) == NULL)
		return -1;
	/* An ID that is given back is quarantined: refused calls get none. */
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
	if (prepare_call(s) == -1) {
		loop_watch_free(s->timer);
		pool_give(&x->sessions, i);
		return NULL;
	}
	s->profile = profile_use(p->profile);
	s->serial = ++x->serial;
	p->sessions++;
	p->called = true;
	s->since = x->now;
	/* GRE and TCP are not ordered: a server's may come before its reply. */
	if (p->profile->client)
		register_gre(s);
	return s;
}

/* Clears the call (CCRQ or CDN), unless the peer has ended it. */
static void
leave_call(struct session *s)
{
	session_table_remove_call(&s->context->session_table, s);
	engine_local(s->context->engine, s->path.peer, s->path.local,
	    s->call.id, false);
	gre_sequence_close(&s->sequence);
	if (s->state == SESSION_OVER)
		return;
	ctrl_conn_clear(&s->call, s->reason == PPP_PEER ? REASON_CLEAR :
	    REASON_ADMIN, s->context->now);
	ctrl_socket_schedule(s->ctrl);
}

static void
count_end(const struct session *s)
{
	struct context *x = s->context;
	int i;

	if (!s->told)		/* failed logins are counted already */
		x->ends[s->reason]++;
	for (i = 0; i < PPP_DROP_COUNT; i++)
		x->drops[i] += s->ppp.drops[i];
}

static void
free_session(struct session *s)
{
	struct context *x = s->context;
	struct ctrl_socket *p = s->ctrl;

	alg_give_id(x->alg, s->path.local, s->path.peer, s->call.id, x->now);
	if (s->has_ppp) {
		count_end(s);
		ppp_wipe(&s->ppp);
		free(s->mppc);
	}
	session_radius_free(s);
	free(s->early);
	loop_watch_free(s->timer);
	profile_leave(s->profile);
	pool_give(&x->sessions, s->index);
	/* A connection that is to have no more calls is stopped. */
	if (--p->sessions == 0 && (p->profile->client || x->stopping ||
	    p->failures >= HALF_OPEN_FAILURES))
		ctrl_socket_stop(p, REASON_ADMIN);
}

/* Runs once more when the call is over, if it was not yet. */
void
session_reap(struct session *s)
{
	bool over = s->state == SESSION_OVER;

	s->reaping = false;
	leave_call(s);
	if (over)
		free_session(s);
}
