/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration as a whole: its keys outside of sections with a name,
 * reading, printing and freeing it, and warnings of what is weak in it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/ifnames.h"
#include "conf/parse.h"
#include "conf/section.h"
#include "conf/text.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define CONFIG(m)	KEY_MEMBER(config, m)
#define CONFIG_MAX	(64 * 1024)

static const char *const engines[] = { "auto", "bpf", "nfqueue", NULL };
static const char *const forwards[] = { "auto", "stack", "direct", NULL };
static const char *const malformed[] = { "pass", "reset", NULL };
static const char *const waits[] = { "none", "local", "replica", NULL };
static const char *const levels[] = {
	"error", "warning", "info", "debug", NULL
};

/* In the order of enum alg_method. */
static const char *const methods[] = {
	"none", "pap", "chap", "mschap", "mschap-v2", "eap", NULL
};
static const char *const encryptions[] = {
	"none", "any", "mppe-128", NULL
};
static const char *const otherwise[] = { "log", "end", NULL };

static const struct key keys[] = {
	{ "user", NULL, KEY_TYPE(TEXT), .value.empty = true, CONFIG(user),
	    .standard = CONFIG_DEFAULT_USER },
	{ "control-socket", NULL, KEY_TYPE(PATH), CONFIG(control_socket),
	    .standard = "/run/pptpalg/pptpalgd.sock" },
	{ "journal", NULL, KEY_TYPE(PATH), CONFIG(journal),
	    .value.empty = true },
	{ "malformed", NULL, KEY_WORD(malformed), CONFIG(malformed_reset),
	    .standard = "reset" },
	{ "mark", NULL, KEY_TYPE(BIT), .value.min = 1,
	    .value.max = 0x80000000, CONFIG(mark), .standard = "0x40000000" },
	{ "control", "queue", KEY_NUMBER(0, UINT16_MAX),
	    CONFIG(queue_control), .standard = "1723" },
	{ "gre", "queue", KEY_NUMBER(0, UINT16_MAX), CONFIG(queue_gre),
	    .standard = "1724" },
	{ "hairpin", "queue", KEY_NUMBER(0, UINT16_MAX),
	    CONFIG(queue_hairpin), .standard = "1725" },
	{ "engine", "gre", KEY_WORD(engines), CONFIG(engine),
	    .standard = "auto" },
	{ "forward", "gre", KEY_WORD(forwards), CONFIG(forward),
	    .standard = "auto" },
	{ "connections", "limits", KEY_NUMBER(1, 1000000),
	    CONFIG(connections), .standard = "100000" },
	{ "calls-per-connection", "limits", KEY_NUMBER(1, 65536),
	    CONFIG(calls_per_connection), .standard = "64" },
	{ "calls-per-client", "limits", KEY_NUMBER(1, 1000000),
	    CONFIG(calls_per_client), .standard = "1024" },
	{ "quarantine", "limits", KEY_NUMBER(0, 86400), CONFIG(quarantine),
	    .standard = "60" },
	{ "authentication", "require", KEY_FLAGS(methods),
	    CONFIG(require.methods) },
	{ "encryption", "require", KEY_WORD(encryptions),
	    CONFIG(require.encryption), .standard = "none" },
	{ "otherwise", "require", KEY_WORD(otherwise), CONFIG(require.end),
	    .standard = "log" },
	{ "listen", "metrics", KEY_TYPE(LOCAL), CONFIG(metrics),
	    .value.empty = true },
	{ "store", "cluster", KEY_TYPE(TEXT), CONFIG(cluster.store),
	    .value.empty = true, .standard = "" },
	{ "master", "cluster", KEY_TYPE(TEXT), CONFIG(cluster.master),
	    .value.empty = true, .standard = "" },
	{ "name", "cluster", KEY_TYPE(TEXT), CONFIG(cluster.name),
	    .standard = "pptpalg" },
	{ "node", "cluster", KEY_TYPE(TEXT), CONFIG(cluster.node),
	    .value.empty = true, .standard = "" },
	{ "wait", "cluster", KEY_WORD(waits), CONFIG(cluster.wait),
	    .standard = "none" },
	{ "password-file", "cluster", KEY_TYPE(PATH),
	    CONFIG(cluster.password_file), .value.empty = true,
	    .standard = "" },
	{ "level", "log", KEY_WORD(levels), CONFIG(log_level),
	    .standard = "info" },
	{ "accounting", "log", KEY_TYPE(PATH), CONFIG(accounting),
	    .value.empty = true, .standard = "" },
};

