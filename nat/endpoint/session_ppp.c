/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/random.h>

#include <inttypes.h>
#include <stdlib.h>

#include "alg/base/line.h"
#include "alg/ppp/mppc.h"
#include "nat/base/log.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/forward.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_log.h"
#include "nat/endpoint/session_ppp.h"

#define TEXT	256		/* bytes of what a peer says */

/* The histories of MPPC: only for links that want it. */
struct mppc {
	struct mppc_compressor	 compressor;
	struct mppc_expander	 expander;
};

/*
 * What PPP asks for.
 */

static void
send_frame(void *arg, uint8_t *frame, size_t len)
{
	forward_frame(arg, frame, len);
}

static void
find_secret(void *arg, const struct ppp_login *login,
    struct ppp_secret *secret)
{
	struct session *s = arg;

	s->ctrl->host->secret(s, login, secret);
}

static enum ppp_reason
ask_grant(void *arg, const struct ppp_login *login, struct ppp_grant *grant)
{
	struct session *s = arg;

	return s->ctrl->host->grant(s, login, grant);
}

static bool
ask_move(void *arg, uint32_t address)
{
	struct session *s = arg;

	return s->ctrl->host->moves == NULL ||
	    s->ctrl->host->moves(s, address);
}

static void
give_random(void *arg, void *bytes, size_t n)
{
	if (getrandom(bytes, n, 0) != (ssize_t)n)
		abort();
}

static bool
lend_mppc(void *arg, struct mppc_compressor **compressor,
    struct mppc_expander **expander)
{
	struct session *s = arg;

	if (s->mppc == NULL && (s->mppc = calloc(1, sizeof(*s->mppc))) == NULL)
		return false;
	*compressor = &s->mppc->compressor;
	*expander = &s->mppc->expander;
	return true;
}

/*
 * What PPP tells.
 */

/* Perhaps once more: challenged again, or the link begins anew. */
static void
logged_in(struct session *s, const struct ppp_login *login)
{
	s->try = login->try;
	if (s->logged_in != 0)
		return;
	s->logged_in = s->context->now;
	session_enter(s, SESSION_NEGOTIATING);
}

/* Without a reason it is no end: either side may negotiate again. */
static void
come_down(struct session *s, enum ppp_reason reason)
{
	if (reason != PPP_OK || s->state == SESSION_CLOSING) {
		session_withdraw(s, reason);
		return;
	}
	s->paused = true;
	session_enter(s, SESSION_NEGOTIATING);
}

static void
change_phase(struct session *s, enum ppp_phase phase)
{
	if (phase == PPP_AUTHENTICATE && s->state == SESSION_OPENING)
		session_enter(s, SESSION_AUTHENTICATING);
	else if ((phase == PPP_ENCRYPT || phase == PPP_NETWORK) &&
	    s->state < SESSION_NEGOTIATING)
		session_enter(s, SESSION_NEGOTIATING);
}

/* In words of the peer's. */
static void
log_text(const struct session *s, const char *what, const struct ppp_event *e)
{
	char text[TEXT];
	struct line l = line_of(text, sizeof(text));

	line_add_peer(&l, e->text, e->text_len);
	log_debug("session %" PRIu64 ": %s: %s", s->serial, what, text);
}

static void
take_event(void *arg, const struct ppp_event *e)
{
	struct session *s = arg;

	switch (e->type) {
	case PPP_EVENT_PHASE:
		change_phase(s, e->phase);
		break;
	case PPP_EVENT_LOGIN:
		logged_in(s, e->login);
		break;
	case PPP_EVENT_REFUSED:
		session_log_refusal(s, e);
		if (s->ctrl->host->refused != NULL)
			s->ctrl->host->refused(s, e);
		break;
	case PPP_EVENT_UP:
		session_come_up(s);
		break;
	case PPP_EVENT_DOWN:
		come_down(s, e->reason);
		break;
	case PPP_EVENT_CLOSED:
		session_over(s, e->reason);
		break;
	case PPP_EVENT_IDENTITY:
		log_text(s, "the peer says it is", e);
		break;
	case PPP_EVENT_ENDED:
		log_text(s, "the peer ends the link", e);
		break;
	}
}

const struct ppp_host *
session_ppp_host(void)
{
	static const struct ppp_host host = {
		.send = send_frame,
		.secret = find_secret,
		.grant = ask_grant,
		.moves = ask_move,
		.event = take_event,
		.random = give_random,
		.mppc = lend_mppc
	};

	return &host;
}
