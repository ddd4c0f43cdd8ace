/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns what PPP tells into events of its session, and lends PPP memory and
 * random bytes.
 */
#include <sys/random.h>

#include <inttypes.h>
#include <stdlib.h>

#include "alg/base/line.h"
#include "alg/ppp/mppc.h"
#include "nat/base/log.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_log.h"
#include "nat/endpoint/session_ppp.h"

#define TEXT	256		/* bytes of what a peer says */

/* The histories of MPPC: only for links that want it. */
struct mppc {
	struct mppc_compressor	 compressor;
	struct mppc_expander	 expander;
};

void
session_ppp_random(void *arg, void *bytes, size_t n)
{
	if (getrandom(bytes, n, 0) != (ssize_t)n)
		abort();
}

bool
session_ppp_mppc(void *arg, struct mppc_compressor **compressor,
    struct mppc_expander **expander)
{
	struct session *s = arg;

	if (s->mppc == NULL && (s->mppc = calloc(1, sizeof(*s->mppc))) == NULL)
		return false;
	*compressor = &s->mppc->compressor;
	*expander = &s->mppc->expander;
	return true;
}

/* Perhaps once more: challenged again, or the link begins anew. */
static void
take_login(struct session *s, const struct ppp_login *login)
{
	s->try = login->try;
	s->told = false;
	if (s->logged_in == 0)
		s->logged_in = s->context->now;
	session_event(s, SESSION_LOGGED_IN);
}

/* Without a reason it is no end: either side may negotiate again. */
static void
take_down(struct session *s, enum ppp_reason reason)
{
	if (reason != PPP_OK)
		session_withdraw(s, reason);
	else
		session_event(s, SESSION_PPP_DOWN);
}

static void
take_phase(struct session *s, enum ppp_phase phase)
{
	if (phase == PPP_AUTHENTICATE)
		session_event(s, SESSION_AUTHENTICATE);
	else if (phase == PPP_ENCRYPT || phase == PPP_NETWORK)
		session_event(s, SESSION_LOGGED_IN);
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

void
session_ppp_event(void *arg, const struct ppp_event *e)
{
	struct session *s = arg;

	switch (e->type) {
	case PPP_EVENT_PHASE:
		take_phase(s, e->phase);
		break;
	case PPP_EVENT_LOGIN:
		take_login(s, e->login);
		break;
	case PPP_EVENT_REFUSED:
		session_log_refusal(s, e);
		if (s->ctrl->host->refused != NULL)
			s->ctrl->host->refused(s, e);
		break;
	case PPP_EVENT_UP:
		session_ppp_up(s);
		break;
	case PPP_EVENT_DOWN:
		take_down(s, e->reason);
		break;
	case PPP_EVENT_CLOSED:
		session_ppp_closed(s, e->reason);
		break;
	case PPP_EVENT_IDENTITY:
		log_text(s, "the peer says it is", e);
		break;
	case PPP_EVENT_ENDED:
		log_text(s, "the peer ends the link", e);
		break;
	}
}
