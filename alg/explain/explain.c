/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why an attempt failed: its TCP and control connection, its call and GRE,
 * each step of its PPP negotiation, and how it ended.
 */
#include <string.h>

#include "alg/base/line.h"
#include "alg/explain/explain.h"
#include "alg/ppp/mschap_failure.h"
#include "alg/pptp/icmp.h"
#include "alg/pptp/message.h"
#include "alg/pptp/message_fields.h"

/* Ms without GRE, or packets without an answer, that mean something. */
#define PATIENCE	3000
#define PACKETS		3
/* Ms that only one end sends GRE of a call that has worked. */
#define SILENCE		60000
/* What a negotiation that is not read takes: GRE packets each way, or ms. */
#define NEGOTIATION	20
#define LOGIN		120000
#define RESULT_OK	1

static const struct {
	const char	*name, *counter, *advice;
} kinds[EXPLAIN_KINDS] = {
#define X(id, name, advice) { name, "failed-" name, advice },
	EXPLAIN_LIST(X)
#undef X
};

const char *
explain_counter(enum explain_kind kind)
{
	return kinds[kind].counter;
}

const char *
explain_advice(const struct explanation *e)
{
	return kinds[e->kind].advice;
}

const struct explanation *
explain_failure(const struct explanations *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].failure)
			return &all->list[i];
	return NULL;
}

static struct line
add_explanation(struct explanations *all, enum explain_kind kind, bool failure)
{
	struct explanation *e;

	if (all->n == EXPLAIN_MAX)
		return line_of(NULL, 0);
	e = &all->list[all->n++];
	e->kind = kind;
	e->name = kinds[kind].name;
	e->failure = failure;
	return line_of(e->text, sizeof(e->text));
}

/* --- The ends --- */

/* Whoever is at a side: outbound is what the inside end sends. */
static void
add_sender(struct line *l, const struct explain_facts *k, enum alg_dir dir)
{
	const struct alg_flow *f = &k->attempt->flow;

	line_add_ipv4(l, dir == ALG_OUTBOUND ? f->inside : f->outside);
}

/* With the port of its control connection. */
static void
add_end(struct line *l, const struct explain_facts *k, enum alg_end end)
{
	const struct alg_flow *f = &k->attempt->flow;

	add_sender(l, k, end == ALG_INSIDE ? ALG_OUTBOUND : ALG_INBOUND);
	line_add(l, ":%u", end == ALG_INSIDE ? f->inside_port :
	    f->outside_port);
}

static enum alg_dir
other_way(enum alg_dir dir)
{
	return dir == ALG_OUTBOUND ? ALG_INBOUND : ALG_OUTBOUND;
}

static enum alg_end
server_of(const struct alg_attempt *a)
{
	return a->inside_opened ? ALG_OUTSIDE : ALG_INSIDE;
}

/* Who is asked for the call. */
static enum alg_end
callee_of(const struct alg_attempt *a)
{
	return a->call.inside_asked ? ALG_OUTSIDE : ALG_INSIDE;
}

/* The codes of a message, by the names of its fields. */
static void
add_answer(struct line *l, uint16_t type, const struct alg_answer *answer)
{
	const uint16_t values[] = { answer->result, answer->error,
	    answer->cause };
	const struct message_field *f = message_fields_of(type);
	size_t n = 0;

	for (; f->type == type && n < 3; f++) {
		if (f->show != FIELD_CODE)
			continue;
		line_add(l, ", %s %u (%s)", f->name, values[n],
		    message_fields_code(f, values[n]));
		n++;
	}
}

/* --- The control connection --- */

/* An ICMP error about the SYN. */
static void
add_refusal(struct line *l, const struct explain_facts *k)
{
	const struct alg_attempt *a = k->attempt;
	const struct alg_refusal *r = &a->refusal;
	enum alg_end server = server_of(a);

	add_end(l, k, server);
	line_add(l, " cannot be reached: ");
	if (r->by == 0)
		line_add(l, "this host");
	else if (r->by == (server == ALG_INSIDE ? a->flow.inside :
	    a->flow.outside))
		line_add(l, "it");
	else
		line_add_ipv4(l, r->by);
	line_add(l, " says \"%s\" (ICMP type %u, code %u).",
	    icmp_name(r->type, r->code), r->type, r->code);
}

