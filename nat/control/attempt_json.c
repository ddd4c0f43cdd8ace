/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An attempt, how far it got and what there is to say of it, as JSON. */
#include <ctype.h>

#include "alg/base/line.h"
#include "alg/ppp/negotiation.h"
#include "nat/control/attempt_json.h"

#define TEXT_MAX	2048

static void
put_ends(struct json_line *line, const struct alg_attempt *a)
{
	const struct alg_flow *f = &a->flow;
	bool inside = a->inside_opened;

	json_line_address(line, "client", inside ? f->inside : f->outside);
	json_line_number(line, "client_port",
	    inside ? f->inside_port : f->outside_port);
	json_line_address(line, "server", inside ? f->outside : f->inside);
	json_line_number(line, "server_port",
	    inside ? f->outside_port : f->inside_port);
	json_line_text(line, "client_side", inside ? "inside" : "outside");
}

static void
put_attempted_call(struct json_line *line, const struct alg_attempt *a)
{
	const struct alg_call_info *c = &a->call;

	if (c->serial == 0) {
		json_line_null(line, "call");
		return;
	}
	json_line_number(line, "call", c->serial);
	json_line_address(line, "public", c->public);
	json_line_number(line, "inside_call_id", c->inside_id);
	json_line_number(line, "mapped_call_id", c->mapped_id);
	if (c->has_outside_id)
		json_line_number(line, "outside_call_id", c->outside_id);
	json_line_number(line, "packets_in", c->packets_in);
	json_line_number(line, "packets_out", c->packets_out);
}

static const char *
ender_name(const struct alg_attempt *a)
{
	if (a->over == 0 || a->by == ALG_NOBODY)
		return NULL;
	return (a->by == ALG_INSIDE) == a->inside_opened ? "client" :
	    "server";
}

/* All sentences in one text, the failures first. */
static void
put_sentences(struct json_line *line, const struct explanations *all)
{
	char text[TEXT_MAX] = "";
	struct line l = line_of(text, sizeof(text));

	for (int failure = 1; failure >= 0; failure--)
		for (size_t i = 0; i < all->n; i++)
			if (all->list[i].failure == failure)
				line_add(&l, "%s%c%s", *text == '\0' ? "" :
				    " ", toupper(all->list[i].text[0]),
				    all->list[i].text + 1);
	json_line_text(line, "text", *text == '\0' ? NULL : text);
}

static void
put_attempt(struct json_line *line, const struct alg_attempt *a,
    const struct explanations *all, uint64_t epoch)
{
	const struct explanation *why = explain_failure(all);
	const char *advice = why == NULL ? "" : explain_advice(why);

	if (a->number != 0)
		json_line_number(line, "attempt", a->number);
	else
		json_line_null(line, "attempt");
	put_ends(line, a);
	put_attempted_call(line, a);
	json_line_text(line, "user", all->user);
	json_line_text(line, "method",
	    negotiation_method_name(a->login.method));
	json_line_text(line, "encryption",
	    negotiation_encryption_name(a->login.encryption));
	json_line_time(line, "began", epoch + a->first);
	json_line_since(line, "ended", epoch, a->over);
	json_line_text(line, "ended_by", ender_name(a));
	json_line_text(line, "reason",
	    a->reason == REASON_NONE ? NULL : reason_name(a->reason));
	json_line_text(line, "reached", explain_reached(a));
	json_line_number(line, "syns", a->syns);
	json_line_text(line, "trouble", why == NULL ? NULL : why->name);
	put_sentences(line, all);
	json_line_text(line, "advice", *advice == '\0' ? NULL : advice);
}

void
attempt_json_write(struct json_line *line, const struct alg_attempt *a,
    const struct explanations *all, uint64_t epoch)
{
	json_line_open(line);
	put_attempt(line, a, all, epoch);
	json_line_close(line);
}

void
attempt_json_event(struct json_line *line, const struct alg_attempt *a,
    const struct explanations *all, uint64_t when, uint64_t epoch)
{
	json_line_open(line);
	json_line_text(line, "event", a->over == 0 ? "trouble" :
	    explain_failure(all) != NULL ? "failed" : "ended");
	json_line_time(line, "time", when);
	put_attempt(line, a, all, epoch);
	json_line_close(line);
}
