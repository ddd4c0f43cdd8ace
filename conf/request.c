/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests on the control socket: which there are, what each takes, their JSON.
 */
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/address.h"
#include "conf/config.h"
#include "conf/request.h"
#include "conf/utf8.h"

#define BIT(argument)	(1U << REQUEST_##argument)
#define FILTERS		(BIT(CLIENT) | BIT(SERVER) | BIT(PUBLIC))

static const struct {
	const char	*name;
	unsigned	 takes;
	unsigned	 needs;		/* exactly one of these, if any */
} commands[REQUEST_COMMANDS] = {
	[REQUEST_STATUS] = { "status", 0, 0 },
	[REQUEST_CALLS] = { "calls",
	    FILTERS | BIT(CALL_ID) | BIT(USER) | BIT(TROUBLE), 0 },
	[REQUEST_CONNECTIONS] = { "connections", FILTERS, 0 },
	[REQUEST_COUNTERS] = { "counters", 0, 0 },
	[REQUEST_EVENTS] = { "events", BIT(CLIENT) | BIT(LOG_LINES), 0 },
	[REQUEST_CLEAR] = { "clear", BIT(CALL) | BIT(CLIENT),
	    BIT(CALL) | BIT(CLIENT) },
	[REQUEST_RELOAD] = { "reload", 0, 0 },
	[REQUEST_LOG] = { "log", BIT(LEVEL), BIT(LEVEL) },
	[REQUEST_SESSIONS] = { "sessions",
	    BIT(USER) | BIT(ADDRESS) | BIT(SOURCE), 0 },
	[REQUEST_KICK] = { "kick", BIT(USER) | BIT(ADDRESS) | BIT(SESSION),
	    BIT(USER) | BIT(ADDRESS) | BIT(SESSION) },
	[REQUEST_DIALS] = { "dials", BIT(NAME), 0 },
	[REQUEST_DIAL_UP] = { "dial-up", BIT(NAME), BIT(NAME) },
	[REQUEST_DIAL_DOWN] = { "dial-down", BIT(NAME), BIT(NAME) },
	[REQUEST_SHUTDOWN] = { "shutdown", BIT(PURGE), 0 },
	[REQUEST_HISTORY] = { "history",
	    BIT(CLIENT) | BIT(SERVER) | BIT(TROUBLE), 0 },
	[REQUEST_WHY] = { "why", BIT(CLIENT) | BIT(CALL) | BIT(USER),
	    BIT(CLIENT) | BIT(CALL) | BIT(USER) },
	[REQUEST_AUDIT] = { "audit",
	    BIT(CLIENT) | BIT(SERVER) | BIT(USER), 0 },
	[REQUEST_CLUSTER] = { "cluster", 0, 0 },
};

/*
 * A network is its address and above that how many bits are of hosts: 0 for an
 * address alone.
 */
#define NET_VALUE(net)	((net).address | (uint64_t)(32 - (net).bits) << 32)
#define NETWORK		"an IPv4 address or a network, such as 10.1.0.0/16"

enum kind { NET, NUMBER, LEVEL, TEXT, FLAG };

static const struct {
	const char	*name;
	enum kind	 kind;
	uint64_t	 max;
	const char	*expected;
} arguments[REQUEST_ARGUMENTS] = {
	[REQUEST_CLIENT] = { "client", NET, 0, NETWORK },
	[REQUEST_SERVER] = { "server", NET, 0, NETWORK },
	[REQUEST_PUBLIC] = { "public", NET, 0, NETWORK },
	[REQUEST_CALL_ID] = { "call_id", NUMBER, UINT16_MAX,
	    "a number from 0 to 65535" },
	[REQUEST_CALL] = { "call", NUMBER, INT64_MAX,
	    "a call's number, as calls lists it" },
	[REQUEST_LEVEL] = { "level", LEVEL, 0,
	    "error, warning, info or debug" },
	[REQUEST_USER] = { "user", TEXT, 0, "the name of a user" },
	[REQUEST_ADDRESS] = { "address", NET, 0, NETWORK },
	[REQUEST_SOURCE] = { "source", NET, 0, NETWORK },
	[REQUEST_SESSION] = { "session", NUMBER, INT64_MAX,
	    "a session's number, as sessions lists it" },
	[REQUEST_NAME] = { "name", TEXT, 0, "the name of a section dial" },
	[REQUEST_PURGE] = { "purge", FLAG, 0, "true or false" },
	[REQUEST_TROUBLE] = { "trouble", FLAG, 0, "true or false" },
	[REQUEST_LOG_LINES] = { "log", FLAG, 0, "true or false" },
};

