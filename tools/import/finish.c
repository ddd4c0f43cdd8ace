/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completes what was imported: what only all directives together say. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "conf/section.h"
#include "tools/import/finish.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define ALL		(TUNNEL_PAP | TUNNEL_CHAP | KEYED)
#define KEYED		(TUNNEL_MSCHAP | TUNNEL_MSCHAP_V2)
#define OUR_SECRETS	"/etc/pptpalg/chap-secrets"
#define PPPD_SECRETS	"/etc/ppp/chap-secrets"

static const char *
secrets_file(const struct plan *plan)
{
	return plan->options->secrets != NULL ? plan->options->secrets :
	    OUR_SECRETS;
}

static void
note_left_out(struct plan *plan, const char *methods, const char *why)
{
	plan->directive = methods;
	plan_ignored(plan, why);
}

/* Which methods are left; what cannot encrypt is left out where it must. */
static uint32_t
methods_of(struct plan *plan, struct plan_part *part)
{
	uint32_t methods = part->want != 0 ? part->want & ~part->refuse :
	    ALL & ~part->refuse;
	bool asked = part->want != 0 || part->refuse != 0;

	if (part->mppe && (methods & ~KEYED) != 0) {
		methods &= KEYED;
		if (asked)
			note_left_out(plan, "pap, chap", "they give no keys "
			    "for the encryption that is required");
	}
	if ((methods & TUNNEL_MSCHAP_V2) != 0 &&
	    (methods & TUNNEL_MSCHAP) != 0 &&
	    (part->bsd ||
		(part->mppe && (part->role == PLAN_CLIENT || !asked)) ||
		(part->role == PLAN_SERVER && !asked))) {
		methods &= ~(uint32_t)TUNNEL_MSCHAP;
		note_left_out(plan, "mschap", "left out where mschap-v2 does; "
		    "add it to methods if a peer has nothing else");
	}
	if (part->role == PLAN_SERVER && !asked)
		methods &= TUNNEL_MSCHAP_V2;
	return methods;
}

static void
add_bits(struct plan *plan, struct plan_part *part, const char *key,
    const char *const *words, uint32_t bits)
{
	plan->directive = "(all of it)";
	for (; *words != NULL; words++, bits >>= 1)
		if (bits & 1)
			plan_add(plan, part, key, *words);
}

static void
finish_methods(struct plan *plan, struct plan_part *part)
{
	static const char *const methods[] = {
		"pap", "chap", "mschap", "mschap-v2", NULL
	};
	static const char *const lengths[] = { "40", "56", "128", NULL };
	uint32_t keys = (part->lengths != 0 ? part->lengths :
	    (uint32_t)TUNNEL_KEY_128) & ~part->never_lengths;
	const char *encryption;
	uint32_t bits;

	if (part->never_mppe)
		part->mppe = false;
	bits = methods_of(plan, part);
	plan->directive = "(all of it)";
	if (bits == 0) {
		plan_refused(plan, "no method to log in is left");
		return;
	}
	encryption = part->mppe ? "required" :
	    part->never_mppe || (bits & KEYED) == 0 ? "none" : "optional";
	if (part->role == PLAN_SERVER && part->want == 0 && part->refuse == 0
	    && !part->never_mppe)
		encryption = "required";
	add_bits(plan, part, "methods", methods, bits);
	plan_set(plan, part, "encryption", encryption);
	if (strcmp(encryption, "none") == 0)
		return;
	if (keys != 0)
		add_bits(plan, part, "key-lengths", lengths, keys);
	else
		plan_refused(plan, "no key length is left");
}

/* Secrets: the files of pppd, and the one for those found on the way. */
static void
finish_secret_files(struct plan *plan, struct plan_part *part)
{
	bool found = false;
	struct plan_secret *s;

	for (s = plan->secrets; s != NULL; s = s->next)
		found |= part->role == PLAN_SERVER ? *s->client != '\0' :
		    *s->client == '\0' && strcmp(s->server, part->name) == 0;
	plan->directive = "(all of it)";
	if (found || (!plan_has(part, "secrets") && !part->pppd))
		plan_add(plan, part, "secrets", secrets_file(plan));
	else if (!plan_has(part, "secrets"))
		plan_set(plan, part, "secrets", PPPD_SECRETS);
}

/* pppd's name is the host's, if nothing else is said. */
static void
finish_name(struct plan *plan, struct plan_part *part)
{
	char path[TUNNEL_FILE_MAX], name[TUNNEL_HOST_MAX] = "";
	FILE *f;

	if (plan_has(part, "server-name") ||
	    !plan_path(plan, "/etc/hostname", path, sizeof(path)))
		return;
	f = fopen(path, "re");
	if (f != NULL && fgets(name, sizeof(name), f) != NULL)
		name[strcspn(name, " \t\n")] = '\0';
	if (f != NULL)
		fclose(f);
	if (name[0] != '\0')
		plan_set_as(plan, part, "(the host's name)", "server-name",
		    name);
}

/* Scripts that pppd runs without being told. */
static void
finish_scripts(struct plan *plan, struct plan_part *part)
{
	static const char *const names[] = {
		"ip-pre-up", "ip-up", "ip-down", "ipv6-up", "ipv6-down",
		"auth-up", "auth-down"
	};
	char file[64], path[TUNNEL_FILE_MAX];
	size_t i;

	for (i = 0; i < NELEM(names); i++) {
		snprintf(file, sizeof(file), "/etc/ppp/%s", names[i]);
		if (!plan_has(part, names[i]) &&
		    plan_path(plan, file, path, sizeof(path)) &&
		    access(path, X_OK) == 0)
			plan_set_as(plan, part, "(pppd runs it)", names[i],
			    file);
	}
}

void
finish_part(struct plan *plan, struct plan_part *part)
{
	plan->file = part->name;
	plan->line = 0;
	finish_methods(plan, part);
	finish_secret_files(plan, part);
	if (part->pppd) {
		finish_scripts(plan, part);
		if (part->role == PLAN_SERVER)
			finish_name(plan, part);
	}
	if (part->role == PLAN_SERVER && !plan_has(part, "listen"))
		plan_set_as(plan, part, "(no address)", "listen", "0.0.0.0");
	if (part->role == PLAN_SERVER &&
	    ((struct terminate *)part->object)->tunnel.ipv6)
		plan_set_as(plan, part, "(ipv6)", "interfaces", "each");
	if (part->by_hand) {
		plan_set_as(plan, part, "(persist)", "reconnect",
		    part->persist ? "yes" : "no");
		plan_set_as(plan, part, "(by hand)", "automatic",
		    part->persist ? "yes" : "no");
	}
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

void
finish_secrets(struct plan *plan)
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
	if (fd == -1 || (f = fdopen(fd, "w")) == NULL) {
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