void
explain_opening(const struct explain_facts *k, struct explanations *all)
{
	const struct alg_attempt *a = k->attempt;
	struct line l;

	if (a->answered)
		return;
	if (a->by == server_of(a)) {
		l = add_explanation(all, EXPLAIN_TCP_REFUSED, true);
		add_end(&l, k, server_of(a));
		line_add(&l, " refuses the connection: no PPTP server "
		    "is listening there, or a firewall says so.");
	} else if (a->refusal.type != 0) {
		l = add_explanation(all, EXPLAIN_TCP_UNREACHABLE, true);
		add_refusal(&l, k);
	} else if (a->stopped) {
		l = add_explanation(all, EXPLAIN_TCP_STOPPED, true);
		line_add(&l, "The SYN to ");
		add_end(&l, k, server_of(a));
		line_add(&l, " (sent %u times) does not leave this host.",
		    a->syns);
	} else if (a->over != 0 || a->syns >= 2) {
		l = add_explanation(all, EXPLAIN_TCP_UNANSWERED, true);
		add_end(&l, k, server_of(a));
		line_add(&l, " does not answer the SYN (sent %u times).",
		    a->syns);
	}
}

/* Some modems say 0 and mean well. */
void
explain_start(const struct explain_facts *k, struct explanations *all)
{
	const struct alg_attempt *a = k->attempt;
	struct line l;

	if (a->start_asked && !a->start.said) {
		if (a->over == 0 && k->now < a->first + PATIENCE)
			return;
		l = add_explanation(all, EXPLAIN_START_UNANSWERED, true);
		add_end(&l, k, server_of(a));
		line_add(&l, " does not answer Start-Control-Connection-"
		    "Request.");
	}
	if (a->start.result <= RESULT_OK)
		return;
	l = add_explanation(all, EXPLAIN_START_REFUSED, true);
	add_end(&l, k, server_of(a));
	line_add(&l, " refuses the control connection");
	add_answer(&l, MESSAGE_SCCRP, &a->start);
	line_add(&l, ".");
}

/* Ends of an attempt whose request nobody has answered. */
static bool
is_impatience(enum reason reason)
{
	return reason == REASON_NO_REPLY || reason == REASON_CLOSED ||
	    reason == REASON_CLEAR || reason == REASON_STOP;
}

void
explain_reply(const struct explain_facts *k, struct explanations *all)
{
	const struct alg_attempt *a = k->attempt;
	const struct alg_call_info *c = &a->call;
	uint16_t request = c->incoming ? MESSAGE_ICRQ : MESSAGE_OCRQ;
	uint16_t id = c->inside_asked ? c->inside_id : c->outside_id;
	struct line l;

	if (c->up != 0)
		return;
	if (a->reply.said && a->reply.result != RESULT_OK) {
		l = add_explanation(all, EXPLAIN_REPLY_REFUSED, true);
		add_end(&l, k, callee_of(a));
		line_add(&l, " refuses the call with ID %u", id);
		add_answer(&l, c->incoming ? MESSAGE_ICRP : MESSAGE_OCRP,
		    &a->reply);
		line_add(&l, ".");
	} else if (!a->reply.said && (a->over == 0 ?
	    k->now >= c->asked + PATIENCE : is_impatience(a->reason))) {
		l = add_explanation(all, EXPLAIN_REQUEST_UNANSWERED, true);
		add_end(&l, k, callee_of(a));
		line_add(&l, " does not answer %s with call ID %u.",
		    message_of(request)->name, id);
	}
}

void
explain_stop(const struct explain_facts *k, struct explanations *all)
{
	const struct alg_attempt *a = k->attempt;
	const struct alg_answer why = { .result = a->stop };
	struct line l;

	if (a->stop == 0)
		return;
	l = add_explanation(all, EXPLAIN_STOPPED, false);
	add_end(&l, k, a->by);
	line_add(&l, " stops %s", k->connection);
	add_answer(&l, MESSAGE_STOPRQ, &why);
	line_add(&l, ".");
}

