/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses a configuration with libconfuse, by the tables of keys. */
#include <confuse.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "conf/ifnames.h"
#include "conf/parse.h"
#include "conf/section.h"
#include "conf/similar.h"

#define TEXT_MAX	512

/* What keys are set in, and what was set. */
struct scope {
	const struct key_part	*parts;
	void			*object;
	bool			 seen[KEYS_MAX];
	/* Of the list that is being read: key, values so far, last one. */
	size_t			 list;
	unsigned int		 n;
	char			 last[TEXT_MAX];
};

/* The parse under way: libconfuse gives its callbacks no pointer of ours. */
static struct parse {
	struct config	*config;
	const char	*name;
	char		*error;
	size_t		 size;
	struct scope	 whole;
	struct scope	 section;	/* with object NULL: none open */
	struct terminate *terminate, **terminate_end;
	struct dial	*dial, **dial_end;
} *parse;

static int
fail_with(cfg_t *cfg, const char *sentence)
{
	cfg_error(cfg, "%s", sentence);
	return -1;
}

static int
fail_twice(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_error(cfg, "%s is set twice", opt->name);
	return -1;
}

static int
open_section(cfg_t *cfg)
{
	const char *title = cfg_title(cfg);
	struct scope *scope = &parse->section;

	memset(scope, 0, sizeof(*scope));
	scope->list = KEYS_MAX;
	if (!section_name_is_valid(title)) {
		cfg_error(cfg, "%s: expected a name of at most %d letters, "
		    "digits and ._-, not '%s'", cfg_name(cfg),
		    TERMINATE_NAME_MAX - 1, title);
		return -1;
	}
	if (strcmp(cfg_name(cfg), "terminate") == 0) {
		scope->parts = terminate_parts();
		scope->object = parse->terminate =
		    calloc(1, sizeof(*parse->terminate));
		if (scope->object != NULL)
			strcpy(parse->terminate->name, title);
	} else {
		scope->parts = dial_parts();
		scope->object = parse->dial = calloc(1, sizeof(*parse->dial));
		if (scope->object != NULL)
			strcpy(parse->dial->name, title);
	}
	return scope->object != NULL ? 0 : fail_with(cfg, strerror(errno));
}

/* Where a section's keys go; NULL when that was told. */
static struct scope *
scope_of(cfg_t *cfg)
{
	if (cfg_title(cfg) == NULL)
		return &parse->whole;
	if (parse->section.object == NULL && open_section(cfg) == -1)
		return NULL;
	return &parse->section;
}

/* libconfuse calls no validator for NAME = {}, which sets a list, too. */
static void
see_empty_lists(cfg_t *cfg, struct scope *scope)
{
	const cfg_opt_t *opt;
	unsigned int i;

	for (i = 0; i < cfg_num(cfg); i++) {
		opt = cfg_getnopt(cfg, i);
		if ((opt->flags & CFGF_LIST) && (opt->flags & CFGF_MODIFIED))
			scope->seen[key_find(scope->parts, opt->name)] = true;
	}
}

/* At the closing brace: gives a section its place when it is complete. */
static int
close_section(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *last = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	struct scope *scope = scope_of(last);
	char error[TEXT_MAX];
	int result;

	if (scope == NULL)
		return -1;
	see_empty_lists(last, scope);
	key_defaults(scope->parts, scope->object, scope->seen);
	result = parse->dial != NULL ?
	    dial_check(parse->dial, error, sizeof(error)) :
	    terminate_check(parse->terminate, error, sizeof(error));
	if (result == -1) {
		cfg_error(cfg, "%s %s: %s", opt->name, cfg_title(last), error);
		return -1;
	}
	if (parse->dial != NULL) {
		*parse->dial_end = parse->dial;
		parse->dial_end = &parse->dial->next;
	} else {
		*parse->terminate_end = parse->terminate;
		parse->terminate_end = &parse->terminate->next;
	}
	parse->terminate = NULL;
	parse->dial = NULL;
	scope->object = NULL;
	return 0;
}

static int
set_key(cfg_t *cfg, struct scope *scope, size_t key, const char *text)
{
	char error[TEXT_MAX];

	if (key_set(scope->parts, key, scope->object, text, error,
	    sizeof(error)) == -1)
		return fail_with(cfg, error);
	scope->seen[key] = true;
	return 0;
}

