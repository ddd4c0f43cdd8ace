/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <confuse.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "conf/config.h"
#include "conf/key.h"
#include "conf/names.h"
#include "conf/text.h"

#define DEFAULT_SOCKET		"/run/pptpalg/pptpalgd.sock"

/* The parse under way: libconfuse gives its callbacks no pointer of ours. */
static struct parse {
	struct config	*config;
	const char	*name;
	char		*error;
	size_t		 size;
	bool		 seen[KEYS_MAX], seen_socket, seen_journal;
} *parse;

static int
fail_twice(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_error(cfg, "%s is set twice", opt->name);
	return -1;
}

static int
check_key(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *text = cfg_opt_getnstr(opt, 0);
	size_t key = key_find(opt->name);
	char error[256];

	if (parse->seen[key])
		return fail_twice(cfg, opt);
	parse->seen[key] = true;
	if (key_set(parse->config, key, text, error, sizeof(error)) == 0)
		return 0;
	cfg_error(cfg, "%s", error);
	return -1;
}

/* What would need quoting in config_print is not worth having. */
static bool
path_is_valid(const char *path)
{
	const char *c;

	for (c = path; *c > ' ' && *c < 0x7f && !strchr("\"\\$", *c); c++)
		;
	return path[0] == '/' && path[strlen(path) - 1] != '/' && *c == '\0';
}

static int
check_path(cfg_t *cfg, cfg_opt_t *opt, bool *seen, char *to, size_t size)
{
	const char *path = cfg_opt_getnstr(opt, 0);

	if (*seen)
		return fail_twice(cfg, opt);
	if (!path_is_valid(path)) {
		cfg_error(cfg, "%s: expected an absolute path of a file, "
		    "without spaces and quotes, not '%s'", opt->name, path);
		return -1;
	}
	if (strlen(path) >= size) {
		cfg_error(cfg, "%s: expected at most %zu characters, not %zu",
		    opt->name, size - 1, strlen(path));
		return -1;
	}
	*seen = true;
	strcpy(to, path);
	return 0;
}

static int
check_socket(cfg_t *cfg, cfg_opt_t *opt)
{
	return check_path(cfg, opt, &parse->seen_socket,
	    parse->config->control_socket, CONFIG_PATH_MAX);
}

static int
check_journal(cfg_t *cfg, cfg_opt_t *opt)
{
	char *to = parse->config->journal;

	if (*cfg_opt_getnstr(opt, 0) != '\0' || parse->seen_journal)
		return check_path(cfg, opt, &parse->seen_journal, to,
		    CONFIG_JOURNAL_MAX);
	parse->seen_journal = true;
	*to = '\0';		/* none */
	return 0;
}

static int
check_name(cfg_t *cfg, cfg_opt_t *opt, const char *name)
{
	struct config *config = parse->config;
	struct config_names *names, *others;
	const char *overlap;

	names = strcmp(opt->name, "outside") == 0 ? &config->outside :
	    &config->inside;
	others = names == &config->outside ? &config->inside :
	    &config->outside;
	if (!name_is_valid(name))
		cfg_error(cfg, "%s: expected the name of an interface (at "
		    "most %d letters, digits or ._-@, and + at its end for "
		    "any ending), not '%s'", opt->name, IFNAMSIZ - 1, name);
	else if ((overlap = names_overlap(names, name)) != NULL)
		cfg_error(cfg, "%s: '%s' is named twice (as '%s' before)",
		    opt->name, name, overlap);
	else if ((overlap = names_overlap(others, name)) != NULL)
		cfg_error(cfg, "'%s' is both inside and outside (as '%s' "
		    "before)", name, overlap);
	else if (names_add(names, name) == -1)
		cfg_error(cfg, "%s", strerror(errno));
	else
		return 0;
	return -1;
}

/* Called after each name, and again at the closing brace. */
static int
check_names(cfg_t *cfg, cfg_opt_t *opt)
{
	const struct config_names *names;
	unsigned int n = cfg_opt_size(opt);

	names = strcmp(opt->name, "outside") == 0 ?
	    &parse->config->outside : &parse->config->inside;
	if (n == names->n + 1)
		return check_name(cfg, opt, cfg_opt_getnstr(opt, n - 1));
	if (n == names->n && strcmp(cfg_opt_getnstr(opt, n - 1),
	    names->name[n - 1]) == 0)
		return 0;
	return fail_twice(cfg, opt);
}

#define VALUE(n, f)	{ .name = n, .type = CFGT_STR, .validcb = f }
#define LIST(n, f)	{ .name = n, .type = CFGT_STR, .flags = CFGF_LIST, \
			    .validcb = f }
#define SECTION(n, s)	{ .name = n, .type = CFGT_SEC, .subopts = s }

