/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An import: tells kinds of files apart, has them read, prints the result. */
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/private.h"
#include "conf/section.h"
#include "tools/import/finish.h"
#include "tools/import/host.h"
#include "tools/import/kind.h"
#include "tools/import/secret.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define FILE_MAX	(1024 * 1024)

/* Does a line start with one of these words (ended by a NULL)? */
static bool
has_line(const char *text, const char *const words[])
{
	size_t i, n;

	while (*text != '\0') {
		text += strspn(text, " \t");
		for (i = 0; words[i] != NULL; i++) {
			n = strlen(words[i]);
			if (strncmp(text, words[i], n) == 0)
				return true;
		}
		text += strcspn(text, "\n");
		text += *text != '\0';
	}
	return false;
}

static bool
is_nm(const char *text)
{
	static const char *const words[] = { "[connection]", "[vpn]", NULL };

	return has_line(text, words);
}

static bool
is_peer(const char *text)
{
	static const char *const words[] = {
		"pty ", "pty\t", "pptp_server", "plugin pptp.so", NULL
	};

	return has_line(text, words) && strstr(text, "pptp") != NULL;
}

static bool
is_pptpd(const char *text)
{
	static const char *const words[] = {
		"localip", "remoteip", "option ", NULL
	};

	return has_line(text, words);
}

static bool
is_options(const char *text)
{
	static const char *const words[] = {
		"require-", "refuse-", "ms-dns", "mppe-", "+mppe", "proxyarp",
		"noauth", "auth", "lock", "name ", "file ", NULL
	};

	return has_line(text, words);
}

static bool
is_ppp(const char *text)
{
	static const char *const words[] = {
		"set ", "enable ", "load ", "add ", "add! ", NULL
	};

	return has_line(text, words);
}

static bool
is_radius(const char *text)
{
	static const char *const words[] = { "authserver", "acctserver", NULL };

	return has_line(text, words);
}

/* By their names, then by what is in them; the first that fits. */
static const struct {
	const char	*name;
	bool		(*is)(const char *text);
	kind_read	*read;
} kinds[] = {
	{ "*/peers/*", NULL, pppd_read_peer },
	{ "*pptpd.conf", NULL, pptpd_read },
	{ "*ppp.conf", NULL, ppp_read },
	{ "*ppp.secret", NULL, ppp_read_secret },
	{ "*ppp.linkup", NULL, ppp_read_link },
	{ "*ppp.linkdown", NULL, ppp_read_link },
	{ "*.nmconnection", NULL, nm_read },
	{ NULL, is_nm, nm_read },
	{ NULL, is_peer, pppd_read_peer },
	{ NULL, is_pptpd, pptpd_read },
	{ NULL, is_ppp, ppp_read },
	{ NULL, is_options, pppd_read_options },
	{ "*options*", NULL, pppd_read_options },
};

static size_t
kind_of(const char *file, const char *text)
{
	size_t i;

	for (i = 0; i < NELEM(kinds); i++)
		if (kinds[i].name != NULL ?
		    fnmatch(kinds[i].name, file, 0) == 0 : kinds[i].is(text))
			break;
	return i;
}

/* A text that ends with NUL, or NULL with errno. */
static char *
read_text(const char *path, size_t *len)
{
	char *text = malloc(FILE_MAX + 1);
	FILE *f = fopen(path, "re");

	*len = 0;
	if (f != NULL && text != NULL) {
		*len = fread(text, 1, FILE_MAX, f);
		text[*len] = '\0';
		errno = ferror(f) ? errno : *len == FILE_MAX ? EFBIG :
		    strlen(text) < *len ? EILSEQ : 0;
	}
	if (f != NULL)
		fclose(f);
	if (errno == 0 && text != NULL)
		return text;
	free(text);
	return NULL;
}

bool
import_nested(struct plan *plan, struct plan_part *part, const char *file)
{
	const char *old_file = plan->file, *directive = plan->directive, *name;
	unsigned old_line = plan->line;
	char path[TUNNEL_FILE_MAX], *text;
	size_t len;

	if (plan->nested++ >= PLAN_NESTED_MAX ||
	    !plan_path(plan, file, path, sizeof(path))) {
		plan_refused(plan, "too many files");
		return false;
	}
	text = read_text(path, &len);
	name = arena_text(&plan->arena, path);
	if (text == NULL || name == NULL) {
		if (directive[0] == '(')
			plan_ignored(plan, path);
		else
			plan_refused(plan, "the file cannot be "
			    "read; see --root");
		private_free(text, len);
		return false;
	}
	plan_mapped(plan, path);
	plan->file = name;
	plan->line = 0;
	if (is_radius(text))
		map_radius_read(plan, part, text);
	else if (part->role == PLAN_SERVER && is_ppp(text) &&
	    !is_options(text))
		ppp_read(plan, file, text, len);
	else
		pppd_read_words(plan, part, text, len);
	plan->file = old_file;
	plan->line = old_line;
	plan->directive = directive;
	private_free(text, len);
	return true;
}

