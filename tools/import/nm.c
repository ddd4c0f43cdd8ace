/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a keyfile of NetworkManager: lines KEY=VALUE in sections [NAME]. */
#include <string.h>

#include "tools/import/directive.h"
#include "tools/import/kind.h"

#define LINE_ROOM	1024

/* Keys that are counted, as route1, route2, have the name without digits. */
static void
cut_digits(char *name)
{
	char *to = name;

	for (; *name != '\0'; name++)
		if (*name < '0' || *name > '9')
			*to++ = *name;
	*to = '\0';
}

static void
read_key(struct plan *plan, struct plan_part *part, const char *section,
    const char *key, char *value)
{
	char name[LINE_ROOM * 2 + 2], *args[] = { value, NULL };
	bool vpn = strcmp(section, "vpn") == 0;

	snprintf(name, sizeof(name), "%s.%s", section, key);
	plan->directive = name;
	if (*value == '\0')
		plan_ignored(plan, "it is empty");
	else if (strcmp(section, "ipv6") == 0)
		plan_ignored(plan, "NetworkManager's PPTP has no IPv6");
	else if (strcmp(section, "user") == 0)
		plan_ignored(plan, "a note of other programs");
	else if (vpn)
		directive_read(plan, part, IN_NM, key, args);
	else {
		if (strncmp(name, "ipv4.", 5) == 0)
			cut_digits(name + 5);
		directive_read(plan, part, IN_NM_ELSE, name, args);
	}
}

static const char *
text_or_none(const char *text)
{
	return text != NULL ? text : "";
}

/* What several keys say together, or none. */
static void
finish_connection(struct plan *plan, struct plan_part *part)
{
	const char *name = text_or_none(part->nm_user != NULL ?
	    part->nm_user : part->nm_user_name);
	const char *domain = text_or_none(part->nm_domain);
	char user[LINE_ROOM * 2 + 2];

	snprintf(user, sizeof(user), "%s%s%s", domain,
	    domain[0] != '\0' ? "\\" : "", name);
	plan_set_as(plan, part, "user", "user", user);
	if (!plan_has(part, "default-route"))
		plan_set_as(plan, part, "(no never-default)", "default-route",
		    "yes");
	part->replaces_route = true;
	if (!plan_has(part, "use-dns"))
		plan_set_as(plan, part, "(no ignore-auto-dns)", "use-dns",
		    "yes");
	plan_set_as(plan, part, "(by hand)", "automatic", "no");
	plan_set_as(plan, part, "persistent", "reconnect",
	    part->persist ? "yes" : "no");
	if (part->nm_password != NULL)
		plan_keep_secret(plan, "", part->name, part->nm_password,
		    NULL);
}

void
nm_read(struct plan *plan, const char *name, const char *text, size_t len)
{
	struct plan_part *part = plan_part(plan, PLAN_CLIENT, name);
	char line[LINE_ROOM], section[LINE_ROOM] = "", *equals;
	size_t n;

	for (plan->line = 1; *text != '\0'; plan->line++) {
		n = strcspn(text, "\n");
		if (n >= sizeof(line)) {
			plan->directive = "line";
			plan_refused(plan, "longer than 1023 bytes");
			n = 0;
			text += strcspn(text, "\n");
		}
		memcpy(line, text, n);
		line[n] = '\0';
		equals = strchr(line, '=');
		if (line[0] == '[') {
			line[strcspn(line, "]")] = '\0';
			strcpy(section, line + 1);
		} else if (equals != NULL && line[0] != '#') {
			*equals++ = '\0';
			read_key(plan, part, section, line, equals);
		}
		text += n + (text[n] != '\0');
	}
	finish_connection(plan, part);
	explicit_bzero(line, sizeof(line));
}