/* Makes a sentence that quotes a request fit for a terminal and JSON. */
static int
mask_error(char *error)
{
	for (; *error != '\0'; error++)
		if (!isascii((unsigned char)*error) ||
		    !isprint((unsigned char)*error))
			*error = '?';
	return -1;
}

static int
wrong_value(unsigned argument, char *error, size_t size)
{
	snprintf(error, size, "%s: expected %s", arguments[argument].name,
	    arguments[argument].expected);
	return -1;
}

static int
parse_limited(const char *word, uint64_t max, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)*word))
		return -1;
	errno = 0;
	*value = strtoull(word, &end, 10);
	return errno == 0 && *end == '\0' && *value <= max ? 0 : -1;
}

static int
copy_text(struct request *request, const char *word)
{
	size_t len = strlen(word);

	if (len == 0 || len >= sizeof(request->text) || !utf8_is_valid(word))
		return -1;
	memcpy(request->text, word, len + 1);
	return 0;
}

static int
parse_word(struct request *request, unsigned argument, const char *word)
{
	uint64_t *value = &request->value[argument];
	struct terminate_net net;
	int level;

	switch (arguments[argument].kind) {
	case NET:
		if (!address_read_net(word, &net))
			return -1;
		*value = NET_VALUE(net);
		return 0;
	case LEVEL:
		level = config_level(word);
		*value = (uint64_t)level;
		return level == -1 ? -1 : 0;
	case TEXT:
		return copy_text(request, word);
	case FLAG:
		*value = strcmp(word, "true") == 0;
		return *value || strcmp(word, "false") == 0 ? 0 : -1;
	case NUMBER:
		break;
	}
	return parse_limited(word, arguments[argument].max, value);
}

/* In JSON, numbers are numbers, flags are true or false, others strings. */
static int
read_json(struct request *request, unsigned argument, const json_t *json)
{
	uint64_t *value = &request->value[argument];
	json_int_t number;

	if (arguments[argument].kind == FLAG) {
		*value = json_is_true(json);
		return json_is_boolean(json) ? 0 : -1;
	}
	if (arguments[argument].kind != NUMBER)
		return json_is_string(json) ?
		    parse_word(request, argument, json_string_value(json)) : -1;
	number = json_integer_value(json);
	if (!json_is_integer(json) || number < 0)
		return -1;
	*value = (uint64_t)number;
	return *value <= arguments[argument].max ? 0 : -1;
}

static int
check_accepted(const struct request *request, unsigned argument, char *error,
    size_t size)
{
	if (commands[request->command].takes >> argument & 1)
		return 0;
	snprintf(error, size, "%s does not take %s",
	    commands[request->command].name, arguments[argument].name);
	return -1;
}

int
request_start(struct request *request, const char *command, char *error,
    size_t size)
{
	memset(request, 0, sizeof(*request));
	for (unsigned i = 0; i < REQUEST_COMMANDS; i++)
		if (strcmp(commands[i].name, command) == 0) {
			request->command = (enum request_command)i;
			return 0;
		}
	snprintf(error, size, "unknown command '%.32s'", command);
	return mask_error(error);
}

int
request_add(struct request *request, enum request_argument argument,
    const char *word, char *error, size_t size)
{
	if (check_accepted(request, argument, error, size) == -1)
		return -1;
	if (parse_word(request, argument, word) == -1)
		return wrong_value(argument, error, size);
	request->given |= 1U << argument;
	return 0;
}

/* Does it end what it is about? */
static bool
ends_something(enum request_command command)
{
	return command == REQUEST_CLEAR || command == REQUEST_KICK;
}

static bool
names_network(const struct request *request)
{
	for (unsigned i = 0; i < REQUEST_ARGUMENTS; i++)
		if (request_has(request, i) && arguments[i].kind == NET &&
		    request->value[i] >> 32 != 0)
			return true;
	return false;
}

bool
request_fits(const struct request *request, enum request_argument argument,
    uint32_t address)
{
	uint64_t value = request->value[argument];
	unsigned bits = 32 - (unsigned)(value >> 32);

	return !request_has(request, argument) ||
	    ((address ^ (uint32_t)value) & address_mask(bits)) == 0;
}