static int
check_value(cfg_t *cfg, cfg_opt_t *opt)
{
	struct scope *scope = scope_of(cfg);
	size_t key;

	if (scope == NULL)
		return -1;
	key = key_find(scope->parts, opt->name);
	if (scope->seen[key])
		return fail_twice(cfg, opt);
	return set_key(cfg, scope, key, cfg_opt_getnstr(opt, 0));
}

/* Called after each value, and again at the closing brace. */
static int
check_list(cfg_t *cfg, cfg_opt_t *opt)
{
	struct scope *scope = scope_of(cfg);
	unsigned int n = cfg_opt_size(opt);
	const char *text;
	size_t key;

	if (scope == NULL)
		return -1;
	key = key_find(scope->parts, opt->name);
	if (scope->list != key) {
		if (scope->seen[key])
			return fail_twice(cfg, opt);
		scope->list = key;
		scope->n = 0;
	}
	scope->seen[key] = true;
	if (n == 0)
		return 0;
	text = cfg_opt_getnstr(opt, n - 1);
	if (n == scope->n && strncmp(text, scope->last, TEXT_MAX - 1) == 0)
		return 0;
	if (n != scope->n + 1)
		return fail_twice(cfg, opt);
	scope->n = n;
	snprintf(scope->last, sizeof(scope->last), "%s", text);
	return set_key(cfg, scope, key, text);
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
	if (!ifnames_is_valid(name))
		cfg_error(cfg, "%s: expected the name of an interface (at "
		    "most %d letters, digits or ._-@, and + at its end for "
		    "any ending), not '%s'", opt->name, IFNAMSIZ - 1, name);
	else if ((overlap = ifnames_overlap(names, name)) != NULL)
		cfg_error(cfg, "%s: '%s' is named twice (as '%s' before)",
		    opt->name, name, overlap);
	else if ((overlap = ifnames_overlap(others, name)) != NULL)
		cfg_error(cfg, "'%s' is both inside and outside (as '%s' "
		    "before)", name, overlap);
	else if (ifnames_add(names, name) == -1)
		cfg_error(cfg, "%s", strerror(errno));
	else
		return 0;
	return -1;
}

/* Called like check_list. */
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

#define NAMES(n)	{ .name = n, .type = CFGT_STR, .flags = CFGF_LIST, \
			    .validcb = check_names }
#define SECTION(n, s)	{ .name = n, .type = CFGT_SEC, .subopts = s }
#define TITLED(n, s)	{ .name = n, .type = CFGT_SEC, .subopts = s, \
			    .flags = CFGF_MULTI | CFGF_TITLE | \
			    CFGF_NO_TITLE_DUPES, .validcb = close_section }

/* The options of the file, and of each kind of section. */
static cfg_opt_t queue[KEYS_MAX], gre[KEYS_MAX], limits[KEYS_MAX],
    require[KEYS_MAX], metrics[KEYS_MAX], cluster[KEYS_MAX], log_[KEYS_MAX],
    terminate[KEYS_MAX], dial[KEYS_MAX];
static cfg_opt_t file_options[KEYS_MAX] = {
	NAMES("outside"), NAMES("inside"),
	SECTION("queue", queue), SECTION("gre", gre),
	SECTION("limits", limits), SECTION("require", require),
	SECTION("metrics", metrics), SECTION("cluster", cluster),
	SECTION("log", log_),
	TITLED("terminate", terminate), TITLED("dial", dial),
};

static cfg_opt_t *
options_of(const char *section)
{
	cfg_opt_t *option;

	if (section == NULL)
		return file_options;
	for (option = file_options; strcmp(option->name, section) != 0;
	     option++)
		;
	return option->subopts;
}

/* Tells libconfuse of the keys in a table, once. */
static void
add_options(const struct key_part *parts, const char *section)
{
	const struct key *key;
	cfg_opt_t *option;
	size_t i;

	for (i = 0; (key = key_at(parts, i)) != NULL; i++) {
		option = options_of(section != NULL ? section : key->section);
		while (option->name != NULL &&
		    strcmp(option->name, key->name) != 0)
			option++;
		option->name = key->name;
		option->type = CFGT_STR;
		option->flags = key_is_list(key) ? CFGF_LIST : CFGF_NONE;
		option->validcb = key_is_list(key) ? check_list : check_value;
	}
}

