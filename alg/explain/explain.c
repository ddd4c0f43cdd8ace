/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a call did not come up or was of no use: its GRE, each step of its PPP
 * negotiation, and how it ended.
 */
#include "alg/base/line.h"
#include "tools/replay/verdict.h"
#include "tools/replay/verdict_call.h"

/* Ms without GRE, or packets without an answer, that mean something. */
#define PATIENCE	3000
#define PACKETS		3

/* A call that is looked at, and where sentences go. */
struct look_call {
	const struct play	*play;
	struct findings		*all;
	const struct ppp_trace	*t;
	const struct ppp_trace_side *in, *out;
};

static struct line
add_of_call(const struct look_call *k, const char *name, bool failure)
{
	struct line l = verdict_add(k->all, name, failure, k->t->conn,
	    k->t->info.serial);

	line_add(&l, "Call %llu: ", (unsigned long long)k->t->info.serial);
	return l;
}

/* Whoever is at a side: outbound is what the inside end sends. */
static void
add_call_end(struct line *l, const struct look_call *k, enum alg_dir dir)
{
	line_add_ipv4(l, dir == ALG_OUTBOUND ? k->t->info.flow.inside :
	    k->t->info.flow.outside);
}

static enum alg_dir
other_way(enum alg_dir dir)
{
	return dir == ALG_OUTBOUND ? ALG_INBOUND : ALG_OUTBOUND;
}

static bool
came_up(const struct look_call *k)
{
	return k->in->ipcp_acked && k->out->ipcp_acked;
}

/* Refused or ended for want of something here. */
static void
look_refused(const struct look_call *k)
{
	const struct ppp_trace *t = k->t;
	struct line l;

	if (t->was_up || !t->ended || t->reason == REASON_REPLY_REFUSED ||
	    t->reason == REASON_NONE)
		return;
	l = add_of_call(k, reason_name(t->reason), true);
	line_add(&l, "it did not come up: %s.", reason_text(t->reason));
}

/*
 * Two calls of one address with one ID: that is how it looks outside of a
 * NAT that does not translate call IDs.
 */
static void
look_collision(const struct look_call *k)
{
	const struct alg_call_info *c = &k->t->info;
	const struct ppp_trace *o;
	struct line l;

	if (c->mapped_id == c->inside_id)
		return;
	o = ppp_trace_rival(&k->play->traces, k->t);
	if (o == NULL)
		return;
	l = add_of_call(k, "collision", true);
	line_add(&l, "it has the same address and call ID %u as call %llu: ",
	    c->inside_id, (unsigned long long)o->info.serial);
	add_call_end(&l, k, ALG_INBOUND);
	line_add(&l, " cannot tell them apart, and GRE to one of them gets "
	    "lost. Is this the outside of a NAT that does not translate "
	    "call IDs?");
}

static void
look_gre(const struct look_call *k)
{
	uint64_t time = (k->t->ended ? k->t->over : k->play->now) - k->t->up;
	unsigned packets = k->in->packets + k->out->packets;
	enum alg_dir silent = k->in->packets == 0 ? ALG_INBOUND : ALG_OUTBOUND;
	struct line l;

	if (!k->t->was_up || (k->in->packets > 0 && k->out->packets > 0))
		return;
	if (time < PATIENCE && packets < PACKETS)
		return;
	if (packets == 0) {
		l = add_of_call(k, "no-gre", true);
		line_add(&l, "there is no GRE at all for %llu seconds: was IP "
		    "protocol 47 captured?",
		    (unsigned long long)time / 1000);
		return;
	}
	l = add_of_call(k,
	    silent == ALG_INBOUND ? reason_name(REASON_NO_GRE_OUTSIDE) :
				    reason_name(REASON_NO_GRE_INSIDE),
	    true);
	line_add(&l, "no GRE comes from ");
	add_call_end(&l, k, silent);
	line_add(&l, ", though ");
	add_call_end(&l, k, other_way(silent));
	line_add(&l, " sends some (packets: %u): IP protocol 47 is blocked "
	    "between here and there, or there at the host.", packets);
}

