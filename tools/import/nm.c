/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "tools/import/kind.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define LINE_ROOM	1024

/* What the keys of a connection say, until all of them are read. */
struct keyfile {
	char	 id[LINE_ROOM], user[LINE_ROOM], domain[LINE_ROOM];
	char	 password[LINE_ROOM];
	bool	 never_default;
};

static void
map_refuse(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	if (strcmp(args[0], "yes") == 0)
		part->refuse |= d->bit;
	plan_mapped(plan, d->name, "methods");
}

static void
map_mppe(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	if (strcmp(args[0], "yes") == 0) {
		part->mppe = true;
		part->lengths |= d->bit;
	}
	plan_mapped(plan, d->name, "encryption, key-lengths");
}

#define NOISE	"not needed: only MPPE and MPPC exist here"

/* Of the section [vpn]. */
static const struct plan_directive directives[] = {
	{ "gateway", 0, 1, .key = "server" },
	{ "refuse-pap", 0, 1, .map = map_refuse, .bit = TUNNEL_PAP },
	{ "refuse-chap", 0, 1, .map = map_refuse, .bit = TUNNEL_CHAP },
	{ "refuse-mschap", 0, 1, .map = map_refuse, .bit = TUNNEL_MSCHAP },
	{ "refuse-mschapv2", 0, 1, .map = map_refuse, .bit = TUNNEL_MSCHAP_V2 },
	{ "refuse-eap", 0, 1, .ignored = "there is no EAP" },
	{ "require-mppe", 0, 1, .map = map_mppe,
	    .bit = TUNNEL_KEY_40 | TUNNEL_KEY_128 },
	{ "require-mppe-40", 0, 1, .map = map_mppe, .bit = TUNNEL_KEY_40 },
	{ "require-mppe-128", 0, 1, .map = map_mppe, .bit = TUNNEL_KEY_128 },
	{ "mppe-stateful", 0, 1, .key = "stateful" },
	{ "nobsdcomp", 0, 1, .ignored = NOISE },
	{ "nodeflate", 0, 1, .ignored = NOISE },
	{ "no-vj-comp", 0, 1, .ignored = NOISE },
	{ "lcp-echo-failure", 0, 1, .key = "lcp-echo-failures" },
	{ "lcp-echo-interval", 0, 1, .key = "lcp-echo-interval" },
	{ "mtu", 0, 1, .key = "mtu" },
	{ "unit", 0, 1, .ignored = "interface is a key" },
	{ "service-type", 0, 1, .ignored = "it is PPTP" },
	{ "password-flags", 0, 1, .ignored = "the password goes to secrets" },
};

/* Values that make one only together, by "section.key". */
static char *
place_of(struct keyfile *k, const char *name)
{
	const struct {
		const char	*name;
		char		*place;
	} places[] = {
		{ "connection.id", k->id }, { "vpn.user", k->user },
		{ "vpn.domain", k->domain },
		{ "vpn-secrets.password", k->password },
	};
	size_t i;

	for (i = 0; i < NELEM(places); i++)
		if (strcmp(places[i].name, name) == 0)
			return places[i].place;
	return NULL;
}

static void
read_key(struct plan *plan, struct plan_part *part, struct keyfile *k,
    const char *section, char *key, char *value)
{
	const struct plan_directive *d = NULL;
	char name[LINE_ROOM * 2 + 2], *place;

	snprintf(name, sizeof(name), "%s.%s", section, key);
	place = place_of(k, name);
	if (strcmp(section, "vpn") == 0)
		d = plan_find(directives, NELEM(directives), key,
		    PLAN_CLIENT);
	if (place != NULL) {
		strcpy(place, value);
		plan_mapped(plan, name, "name, user and secret");
	} else if (d != NULL)
		plan_apply(plan, part, d, &value);
	else if (strcmp(name, "ipv4.never-default") == 0)
		k->never_default = strcmp(value, "true") == 0;
	else if (strcmp(name, "connection.autoconnect") == 0)
		plan_set(plan, part, key, "automatic",
		    strcmp(value, "false") == 0 ? "no" : "yes");
	else if (strcmp(section, "vpn") == 0)
		plan_refused(plan, name, "unknown");
	else
		plan_ignored(plan, name, "only pptpalg's own matters count");
}

static void
finish(struct plan *plan, struct plan_part *part, const struct keyfile *k)
{
	char user[LINE_ROOM * 2 + 2];

	snprintf(user, sizeof(user), "%s%s%s", k->domain,
	    k->domain[0] != '\0' ? "\\" : "", k->user);
	plan_set(plan, part, "user", "user", user);
	plan_set(plan, part, "never-default", "default-route",
	    k->never_default ? "no" : "yes");
	plan_set(plan, part, "(always)", "use-dns", "yes");
	if (k->password[0] != '\0')
		plan_keep_secret(plan, "", part->name, k->password, NULL);
}

/* Lines KEY=VALUE in sections [NAME]. */
void
import_nm(struct plan *plan, const char *name, const char *text, size_t len)
{
	struct plan_part *part = plan_part(plan, PLAN_CLIENT, name);
	char line[LINE_ROOM], section[LINE_ROOM] = "", *equals;
	struct keyfile *k = calloc(1, sizeof(*k));
	size_t n;

	for (plan->line = 1; k != NULL && *text != '\0'; plan->line++) {
		n = strcspn(text, "\n");
		if (n >= sizeof(line))
			plan_refused(plan, "line", "longer than 1023 bytes");
		else {
			memcpy(line, text, n);
			line[n] = '\0';
			equals = strchr(line, '=');
			if (line[0] == '[') {
				line[strcspn(line, "]")] = '\0';
				strcpy(section, line + 1);
			} else if (equals != NULL && line[0] != '#') {
				*equals++ = '\0';
				read_key(plan, part, k, section, line,
				    equals);
			}
		}
		text += n + (text[n] != '\0');
	}
	if (k != NULL) {
		finish(plan, part, k);
		explicit_bzero(k, sizeof(*k));
	}
	explicit_bzero(line, sizeof(line));
	free(k);
}