static cfg_opt_t queue_options[] = {
	VALUE("control", check_key), VALUE("gre", check_key), CFG_END()
};
static cfg_opt_t gre_options[] = {
	VALUE("engine", check_key), VALUE("forward", check_key), CFG_END()
};
static cfg_opt_t limits_options[] = {
	VALUE("connections", check_key),
	VALUE("calls-per-connection", check_key),
	VALUE("calls-per-client", check_key),
	VALUE("quarantine", check_key), CFG_END()
};
static cfg_opt_t log_options[] = {
	VALUE("level", check_key), CFG_END()
};
static cfg_opt_t options[] = {
	LIST("outside", check_names), LIST("inside", check_names),
	SECTION("queue", queue_options), SECTION("gre", gre_options),
	VALUE("control-socket", check_socket),
	VALUE("journal", check_journal),
	VALUE("malformed", check_key), VALUE("mark", check_key),
	SECTION("limits", limits_options), SECTION("log", log_options),
	CFG_END()
};

/* FILE:LINE: and libconfuse's sentence or ours; the first one counts. */
static void
report(cfg_t *cfg, const char *format, va_list args)
{
	char text[512];
	size_t len;
	unsigned int i;

	if (parse->error[0] != '\0')
		return;
	vsnprintf(text, sizeof(text), format, args);
	if (strncmp(format, "no such option", 14) == 0) {
		for (i = 0; i < cfg_num(cfg); i++) {
			len = strlen(text);
			snprintf(text + len, sizeof(text) - len, "%s%s",
			    i == 0 ? "; expected one of: " : ", ",
			    cfg_opt_name(cfg_getnopt(cfg, i)));
		}
	}
	snprintf(parse->error, parse->size, "%s:%d: %s", parse->name,
	    cfg->line, text);
}

/* What only the whole can tell. */
static int
check_whole(cfg_t *cfg, const struct config *config)
{
	if (config->outside.n == 0)
		cfg_error(cfg, "outside: expected at least one interface, "
		    "such as outside = {\"eth0\"}");
	else if (config->queue_control == config->queue_gre)
		cfg_error(cfg_getsec(cfg, "queue"), "queue: expected two "
		    "numbers, not %u for both", config->queue_gre);
	else
		return 0;
	return -1;
}

static struct config *
config_new(void)
{
	struct config *config = calloc(1, sizeof(*config));

	if (config == NULL)
		return NULL;
	strcpy(config->control_socket, DEFAULT_SOCKET);
	key_defaults(config);
	return config;
}

/* Beside the control socket, so that no two daemons share one. */
static void
default_journal(struct config *config)
{
	const char *path = config->control_socket;
	size_t len = strlen(path);

	if (len > 5 && strcmp(path + len - 5, ".sock") == 0)
		len -= 5;
	snprintf(config->journal, sizeof(config->journal), "%.*s.journal",
	    (int)len, path);
}

/* Fills parse->config from a text that text_clean has seen. */
static int
parse_clean(char *text, size_t len)
{
	cfg_t *cfg = cfg_init(options, CFGF_NONE);
	FILE *file = fmemopen(text, len, "r");
	int result = -1;

	if (cfg == NULL || file == NULL) {
		snprintf(parse->error, parse->size, "%s: %s", parse->name,
		    strerror(errno));
	} else {
		cfg_set_error_function(cfg, report);
		if (cfg_parse_fp(cfg, file) == CFG_SUCCESS)
			result = check_whole(cfg, parse->config);
		else	/* libconfuse has no sentence for an empty key */
			cfg_error(cfg, "expected a key");
	}
	if (file != NULL)
		fclose(file);
	if (cfg != NULL)
		cfg_free(cfg);
	return result;
}

struct config *
config_parse(const char *text, size_t len, const char *name, char *error,
    size_t size)
{
	struct config *config = config_new();
	struct parse this = { .config = config, .name = name, .error = error,
	    .size = size };
	char *copy = malloc(len + 1);
	int result = -1;

	error[0] = '\0';
	parse = &this;
	if (config == NULL || copy == NULL) {
		snprintf(error, size, "%s: %s", name, strerror(errno));
	} else {
		memcpy(copy, text, len);
		copy[len] = '\0';
		if (text_clean(copy, len, name, error, size) == 0)
			result = parse_clean(copy, len);
		if (!this.seen_journal)
			default_journal(config);
	}
	parse = NULL;
	free(copy);
	if (result == -1) {
		config_free(config);
		config = NULL;
	}
	return config;
}

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	names_free(&config->outside);
	names_free(&config->inside);
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
	print_names("outside", &config->outside, f);
	print_names("inside", &config->inside, f);
	fprintf(f, "control-socket = \"%s\"\n", config->control_socket);
	fprintf(f, "journal = \"%s\"\n", config->journal);
	key_print(config, f);
}