void
explain_reset(const struct explain_facts *k, struct explanations *all)
{
	const struct alg_attempt *a = k->attempt;
	struct line l;

	if (a->reason != REASON_RESET || a->by == ALG_NOBODY || !a->answered)
		return;
	l = add_explanation(all, a->by == server_of(a) ?
	    EXPLAIN_SERVER_RESET : EXPLAIN_CLIENT_RESET, true);
	add_end(&l, k, a->by);
	line_add(&l, " resets %s in the middle.", k->connection);
}

/* --- The call: whether it came up, and its GRE --- */

/* Packets of GRE that passed in a direction. */
static uint64_t
gre_of(const struct explain_facts *k, enum alg_dir dir)
{
	const struct alg_call_info *c = &k->attempt->call;

	return dir == ALG_OUTBOUND ? c->packets_out : c->packets_in;
}

/* Ms since it was up, or while it was. */
static uint64_t
time_up(const struct explain_facts *k)
{
	const struct alg_attempt *a = k->attempt;

	return (a->over != 0 ? a->over : k->now) - a->call.up;
}

/* Is PPP up?  Where it is not read, a long time or talk means that it is. */
static bool
came_up(const struct explain_facts *k)
{
	if (k->attempt->login.encryption != ALG_ENCRYPTION_UNREAD)
		return true;
	if (k->side != NULL)
		return k->side[ALG_INBOUND].ipcp_acked &&
		    k->side[ALG_OUTBOUND].ipcp_acked;
	return time_up(k) >= LOGIN ||
	    (gre_of(k, ALG_INBOUND) >= NEGOTIATION &&
	    gre_of(k, ALG_OUTBOUND) >= NEGOTIATION);
}

/* Refused or ended for want of something here. */
static void
look_refused(const struct explain_facts *k, struct explanations *all)
{
	const struct alg_attempt *a = k->attempt;
	struct line l;

	if (a->call.up != 0 || a->over == 0 || a->reason == REASON_NONE ||
	    a->reason == REASON_REPLY_REFUSED || explain_failure(all) != NULL)
		return;
	l = add_explanation(all, EXPLAIN_NOT_UP, true);
	all->list[all->n - 1].name = reason_name(a->reason);
	line_add(&l, "it did not come up: %s.", reason_text(a->reason));
}

static void
look_gre(const struct explain_facts *k, struct explanations *all)
{
	uint64_t packets = gre_of(k, ALG_INBOUND) + gre_of(k, ALG_OUTBOUND);
	enum alg_dir silent = gre_of(k, ALG_INBOUND) == 0 ? ALG_INBOUND :
	    ALG_OUTBOUND;
	struct line l;

	/* What came while the daemon was away was not counted. */
	if (k->attempt->call.up == 0 || gre_of(k, silent) > 0 ||
	    k->attempt->reason == REASON_CONNTRACK_GONE)
		return;
	if (time_up(k) < PATIENCE && packets < PACKETS)
		return;
	if (packets == 0) {
		l = add_explanation(all, EXPLAIN_NO_GRE, true);
		line_add(&l, "there is no GRE at all for %llu seconds.",
		    (unsigned long long)time_up(k) / 1000);
		return;
	}
	l = add_explanation(all, silent == ALG_INBOUND ?
	    EXPLAIN_NO_GRE_OUTSIDE : EXPLAIN_NO_GRE_INSIDE, true);
	line_add(&l, "no GRE comes from ");
	add_sender(&l, k, silent);
	line_add(&l, ", though ");
	add_sender(&l, k, other_way(silent));
	line_add(&l, " sends some (packets: %llu): IP protocol 47 is blocked "
	    "between here and there, or there at the host.",
	    (unsigned long long)packets);
}

static void
look_unreachable(const struct explain_facts *k, enum alg_dir dir,
    struct explanations *all)
{
	struct line l;

