/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads ppp.conf and its companions: commands of BSD's ppp(8), by labels. */
#include <stdlib.h>
#include <string.h>

#include "conf/address.h"
#include "conf/word.h"
#include "tools/import/directive.h"
#include "tools/import/kind.h"

#define SERVER_LABEL	"pptp"
#define WORDS_MAX	12

struct ppp_command {
	char		 word[WORDS_MAX][WORD_MAX];
	size_t		 n;
	unsigned	 line;
	const char	*problem;	/* why it cannot be used, or NULL */
};

/* A file of ppp(8): labels, and commands that belong to them. */
struct ppp_file {
	struct plan	*plan;
	const char	*text;
	size_t		 len;
};

/* Reads the words of the next command; false at the end. */
static bool
next_command(struct word_reader *words, struct ppp_command *c)
{
	struct word_reader before;
	struct word word;

	c->n = 0;
	c->problem = NULL;
	for (before = *words; word_next(words, &word); before = *words) {
		if (word.first && c->n > 0) {
			*words = before;
			return true;
		}
		if (c->n == 0)
			c->line = word.line;
		if (word.problem != NULL)
			c->problem = word.problem;
		else if (c->n == WORDS_MAX)
			c->problem = "too many words";
		else
			strcpy(c->word[c->n++], word.text);
	}
	return c->n > 0 || c->problem != NULL;
}

/* "label:" alone in its line. */
static bool
is_label(struct ppp_command *c)
{
	size_t len = strlen(c->word[0]);

	return c->problem == NULL && c->n == 1 && len > 1 &&
	    c->word[0][len - 1] == ':';
}

/* Is this line "label:"? */
static bool
label_is(const struct ppp_command *c, const char *label)
{
	size_t len = strlen(label);

	return strncmp(c->word[0], label, len) == 0 &&
	    strcmp(c->word[0] + len, ":") == 0;
}

/* Goes through the commands of one label; with "load", through others, too. */
static void
visit_label(struct ppp_file *file, const char *label,
    void (*see)(void *, struct ppp_command *), void *arg)
{
	struct ppp_command *c = calloc(1, sizeof(*c));
	struct word_reader words;
	bool inside = false;
	size_t i;

	word_start(&words, file->text, file->len);
	while (c != NULL && next_command(&words, c)) {
		if (is_label(c))
			inside = label_is(c, label);
		else if (inside && c->n > 1 &&
		    strcasecmp(c->word[0], "load") == 0) {
			for (i = 1; i < c->n && file->plan->nested++ <
			    PLAN_NESTED_MAX; i++)
				visit_label(file, c->word[i], see, arg);
		} else if (inside)
			see(arg, c);
	}
	free(c);
}

/* What kind of label is it? */
struct look {
	bool	 client, server;
};

static void
look_at(void *arg, struct ppp_command *c)
{
	struct look *look = arg;

	if (c->n > 2 && strcasecmp(c->word[1], "device") == 0 &&
	    c->word[2][0] == '!' && strstr(c->word[2], "pptp ") != NULL)
		look->client = true;
	if (c->n > 1 && (strcasecmp(c->word[1], "mschapv2") == 0 ||
	    strcasecmp(c->word[1], "chap81") == 0 ||
	    strcasecmp(c->word[1], "chap") == 0 ||
	    strcasecmp(c->word[1], "pap") == 0) &&
	    strcasecmp(c->word[0], "enable") == 0)
		look->server = true;
}

struct target {
	struct plan		*plan;
	struct plan_part	*part;
};

/* Does one command for a section. */
static void
run_command(struct plan *plan, struct plan_part *part, struct ppp_command *c)
{
	char *args[WORDS_MAX + 1] = { NULL };
	size_t i;

	for (i = 1; i < c->n; i++)
		args[i - 1] = c->word[i];
	directive_read(plan, part, IN_PPP, c->word[0], args);
}

static void
apply_command(void *arg, struct ppp_command *c)
{
	struct target *target = arg;

	target->plan->line = c->line;
	target->plan->directive = c->word[0];
	if (c->problem != NULL)
		plan_refused(target->plan, c->problem);
	else
		run_command(target->plan, target->part, c);
}

