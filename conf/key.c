/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/key.h"

#define NELEM(a)		(sizeof(a) / sizeof((a)[0]))

static const char *const engines[] = { "auto", "bpf", "nfqueue", NULL };
static const char *const forwards[] = { "stack", "direct", NULL };
static const char *const malformed[] = { "pass", "reset", NULL };
static const char *const levels[] = {
	"error", "warning", "info", "debug", NULL
};

struct key {
	const char		*section, *name;
	const char *const	*words;	/* their index is the value */
	uint32_t		 min, max, standard;
	bool			 one_bit;
	size_t			 offset, size;	/* in struct config */
};

#define MEMBER(m)							\
	.offset = offsetof(struct config, m),				\
	.size = sizeof(((struct config *)NULL)->m)

static const struct key keys[] = {
	{ NULL, "malformed", malformed, .standard = true,
	    MEMBER(malformed_reset) },
	{ NULL, "mark", .min = 1, .max = 0x80000000, .standard = 0x40000000,
	    .one_bit = true, MEMBER(mark) },
	{ "queue", "control", .max = UINT16_MAX, .standard = 1723,
	    MEMBER(queue_control) },
	{ "queue", "gre", .max = UINT16_MAX, .standard = 1724,
	    MEMBER(queue_gre) },
	{ "gre", "engine", engines, .standard = CONFIG_ENGINE_AUTO,
	    MEMBER(engine) },
	{ "gre", "forward", forwards, .standard = CONFIG_FORWARD_STACK,
	    MEMBER(forward) },
	{ "limits", "connections", .min = 1, .max = 1000000,
	    .standard = 100000, MEMBER(connections) },
	{ "limits", "calls-per-connection", .min = 1, .max = 65536,
	    .standard = 64, MEMBER(calls_per_connection) },
	{ "limits", "calls-per-client", .min = 1, .max = 1000000,
	    .standard = 1024, MEMBER(calls_per_client) },
	{ "limits", "quarantine", .max = 86400, .standard = 60,
	    MEMBER(quarantine) },
	{ "log", "level", levels, .standard = CONFIG_LOG_INFO,
	    MEMBER(log_level) },
};

static_assert(NELEM(keys) <= KEYS_MAX, "KEYS_MAX is too small");

static void
key_store(struct config *config, const struct key *key, uint32_t value)
{
	char *to = (char *)config + key->offset;

	if (key->size == sizeof(bool))
		*(bool *)to = value != 0;
	else if (key->size == sizeof(uint16_t))
		*(uint16_t *)to = (uint16_t)value;
	else
		*(uint32_t *)to = value;
}

static uint32_t
key_load(const struct config *config, const struct key *key)
{
	const char *from = (const char *)config + key->offset;

	if (key->size == sizeof(bool))
		return *(const bool *)from;
	if (key->size == sizeof(uint16_t))
		return *(const uint16_t *)from;
	return *(const uint32_t *)from;
}

/* Decimal or 0x hexadecimal; no sign, no octal, nothing behind. */
static bool
number_of(const char *text, uint32_t *number)
{
	unsigned long long value;
	bool hex = strncmp(text, "0x", 2) == 0;
	const char *digits = text + (hex ? 2 : 0);
	char *end;

	if (strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") == 0)
		return false;
	errno = 0;
	value = strtoull(digits, &end, hex ? 16 : 10);
	*number = (uint32_t)value;
	return *end == '\0' && errno == 0 && value <= UINT32_MAX;
}

static int
word_of(const char *const *words, const char *text)
{
	int i;

	for (i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	return -1;
}

static int
fail_word(const struct key *key, const char *text, char *error, size_t size)
{
	size_t len;
	int i;

	len = (size_t)snprintf(error, size, "%s: expected ", key->name);
	for (i = 0; key->words[i] != NULL && len < size; i++)
		len += (size_t)snprintf(error + len, size - len, "%s%s",
		    i == 0 ? "" : key->words[i + 1] ? ", " : " or ",
		    key->words[i]);
	if (len < size)
		snprintf(error + len, size - len, ", not '%s'", text);
	return -1;
}

static int
fail_number(const struct key *key, const char *text, char *error, size_t size)
{
	if (key->one_bit)
		snprintf(error, size, "%s: expected a number with exactly one "
		    "bit set, from 0x%x to 0x%x, not '%s'", key->name,
		    key->min, key->max, text);
	else
		snprintf(error, size, "%s: expected a number from %u to %u, "
		    "not '%s'", key->name, key->min, key->max, text);
	return -1;
}

static bool
key_takes(const struct key *key, const char *text, uint32_t *value)
{
	int word;

	if (key->words != NULL) {
		word = word_of(key->words, text);
		*value = (uint32_t)word;
		return word != -1;
	}
	return number_of(text, value) && *value >= key->min &&
	    *value <= key->max &&
	    (!key->one_bit || (*value & (*value - 1)) == 0);
}

void
key_defaults(struct config *config)
{
	size_t i;

	for (i = 0; i < NELEM(keys); i++)
		key_store(config, &keys[i], keys[i].standard);
}

size_t
key_find(const char *name)
{
	size_t i = 0;

	while (strcmp(keys[i].name, name) != 0)
		i++;
	return i;
}

int
key_set(struct config *config, size_t i, const char *text, char *error,
    size_t size)
{
	const struct key *key = &keys[i];
	uint32_t value;

	if (!key_takes(key, text, &value))
		return key->words != NULL ?
		    fail_word(key, text, error, size) :
		    fail_number(key, text, error, size);
	key_store(config, key, value);
	return 0;
}

static void
print_value(const struct key *key, uint32_t value, FILE *f)
{
	fprintf(f, "%s%s = ", key->section != NULL ? "\t" : "", key->name);
	if (key->words != NULL)
		fprintf(f, "%s\n", key->words[value]);
	else
		fprintf(f, key->one_bit ? "0x%x\n" : "%u\n", value);
}

void
key_print(const struct config *config, FILE *f)
{
	const char *open = NULL;
	size_t i;

	for (i = 0; i < NELEM(keys); i++) {
		if (open != keys[i].section) {
			fprintf(f, "%s%s {\n", open != NULL ? "}\n" : "",
			    keys[i].section);
			open = keys[i].section;
		}
		print_value(&keys[i], key_load(config, &keys[i]), f);
	}
	fprintf(f, "}\n");
}

int
config_level(const char *word)
{
	return word_of(levels, word);
}

const char *
config_level_name(enum config_level level)
{
	return levels[level];
}
