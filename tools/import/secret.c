/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the secrets of what was imported, checks them, and writes new ones. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "conf/config.h"
#include "conf/secrets.h"
#include "conf/section.h"
#include "tools/import/secret.h"

#define OUR_FILE	"/etc/pptpalg/chap-secrets"
#define CHAP_FILE	"/etc/ppp/chap-secrets"
#define PAP_FILE	"/etc/ppp/pap-secrets"

typedef const char file_name[TUNNEL_FILE_MAX];

static void
refuse_line(void *arg, const char *sentence)
{
	plan_refused(arg, sentence);
}

static bool
may_read(const struct passwd *user, const char *file)
{
	struct stat st;

	return stat(file, &st) == -1 || st.st_uid == user->pw_uid ||
	    (st.st_gid == user->pw_gid && (st.st_mode & 040) != 0);
}

/* Root, who imports, reads what the daemon's user may not. */
static void
check_reader(struct plan *plan, file_name *files, size_t n)
{
	const struct passwd *user = getpwnam(CONFIG_DEFAULT_USER);
	char text[TUNNEL_FILE_MAX + 100];
	size_t i;

	for (i = 0; user != NULL && i < n; i++) {
		if (may_read(user, files[i]))
			continue;
		snprintf(text, sizeof(text), "%s: user " CONFIG_DEFAULT_USER
		    " may not read it; run chgrp " CONFIG_DEFAULT_USER
		    " and chmod 640", files[i]);
		plan_refused(plan, text);
	}
}

/*
 * Reads files below the root, as the daemon will; NULL: refused.  warn is
 * told about lines that are no use.
 */
static struct secrets *
read_below_root(struct plan *plan, file_name *files, size_t n,
    secrets_warn *warn)
{
	char paths[TERMINATE_FILES_MAX][TUNNEL_FILE_MAX], error[512];
	struct secrets *secrets;
	size_t i;

	plan->directive = "secrets";
	for (i = 0; i < n; i++)
		if (!plan_path(plan, files[i], paths[i], sizeof(paths[i]))) {
			plan_refused(plan, "the path is too long");
			return NULL;
		}
	secrets = secrets_read((file_name *)paths, n, warn, plan, error,
	    sizeof(error));
	if (secrets == NULL)
		plan_refused(plan, error);
	else
		check_reader(plan, (file_name *)paths, n);
	return secrets;
}

/* With pppd a line without addresses lets nobody in. */
static void
check_user(struct plan *plan, const struct secret *s)
{
	const char *file = plan->file;

	if (s->nrules > 0 || s->denied)
		return;
	plan->file = s->file;
	plan->line = s->line;
	plan->directive = s->client;
	plan_refused(plan, "without addresses pppd lets nobody in, but here "
	    "any address will do: write - or * behind the secret");
	plan->file = file;
	plan->line = 0;
}

static void
check_users(struct plan *plan, const struct plan_part *part,
    file_name *files, size_t n)
{
	const struct terminate *t = part->object;
	const char *name = t->server_name[0] != '\0' ? t->server_name :
	    "pptpd";
	struct secrets *secrets = read_below_root(plan, files, n, refuse_line);
	size_t i, users = 0;

	if (secrets == NULL)
		return;
	for (i = 0; i < secrets_count(secrets); i++) {
		const struct secret *s = secrets_at(secrets, i);

		if (strcmp(s->server, "*") == 0 ||
		    strcmp(s->server, name) == 0) {
			users++;
			check_user(plan, s);
		}
	}
	plan->directive = files[0];
	if (users == 0)
		plan_refused(plan, "no line is for this server's name, so "
		    "nobody can log in");
	secrets_free(secrets);
}

static void
set_server_files(struct plan *plan, struct plan_part *part)
{
	const struct terminate *t = part->object;
	bool pap = (t->tunnel.methods & TUNNEL_PAP) != 0;
	bool only_pap = t->tunnel.methods == TUNNEL_PAP;

	if (pap && !plan_has(part, "pap-secrets"))
		plan_set(plan, part, "pap-secrets", PAP_FILE);
	if (!plan_has(part, "secrets"))
		plan_set(plan, part, "secrets", only_pap &&
		    t->npap_secrets > 0 ? t->pap_secrets[0] : CHAP_FILE);
	if (!only_pap)
		check_users(plan, part, t->secrets, t->nsecrets);
	if (t->npap_secrets > 0)
		check_users(plan, part, t->pap_secrets, t->npap_secrets);
}

