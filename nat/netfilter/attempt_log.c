/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines and events about attempts that fail, and their counters. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "alg/base/line.h"
#include "nat/base/log.h"
#include "nat/base/ratelimit.h"
#include "nat/control/control.h"
#include "nat/netfilter/attempt_log.h"
#include "nat/netfilter/ppp_watch.h"

#define ATTEMPT_LINE		900
#define BURST		200	/* lines at once, ... */
#define REFILL		100	/* ms until there is another one */

struct attempt_log {
	const struct ppp_watch	*watch;
	struct ratelimit	 lines;
	uint64_t		 failed[EXPLAIN_KINDS];
};

struct attempt_log *
attempt_log_new(const struct ppp_watch *watch)
{
	struct attempt_log *l = calloc(1, sizeof(*l));

	if (l != NULL)
		l->watch = watch;
	return l;
}

void
attempt_log_free(struct attempt_log *l)
{
	free(l);
}

const uint64_t *
attempt_log_failed(const struct attempt_log *l)
{
	return l->failed;
}

void
attempt_log_explain(const struct attempt_log *l, const struct alg_attempt *a,
    uint64_t now, struct explanations *all)
{
	const struct explain_facts facts = { .attempt = a,
	    .side = ppp_watch_of(l->watch, a->call.serial),
	    .connection = "the control connection", .now = now };

	all->n = 0;
	explain_attempt(&facts, all);
}

/* client to server, as the client sees it */
static void
add_ends(struct line *l, const struct alg_attempt *a)
{
	const struct alg_flow *f = &a->flow;
	uint32_t ends[] = { f->inside, f->outside };
	uint16_t ports[] = { f->inside_port, f->outside_port };
	int client = a->inside_opened ? 0 : 1;

	line_add_ipv4(l, ends[client]);
	line_add(l, ":%u to ", ports[client]);
	line_add_ipv4(l, ends[1 - client]);
	line_add(l, ":%u", ports[1 - client]);
}

static void
write_failure(struct attempt_log *l, const struct alg_attempt *a,
    const struct explanation *why, uint64_t now)
{
	char text[ATTEMPT_LINE];
	struct line line = line_of(text, sizeof(text));
	uint32_t suppressed;

	if (!ratelimit_take(&l->lines, BURST, REFILL, now, &suppressed))
		return;
	line_add(&line, "attempt %" PRIu64 " of ", a->number);
	add_ends(&line, a);
	if (a->call.serial != 0)
		line_add(&line, ", call %" PRIu64 ",", a->call.serial);
	line_add(&line, " %s (%s): %s", a->over != 0 ? "failed" :
	    "is in trouble", why->name, why->text);
	if (suppressed > 0)
		line_add(&line, " (%" PRIu32 " more suppressed)", suppressed);
	log_warning("%s", text);
}

void
attempt_log_news(struct attempt_log *l, struct alg *alg,
    struct control *control, uint64_t now)
{
	struct explanations all;
	const struct explanation *why;
	struct alg_attempt a;

	while (alg_attempt_news(alg, &a)) {
		attempt_log_explain(l, &a, now, &all);
		why = explain_failure(&all);
		if (why != NULL) {
			write_failure(l, &a, why, now);
			l->failed[why->kind] += a.over != 0;
		}
		if (control != NULL && (why != NULL || a.over != 0))
			control_attempt(control, &a, &all);
	}
}
