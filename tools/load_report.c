/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/load_report.h"

#define NAME_WIDTH	20
#define TEXT_MAX	160

/* Names are made for scripts; people read words. */
static void
print_name(const char *name)
{
	int width = printf("  ");

	for (; *name != '\0'; name++, width++)
		putchar(*name == '_' ? ' ' : *name);
	printf("%*s", NAME_WIDTH - width, "");
}

static void
print_text(const char *phase, const struct report_line *lines,
    const struct report_failure *failures)
{
	char text[TEXT_MAX];

	printf("%s\n", phase);
	for (; lines->name != NULL; lines++) {
		print_name(lines->name);
		printf(" %14.*f\n", lines->decimals, lines->value);
	}
	for (; failures != NULL && failures->count > 0; failures++) {
		failure_text(&failures->failure, text, sizeof text);
		printf("  %-*s %14u  %s\n", NAME_WIDTH - 2, "failed",
		    failures->count, text);
	}
}

static json_t *
number(const struct report_line *line)
{
	char text[64];

	if (line->decimals == 0)
		return json_integer((json_int_t)line->value);
	snprintf(text, sizeof text, "%.*f", line->decimals, line->value);
	return json_real(strtod(text, NULL));
}

static json_t *
failure_list(const struct report_failure *failures)
{
	json_t *list = json_array();
	char text[TEXT_MAX];

	for (; failures->count > 0; failures++) {
		failure_text(&failures->failure, text, sizeof text);
		json_array_append_new(list, json_pack("{s:i, s:s}", "count",
		    (int)failures->count, "reason", text));
	}
	return list;
}

static void
print_json(const char *phase, const struct report_line *lines,
    const struct report_failure *failures)
{
	json_t *object = json_pack("{s:s}", "phase", phase);

	for (; lines->name != NULL; lines++)
		json_object_set_new(object, lines->name, number(lines));
	if (failures != NULL)
		json_object_set_new(object, "failures",
		    failure_list(failures));
	json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(12));
	putchar('\n');
	json_decref(object);
}

void
report_print(bool json, const char *phase, const struct report_line *lines,
    const struct report_failure *failures)
{
	if (json)
		print_json(phase, lines, failures);
	else
		print_text(phase, lines, failures);
	fflush(stdout);
}