	if (!k->attempt->unreachable[dir])
		return;
	l = add_explanation(all, EXPLAIN_UNREACHABLE, true);
	line_add(&l, "ICMP errors say that GRE does not reach ");
	add_sender(&l, k, dir);
	line_add(&l, ".");
}

static void
look_lcp(const struct explain_facts *k, enum alg_dir dir,
    struct explanations *all)
{
	const struct negotiation *a = &k->side[dir];
	const struct negotiation *b = &k->side[other_way(dir)];
	struct line l;

	if (a->requests == 0 || b->packets == 0 || b->acks > 0 || came_up(k))
		return;
	l = add_explanation(all, b->requests == 0 ? EXPLAIN_LCP_UNANSWERED :
	    EXPLAIN_LCP_NOT_AGREED, true);
	add_sender(&l, k, other_way(dir));
	line_add(&l, " never agrees to the LCP Configure-Request of ");
	add_sender(&l, k, dir);
	line_add(&l, " (sent %u times).", a->requests);
}

/* One side asks the other to prove who it is. */
static void
look_auth(const struct explain_facts *k, enum alg_dir dir,
    struct explanations *all)
{
	const struct negotiation *asks = &k->side[dir];
	const struct negotiation *answers = &k->side[other_way(dir)];
	const char *meaning;
	struct line l;

	if (asks->success || came_up(k))
		return;
	if (asks->failure) {
		l = add_explanation(all, EXPLAIN_AUTH_FAILED, true);
		add_sender(&l, k, dir);
		line_add(&l, " does not accept user \"%s\"%s%s: \"%s\"",
		    answers->name, asks->auth != NULL ? " by " : "",
		    asks->auth != NULL ? asks->auth : "", asks->message);
		meaning = mschap_failure_text(asks->error);
		if (meaning != NULL)
			line_add(&l, ", E=%u is: %s", asks->error, meaning);
		line_add(&l, ".");
	} else if (asks->asked > 0 && answers->answered == 0) {
		l = add_explanation(all, EXPLAIN_AUTH_UNANSWERED, true);
		add_sender(&l, k, other_way(dir));
		line_add(&l, " does not answer the authentication request of ");
		add_sender(&l, k, dir);
		line_add(&l, ".");
	} else if (answers->answered > 0) {
		l = add_explanation(all, EXPLAIN_AUTH_UNDECIDED, true);
		add_sender(&l, k, dir);
		line_add(&l, " never says whether it accepts user \"%s\".",
		    answers->name);
	}
}

static void
look_mppe(const struct explain_facts *k, enum alg_dir dir,
    struct explanations *all)
{
	const struct negotiation *a = &k->side[dir];
	const struct negotiation *b = &k->side[other_way(dir)];
	struct line l;

	if (!a->mppe_asked || b->mppe_acked)
		return;
	l = add_explanation(all, EXPLAIN_MPPE_NOT_AGREED, !came_up(k));
	add_sender(&l, k, dir);
	line_add(&l, " wants encryption (MPPE), ");
	add_sender(&l, k, other_way(dir));
	line_add(&l, b->ccp_refused ? " does not speak CCP%s." :
	    b->mppe_rejected ? " rejects it%s." : " does not agree to it%s.",
	    came_up(k) ? "; the call goes on without" : "");
}

static void
look_terminate(const struct explain_facts *k, enum alg_dir dir,
    struct explanations *all)
{
	const struct negotiation *a = &k->side[dir];
	struct line l;

	if (!a->terminated || came_up(k))
		return;
	l = add_explanation(all, EXPLAIN_PPP_TERMINATED, true);
	add_sender(&l, k, dir);
	line_add(&l, " ends PPP before it is up");
	if (a->farewell[0] != '\0')
		line_add(&l, ": \"%s\"", a->farewell);
	line_add(&l, ".");
}

static void
look_ipcp(const struct explain_facts *k, enum alg_dir dir,
    struct explanations *all)
{
	struct line l;

	if (!k->side[dir].ipcp_refused)
		return;
	l = add_explanation(all, EXPLAIN_IPCP_REFUSED, true);
	add_sender(&l, k, dir);
	line_add(&l, " does not speak IPCP (yet): it rejects the protocol.");
}

