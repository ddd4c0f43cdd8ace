/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs of all configurations so far, and the names of variables. */
#include <stdlib.h>
#include <string.h>

#include "conf/config.h"
#include "nat/privsep/allowlist.h"
#include "nat/privsep/job.h"

/* See script.c. */
static const char *const script_variables[] = {
	"BYTES_RCVD", "BYTES_SENT", "CALL_FILE", "CONNECT_TIME", "DEVICE",
	"DNS1", "DNS2", "IFNAME", "IPLOCAL", "IPREMOTE", "LINKNAME", "LLLOCAL",
	"LLREMOTE", "ORIG_UID", "PEERNAME", "PPPLOGNAME", "REMOTENUMBER",
	"SPEED", "USEPEERDNS", "WINS1", "WINS2"
};
#define VARIABLES	(sizeof(script_variables) / sizeof(script_variables[0]))

static bool
has_file(const struct allowlist *p, const char *file)
{
	while (p != NULL && strcmp(p->file, file) != 0)
		p = p->next;
	return p != NULL;
}

static int
add_file(struct allowlist **all, const char *file)
{
	size_t size = strlen(file) + 1;
	struct allowlist *p;

	if (size == 1 || has_file(*all, file))
		return 0;
	if ((p = malloc(sizeof(*p) + size)) == NULL)
		return -1;
	memcpy(p->file, file, size);
	p->next = *all;
	*all = p;
	return 0;
}

static int
add_scripts(struct allowlist **all, const struct tunnel_options *options)
{
	int i;

	for (i = 0; i < TUNNEL_SCRIPTS; i++)
		if (add_file(all, options->script[i]) == -1)
			return -1;
	return 0;
}

int
allowlist_add(struct allowlist **all, const struct config *c)
{
	const struct terminate *t;
	const struct dial *d;

	for (t = c->terminate; t != NULL; t = t->next)
		if (add_scripts(all, &t->tunnel) == -1)
			return -1;
	for (d = c->dial; d != NULL; d = d->next)
		if (add_scripts(all, &d->tunnel) == -1 ||
		    add_file(all, d->dns_script) == -1)
			return -1;
	return 0;
}

static bool
is_variable(const char *word)
{
	size_t i, len = strcspn(word, "=");

	for (i = 0; i < VARIABLES; i++)
		if (strncmp(word, script_variables[i], len) == 0 &&
		    script_variables[i][len] == '\0')
			return word[len] == '=';
	return false;
}

bool
allowlist_has(const struct allowlist *all, const struct job *j)
{
	const char *word = j->text;
	uint32_t i;

	for (i = 0; i < j->arguments + j->variables; i++) {
		if (i >= j->arguments && !is_variable(word))
			return false;
		word += strlen(word) + 1;
	}
	return has_file(all, j->text);
}