/* False if it is no tunnel's. */
static bool
read_label(struct ppp_file *file, const char *label)
{
	struct look look = { false, false };
	struct target target = { file->plan, NULL };

	file->plan->nested = 0;
	visit_label(file, label, look_at, &look);
	if (look.client)
		target.part = plan_part(file->plan, PLAN_CLIENT, label);
	else if (look.server || strcmp(label, SERVER_LABEL) == 0) {
		target.part = plan_first(file->plan, PLAN_SERVER);
		if (target.part == NULL)
			target.part = plan_part(file->plan, PLAN_SERVER,
			    label);
	} else {
		file->plan->directive = label;
		plan_ignored(file->plan, "neither a PPTP client nor a server");
		return false;
	}
	target.part->ppp_conf = file->plan->file;
	file->plan->nested = 0;
	visit_label(file, "default", apply_command, &target);
	visit_label(file, label, apply_command, &target);
	return true;
}

/* Is a label only there to be loaded by others? */
static bool
is_loaded(struct ppp_file *file, const char *label)
{
	struct ppp_command *c = calloc(1, sizeof(*c));
	struct word_reader words;
	bool found = false;
	size_t i;

	word_start(&words, file->text, file->len);
	while (c != NULL && next_command(&words, c))
		for (i = 1; i < c->n; i++)
			if (strcasecmp(c->word[0], "load") == 0 &&
			    strcmp(c->word[i], label) == 0)
				found = true;
	free(c);
	return found;
}

void
ppp_read(struct plan *plan, const char *name, const char *text, size_t len)
{
	struct ppp_file file = { plan, text, len };
	struct ppp_command *c = calloc(1, sizeof(*c));
	struct word_reader words;
	bool found = false;

	word_start(&words, text, len);
	while (c != NULL && next_command(&words, c)) {
		plan->line = c->line;
		if (!is_label(c))
			continue;
		c->word[0][strlen(c->word[0]) - 1] = '\0';
		if (strcmp(c->word[0], "default") != 0 &&
		    !is_loaded(&file, c->word[0]))
			found |= read_label(&file, c->word[0]);
	}
	free(c);
	plan->line = 0;
	plan->directive = "(no label)";
	if (!found)
		plan_refused(plan, "no label runs pptp, or is called "
		    SERVER_LABEL " or lets clients log in: it has no PPTP");
}

/* One command of ppp.linkup, or of ppp.linkdown. */
static void
run_link_command(struct plan *plan, struct plan_part *part,
    struct ppp_command *c, bool down)
{
	if (c->problem != NULL)
		plan_refused(plan, c->problem);
	else if (part == NULL)
		plan_ignored(plan, "its label belongs to no tunnel that was "
		    "imported");
	else if (down && directive_has_name("add add! delete delete!",
	    c->word[0]))
		plan_ignored(plan, "routes go with the tunnel");
	else
		run_command(plan, part, c);
}

void
ppp_read_link(struct plan *plan, const char *name, const char *text,
    size_t len)
{
	struct ppp_command *c = calloc(1, sizeof(*c));
	bool down = strcmp(name, "ppp.linkdown") == 0;
	struct plan_part *part = NULL, *p;
	struct word_reader words;

	plan->beside |= down ? PLAN_LINKDOWN : PLAN_LINKUP;
	word_start(&words, text, len);
	while (c != NULL && next_command(&words, c)) {
		plan->line = c->line;
		plan->directive = c->word[0];
		if (!is_label(c)) {
			run_link_command(plan, part, c, down);
			continue;
		}
		for (p = plan->parts, part = NULL; p != NULL; p = p->next)
			if (label_is(c, p->name))
				part = p;
		if (label_is(c, "MYADDR"))
			plan_refused(plan, "it is for all tunnels without a "
			    "label: write it under the label of each");
	}
	free(c);
}

/* name key [address|* [label ...]] */
void
ppp_read_secret(struct plan *plan, const char *name, const char *text,
    size_t len)
{
	struct ppp_command *c = calloc(1, sizeof(*c));
	struct word_reader words;
	uint32_t address;

	plan->beside |= PLAN_SECRET;
	word_start(&words, text, len);
	while (c != NULL && next_command(&words, c)) {
		plan->line = c->line;
		plan->directive = "user";
		if (c->problem != NULL || c->n < 2)
			plan_refused(plan, c->problem != NULL ?
			    c->problem : "expected a name and a secret");
		else if (c->n > 2 && strcmp(c->word[2], "*") != 0 &&
		    !address_read(c->word[2], &address))
			plan_refused(plan, "expected an address or *");
		else if (strcmp(c->word[1], "*") == 0)
			plan_refused(plan, "the system's password cannot be "
			    "used: write one to secrets");
		else {
			plan_keep_secret(plan, c->word[0], "*", c->word[1],
			    c->n > 2 ? c->word[2] : NULL);
			plan_mapped(plan, "a secret");
		}
	}
	if (c != NULL)
		explicit_bzero(c, sizeof(*c));
	free(c);
}