/* One end is heard no more, the other still sends. */
static void
look_silent(const struct explain_facts *k, struct explanations *all)
{
	const struct alg_call_info *c = &k->attempt->call;
	uint64_t last = c->last_in < c->last_out ? c->last_in : c->last_out;
	uint64_t gap = c->last_in + c->last_out - 2 * last;
	enum alg_dir silent = c->last_in == last ? ALG_INBOUND : ALG_OUTBOUND;
	struct line l;

	if (last == 0 || gap < SILENCE)
		return;
	l = add_explanation(all, silent == ALG_INBOUND ?
	    EXPLAIN_SILENT_OUTSIDE : EXPLAIN_SILENT_INSIDE, true);
	line_add(&l, "it has worked, but no GRE comes from ");
	add_sender(&l, k, silent);
	line_add(&l, " any more, though ");
	add_sender(&l, k, other_way(silent));
	line_add(&l, " went on sending for %llu seconds.",
	    (unsigned long long)gap / 1000);
}

/* A sender that is told once or twice sends smaller ones: that is usual. */
static void
look_too_large(const struct explain_facts *k, enum alg_dir dir,
    struct explanations *all)
{
	const struct alg_attempt *a = k->attempt;
	struct line l;

	if (a->too_large[dir] == 0)
		return;
	l = add_explanation(all, EXPLAIN_TOO_LARGE,
	    a->too_large[dir] >= PACKETS);
	line_add(&l, "ICMP errors (%u) say that GRE to ", a->too_large[dir]);
	add_sender(&l, k, dir);
	line_add(&l, " is too large for the way there (path MTU %u).",
	    a->mtu[dir]);
}

/* Hung up by who answered, without being asked to. */
static void
look_disconnect(const struct explain_facts *k, struct explanations *all)
{
	const struct alg_attempt *a = k->attempt;
	struct line l;

	if (a->call.up == 0 || a->over == 0 || a->reason != REASON_DISCONNECT)
		return;
	l = add_explanation(all, EXPLAIN_DISCONNECTED, !came_up(k));
	line_add(&l, "it ends by a Call-Disconnect-Notify that nobody asked "
	    "for%s", came_up(k) ? "" : ", before PPP is up");
	if (a->disconnect.said) {
		line_add(&l, ": ");
		add_end(&l, k, a->by);
		add_answer(&l, MESSAGE_CDN, &a->disconnect);
	}
	line_add(&l, ".");
}

/* What an end may do to end a call without a word of explanation. */
static const char *
closing_word(enum reason reason)
{
	return reason == REASON_CLOSED ? "closes the control connection" :
	    reason == REASON_STOP ? "stops the control connection" :
	    reason == REASON_CLEAR ? "clears the call" : NULL;
}

static bool
carried_data(const struct explain_facts *k)
{
	const struct negotiation *in, *out;

	if (k->side == NULL)
		return false;
	in = &k->side[ALG_INBOUND];
	out = &k->side[ALG_OUTBOUND];
	return in->encrypted + in->plain > 0 && out->encrypted + out->plain > 0;
}

/* One end gives up, and no packet tells why. */
static void
look_closed(const struct explain_facts *k, struct explanations *all)
{
	const struct alg_attempt *a = k->attempt;
	const char *word = closing_word(a->reason);
	bool closed = a->reason != REASON_CLEAR;
	uint64_t time = time_up(k);
	struct line l;

	if (a->call.up == 0 || a->over == 0 || word == NULL || came_up(k) ||
	    carried_data(k) || explain_failure(all) != NULL)
		return;
	l = add_explanation(all, closed ? EXPLAIN_CLOSED_EARLY :
	    EXPLAIN_CLEARED_EARLY, true);
	add_sender(&l, k, a->by == ALG_INSIDE ? ALG_OUTBOUND : ALG_INBOUND);
	line_add(&l, " %s after %llu.%llu seconds, %s.", word,
	    (unsigned long long)time / 1000,
	    (unsigned long long)time % 1000 / 100, k->side != NULL ?
	    "before PPP is up" : "after too little GRE for a login");
}