int
request_check(const struct request *request, char *error, size_t size)
{
	unsigned needs = commands[request->command].needs;
	const char *between = "";
	int len;

	if (ends_something(request->command) && names_network(request)) {
		snprintf(error, size, "%s takes one address at a time, no "
		    "network", commands[request->command].name);
		return -1;
	}
	if (needs == 0 || __builtin_popcount(request->given & needs) == 1)
		return 0;
	len = snprintf(error, size, "%s needs one of: ",
	    commands[request->command].name);
	for (unsigned i = 0; i < REQUEST_ARGUMENTS; i++)
		if (needs >> i & 1 && len > 0 && (size_t)len < size) {
			len += snprintf(error + len, size - (size_t)len,
			    "%s%s", between, arguments[i].name);
			between = ", ";
		}
	return -1;
}

/* The argument of that name, which the request takes; or -1. */
static int
find_argument(const struct request *request, const char *name, char *error,
    size_t size)
{
	for (unsigned i = 0; i < REQUEST_ARGUMENTS; i++)
		if (strcmp(arguments[i].name, name) == 0)
			return check_accepted(request, i, error, size) == -1 ?
			    -1 : (int)i;
	snprintf(error, size, "unknown argument '%.32s'", name);
	return mask_error(error);
}

int
request_add_named(struct request *request, const char *name, const char *word,
    char *error, size_t size)
{
	int argument = find_argument(request, name, error, size);

	return argument == -1 ? -1 : request_add(request,
	    (enum request_argument)argument, word, error, size);
}

static int
parse_argument(struct request *request, const char *key, const json_t *json,
    char *error, size_t size)
{
	int argument;

	if (strcmp(key, "command") == 0)
		return 0;
	if ((argument = find_argument(request, key, error, size)) == -1)
		return -1;
	if (read_json(request, (unsigned)argument, json) == -1)
		return wrong_value((unsigned)argument, error, size);
	request->given |= 1U << argument;
	return 0;
}

static int
parse_object(json_t *object, struct request *request, char *error,
    size_t size)
{
	const char *command, *key;
	json_t *value;

	command = json_string_value(json_object_get(object, "command"));
	if (command == NULL) {
		snprintf(error, size, "expected {\"command\": NAME, ...}");
		return -1;
	}
	if (request_start(request, command, error, size) == -1)
		return -1;
	json_object_foreach(object, key, value)
		if (parse_argument(request, key, value, error, size) == -1)
			return -1;
	return request_check(request, error, size);
}

int
request_parse(const char *line, size_t len, struct request *request,
    char *error, size_t size)
{
	json_error_t where;
	json_t *object;
	int result;

	if (len > REQUEST_MAX) {
		snprintf(error, size, "the request is longer than %d bytes",
		    REQUEST_MAX);
		return -1;
	}
	object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &where);
	if (object == NULL) {
		snprintf(error, size, "the request is not JSON: %s",
		    where.text);
		return mask_error(error);
	}
	result = parse_object(object, request, error, size);
	json_decref(object);
	return result;
}

static json_t *
net_json(uint64_t value)
{
	char bits[8] = "";

	if (value >> 32 != 0)
		snprintf(bits, sizeof(bits), "/%u",
		    32 - (unsigned)(value >> 32));
	return json_sprintf("%u.%u.%u.%u%s", (unsigned)(value >> 24 & 0xff),
	    (unsigned)(value >> 16 & 0xff), (unsigned)(value >> 8 & 0xff),
	    (unsigned)(value & 0xff), bits);
}

static json_t *
value_json(const struct request *request, unsigned argument)
{
	uint64_t value = request->value[argument];

	switch (arguments[argument].kind) {
	case NET:
		return net_json(value);
	case LEVEL:
		return json_string(config_level_name((enum config_level)value));
	case TEXT:
		return json_string(request->text);
	case FLAG:
		return json_boolean(value);
	case NUMBER:
		break;
	}
	return json_integer((json_int_t)value);
}

/* The longest text, escaped by six bytes for each, has room in the line. */
size_t
request_format(const struct request *request, char line[REQUEST_MAX])
{
	json_t *json = json_object();
	size_t len;

	json_object_set_new(json, "command",
	    json_string(commands[request->command].name));
	for (unsigned i = 0; i < REQUEST_ARGUMENTS; i++)
		if (request_has(request, i))
			json_object_set_new(json, arguments[i].name,
			    value_json(request, i));
	len = json_dumpb(json, line, REQUEST_MAX - 1, JSON_COMPACT);
	json_decref(json);
	line[len++] = '\n';
	return len;
}
