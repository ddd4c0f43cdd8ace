/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts together what an import makes, and notes each directive's fate. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "conf/section.h"
#include "tools/import/plan.h"

/* Words of imported files are cut, and made fit for a comment. */
#define NAME_SHOWN	40

static void
put_clean(FILE *f, const char *text, size_t most)
{
	for (; *text != '\0' && most > 0; text++, most--)
		putc(*text >= ' ' && *text < 0x7f ? *text : '?', f);
	if (*text != '\0')
		fputs("...", f);
}

static void
put_note(const struct plan *plan, FILE *f, const char *fate, const char *why)
{
	put_clean(f, plan->file, 200);
	if (plan->line > 0)
		fprintf(f, ":%u", plan->line);
	fputs(": ", f);
	put_clean(f, plan->directive, NAME_SHOWN);
	fprintf(f, ": %s", fate);
	put_clean(f, why, 300);
	putc('\n', f);
}

void
plan_mapped(struct plan *plan, const char *to)
{
	fputs("# ", plan->notes);
	put_note(plan, plan->notes, "mapped to ", to);
}

void
plan_ignored(struct plan *plan, const char *why)
{
	fputs("# ", plan->notes);
	put_note(plan, plan->notes, "ignored: ", why);
}

void
plan_refused(struct plan *plan, const char *why)
{
	plan->refused++;
	fputs("# ", plan->notes);
	put_note(plan, plan->notes, "REFUSED: ", why);
	put_note(plan, plan->errors, "refused: ", why);
}

void
plan_hint(struct plan *plan, const char *sentence)
{
	fprintf(plan->notes, "# hint: %s\n", sentence);
}

/* Other characters become -. */
static void
make_name(char to[PLAN_NAME_MAX], const char *name)
{
	char one[2] = "";
	size_t i;

	for (i = 0; i < PLAN_NAME_MAX - 1 && name[i] != '\0'; i++) {
		one[0] = name[i];
		to[i] = section_name_is_valid(one) ? name[i] : '-';
	}
	if (i == 0)
		to[i++] = '-';
	to[i] = '\0';
}

struct plan_part *
plan_part(struct plan *plan, enum plan_role role, const char *name)
{
	struct plan_part *part, **end = &plan->parts;
	char fit[PLAN_NAME_MAX];

	make_name(fit, name);
	for (; (part = *end) != NULL; end = &part->next)
		if (part->role == role && strcmp(part->name, fit) == 0)
			return part;
	part = arena_take(&plan->arena, sizeof(*part));
	if (part == NULL)
		err(1, NULL);
	part->role = role;
	strcpy(part->name, fit);
	part->keys = role == PLAN_SERVER ? terminate_parts() : dial_parts();
	part->object = arena_take(&plan->arena, role == PLAN_SERVER ?
	    sizeof(struct terminate) : sizeof(struct dial));
	if (part->object == NULL)
		err(1, NULL);
	*end = part;
	return part;
}

struct plan_part *
plan_first(const struct plan *plan, enum plan_role role)
{
	struct plan_part *part = plan->parts;

	while (part != NULL && part->role != role)
		part = part->next;
	return part;
}

static bool
put_key(struct plan *plan, struct plan_part *part, const char *name,
    const char *text, bool adds)
{
	size_t key = key_find(part->keys, name);
	char error[512], to[600];

	if (key == KEYS_MAX) {
		plan_refused(plan, part->role == PLAN_SERVER ?
		    "a server has no use for it" :
		    "a client has no use for it");
		return false;
	}
	if (!value_can_quote(text)) {
		plan_refused(plan, "the value has quotes and \\ "
		    "together, which pptpalg.conf cannot say");
		return false;
	}
	if (part->seen[key] && !adds)
		key_clear(part->keys, key, part->object);
	if (key_set(part->keys, key, part->object, text, error,
	    sizeof(error)) == -1) {
		plan_refused(plan, error);
		return false;
	}
	part->seen[key] = true;
	snprintf(to, sizeof(to), "%s = %s", name, text);
	plan_mapped(plan, to);
	return true;
}

bool
plan_set(struct plan *plan, struct plan_part *part, const char *key,
    const char *text)
{
	return put_key(plan, part, key, text, false);
}

bool
plan_add(struct plan *plan, struct plan_part *part, const char *key,
    const char *text)
{
	return put_key(plan, part, key, text, true);
}

bool
plan_set_as(struct plan *plan, struct plan_part *part, const char *reason,
    const char *key, const char *text)
{
	plan->directive = reason;
	return plan_set(plan, part, key, text);
}

bool
plan_has(const struct plan_part *part, const char *key)
{
	size_t i = key_find(part->keys, key);

	return i < KEYS_MAX && part->seen[i];
}

void
plan_unset(struct plan_part *part, const char *key)
{
	size_t i = key_find(part->keys, key);

	key_clear(part->keys, i, part->object);
	part->seen[i] = false;
}

const struct tunnel_options *
plan_tunnel(const struct plan_part *part)
{
	return part->role == PLAN_SERVER ?
	    &((const struct terminate *)part->object)->tunnel :
	    &((const struct dial *)part->object)->tunnel;
}

const char *
plan_keep_text(struct plan *plan, const char *text)
{
	const char *copy = arena_text(&plan->arena, text);

	if (copy == NULL)
		err(1, NULL);
	return copy;
}

void
plan_keep_secret(struct plan *plan, const char *client, const char *server,
    const char *secret, const char *address)
{
	struct plan_secret *s = arena_take(&plan->arena, sizeof(*s));

	if (s == NULL)
		err(1, NULL);
	s->client = plan_keep_text(plan, client);
	s->server = plan_keep_text(plan, server);
	s->secret = plan_keep_text(plan, secret);
	s->address = plan_keep_text(plan, address != NULL ? address : "*");
	*plan->secrets_end = s;
	plan->secrets_end = &s->next;
}

bool
plan_path(const struct plan *plan, const char *file, char *path, size_t size)
{
	int len = snprintf(path, size, "%s%s%s", plan->options->root,
	    plan->options->root[0] != '\0' && file[0] != '/' ? "/" : "",
	    file);

	return len > 0 && (size_t)len < size;
}
