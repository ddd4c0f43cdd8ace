/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads radiusclient.conf, which pppd's plugin radius.so goes by. */
#include <string.h>

#include "tools/import/directive.h"
#include "tools/import/kind.h"
#include "tools/import/map.h"

#define LINE_MAX_RADIUS	256
#define BLANKS		" \t\r"

void
map_radius_read(struct plan *plan, struct plan_part *part, const char *text)
{
	char line[LINE_MAX_RADIUS], *words[3], *rest;
	size_t n;

	for (plan->line = 1; *text != '\0'; plan->line++) {
		n = strcspn(text, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)n, text);
		rest = line + strspn(line, BLANKS);
		text += n + (text[n] != '\0');
		if (*rest == '\0' || *rest == '#')
			continue;
		words[0] = strsep(&rest, BLANKS);
		words[1] = rest == NULL ? NULL : rest + strspn(rest, BLANKS);
		words[2] = NULL;
		if (words[1] != NULL)
			words[1][strcspn(words[1], BLANKS)] = '\0';
		if (words[1] != NULL && *words[1] == '\0')
			words[1] = NULL;
		directive_read(plan, part, IN_RADIUS,
		    plan_keep_text(plan, words[0]), words + 1);
	}
}

void
map_radius_server(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	char text[LINE_MAX_RADIUS];
	size_t n = strcspn(args[0], ":");

	if (n == 9 && strncmp(args[0], "localhost", n) == 0) {
		snprintf(text, sizeof(text), "127.0.0.1%s", args[0] + n);
		plan_add(plan, part, d->key, text);
	} else
		plan_add(plan, part, d->key, args[0]);
}

/* Names are sent as they are. */
void
map_radius_realm(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	if (args[0] == NULL)
		plan_ignored(plan, "there is none");
	else
		plan_refused(plan, "no realm is added to names");
}

void
map_radius_source(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	plan_set(plan, part, d->key, strcmp(args[0], "*") == 0 ? "0.0.0.0" :
	    args[0]);
}

void
map_radius_plugin(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	part->radius = true;
	plan_mapped(plan, "radius");
}

/* The file that the plugin reads if none is named. */
void
map_radius_finish(struct plan *plan, struct plan_part *part)
{
	if (!part->radius)
		return;
	plan->directive = "(plugin radius.so)";
	if (!plan_has(part, "radius") &&
	    !plan_has(part, "radius-accounting"))
		import_nested(plan, part,
		    "/etc/radiusclient/radiusclient.conf");
	plan->directive = "(plugin radius.so)";
	if (!plan_has(part, "radius"))
		plan_refused(plan, "no server was found: write radius, "
		    "radius-accounting and radius-secrets by hand");
}
