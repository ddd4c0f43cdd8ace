/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the log lines of logins, failed logins and logouts, and tells those
 * who follow events.
 */
#include <inttypes.h>
#include <string.h>

#include "alg/base/line.h"
#include "alg/ppp/explain.h"
#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/control/control.h"
#include "nat/endpoint/accounting_file.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_json.h"
#include "nat/endpoint/session_log.h"
#include "nat/endpoint/session_radius.h"
#include "nat/endpoint/tun_device.h"

#define LINE		1024
#define NAME_SHOWN	100	/* characters of a name, escaped */
#define TEXT		256	/* bytes of a call's result in words */
#define BURST		500	/* lines at once, ... */
#define REFILL_MS	20	/* and until there is another one */

static void
put_name(struct line *l, const char *key, const char *name)
{
	line_add(l, " %s=", key);
	if (*name == '\0') {
		line_add(l, "-");
		return;
	}
	line_add(l, "\"");
	line_add_peer_cut(l, (const uint8_t *)name, strlen(name), NAME_SHOWN);
	line_add(l, "\"");
}

static void
put_from(struct line *l, const struct ctrl_socket *p)
{
	line_add(l, " from=");
	line_add_ipv4(l, p->path.peer);
	line_add(l, ":%u", p->port);
}

/*
 * Where it comes from stands before all that a peer can choose.  The user's
 * name as sent, and as it was looked up.
 */
static void
put_peer_and_user(struct line *l, const struct session *s, const char *user,
    const char *account)
{
	put_from(l, s->ctrl);
	put_name(l, "user", user);
	put_name(l, "login", account);
}

/* What there is to say beyond the reason. */
static void
explain_session(const struct session *s, char text[EXPLAIN_MAX])
{
	struct line l = line_of(text, EXPLAIN_MAX);
	char call[TEXT];

	if (s->reason == PPP_LOST && s->call_reason != REASON_NONE) {
		line_add(&l, "%s", reason_text(s->call_reason));
		if (s->call.result > 1)
			line_add(&l, ": %s", ctrl_conn_explain_call(&s->call,
			    call, sizeof(call)));
	} else if (s->has_ppp)
		explain_end(&s->ppp, text, EXPLAIN_MAX);
}

/* Peers' bytes are escaped already. */
static void
put_explanation(struct line *l, const struct session *s)
{
	char text[EXPLAIN_MAX];

	explain_session(s, text);
	if (*text != '\0')
		line_add(l, " text=\"%s\"", text);
}

void
session_log_explain(const struct session *s, enum ppp_reason reason,
    struct line *l)
{
	char text[EXPLAIN_MAX];

	explain_session(s, text);
	line_add(l, "%s%s%s", ppp_reason_sentence(reason),
	    *text == '\0' ? "" : ": ", text);
}

static void
put_remote_address(struct line *l, const struct session *s)
{
	line_add(l, " address=");
	if (s->remote == 0)
		line_add(l, "-");
	else
		line_add_ipv4(l, s->remote);
}

static void
write_event(struct json_line *line, const struct session *s,
    const char *event, enum ppp_reason reason, unsigned int try)
{
	session_json_event(line, event, s, reason, s->context->now +
	    clock_epoch(s->context->now));
	if (try > 0)
		json_line_number(line, "try", try);
	json_line_close(line);
}

static void
tell_followers(const struct session *s, const char *event,
    enum ppp_reason reason, unsigned int try)
{
	const uint32_t ends[2] = { s->path.peer, s->path.local };
	struct control *control = s->context->control;
	struct json_line line;

	if (control == NULL || !control_followed(control))
		return;
	write_event(&line, s, event, reason, try);
	control_tell(control, ends, &line);
}

static void
write_accounting(const struct session *s)
{
	struct json_line line;

	if (s->context->accounting == -1)
		return;
	write_event(&line, s, "logout", s->reason, 0);
	accounting_file_write(s->context->accounting, &line);
}

void
session_log_login(const struct session *s)
{
	struct ppp_info info;
	char text[LINE];
	struct line l = line_of(text, sizeof(text));

	ppp_info(&s->ppp, &info);
	line_add(&l, s->profile->client ? "dial: up" : "login:");
	put_peer_and_user(&l, s, info.user, info.account);
	line_add(&l, " method=%s encryption=%s",
	    session_json_method(info.method),
	    session_json_encryption(info.mppe_out));
	put_remote_address(&l, s);
	line_add(&l, " interface=%s section=%s session=%" PRIu64,
	    tun_name(s->device->tun), s->profile->name, s->serial);
	log_info("%s", text);
	tell_followers(s, "login", PPP_OK, 0);
}