const struct key_part *
config_parts(void)
{
	static const struct key_part parts[] = {
		{ keys, NELEM(keys), 0 }, { NULL, 0, 0 }
	};

	return parts;
}

void
config_default_journal(struct config *config)
{
	const char *path = config->control_socket;
	size_t len = strlen(path);

	if (len > 5 && strcmp(path + len - 5, ".sock") == 0)
		len -= 5;
	snprintf(config->journal, sizeof(config->journal), "%.*s.journal",
	    (int)len, path);
}

struct config *
config_parse(const char *text, size_t len, const char *name, char *error,
    size_t size)
{
	struct config *config = calloc(1, sizeof(*config));
	char *copy = malloc(len + 1);
	int result = -1;

	if (config == NULL || copy == NULL) {
		snprintf(error, size, "%s: %s", name, strerror(errno));
	} else {
		memcpy(copy, text, len);
		copy[len] = '\0';
		if (text_clean(copy, len, name, error, size) == 0)
			result = parse_text(config, copy, len, name, error,
			    size);
	}
	free(copy);
	if (result == -1) {
		config_free(config);
		config = NULL;
	}
	return config;
}

struct config *
config_read(const char *file, char *error, size_t size)
{
	struct config *config = NULL;
	FILE *f = fopen(file, "re");
	char *text = malloc(CONFIG_MAX);
	size_t len = 0;

	if (f == NULL || text == NULL ||
	    ((len = fread(text, 1, CONFIG_MAX, f)) == 0 && ferror(f)))
		snprintf(error, size, "%s: %s", file, strerror(errno));
	else if (len == CONFIG_MAX)
		snprintf(error, size, "%s: expected less than %d KiB", file,
		    CONFIG_MAX / 1024);
	else
		config = config_parse(text, len, file, error, size);
	if (f != NULL)
		fclose(f);
	free(text);
	return config;
}

void
config_free(struct config *config)
{
	struct terminate *terminate;
	struct dial *dial;

	if (config == NULL)
		return;
	ifnames_free(&config->outside);
	ifnames_free(&config->inside);
	while ((terminate = config->terminate) != NULL) {
		config->terminate = terminate->next;
		free(terminate);
	}
	while ((dial = config->dial) != NULL) {
		config->dial = dial->next;
		free(dial);
	}
	free(config);
}

static void
print_names(const char *key, const struct config_names *names, FILE *f)
{
	size_t i;

	fprintf(f, "%s = {", key);
	for (i = 0; i < names->n; i++)
		fprintf(f, "%s\"%s\"", i > 0 ? ", " : "", names->name[i]);
	fprintf(f, "}\n");
}

void
config_print(const struct config *config, FILE *f)
{
	const struct terminate *terminate;
	const struct dial *dial;

	print_names("outside", &config->outside, f);
	print_names("inside", &config->inside, f);
	key_print(config_parts(), config, NULL, "", f);
	for (terminate = config->terminate; terminate != NULL;
	    terminate = terminate->next) {
		fprintf(f, "terminate %s {\n", terminate->name);
		key_print(terminate_parts(), terminate, NULL, "\t", f);
		fprintf(f, "}\n");
	}
	for (dial = config->dial; dial != NULL; dial = dial->next) {
		fprintf(f, "dial %s {\n", dial->name);
		key_print(dial_parts(), dial, NULL, "\t", f);
		fprintf(f, "}\n");
	}
}

