/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All secrets of a section, hashed by the names of client and server. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/arena.h"
#include "conf/private.h"
#include "conf/secret_line.h"
#include "conf/secrets.h"

#define SECRETS_MAX	(4 << 20)	/* bytes: the daemon waits */
#define PASSWORD_MAX	4096

struct secrets {
	struct arena	 arena;		/* all texts, rules and lines */
	struct secret	**lines;	/* in the order of the files */
	size_t		 n, room;
	struct secret	**table;	/* hashed by client and server */
	size_t		 mask;		/* its size less one */
};

static uint64_t
hash_names(const char *client, const char *server)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *client != '\0'; client++)
		h = (h ^ (unsigned char)*client) * 0x100000001b3;
	h = (h ^ 0xff) * 0x100000001b3;
	for (; *server != '\0'; server++)
		h = (h ^ (unsigned char)*server) * 0x100000001b3;
	return h ^ h >> 32;
}

/* Where the line for exactly these names is or would be. */
static struct secret **
find_slot(const struct secrets *secrets, const char *client, const char *server)
{
	size_t i = hash_names(client, server) & secrets->mask;
	struct secret *s;

	while ((s = secrets->table[i]) != NULL &&
	    (strcmp(s->client, client) != 0 || strcmp(s->server, server) != 0))
		i = (i + 1) & secrets->mask;
	return &secrets->table[i];
}

/* The table is at most half full; the first of equal lines counts. */
static int
make_table(struct secrets *secrets)
{
	struct secret **at;
	size_t size = 16, i;

	while (size < secrets->n * 2)
		size *= 2;
	secrets->mask = size - 1;
	secrets->table = calloc(size, sizeof(struct secret *));
	if (secrets->table == NULL)
		return -1;
	for (i = 0; i < secrets->n; i++) {
		at = find_slot(secrets, secrets->lines[i]->client,
		    secrets->lines[i]->server);
		if (*at == NULL)
			*at = secrets->lines[i];
	}
	return 0;
}

static int
keep_line(void *arg, struct secret *s)
{
	struct secrets *secrets = arg;
	struct secret **more;

	if (secrets->n == secrets->room) {
		secrets->room = secrets->room == 0 ? 64 : secrets->room * 2;
		more = reallocarray(secrets->lines, secrets->room,
		    sizeof(*more));
		if (more == NULL)
			return -1;
		secrets->lines = more;
	}
	secrets->lines[secrets->n++] = s;
	return 0;
}

static int
parse_lines(struct secrets *secrets, const char *text, size_t len,
    const char *name, secrets_warn *warn, void *arg)
{
	const struct secret_lines how = {
		&secrets->arena, keep_line, secrets, warn, arg
	};

	return secret_lines(&how, text, len, name);
}

struct secrets *
secrets_read(const char (*files)[TUNNEL_FILE_MAX], size_t nfiles,
    secrets_warn *warn, void *arg, char *error, size_t size)
{
	struct secrets *secrets = calloc(1, sizeof(*secrets));
	int result = secrets == NULL ? -1 : 0;
	size_t i, len;
	char *text;

	error[0] = '\0';
	for (i = 0; result == 0 && i < nfiles; i++) {
		text = private_read(files[i], SECRETS_MAX, &len, error, size);
		result = text == NULL ? -1 : parse_lines(secrets, text, len,
		    files[i], warn, arg);
		private_free(text, len);
	}
	if (result == 0 && make_table(secrets) == 0)
		return secrets;
	if (error[0] == '\0')
		snprintf(error, size, "secrets: %s", strerror(errno));
	secrets_free(secrets);
	return NULL;
}

void
secrets_free(struct secrets *secrets)
{
	if (secrets == NULL)
		return;
	arena_free(&secrets->arena);
	free(secrets->lines);
	free(secrets->table);
	free(secrets);
}

size_t
secrets_count(const struct secrets *secrets)
{
	return secrets->n;
}

const struct secret *
secrets_at(const struct secrets *secrets, size_t i)
{
	return secrets->lines[i];
}

const struct secret *
secrets_find(const struct secrets *secrets, const char *client,
    const char *server)
{
	const struct secret *both = *find_slot(secrets, client, server);
	const struct secret *at_server = *find_slot(secrets, "*", server);
	const struct secret *of_client = *find_slot(secrets, client, "*");
	const struct secret *any = *find_slot(secrets, "*", "*");

	return both != NULL ? both : at_server != NULL ? at_server :
	    of_client != NULL ? of_client : any;
}

bool
secrets_allow(const struct secret *s, uint32_t address)
{
	size_t i;

	for (i = 0; i < s->nrules; i++)
		if ((address & s->rules[i].mask) == s->rules[i].address)
			return s->rules[i].permit;
	return false;
}

char *
secrets_password(const char *file, char *error, size_t size)
{
	size_t len;
	char *text = private_read(file, PASSWORD_MAX, &len, error, size);

	if (text == NULL)
		return NULL;
	/* The rest is wiped by its owner only up to a NUL. */
	explicit_bzero(text + strcspn(text, "\r\n"),
	    len - strcspn(text, "\r\n"));
	if (*text != '\0' && strlen(text) <= SECRET_MAX)
		return text;
	snprintf(error, size, "%s: expected a password in its first line, of "
	    "at most %u bytes", file, SECRET_MAX);
	private_free(text, len);
	return NULL;
}

void
secrets_password_free(char *password)
{
	if (password != NULL)
		private_free(password, strlen(password));
}
