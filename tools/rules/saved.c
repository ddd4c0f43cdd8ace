/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what iptables-save prints, and finds what is ours in it. */
#include <stdlib.h>
#include <string.h>

#include "tools/rules/saved.h"

struct saved {
	char	**line;
	size_t	  n;
};

static const char *const none[] = { NULL };

static bool
starts_with(const char *line, const char *start)
{
	return strncmp(line, start, strlen(start)) == 0;
}

static int
add_line(struct saved *saved, char *line)
{
	char **more;

	more = reallocarray(saved->line, saved->n + 1, sizeof(*more));
	if (more == NULL)
		return -1;
	saved->line = more;
	saved->line[saved->n] = strdup(line);
	return saved->line[saved->n++] == NULL ? -1 : 0;
}

struct saved *
saved_read(const char *command)
{
	struct saved *saved = calloc(1, sizeof(*saved));
	FILE *f = popen(command, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	bool ok = saved != NULL && f != NULL;

	while (ok && (len = getline(&line, &size, f)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		ok = add_line(saved, line) == 0;
	}
	free(line);
	if (f != NULL && pclose(f) != 0)
		ok = false;
	if (!ok) {
		saved_free(saved);
		return NULL;
	}
	return saved;
}

void
saved_free(struct saved *saved)
{
	if (saved == NULL)
		return;
	while (saved->n > 0)
		free(saved->line[--saved->n]);
	free(saved->line);
	free(saved);
}

static bool
has_start(const struct saved *saved, const char *start)
{
	size_t i;

	for (i = 0; saved != NULL && i < saved->n; i++)
		if (starts_with(saved->line[i], start))
			return true;
	return false;
}

bool
saved_has_rules(const struct saved *saved)
{
	return has_start(saved, "-A ");
}

bool
saved_has_ours(const struct saved *saved)
{
	return has_start(saved, ":" SAVED_PREFIX);
}

/* The lines of a table: [*first, *end). */
static void
find_table(const struct saved *saved, const char *table, size_t *first,
    size_t *end)
{
	for (*first = 0; *first < saved->n; ++*first)
		if (saved->line[*first][0] == '*' &&
		    strcmp(saved->line[*first] + 1, table) == 0)
			break;
	for (*end = *first; *end < saved->n; ++*end)
		if (strcmp(saved->line[*end], "COMMIT") == 0)
			break;
}

bool
saved_has(const struct saved *saved, const char *table, const char *line)
{
	size_t i, end;

	for (find_table(saved, table, &i, &end); i < end; i++)
		if (strcmp(saved->line[i], line) == 0)
			return true;
	return false;
}

/* Is the chain, named up to a space or the end, declared in these lines? */
static bool
is_kept(const char *const *lines, const char *chain)
{
	size_t len = strcspn(chain, " ");

	for (; *lines != NULL && strcmp(*lines, "COMMIT") != 0; lines++)
		if ((*lines)[0] == ':' && strcspn(*lines + 1, " ") == len &&
		    strncmp(*lines + 1, chain, len) == 0)
			return true;
	return false;
}

/* The chain of ours that a rule of somebody else's chain jumps to, or NULL. */
static const char *
jump_of(const char *line)
{
	const char *jump;

	if (!starts_with(line, "-A ") || starts_with(line, "-A " SAVED_PREFIX))
		return NULL;
	if ((jump = strstr(line, " -j " SAVED_PREFIX)) == NULL)
		jump = strstr(line, " -g " SAVED_PREFIX);
	return jump != NULL ? jump + 4 : NULL;
}

/* "-A NAME ... -j PPTPALG-NAME": made by us, or by another version. */
static bool
is_own_jump(const char *line, const char *jump)
{
	const char *from = line + strlen("-A "), *to = jump +
	    strlen(SAVED_PREFIX);
	size_t len = strcspn(from, " ");

	return strcspn(to, " ") == len && strncmp(from, to, len) == 0;
}

/* A rule of somebody else's chain that a chain of ours has as a sign, too? */
static bool
is_direct(const struct saved *saved, size_t first, size_t end,
    const char *line)
{
	static const char sign[] = "-A " SAVED_DIRECT " ";
	const char *rule;
	size_t i;

	if (!starts_with(line, "-A ") || starts_with(line, "-A " SAVED_PREFIX))
		return false;
	rule = line + strlen("-A ");
	rule += strcspn(rule, " ");
	for (i = first; i < end; i++)
		if (starts_with(saved->line[i], sign) &&
		    strcmp(saved->line[i] + strlen(sign) - 1, rule) == 0)
			return true;
	return false;
}

static bool
is_wanted(const char *const *lines, const char *rule)
{
	for (; *lines != NULL && strcmp(*lines, "COMMIT") != 0; lines++)
		if (starts_with(*lines, "-I ") &&
		    strcmp(*lines + 2, rule + 2) == 0)
			return true;
	return false;
}

/* Is a rule of somebody else's chain one that has to go? */
static bool
is_former(const struct saved *saved, size_t first, size_t end,
    const char *line, const char *const *kept)
{
	const char *jump = jump_of(line);

	if (jump == NULL)
		return is_direct(saved, first, end, line) &&
		    !is_wanted(kept, line);
	return !is_kept(kept, jump) ||
	    (is_own_jump(line, jump) && !is_wanted(kept, line));
}

void
saved_drop(const struct saved *saved, const char *table,
    const char *const *kept, FILE *f)
{
	const char *line;
	size_t i, first, end;

	if (kept == NULL)
		kept = none;
	find_table(saved, table, &first, &end);
	for (i = first; i < end; i++) {
		line = saved->line[i];
		if (starts_with(line, ":" SAVED_PREFIX))
			fprintf(f, "-F %.*s\n", (int)strcspn(line, " ") - 1,
			    line + 1);
		if (is_former(saved, first, end, line, kept))
			fprintf(f, "-D%s\n", line + 2);
	}
	for (i = first; i < end; i++) {
		line = saved->line[i];
		if (starts_with(line, ":" SAVED_PREFIX) &&
		    !is_kept(kept, line + 1))
			fprintf(f, "-X %.*s\n", (int)strcspn(line, " ") - 1,
			    line + 1);
	}
}
