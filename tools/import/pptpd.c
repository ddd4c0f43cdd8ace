/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads pptpd.conf(5), and ranges of addresses as pptpd writes them. */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/address.h"
#include "tools/import/directive.h"
#include "tools/import/kind.h"

#define LINE_MAX_PPTPD	510	/* pptpd itself skips longer ones */
#define KEYWORDS_MAX	32

/* One octet may be a range: "192.168.0-3.5", "10.0.0.5-9"; or a full one. */
struct octets {
	unsigned	 low[4], high[4];
};

static bool
read_octet(const char **s, unsigned *low, unsigned *high)
{
	char *end;

	if (!isdigit((unsigned char)**s))
		return false;
	*low = *high = (unsigned)strtoul(*s, &end, 10);
	if (*end == '-' && isdigit((unsigned char)end[1]))
		*high = (unsigned)strtoul(end + 1, &end, 10);
	*s = end;
	return *low <= *high && *high <= 255;
}

static bool
read_octets(const char *s, struct octets *o)
{
	unsigned ranges = 0;
	size_t i;

	for (i = 0; i < 4; i++) {
		if ((i > 0 && *s++ != '.') ||
		    !read_octet(&s, &o->low[i], &o->high[i]))
			return false;
		ranges += o->low[i] != o->high[i];
	}
	return *s == '\0' && ranges <= 1;
}

static bool
add_range(struct plan *plan, struct plan_part *part, const char *text)
{
	const struct terminate *t = part->object;
	struct terminate_range range;
	size_t i;

	for (i = 0; i < t->nremote && address_read_range(text, &range); i++)
		if (range.first <= t->remote[i].last &&
		    t->remote[i].first <= range.last) {
			plan_ignored(plan, "these addresses are in "
			    "remote-addresses already");
			return true;
		}
	return plan_add(plan, part, "remote-addresses", text);
}

/* A range in an octet but the last one is single addresses. */
static bool
add_octets(struct plan *plan, struct plan_part *part, const struct octets *o)
{
	char text[64];
	unsigned i[4];

	if (o->low[3] != o->high[3]) {
		snprintf(text, sizeof(text), "%u.%u.%u.%u-%u.%u.%u.%u",
		    o->low[0], o->low[1], o->low[2], o->low[3], o->low[0],
		    o->low[1], o->low[2], o->high[3]);
		return add_range(plan, part, text);
	}
	for (i[0] = o->low[0]; i[0] <= o->high[0]; i[0]++)
		for (i[1] = o->low[1]; i[1] <= o->high[1]; i[1]++)
			for (i[2] = o->low[2]; i[2] <= o->high[2]; i[2]++) {
				snprintf(text, sizeof(text), "%u.%u.%u.%u",
				    i[0], i[1], i[2], o->low[3]);
				if (!add_range(plan, part, text))
					return false;
			}
	return true;
}

bool
pptpd_read_range(struct plan *plan, struct plan_part *part, const char *word)
{
	struct terminate_range range;
	struct octets octets;

	if (read_octets(word, &octets))
		return add_octets(plan, part, &octets);
	if (address_read_range(word, &range))
		return add_range(plan, part, word);
	plan_refused(plan, "not a list of IPv4 addresses");
	return false;
}

bool
pptpd_first_address(const char *word, char *text, size_t size, bool *more)
{
	struct octets o;

	if (!read_octets(word, &o))
		return false;
	snprintf(text, size, "%u.%u.%u.%u", o.low[0], o.low[1], o.low[2],
	    o.low[3]);
	*more = memcmp(o.low, o.high, sizeof(o.low)) != 0;
	return true;
}

/* The keywords (rows of the table) that were there: the first line counts. */
struct keywords {
	const struct directive	*seen[KEYWORDS_MAX];
	size_t			 n;
};

static bool
has_keyword(const struct keywords *keywords, const struct directive *d)
{
	size_t i;

	for (i = 0; i < keywords->n; i++)
		if (keywords->seen[i] == d)
			return true;
	return false;
}

/* One line, cut into keyword and value. */
static void
read_line(struct plan *plan, struct plan_part *part, char *line,
    struct keywords *keywords)
{
	char *value = line + strcspn(line, " \t"), *args[] = { NULL, NULL };
	const struct directive *d;

	plan->directive = line + strspn(line, " \t");
	if (isspace((unsigned char)line[0])) {
		plan_ignored(plan, "pptpd, too, skips lines that begin with "
		    "a blank");
		return;
	}
	if (*value != '\0')
		*value++ = '\0';
	value += strspn(value, " \t");
	value[strcspn(value, " \t")] = '\0';
	args[0] = *value != '\0' ? value : NULL;
	d = directive_find(IN_PPTPD, line, PLAN_SERVER);
	part->unknown |= d == NULL;
	if (d == NULL)
		plan_refused(plan, "unknown");
	else if (has_keyword(keywords, d))
		plan_ignored(plan, "only the first one counts");
	else {
		assert(keywords->n < KEYWORDS_MAX);
		if (d->args == 0 || args[0] != NULL)
			keywords->seen[keywords->n++] = d;
		directive_apply(plan, part, d, line, args);
	}
}

static void
add_defaults(struct plan *plan, struct plan_part *part,
    const struct keywords *keywords)
{
	bool delegates = has_keyword(keywords,
	    directive_find(IN_PPTPD, "delegate", PLAN_SERVER));

	plan->line = 0;
	if (!plan_has(part, "listen"))
		plan_set_as(plan, part, "(no listen)", "listen", "0.0.0.0");
	if (!plan_has(part, "remote-addresses") && !delegates)
		plan_set_as(plan, part, "(no remoteip)", "remote-addresses",
		    "192.168.1.1-192.168.1.100");
	if (!plan_has(part, "local-address") && !delegates)
		plan_set_as(plan, part, "(no localip)", "local-address",
		    "192.168.0.1");
}

void
pptpd_read(struct plan *plan, const char *name, const char *text, size_t len)
{
	struct plan_part *part = plan_part(plan, PLAN_SERVER, "pptpd");
	struct keywords keywords = { .n = 0 };
	char line[LINE_MAX_PPTPD + 1];
	size_t n;

	pppd_read_system(plan, part);
	for (plan->line = 1; *text != '\0'; plan->line++) {
		n = strcspn(text, "\n");
		if (n >= LINE_MAX_PPTPD) {
			plan->directive = "line";
			plan_refused(plan, "longer than pptpd takes");
		} else {
			memcpy(line, text, n);
			line[n] = '\0';
			line[strcspn(line, "\r")] = '\0';
			if (line[0] != '#' &&
			    line[strspn(line, " \t")] != '\0')
				read_line(plan, part, line, &keywords);
		}
		text += n + (text[n] != '\0');
	}
	add_defaults(plan, part, &keywords);
	part->pppd = part->ppp_conf == NULL;
}