/* Whom to tell, about which section. */
struct warner {
	void		(*warn)(void *, const char *);
	void		 *arg;
	const char	 *kind, *name;
};

static void __attribute__((format(printf, 2, 3)))
warn_about(const struct warner *warner, const char *format, ...)
{
	char text[512];
	va_list args;
	int len;

	len = snprintf(text, sizeof(text), "%s %s: ", warner->kind,
	    warner->name);
	va_start(args, format);
	vsnprintf(text + len, sizeof(text) - (size_t)len, format, args);
	va_end(args);
	warner->warn(warner->arg, text);
}

static const struct {
	enum tunnel_method	 method;
	const char		*sentence;
} weak_methods[] = {
	{ TUNNEL_PAP, "methods: pap sends passwords that anybody on the way "
	    "can read" },
	{ TUNNEL_CHAP, "methods: chap lets who listens guess passwords "
	    "offline, and gives no encryption" },
	{ TUNNEL_MSCHAP, "methods: mschap is broken, its password hashes can "
	    "be computed from one login that was heard" },
};

static const struct {
	enum tunnel_key		 key;
	const char		*sentence;
} weak_keys[] = {
	{ TUNNEL_KEY_40, "key-lengths: 40 bits are searched through in "
	    "minutes" },
	{ TUNNEL_KEY_56, "key-lengths: 56 bits are searched through in hours" },
};

static void
tunnel_warnings(const struct tunnel_options *o, const struct warner *warner)
{
	size_t i;

	for (i = 0; i < NELEM(weak_methods); i++)
		if (o->methods & weak_methods[i].method)
			warn_about(warner, "%s", weak_methods[i].sentence);
	if (o->encryption == TUNNEL_CLEAR)
		warn_about(warner, "encryption = none: traffic can be read and "
		    "changed on the way");
	if (o->encryption == TUNNEL_OPTIONAL)
		warn_about(warner,
		    "encryption = optional: who is on the way can "
		    "turn encryption off");
	if (o->encryption == TUNNEL_CLEAR)
		return;
	for (i = 0; i < NELEM(weak_keys); i++)
		if (o->key_lengths & weak_keys[i].key)
			warn_about(warner, "%s", weak_keys[i].sentence);
	if (o->stateful)
		warn_about(warner,
		    "stateful = yes: 256 packets share a key, and a "
		    "lost packet costs those that follow it");
}

void
config_warnings(const struct config *config,
    void (*warn)(void *arg, const char *sentence), void *arg)
{
	struct warner warner = { warn, arg, "terminate", NULL };
	const struct terminate *t;
	const struct dial *d;

	for (t = config->terminate; t != NULL; t = t->next) {
		warner.name = t->name;
		tunnel_warnings(&t->tunnel, &warner);
		if (t->radius_unsigned && t->nradius > 0)
			warn_about(&warner, "radius-unsigned = yes: who is "
			    "between this host and the RADIUS server can let "
			    "everybody in");
		if (!t->source_check)
			warn_about(&warner,
			    "source-check = no: clients can send "
			    "packets in the name of others");
	}
	warner.kind = "dial";
	for (d = config->dial; d != NULL; d = d->next) {
		warner.name = d->name;
		tunnel_warnings(&d->tunnel, &warner);
	}
}

struct terminate *
config_terminate(const struct config *config, const char *name)
{
	struct terminate *terminate = config->terminate;

	while (terminate != NULL && strcmp(terminate->name, name) != 0)
		terminate = terminate->next;
	return terminate;
}

struct dial *
config_dial(const struct config *config, const char *name)
{
	struct dial *dial = config->dial;

	while (dial != NULL && strcmp(dial->name, name) != 0)
		dial = dial->next;
	return dial;
}

int
config_level(const char *word)
{
	int i;

	for (i = 0; levels[i] != NULL; i++)
		if (strcmp(levels[i], word) == 0)
			return i;
	return -1;
}

const char *
config_forward_name(enum config_forward forward)
{
	return forwards[forward];
}

const char *
config_level_name(enum config_level level)
{
	return levels[level];
}