/* Whoever wants to can bring these about as often as he likes. */
static void
log_limited(enum log_level level, struct ratelimit *lines,
    const struct context *x, struct line *l, const char *text)
{
	uint32_t suppressed;

	if (!ratelimit_take(lines, BURST, REFILL_MS, x->now,
	    &suppressed))
		return;
	if (suppressed > 0)
		line_add(l, " (%" PRIu32 " more suppressed)", suppressed);
	if (level == LOG_LEVEL_WARNING)
		log_warning("%s", text);
	else
		log_info("%s", text);
}

/*
 * What became of a login without a tunnel.  Only the first is a sign of
 * somebody who guesses passwords.
 */
static const struct failure {
	const char	*line, *event;
} failures[] = {
#define FAILED	(&failures[0])
	{ "login failed:", "login-failed" },
#define REFUSED	(&failures[1])	/* the password was right, or not judged */
	{ "login refused:", "login-refused" },
#define NO_TUNNEL (&failures[2])	/* the login was */
	{ "no tunnel:", "no-tunnel" },
};

static void
log_failure(const struct session *s, const struct failure *f,
    const struct ppp_login *login, enum ppp_reason reason)
{
	char text[LINE];
	struct line l = line_of(text, sizeof(text));

	line_add(&l, "%s%s", s->profile->client ? "dial: " : "", f->line);
	put_peer_and_user(&l, s, login->user, login->account);
	line_add(&l, " method=%s reason=%s", session_json_method(login->method),
	    ppp_reason_name(reason));
	if (!s->profile->client)
		line_add(&l, " try=%u", s->try);
	line_add(&l, " section=%s", s->profile->name);
	put_explanation(&l, s);
	log_limited(LOG_LEVEL_WARNING, &s->context->failures, s->context, &l,
	    text);
	tell_followers(s, f->event, reason, s->try);
}

/* Has anybody looked at the password? */
static bool
is_judged(enum ppp_reason reason)
{
	return reason != PPP_RADIUS_SILENT && reason != PPP_RADIUS_BUSY &&
	    reason != PPP_RADIUS_REPLY;
}

void
session_log_refusal(struct session *s, const struct ppp_event *e)
{
	if (e->login == NULL)
		return;
	s->try = e->login->try;
	s->told = true;
	s->context->ends[e->reason]++;
	log_failure(s, e->login->proved || !is_judged(e->reason) ? REFUSED :
	    FAILED, e->login, e->reason);
}

static void
no_login(const struct ctrl_socket *p, const char *reason, const char *sentence)
{
	char text[LINE];
	struct line l = line_of(text, sizeof(text));

	line_add(&l, "no login:");
	put_from(&l, p);
	line_add(&l, " reason=%s section=%s: %s", reason, p->profile->name,
	    sentence);
	log_limited(
	    LOG_LEVEL_INFO, &p->context->no_logins, p->context, &l, text);
}

/* The session was never up; a login that failed was logged already. */
static void
log_no_login(const struct session *s, const struct ppp_info *info)
{
	char text[EXPLAIN_MAX + LINE];
	struct line l = line_of(text, sizeof(text));
	const struct ppp_login login = {
		.user = info->user, .account = info->account,
		.method = info->method
	};

	if (s->told)
		return;
	if (*info->user != '\0' && !session_radius_waits(s)) {
		log_failure(s, info->proved ? NO_TUNNEL : FAILED, &login,
		    s->reason);
		return;
	}
	session_log_explain(s, s->reason, &l);
	no_login(s->ctrl, ppp_reason_name(s->reason), text);
}

void
session_log_end(const struct session *s)
{
	struct ppp_info info;
	char text[LINE];
	struct line l = line_of(text, sizeof(text));

	session_info(s, &info);
	if (s->up_since == 0) {
		log_no_login(s, &info);
		return;
	}
	line_add(&l, s->profile->client ? "dial: down" : "logout:");
	put_peer_and_user(&l, s, info.user, info.account);
	put_remote_address(&l, s);
	line_add(&l, " reason=%s seconds=%" PRIu64 " bytes-in=%" PRIu64
	    " bytes-out=%" PRIu64 " session=%" PRIu64,
	    ppp_reason_name(s->reason), s->logged_in == 0 ? 0 :
	    (s->context->now - s->logged_in) / 1000, info.bytes_in,
	    info.bytes_out, s->serial);
	put_explanation(&l, s);
	log_info("%s", text);
	tell_followers(s, "logout", s->reason, 0);
	write_accounting(s);
}

void
session_log_no_call(const struct ctrl_socket *p, enum reason reason)
{
	no_login(p, reason_name(reason), reason_text(reason));
}
