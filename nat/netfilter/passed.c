/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Follows what the tc programs have let pass, and who has logged in by it. */
#include "nat/base/clock.h"
#include "nat/bpf/engine.h"
#include "nat/control/control.h"
#include "nat/netfilter/call_log.h"
#include "nat/netfilter/passed.h"
#include "nat/netfilter/ppp_watch.h"
#include "nat/netfilter/require.h"

/* It has passed already: what is wrong with it ends the connection only. */
static void
hear_ack(void *arg, const struct alg_ack *ack)
{
	struct verdict *v = arg;
	uint64_t now = clock_ms();

	alg_acknowledged(v->alg, ack, now, &v->result);
	verdict_changes(v, now);
	if (v->result.action != ALG_RESET)
		return;
	call_log_segment(v->call_log, "passed and both ends reset",
	    v->result.reason, &ack->flow, NULL, now);
	verdict_reset(v, &ack->flow, v->result.reason, now);
}

static void
hear_frame(void *arg, const struct frame_ring_frame *f)
{
	struct verdict *v = arg;
	struct alg_call_info call;
	struct alg_login login;

	if (alg_call(v->alg, f->public, f->outside, f->mapped_id, &call) &&
	    ppp_watch_frame(v->ppp_watch, call.serial, f->dir, f->lost,
	    f->bytes, f->len, &login))
		alg_tell_login(v->alg, f->public, f->outside, f->mapped_id,
		    &login, clock_ms());
}

/* A call that lacks what is required is told of, or ended at both ends. */
static void
tell_logins(struct verdict *v, uint64_t now)
{
	struct alg_call_info call;
	struct alg_login login;
	enum reason lack;

	while (alg_login_news(v->alg, &call, &login)) {
		lack = require_check(&v->require, &login);
		call_log_login(v->call_log, &call, &login, lack, now);
		if (v->control != NULL)
			control_login(v->control, &call, &login, lack);
		if (lack != REASON_NONE && v->require.end)
			verdict_reset(v, &call.flow, lack, now);
		else if (lack != REASON_NONE)
			alg_count(v->alg, lack, 1);
	}
}

void
passed_read(void *arg)
{
	struct verdict *v = arg;

	engine_commit(v->engine);
	engine_read_acks(v->engine, hear_ack, v);
	engine_read_frames(v->engine, hear_frame, v);
	tell_logins(v, clock_ms());
}
