/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results as aligned text or as JSON. */
#include <stdio.h>
#include <stdlib.h>

#include "conf/json_doc.h"
#include "tools/load/report.h"

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
		failure_text(&failures->failure, text, sizeof(text));
		printf("  %-*s %14u  %s\n", NAME_WIDTH - 2, "failed",
		    failures->count, text);
	}
}

/* Rounded to its decimals. */
static double
round_value(const struct report_line *line)
{
	char text[64];

	snprintf(text, sizeof(text), "%.*f", line->decimals, line->value);
	return strtod(text, NULL);
}

static struct document *
failure_list(const struct report_failure *failures)
{
	struct document *list = json_doc_list(), *one;
	char text[TEXT_MAX];

	for (; failures->count > 0; failures++) {
		failure_text(&failures->failure, text, sizeof(text));
		one = json_doc_object();
		json_doc_number(one, "count", failures->count);
		json_doc_text(one, "reason", text);
		json_doc_put(list, NULL, one);
	}
	return list;
}

static void
print_json(const char *phase, const struct report_line *lines,
    const struct report_failure *failures)
{
	struct document *object = json_doc_object();

	json_doc_text(object, "phase", phase);
	for (; lines->name != NULL; lines++) {
		if (lines->decimals == 0)
			json_doc_number(object, lines->name,
			    (int64_t)lines->value);
		else
			json_doc_real(object, lines->name, round_value(lines));
	}
	if (failures != NULL)
		json_doc_put(object, "failures", failure_list(failures));
	json_doc_print(object, stdout);
	putchar('\n');
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
