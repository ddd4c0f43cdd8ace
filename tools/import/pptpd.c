/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/address.h"
#include "tools/import/kind.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define LINE_MAX_PPTPD	510	/* pptpd itself skips longer ones */

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
add_range(struct plan *plan, struct plan_part *part, const char *directive,
    const char *text)
{
	const struct terminate *t = part->object;
	struct terminate_range range;
	size_t i;

	for (i = 0; i < t->nremote && address_read_range(text, &range); i++)
		if (range.first <= t->remote[i].last &&
		    t->remote[i].first <= range.last) {
			plan_ignored(plan, directive, "these addresses are in "
			    "remote-addresses already");
			return true;
		}
	return plan_add(plan, part, directive, "remote-addresses", text);
}

/* A range in an octet but the last one is single addresses. */
static bool
add_octets(struct plan *plan, struct plan_part *part, const char *directive,
    const struct octets *o)
{
	char text[64];
	unsigned i[4];

	if (o->low[3] != o->high[3]) {
		snprintf(text, sizeof(text), "%u.%u.%u.%u-%u.%u.%u.%u",
		    o->low[0], o->low[1], o->low[2], o->low[3], o->low[0],
		    o->low[1], o->low[2], o->high[3]);
		return add_range(plan, part, directive, text);
	}
	for (i[0] = o->low[0]; i[0] <= o->high[0]; i[0]++)
		for (i[1] = o->low[1]; i[1] <= o->high[1]; i[1]++)
			for (i[2] = o->low[2]; i[2] <= o->high[2]; i[2]++) {
				snprintf(text, sizeof(text), "%u.%u.%u.%u",
				    i[0], i[1], i[2], o->low[3]);
				if (!add_range(plan, part, directive, text))
					return false;
			}
	return true;
}

bool
import_range(struct plan *plan, struct plan_part *part, const char *directive,
    const char *word)
{
	struct terminate_range range;
	struct octets octets;

	if (read_octets(word, &octets))
		return add_octets(plan, part, directive, &octets);
	if (address_read_range(word, &range))
		return add_range(plan, part, directive, word);
	plan_refused(plan, directive, "not a list of IPv4 addresses");
	return false;
}

static void
map_remote(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	char *word, *rest = args[0];

	while ((word = strsep(&rest, ",")) != NULL)
		if (!import_range(plan, part, d->name, word))
			break;
}

/* Here one address serves all tunnels: the first one. */
static void
map_local(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	struct octets o;
	char *rest = args[0], *word = strsep(&rest, ","), text[32];

	if (!read_octets(word, &o)) {
		plan_refused(plan, d->name, "not a list of IPv4 addresses");
		return;
	}
	snprintf(text, sizeof(text), "%u.%u.%u.%u", o.low[0], o.low[1],
	    o.low[2], o.low[3]);
	plan_set(plan, part, d->name, "local-address", text);
	if (rest != NULL || memcmp(o.low, o.high, sizeof(o.low)) != 0)
		plan_ignored(plan, d->name, "all addresses but the first: "
		    "one serves all tunnels");
}

static void
map_option(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	import_nested(plan, part, d->name, args[0]);
}

static const struct plan_directive directives[] = {
	{ "option", 0, 1, .map = map_option },
	{ "localip", 0, 1, .map = map_local },
	{ "remoteip", 0, 1, .map = map_remote },
	{ "listen", 0, 1, .key = "listen", .adds = true },
	{ "connections", 0, 1, .key = "total-limit" },
	{ "stimeout", 0, 1, .key = "start-timeout" },
	{ "vrf", 0, 1, .key = "bind-device" },
	{ "logwtmp", 0, 0, .key = "wtmp", .value = "yes" },
	{ "delegate", 0, 0, .ignored = "a user's address in the secrets "
	    "always counts; without remote-addresses nobody gets another" },
	{ "ppp", 0, 1, .ignored = "there is no pppd" },
	{ "speed", 0, 1, .ignored = "there is no serial line" },
	{ "debug", 0, 0, .ignored = "see log in pptpalg.conf(5), and "
	    "pptpalgctl log" },
	{ "pidfile", 0, 1, .ignored = "systemd knows the process" },
	{ "noipparam", 0, 0, .ignored = "ip-param is a key" },
	{ "bcrelay", 0, 1, .refused = "broadcasts are not relayed" },
};

/* One line, cut into keyword and value; pptpd takes the first of each. */
static void
read_line(struct plan *plan, struct plan_part *part, char *line,
    bool seen[NELEM(directives)])
{
	char *value = line + strcspn(line, " \t");
	const struct plan_directive *d;

	if (isspace((unsigned char)line[0])) {
		plan_ignored(plan, line + strspn(line, " \t"),
		    "pptpd, too, skips lines that begin with a blank");
		return;
	}
	if (*value != '\0')
		*value++ = '\0';
	value += strspn(value, " \t");
	value[strcspn(value, " \t")] = '\0';
	d = plan_find(directives, NELEM(directives), line, PLAN_SERVER);
	if (d == NULL)
		plan_refused(plan, line, "unknown");
	else if (seen[d - directives])
		plan_ignored(plan, line, "only the first one counts");
	else if (d->args > 0 && *value == '\0')
		plan_refused(plan, line, "expected a value");
	else {
		seen[d - directives] = true;
		plan_apply(plan, part, d, &value);
	}
}

static void
add_defaults(struct plan *plan, struct plan_part *part,
    const bool seen[NELEM(directives)])
{
	bool delegates = seen[plan_find(directives, NELEM(directives),
	    "delegate", PLAN_SERVER) - directives];

	plan->line = 0;
	if (!plan_has(part, "listen"))
		plan_set(plan, part, "(no listen)", "listen", "0.0.0.0");
	if (!plan_has(part, "remote-addresses") && !delegates)
		plan_set(plan, part, "(no remoteip)", "remote-addresses",
		    "192.168.1.1-192.168.1.100");
	if (!seen[0])
		import_nested(plan, part, "(no option)", "/etc/ppp/options");
}

void
import_pptpd(struct plan *plan, const char *name, const char *text,
    size_t len)
{
	struct plan_part *part = plan_part(plan, PLAN_SERVER, "pptpd");
	bool seen[NELEM(directives)] = { false };
	char line[LINE_MAX_PPTPD + 1];
	size_t n;

	part->pppd = true;
	for (plan->line = 1; *text != '\0'; plan->line++) {
		n = strcspn(text, "\n");
		if (n >= LINE_MAX_PPTPD)
			plan_refused(plan, "line", "longer than pptpd takes");
		else {
			memcpy(line, text, n);
			line[n] = '\0';
			line[strcspn(line, "\r")] = '\0';
			if (line[0] != '#' &&
			    line[strspn(line, " \t")] != '\0')
				read_line(plan, part, line, seen);
		}
		text += n + (text[n] != '\0');
	}
	add_defaults(plan, part, seen);
}