/* Names the known word that is nearest to the one in quotes. */
static void
add_similar(cfg_t *cfg, char text[TEXT_MAX])
{
	char word[TEXT_MAX] = "";
	struct similar s;
	unsigned int i;

	(void)sscanf(text, "%*[^']'%511[^']", word);
	s = similar_to(word);
	for (i = 0; i < cfg_num(cfg); i++)
		similar_offer(&s, cfg_opt_name(cfg_getnopt(cfg, i)));
	similar_add(&s, text, TEXT_MAX);
}

/* FILE:LINE: and libconfuse's sentence or ours; the first one counts. */
static void __attribute__((format(printf, 2, 0)))
report_error(cfg_t *cfg, const char *format, va_list args)
{
	bool unknown = strncmp(format, "no such option", 14) == 0;
	char text[TEXT_MAX];
	size_t len;
	unsigned int i;

	if (parse->error[0] != '\0')
		return;
	vsnprintf(text, sizeof(text), format, args);
	if (unknown)
		add_similar(cfg, text);
	len = strlen(text);
	if (unknown && cfg_title(cfg) != NULL)
		snprintf(text + len, sizeof(text) - len,
		    "; see pptpalg-terminate(5)");
	for (i = 0; unknown && cfg_title(cfg) == NULL && i < cfg_num(cfg);
	    i++) {
		len = strlen(text);
		snprintf(text + len, sizeof(text) - len, "%s%s",
		    i == 0 ? "; expected one of: " : ", ",
		    cfg_opt_name(cfg_getnopt(cfg, i)));
	}
	snprintf(parse->error, parse->size, "%s:%d: %s", parse->name,
	    cfg->line, text);
}

/* What only the whole can tell. */
static int
check_whole(cfg_t *cfg)
{
	struct config *config = parse->config;
	char error[TEXT_MAX];

	key_defaults(config_parts(), config, parse->whole.seen);
	if (!parse->whole.seen[key_find(config_parts(), "journal")])
		config_default_journal(config);
	if (config->outside.n == 0 && config->terminate == NULL &&
	    config->dial == NULL)
		return fail_with(cfg, "outside: expected at least one "
		    "interface, such as outside = {\"eth0\"} (or a section "
		    "terminate or dial)");
	if (config->queue_control == config->queue_gre ||
	    config->queue_control == config->queue_hairpin ||
	    config->queue_gre == config->queue_hairpin) {
		cfg_error(cfg_getsec(cfg, "queue"), "queue: expected three "
		    "numbers, not %u twice", config->queue_control ==
		    config->queue_gre ? config->queue_gre :
		    config->queue_hairpin);
		return -1;
	}
	if (section_check_all(config, error, sizeof(error)) == -1)
		return fail_with(cfg, error);
	return 0;
}

static int
run_parser(char *text, size_t len)
{
	cfg_t *cfg = cfg_init(file_options, CFGF_NONE);
	FILE *file = fmemopen(text, len, "r");
	int result = -1;

	if (cfg == NULL || file == NULL) {
		snprintf(parse->error, parse->size, "%s: %s", parse->name,
		    strerror(errno));
	} else {
		cfg_set_error_function(cfg, report_error);
		if (cfg_parse_fp(cfg, file) == CFG_SUCCESS)
			result = check_whole(cfg);
		else	/* libconfuse has no sentence for an empty key */
			cfg_error(cfg, "expected a key");
	}
	if (file != NULL)
		fclose(file);
	if (cfg != NULL)
		cfg_free(cfg);
	return result;
}

int
parse_text(struct config *config, char *text, size_t len, const char *name,
    char *error, size_t size)
{
	struct parse this = { .config = config, .name = name, .error = error,
	    .size = size, .terminate_end = &config->terminate,
	    .dial_end = &config->dial };
	int result;

	this.whole.parts = config_parts();
	this.whole.object = config;
	this.whole.list = KEYS_MAX;
	error[0] = '\0';
	parse = &this;
	add_options(config_parts(), NULL);
	add_options(terminate_parts(), "terminate");
	add_options(dial_parts(), "dial");
	result = run_parser(text, len);
	parse = NULL;
	free(this.terminate);
	free(this.dial);
	return result;
}