/* What came up, but not as the admin wants it. */
static void
look_required(const struct explain_facts *k, struct explanations *all)
{
	const struct alg_attempt *a = k->attempt;
	const char *method = negotiation_method_name(a->login.method);
	const char *encryption =
	    negotiation_encryption_name(a->login.encryption);
	struct line l;

	if (a->reason != REASON_WEAK_LOGIN &&
	    a->reason != REASON_WEAK_ENCRYPTION)
		return;
	l = add_explanation(all, EXPLAIN_REQUIRED, true);
	line_add(&l, "it is ended here, since %s: authentication %s, "
	    "encryption %s.", reason_text(a->reason), method != NULL ? method :
	    "unknown", encryption != NULL ? encryption : "unknown");
}

void
explain_call(const struct explain_facts *k, struct explanations *all)
{
	/* At the call, or at what each end sends. */
	static const struct {
		void	(*look)(const struct explain_facts *,
			    struct explanations *);
		void	(*look_side)(const struct explain_facts *,
			    enum alg_dir, struct explanations *);
		bool	  reads_ppp;
	} looks[] = {
		{ look_refused, NULL, false }, { look_gre, NULL, false },
		{ NULL, look_unreachable, false },
		{ NULL, look_too_large, false }, { NULL, look_lcp, true },
		{ NULL, look_auth, true }, { NULL, look_mppe, true },
		{ NULL, look_terminate, true }, { NULL, look_ipcp, true },
		{ look_silent, NULL, false }, { look_required, NULL, false },
		{ look_disconnect, NULL, false }, { look_closed, NULL, false }
	};

	for (size_t n = 0; n < sizeof(looks) / sizeof(looks[0]); n++) {
		if (looks[n].reads_ppp && k->side == NULL)
			continue;
		if (looks[n].look != NULL) {
			looks[n].look(k, all);
			continue;
		}
		for (int dir = 0; dir < 2; dir++)
			looks[n].look_side(k, (enum alg_dir)dir, all);
	}
}

/* --- All of it --- */

/* It ended before it asked for anything. */
static void
look_no_call(const struct explain_facts *k, struct explanations *all)
{
	const struct alg_attempt *a = k->attempt;
	struct line l;

	if (a->over == 0 || all->n > 0)
		return;
	if (a->reason == REASON_CLOSED || a->reason == REASON_STOP ||
	    a->reason == REASON_RESET) {
		l = add_explanation(all, EXPLAIN_NO_CALL, false);
		line_add(&l, "The control connection ends without a request "
		    "for a call.");
		return;
	}
	l = add_explanation(all, EXPLAIN_NOT_UP, true);
	all->list[all->n - 1].name = reason_name(a->reason);
	line_add(&l, "The control connection ends before a call was asked "
	    "for: %s.", reason_text(a->reason));
}

/* Who only looks whether the port is open goes away like that. */
static bool
is_earnest(const struct alg_attempt *a)
{
	return a->start_asked || a->call.serial != 0 || a->by == server_of(a);
}

static const char *
user_of(const struct alg_attempt *attempt, const struct negotiation *side)
{
	for (int dir = 0; side != NULL && dir < 2; dir++)
		if (side[dir].name[0] != '\0')
			return side[dir].name;
	return attempt->login.user[0] != '\0' ? attempt->login.user : NULL;
}

void
explain_attempt(const struct explain_facts *k, struct explanations *all)
{
	all->user = user_of(k->attempt, k->side);
	explain_opening(k, all);
	explain_start(k, all);
	if (is_earnest(k->attempt))
		explain_reset(k, all);
	if (k->attempt->call.serial != 0) {
		explain_reply(k, all);
		explain_call(k, all);
	} else
		look_no_call(k, all);
	explain_stop(k, all);
}

const char *
explain_reached(const struct alg_attempt *a)
{
	const struct alg_call_info *c = &a->call;

	if (!a->answered)
		return "syn";
	if (c->serial == 0)
		return a->start.said ? "started" : "connected";
	if (c->up == 0)
		return "call asked";
	return c->packets_in > 0 && c->packets_out > 0 ? "gre" : "call up";
}
