/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a keyfile of NetworkManager: lines KEY=VALUE in sections [NAME]. */
#include <string.h>

#include "tools/import/directive.h"
#include "tools/import/kind.h"

#define LINE_ROOM	1024

static void
read_key(struct plan *plan, struct plan_part *part, const char *section,
    const char *key, char *value)
{
	char name[LINE_ROOM * 2 + 2], *args[] = { value, NULL };
	bool vpn = strcmp(section, "vpn") == 0;
	const struct directive *d;

	snprintf(name, sizeof(name), "%s.%s", section, key);
	plan->directive = name;
	d = directive_find(vpn ? IN_NM : IN_NM_ELSE, vpn ? key : name,
	    PLAN_CLIENT);
	if (d != NULL)
		directive_apply(plan, part, d, vpn ? key : name, args);
	else if (vpn)
		plan_refused(plan, "unknown");
	else
		plan_ignored(plan, "only pptpalg's own matters count");
}

/* What several keys say together, or none. */
static void
finish_connection(struct plan *plan, struct plan_part *part)
{
	const char *name = part->nm_user != NULL ? part->nm_user : "";
	const char *domain = part->nm_domain != NULL ? part->nm_domain : "";
	char user[LINE_ROOM * 2 + 2];

	snprintf(user, sizeof(user), "%s%s%s", domain,
	    domain[0] != '\0' ? "\\" : "", name);
	plan_set_as(plan, part, "user", "user", user);
	plan_set_as(plan, part, "never-default", "default-route",
	    part->nm_never_default ? "no" : "yes");
	plan_set_as(plan, part, "(always)", "use-dns", "yes");
	if (part->nm_password != NULL && part->nm_password[0] != '\0')
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