/* The only line for this client, or NULL. */
static const struct secret *
only_line(const struct secrets *secrets, const char *client)
{
	const struct secret *s, *found = NULL;
	size_t i;

	for (i = 0; i < secrets_count(secrets); i++) {
		s = secrets_at(secrets, i);
		if (strcmp(s->client, client) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = s;
	}
	return found;
}

/* Without a name pppd takes the server's own, which nobody knows here. */
static void
check_client(struct plan *plan, struct plan_part *part)
{
	const struct dial *d = part->object;
	const char *remote = d->remote_name[0] != '\0' ? d->remote_name :
	    part->name;
	struct secrets *secrets = read_below_root(plan, d->secrets,
	    d->nsecrets, NULL);
	const struct secret *s;

	if (secrets == NULL)
		return;
	plan->directive = d->secrets[0];
	if (secrets_find(secrets, d->user, remote) == NULL) {
		s = plan_has(part, "remote-name") ? NULL :
		    only_line(secrets, d->user);
		if (s != NULL)
			plan_set(plan, part, "remote-name", s->server);
		else
			plan_refused(plan, "no line is for user and "
			    "remote-name");
	}
	secrets_free(secrets);
}

static void
set_client_files(struct plan *plan, struct plan_part *part)
{
	const struct dial *d = part->object;
	bool pap = (d->tunnel.methods & TUNNEL_PAP) != 0;
	bool only_pap = d->tunnel.methods == TUNNEL_PAP;
	char path[TUNNEL_FILE_MAX];

	if (!plan_has(part, "secrets")) {
		if (!only_pap)
			plan_add(plan, part, "secrets", CHAP_FILE);
		if (only_pap || (pap && plan_path(plan, PAP_FILE, path,
		    sizeof(path)) && access(path, F_OK) == 0))
			plan_add(plan, part, "secrets", PAP_FILE);
	}
	check_client(plan, part);
}

/* Did a secret of the section stand in a configuration? */
static bool
was_found(const struct plan *plan, const struct plan_part *part)
{
	const struct plan_secret *s = plan->secrets;

	while (s != NULL && !(part->role == PLAN_SERVER ? *s->client != '\0' :
	    *s->client == '\0' && strcmp(s->server, part->name) == 0))
		s = s->next;
	return s != NULL;
}

void
secret_set_files(struct plan *plan, struct plan_part *part)
{
	bool found = was_found(plan, part);

	plan->directive = "(secrets)";
	if (!found && part->pppd) {
		if (part->role == PLAN_SERVER)
			set_server_files(plan, part);
		else
			set_client_files(plan, part);
		return;
	}
	plan_add(plan, part, "secrets", plan->options->secrets != NULL ?
	    plan->options->secrets : OUR_FILE);
	if (!found)
		plan_refused(plan, part->role == PLAN_SERVER ?
		    "no users were found; name their ppp.secret, or write "
		    "NAME * SECRET * for each to the file" :
		    "no password was found: write USER * SECRET * to the "
		    "file");
}

/* As a word that pppd and pptpalgd read. */
static void
print_word(const char *word, FILE *f)
{
	putc('"', f);
	for (; *word != '\0'; word++) {
		if ((unsigned char)*word < ' ' || *word == 0x7f)
			fprintf(f, "\\%03o", (unsigned char)*word);
		else {
			if (*word == '"' || *word == '\\')
				putc('\\', f);
			putc(*word, f);
		}
	}
	putc('"', f);
}

static void
print_secret(const struct plan *plan, const struct plan_secret *s, FILE *f)
{
	const char *client = s->client, *server = s->server;
	const struct plan_part *part;
	const struct dial *dial;

	for (part = plan->parts; part != NULL && *s->client == '\0';
	    part = part->next) {
		if (part->role != PLAN_CLIENT ||
		    strcmp(part->name, s->server) != 0)
			continue;
		dial = part->object;
		client = dial->user;
		server = dial->remote_name[0] != '\0' ? dial->remote_name :
		    dial->name;
	}
	print_word(client, f);
	putc(' ', f);
	print_word(server[0] != '\0' ? server : s->server, f);
	putc(' ', f);
	print_word(s->secret, f);
	fprintf(f, " %s\n", s->address);
}

/* With the daemon's user, where there is one. */
static int
share_file(int fd)
{
	const struct passwd *user = getpwnam(CONFIG_DEFAULT_USER);

	if (user == NULL || geteuid() != 0)
		return 0;
	return fchown(fd, 0, user->pw_gid) == -1 ? -1 : fchmod(fd, 0640);
}

void
secret_write(struct plan *plan)
{
	const char *path = plan->options->secrets;
	const struct plan_secret *s;
	FILE *f = NULL;
	int fd;

	if (plan->secrets == NULL)
		return;
	plan->file = path != NULL ? path : "secrets";
	plan->line = 0;
	plan->directive = "secrets";
	if (path == NULL) {
		plan_refused(plan, "not shown; run it again with "
		    "--secrets FILE, which makes the file that the "
		    "configuration names");
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 || share_file(fd) == -1 ||
	    (f = fdopen(fd, "w")) == NULL) {
		plan_refused(plan, strerror(errno));
		return;
	}
	setvbuf(f, NULL, _IONBF, 0);	/* keeps no copy */
	for (s = plan->secrets; s != NULL; s = s->next)
		print_secret(plan, s, f);
	if (fclose(f) == EOF)
		plan_refused(plan, strerror(errno));
	else
		plan_mapped(plan, path);
}