static int
read_file(struct plan *plan, const char *file)
{
	const char *name = strrchr(file, '/');
	size_t len, kind;
	char *text;

	text = read_text(file, &len);
	if (text == NULL) {
		fprintf(plan->errors, "%s: %s\n", file, strerror(errno));
		return -1;
	}
	kind = kind_of(file, text);
	if (kind < NELEM(kinds)) {
		plan->file = file;
		plan->nested = 0;
		kinds[kind].read(plan, name != NULL ? name + 1 : file, text,
		    len);
	} else
		fprintf(plan->errors, "%s: expected a configuration of pptpd, "
		    "pppd, ppp(8) or NetworkManager\n", file);
	private_free(text, len);
	return kind < NELEM(kinds) ? 0 : -1;
}

static void
note_warning(void *arg, const char *sentence)
{
	fprintf(arg, "# warning: %s\n", sentence);
}

/* The daemon must take the result; what it lacks is told. */
static void
check_result(struct plan *plan, const char *text, size_t len)
{
	struct config *config;
	char error[512], *sentence;

	config = config_parse(text, len, "", error, sizeof(error));
	plan->file = "result";
	plan->directive = "complete it";
	plan->line = 0;
	if (config == NULL) {
		sentence = strchr(error, ' ');	/* behind :LINE: */
		plan_refused(plan, sentence != NULL ? sentence + 1 : error);
	} else
		config_warnings(config, note_warning, plan->notes);
	config_free(config);
}

/* The sections; free it. */
static char *
print_parts(struct plan *plan, size_t *len)
{
	const struct plan_part *part;
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	for (part = plan->parts; f != NULL && part != NULL;
	    part = part->next) {
		fprintf(f, "%s %s {\n", part->role == PLAN_SERVER ?
		    "terminate" : "dial", part->name);
		key_print(part->keys, part->object, part->seen, "\t", f);
		fprintf(f, "}\n");
	}
	if (f != NULL)
		fclose(f);
	return text;
}

/* What ppp(8) finds beside ppp.conf and was not named. */
static void
read_beside(struct plan *plan)
{
	static const struct {
		const char	*name;
		unsigned	 bit;
	} files[] = {
		{ "ppp.linkup", PLAN_LINKUP },
		{ "ppp.linkdown", PLAN_LINKDOWN },
		{ "ppp.secret", PLAN_SECRET },
	};
	const struct plan_part *part;
	char path[TUNNEL_FILE_MAX];
	const char *slash;
	size_t i;

	for (part = plan->parts; part != NULL; part = part->next)
		for (i = 0; part->ppp_conf != NULL && i < NELEM(files); i++) {
			slash = strrchr(part->ppp_conf, '/');
			snprintf(path, sizeof(path), "%.*s%s", slash == NULL ?
			    0 : (int)(slash + 1 - part->ppp_conf),
			    part->ppp_conf, files[i].name);
			if ((plan->beside & files[i].bit) == 0 &&
			    (files[i].bit != PLAN_SECRET ||
				part->role == PLAN_SERVER) &&
			    access(path, F_OK) == 0)
				(void)read_file(plan, plan_keep_text(plan,
				    path));
		}
}

static void
finish_import(struct plan *plan, FILE *out, char **notes)
{
	struct plan_part *part;
	char *text;
	size_t len;

	read_beside(plan);
	for (part = plan->parts; part != NULL; part = part->next)
		finish_part(plan, part);
	secret_write(plan);
	host_check_interfaces(plan);
	text = print_parts(plan, &len);
	if (text != NULL && (plan->parts != NULL || plan->refused == 0))
		check_result(plan, text, len);
	fflush(plan->notes);
	fprintf(out, "%s\n%s", *notes, text != NULL ? text : "");
	free(text);
}

enum import_result
import_files(const char *const *files, size_t n,
    const struct import_options *options, FILE *out, FILE *errors)
{
	struct plan plan = { .options = options, .errors = errors };
	char *notes = NULL;
	size_t i, size;
	int result = 0;

	plan.secrets_end = &plan.secrets;
	plan.notes = open_memstream(&notes, &size);
	for (i = 0; plan.notes != NULL && i < n; i++)
		if (read_file(&plan, files[i]) == -1)
			result = -1;
	if (plan.notes == NULL)
		result = -1;
	else if (result == 0)
		finish_import(&plan, out, &notes);
	if (plan.notes != NULL)
		fclose(plan.notes);
	free(notes);
	arena_free(&plan.arena);
	return result == -1 ? IMPORT_FAILED : plan.refused > 0 ?
	    IMPORT_REFUSED : IMPORT_DONE;
}
