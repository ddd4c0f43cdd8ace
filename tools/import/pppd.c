/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads files of pppd(8) word by word, and command lines of pptp(8) in them. */
#include <string.h>
#include <unistd.h>

#include "conf/address.h"
#include "conf/word.h"
#include "tools/import/directive.h"
#include "tools/import/kind.h"

#define SYSTEM_OPTIONS	"/etc/ppp/options"

/* Words that are no option: a tty, its speed, LOCAL:REMOTE. */
static bool
read_other(struct plan *plan, struct plan_part *part, char *word)
{
	bool server = part->role == PLAN_SERVER;
	char *colon = strchr(word, ':');
	uint32_t address;

	if (word[0] == '/' || strncmp(word, "tty", 3) == 0 ||
	    word[strspn(word, "0123456789")] == '\0') {
		plan_ignored(plan, "there is no serial line");
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
	plan->directive = "LOCAL:REMOTE";
	if (word[0] != '\0')
		plan_set(plan, part, "local-address", word);
	if (colon[1] != '\0' && server)
		plan_ignored(plan, "pools and secrets give remote addresses");
	else if (colon[1] != '\0')
		plan_set(plan, part, "remote-address", colon + 1);
	return true;
}

/* The argument of an option is the next word. */
static void
read_option(struct plan *plan, struct plan_part *part,
    struct word_reader *words, const struct directive *d, const char *name)
{
	struct word arg;
	char *args[] = { NULL, NULL };

	if (d->args > 0 && (!word_next(words, &arg) || arg.problem != NULL)) {
		plan_refused(plan, "expected a word behind it");
		return;
	}
	if (d->args > 0)
		args[0] = arg.text;
	directive_apply(plan, part, d, name, args);
}

void
pppd_read_words(struct plan *plan, struct plan_part *part, const char *text,
    size_t len)
{
	const struct directive *d;
	struct word_reader words;
	struct word word;
	bool skip = false;

	part->pppd = true;
	word_start(&words, text, len);
	while (word_next(&words, &word)) {
		plan->line = word.line;
		plan->directive = word.text;
		skip = skip && !word.first;
		if (skip)
			continue;
		d = directive_find(IN_PPPD, word.text, part->role);
		if (word.problem != NULL)
			plan_refused(plan, word.problem);
		else if (d != NULL)
			read_option(plan, part, &words, d, word.text);
		else if (!read_other(plan, part, word.text)) {
			part->unknown = true;
			plan_refused(plan, "unknown, and so is the rest of "
			    "its line");
			skip = true;
		}
	}
}

void
pppd_read_system(struct plan *plan, struct plan_part *part)
{
	char path[TUNNEL_FILE_MAX];

	plan->line = 0;
	plan->directive = "(pppd reads it)";
	if (plan_path(plan, SYSTEM_OPTIONS, path, sizeof(path)) &&
	    access(path, F_OK) == 0)
		import_nested(plan, part, SYSTEM_OPTIONS);
}

void
pppd_read_options(struct plan *plan, const char *name, const char *text,
    size_t len)
{
	struct plan_part *part = plan_first(plan, PLAN_SERVER);

	if (part == NULL) {
		part = plan_part(plan, PLAN_SERVER, "pptpd");
		if (strcmp(name, "options") != 0)
			pppd_read_system(plan, part);
	}
	pppd_read_words(plan, part, text, len);
}

void
pppd_read_peer(struct plan *plan, const char *name, const char *text,
    size_t len)
{
	struct plan_part *part = plan_part(plan, PLAN_CLIENT, name);

	part->by_hand = true;
	pppd_read_system(plan, part);
	pppd_read_words(plan, part, text, len);
}

/* One option of pptp(8): its value is behind = or in the next word. */
static void
read_pptp_option(struct plan *plan, struct plan_part *part,
    struct word_reader *words, char *name)
{
	char *args[] = { NULL, NULL }, *equals = strchr(name, '=');
	const struct directive *d;
	struct word value;

	if (equals != NULL)
		*equals++ = '\0';
	plan->directive = name;
	d = directive_find(IN_PPTP, name, PLAN_CLIENT);
	if (d == NULL) {
		part->unknown = true;
		plan_refused(plan, "unknown option of pptp");
		return;
	}
	args[0] = d->args > 0 ? equals : NULL;
	if (d->args > 0 && equals == NULL && word_next(words, &value) &&
	    value.problem == NULL)
		args[0] = value.text;
	directive_apply(plan, part, d, name, args);
}

static bool
is_pptp(const char *program)
{
	const char *name = strrchr(program, '/');

	return strcmp(name != NULL ? name + 1 : program, "pptp") == 0;
}

void
pppd_read_pptp(struct plan *plan, struct plan_part *part, const char *command)
{
	const char *directive = plan->directive;
	struct word_reader words;
	struct word word = { .text = "" };

	word_start(&words, command, strlen(command));
	while (!is_pptp(word.text))
		if (!word_next(&words, &word)) {
			plan_refused(plan, "it does not run pptp");
			return;
		}
	while (word_next(&words, &word)) {
		if (word.text[0] != '-' && !plan_has(part, "server")) {
			plan->directive = directive;
			plan_set(plan, part, "server", word.text);
		} else
			read_pptp_option(plan, part, &words, word.text);
	}
	plan->directive = directive;
}