static void
look_unreachable(const struct look_call *k)
{
	struct line l;

	for (int dir = 0; dir < 2; dir++) {
		if (!k->t->side[dir].unreachable)
			continue;
		l = add_of_call(k, "unreachable", true);
		line_add(&l, "ICMP errors say that GRE does not reach ");
		add_call_end(&l, k, (enum alg_dir)dir);
		line_add(&l, ".");
	}
}

static void
look_lcp(const struct look_call *k)
{
	const struct ppp_trace_side *a, *b;
	struct line l;

	for (int dir = 0; dir < 2; dir++) {
		a = &k->t->side[dir];
		b = &k->t->side[other_way((enum alg_dir)dir)];
		if (a->requests == 0 || b->packets == 0 || b->acks > 0 ||
		    came_up(k))
			continue;
		l = add_of_call(k, b->requests == 0 ? "lcp-unanswered" :
		    "lcp-not-agreed", true);
		add_call_end(&l, k, other_way((enum alg_dir)dir));
		line_add(&l, " never agrees to the LCP Configure-Request of ");
		add_call_end(&l, k, (enum alg_dir)dir);
		line_add(&l, " (sent %u times).", a->requests);
	}
}

/* One side asks the other to prove who it is. */
static void
look_auth(const struct look_call *k)
{
	const struct ppp_trace_side *asks, *answers;
	const char *meaning;
	struct line l;

	for (int dir = 0; dir < 2; dir++) {
		asks = &k->t->side[dir];
		answers = &k->t->side[other_way((enum alg_dir)dir)];
		if (asks->success || came_up(k))
			continue;
		if (asks->failure) {
			l = add_of_call(k, "auth-failed", true);
			add_call_end(&l, k, (enum alg_dir)dir);
			line_add(&l, " does not accept user \"%s\"%s%s: \"%s\"",
			    answers->name, asks->auth != NULL ? " by " : "",
			    asks->auth != NULL ? asks->auth : "",
			    asks->message);
			meaning = dissect_chap_error(asks->error);
			if (meaning != NULL)
				line_add(&l, ", E=%u is: %s", asks->error,
				    meaning);
			line_add(&l, ".");
		} else if (asks->asked > 0 && answers->answered == 0) {
			l = add_of_call(k, "auth-unanswered", true);
			add_call_end(&l, k, other_way((enum alg_dir)dir));
			line_add(&l, " does not answer the authentication "
			    "request of ");
			add_call_end(&l, k, (enum alg_dir)dir);
			line_add(&l, ".");
		} else if (answers->answered > 0) {
			l = add_of_call(k, "auth-undecided", true);
			add_call_end(&l, k, (enum alg_dir)dir);
			line_add(&l, " never says whether it accepts user "
			    "\"%s\".", answers->name);
		}
	}
}

static void
look_mppe(const struct look_call *k)
{
	const struct ppp_trace_side *a, *b;
	struct line l;

	for (int dir = 0; dir < 2; dir++) {
		a = &k->t->side[dir];
		b = &k->t->side[other_way((enum alg_dir)dir)];
		if (!a->mppe_asked || b->mppe_acked)
			continue;
		l = add_of_call(k, "mppe-not-agreed", !came_up(k));
		add_call_end(&l, k, (enum alg_dir)dir);
		line_add(&l, " wants encryption (MPPE), ");
		add_call_end(&l, k, other_way((enum alg_dir)dir));
		line_add(&l, b->ccp_refused ? " does not speak CCP%s." :
		    b->mppe_rejected ? " rejects it%s." :
		    " does not agree to it%s.",
		    came_up(k) ? "; the call goes on without" : "");
	}
}

