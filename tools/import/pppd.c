/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/address.h"
#include "conf/word.h"
#include "tools/import/kind.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

/* Words that are no option: a tty, its speed, LOCAL:REMOTE. */
static bool
read_other(struct plan *plan, struct plan_part *part, char *word)
{
	bool server = part->role == PLAN_SERVER;
	char *colon = strchr(word, ':');
	uint32_t address;

	if (word[0] == '/' || strncmp(word, "tty", 3) == 0 ||
	    word[strspn(word, "0123456789")] == '\0') {
		plan_ignored(plan, word, "there is no serial line");
		return true;
	}
	if (colon == NULL)
		return false;
	*colon = '\0';
	if ((word[0] != '\0' && !address_read(word, &address)) ||
	    (colon[1] != '\0' && !address_read(colon + 1, &address))) {
		*colon = ':';
		return false;
	}
	if (word[0] != '\0')
		plan_set(plan, part, "LOCAL:REMOTE", "local-address", word);
	if (colon[1] != '\0' && server)
		plan_ignored(plan, "LOCAL:REMOTE",
		    "pools and secrets give remote addresses");
	else if (colon[1] != '\0')
		plan_set(plan, part, "LOCAL:REMOTE", "remote-address",
		    colon + 1);
	return true;
}

/* The arguments of an option are the next words. */
static void
read_option(struct plan *plan, struct plan_part *part,
    struct word_reader *words, const struct plan_directive *d)
{
	struct word arg;
	char *args[] = { arg.text };

	if (d->args > 0 && (!word_next(words, &arg) || arg.problem != NULL)) {
		plan_refused(plan, d->name, "expected a word behind it");
		return;
	}
	plan_apply(plan, part, d, args);
}

void
import_words(struct plan *plan, struct plan_part *part, const char *text,
    size_t len)
{
	const struct plan_directive *table, *d;
	bool skip = false;
	struct word_reader words;
	struct word word;
	size_t n;

	part->pppd = true;
	table = import_options_table(&n);
	word_start(&words, text, len);
	while (word_next(&words, &word)) {
		plan->line = word.line;
		if (word.first)
			skip = false;
		if (skip)
			continue;
		if (word.problem != NULL) {
			plan_refused(plan, word.text, word.problem);
			continue;
		}
		d = plan_find(table, n, word.text, part->role);
		if (d != NULL)
			read_option(plan, part, &words, d);
		else if (!read_other(plan, part, word.text)) {
			plan_refused(plan, word.text, "unknown, and so is "
			    "the rest of its line");
			skip = true;
		}
	}
}

void
import_options(struct plan *plan, const char *name, const char *text,
    size_t len)
{
	struct plan_part *part = plan_first(plan, PLAN_SERVER);

	if (part == NULL)
		part = plan_part(plan, PLAN_SERVER, "pptpd");
	import_words(plan, part, text, len);
}

void
import_peer(struct plan *plan, const char *name, const char *text, size_t len)
{
	struct plan_part *part = plan_part(plan, PLAN_CLIENT, name);

	part->by_hand = true;
	import_words(plan, part, text, len);
}

static void
map_quirks(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	plan_refused(plan, d->name, "no quirks of servers are imitated; try "
	    "without");
}

/* Seconds with decimals are milliseconds here. */
static void
map_timeout(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	double seconds = atof(args[0]);
	char text[32];

	snprintf(text, sizeof(text), "%.0f", seconds > 0 && seconds <= 10 ?
	    seconds * 1000 : 300);
	plan_set(plan, part, d->name, "reorder-time", text);
}

#define LOGS	"see log in pptpalg.conf(5), and pptpalgctl log"

static const struct plan_directive pptp[] = {
	{ "--nolaunchpppd", 0, 0, .ignored = "there is no pppd" },
	{ "--phone", 0, 1, .key = "phone" },
	{ "--quirks", 0, 1, .map = map_quirks },
	{ "--localbind", 0, 1, .key = "bind-address" },
	{ "--rtmark", 0, 1, .key = "mark" },
	{ "--nohostroute", 0, 0, .key = "host-route", .value = "no" },
	{ "--client-hostname", 0, 1, .key = "host-name" },
	{ "--sync", 0, 0, .ignored = "there is no serial line" },
	{ "--timeout", 0, 1, .map = map_timeout },
	{ "--nobuffer", 0, 0, .key = "reorder-frames", .value = "0" },
	{ "--missing-window", 0, 1, .ignored = "it has a bound of its own" },
	{ "--idle-wait", 0, 1, .key = "control-echo-interval" },
	{ "--max-echo-wait", 0, 1, .key = "control-echo-timeout" },
	{ "--loglevel", 0, 1, .ignored = LOGS },
	{ "--debug", 0, 0, .ignored = LOGS },
	{ "--logstring", 0, 1, .ignored = LOGS },
	{ "--test-type", 0, 1, .ignored = "for tests" },
	{ "--test-rate", 0, 1, .ignored = "for tests" },
};

/* The value behind = or in the next word; false if there is none. */
static bool
take_value(struct word_reader *words, const char *behind, struct word *value)
{
	if (behind == NULL)
		return word_next(words, value) && value->problem == NULL;
	strcpy(value->text, behind);
	return true;
}

void
import_pptp_command(struct plan *plan, struct plan_part *part,
    const char *directive, const char *command)
{
	const struct plan_directive *d;
	struct word word, value;
	char *args[] = { value.text }, *equals;
	struct word_reader words;

	word_start(&words, command, strlen(command));
	word_next(&words, &word);	/* the program */
	while (word_next(&words, &word)) {
		equals = strchr(word.text, '=');
		if (equals != NULL)
			*equals++ = '\0';
		d = plan_find(pptp, NELEM(pptp), word.text, PLAN_CLIENT);
		if (d != NULL && d->args > 0 &&
		    !take_value(&words, equals, &value))
			plan_refused(plan, d->name, "expected a value");
		else if (d != NULL)
			plan_apply(plan, part, d, args);
		else if (word.text[0] != '-' && !plan_has(part, "server"))
			plan_set(plan, part, directive, "server", word.text);
		else
			plan_refused(plan, word.text, "unknown option of "
			    "pptp");
	}
}
