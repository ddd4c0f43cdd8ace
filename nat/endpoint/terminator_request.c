/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "nat/endpoint/client.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_json.h"
#include "nat/endpoint/terminator_part.h"

/* Is an argument absent, or is this its value? */
static bool
fits(const struct request *r, enum request_argument argument, uint64_t value)
{
	return !request_has(r, argument) || r->value[argument] == value;
}

static bool
session_fits(const struct request *r, const struct session *s)
{
	struct ppp_info info = { .user = "", .account = "" };

	if (s->started)
		ppp_info(&s->ppp, &info);
	return fits(r, REQUEST_SESSION, s->serial) &&
	    fits(r, REQUEST_ADDRESS, s->remote) &&
	    fits(r, REQUEST_SOURCE, s->path.peer) &&
	    (!request_has(r, REQUEST_USER) ||
	    strcmp(r->text, info.user) == 0 ||
	    strcmp(r->text, info.account) == 0);
}

/* The next session, wherever the walk stands. */
static struct session *
next_session(const struct endpoint *t, uint32_t *at)
{
	if (t == NULL || (*at = pool_next(&t->exchange->sessions,
	    *at + 1)) == 0)
		return NULL;
	return pool_at(&t->exchange->sessions, *at);
}

bool
endpoint_sessions_item(const struct endpoint *t, const struct request *r,
    uint32_t *at, uint64_t epoch, struct json_line *item)
{
	const struct session *s = next_session(t, at);

	if (s == NULL)
		return false;
	if (session_fits(r, s))
		session_json_write(item, s, epoch);
	return true;
}

bool
endpoint_kick(struct endpoint *t, const struct request *r, uint32_t *at,
    uint32_t *kicked)
{
	struct session *s = next_session(t, at);

	if (s == NULL)
		return false;
	if (s->state == SESSION_CLOSING || !session_fits(r, s))
		return true;
	context_turn(t->exchange);
	session_close(s, PPP_ADMIN);
	context_settle(t->exchange);
	(*kicked)++;
	return true;
}

bool
endpoint_dials_item(const struct endpoint *t, const struct request *r,
    uint32_t *at, uint64_t epoch, struct json_line *item)
{
	const struct dial_entry *e = t == NULL ? NULL : t->dials;
	uint32_t i;

	for (i = 0; e != NULL && i < *at; i++)
		e = e->next;
	if (e == NULL)
		return false;
	++*at;
	if (!e->gone && (!request_has(r, REQUEST_NAME) ||
	    strcmp(r->text, client_section(e->dialer)->name) == 0))
		client_report(item, e->dialer, epoch);
	return true;
}

int
endpoint_dial(struct endpoint *t, const char *name, bool up, char *error,
    size_t size)
{
	struct dial_entry *e = t == NULL ? NULL : t->dials;
	int result = 0;

	while (e != NULL && (e->gone ||
	    strcmp(client_section(e->dialer)->name, name) != 0))
		e = e->next;
	if (e == NULL) {
		snprintf(error, size, "there is no section dial of this name: "
		    "see dial status");
		return -1;
	}
	context_turn(t->exchange);
	if (up)
		result = client_up(e->dialer, error, size);
	else
		client_down(e->dialer);
	context_settle(t->exchange);
	return result;
}

void
endpoint_counters(const struct endpoint *t, struct json_line *item)
{
	if (t != NULL)
		session_json_counters(item, t->exchange);
}