static void
look_terminate(const struct look_call *k)
{
	const struct ppp_trace_side *a;
	struct line l;

	for (int dir = 0; dir < 2; dir++) {
		a = &k->t->side[dir];
		if (!a->terminated || came_up(k))
			continue;
		l = add_of_call(k, "ppp-terminated", true);
		add_call_end(&l, k, (enum alg_dir)dir);
		line_add(&l, " ends PPP before it is up");
		if (a->farewell[0] != '\0')
			line_add(&l, ": \"%s\"", a->farewell);
		line_add(&l, ".");
	}
}

static void
look_ipcp(const struct look_call *k)
{
	struct line l;

	for (int dir = 0; dir < 2; dir++) {
		if (!k->t->side[dir].ipcp_refused)
			continue;
		l = add_of_call(k, "ipcp-refused", true);
		add_call_end(&l, k, (enum alg_dir)dir);
		line_add(&l, " does not speak IPCP (yet): it rejects the "
		    "protocol.");
	}
}

/* Hung up by who answered, without being asked to. */
static void
look_disconnect(const struct look_call *k)
{
	struct line l;

	if (!k->t->was_up || !k->t->ended ||
	    k->t->reason != REASON_DISCONNECT)
		return;
	l = add_of_call(k, "disconnected", !came_up(k));
	line_add(&l, "it ends by a Call-Disconnect-Notify that nobody asked "
	    "for%s.", came_up(k) ? "" : ", before PPP is up");
}

/* The end that closed the control connection first. */
static enum ctrl_conn_end
closer_of(const struct ctrl_conn *c)
{
	const struct ctrl_stream *s = c->stream;

	return !s[CTRL_CONN_HIGH].fin || (s[CTRL_CONN_LOW].fin &&
	    s[CTRL_CONN_LOW].fin_packet < s[CTRL_CONN_HIGH].fin_packet) ?
	    CTRL_CONN_LOW : CTRL_CONN_HIGH;
}

/* It says why, or data went both ways: there is nothing to explain. */
static bool
is_explained(const struct look_call *k)
{
	for (size_t i = 0; i < k->all->n; i++)
		if (k->all->list[i].call == k->t->info.serial &&
		    k->all->list[i].failure)
			return true;
	return k->in->encrypted + k->in->plain > 0 &&
	    k->out->encrypted + k->out->plain > 0;
}

/* One end gives up, and no packet tells why. */
static void
look_closed(const struct look_call *k)
{
	const struct ctrl_conn *c = ctrl_conn_at(&k->play->conns, k->t->conn);
	bool closed = k->t->reason == REASON_CLOSED;
	uint64_t time = k->t->over - k->t->up;
	struct line l;

	if (!k->t->was_up || !k->t->ended || came_up(k) || is_explained(k) ||
	    (!closed && k->t->reason != REASON_CLEAR))
		return;
	l = add_of_call(k, closed ? "closed-early" : "cleared-early", true);
	if (closed)
		line_add_ipv4(&l, c->address[closer_of(c)]);
	else
		add_call_end(&l, k, k->t->info.inside_asked !=
		    k->t->info.incoming ? ALG_OUTBOUND : ALG_INBOUND);
	line_add(&l, " %s after %llu.%llu seconds, before PPP is up.",
	    closed ? "closes the control connection" : "clears the call",
	    (unsigned long long)time / 1000,
	    (unsigned long long)time % 1000 / 100);
}

void
verdict_call(const struct play *play, struct findings *all,
    const struct ppp_trace *t)
{
	static void (*const looks[])(const struct look_call *) = {
		look_refused, look_collision, look_gre, look_unreachable,
		look_lcp, look_auth, look_mppe, look_terminate, look_ipcp,
		look_disconnect, look_closed
	};
	struct look_call k = { play, all, t, &t->side[ALG_INBOUND],
	    &t->side[ALG_OUTBOUND] };

	if (!play_shows_call(play, t))
		return;
	for (size_t n = 0; n < sizeof(looks) / sizeof(looks[0]); n++)
		looks[n](&k);
}
