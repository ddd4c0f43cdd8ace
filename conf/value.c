/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and prints values of each type; each type is a row of a table. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/address.h"
#include "conf/ifnames.h"
#include "conf/utf8.h"
#include "conf/value.h"

static void
store_number(const struct value *value, void *to, uint32_t number)
{
	if (value->size == sizeof(bool))
		*(bool *)to = number != 0;
	else if (value->size == sizeof(uint16_t))
		*(uint16_t *)to = (uint16_t)number;
	else
		*(uint32_t *)to = number;
}

static uint32_t
load_number(const struct value *value, const void *from)
{
	if (value->size == sizeof(bool))
		return *(const bool *)from;
	if (value->size == sizeof(uint16_t))
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

static bool
read_number(const struct value *value, void *at, const char *text)
{
	uint32_t number;

	if (!number_of(text, &number) || number < value->min ||
	    number > value->max)
		return false;
	store_number(value, at, number);
	return true;
}

static bool
read_bit(const struct value *value, void *at, const char *text)
{
	uint32_t number;

	return number_of(text, &number) && (number & (number - 1)) == 0 &&
	    read_number(value, at, text);
}

static int
word_of(const struct value *value, const char *text)
{
	int i;

	for (i = 0; value->words[i] != NULL; i++)
		if (strcmp(value->words[i], text) == 0)
			return i;
	return -1;
}

static bool
read_word(const struct value *value, void *at, const char *text)
{
	int word = word_of(value, text);

	if (word != -1)
		store_number(value, at, (uint32_t)word);
	return word != -1;
}

static bool
read_flags(const struct value *value, void *at, const char *text)
{
	int word = word_of(value, text);

	if (word != -1)
		*(uint32_t *)at |= 1U << word;
	return word != -1;
}

static bool
read_text(const struct value *value, void *at, const char *text)
{
	if (!utf8_is_printable(text))
		return false;
	strcpy(at, text);
	return true;
}

/* What would need quoting is not worth having. */
static bool
read_path(const struct value *value, void *at, const char *text)
{
	const char *c;

	for (c = text; *c > ' ' && *c < 0x7f && !strchr("\"'\\$", *c); c++)
		;
	if (text[0] != '/' || c[-1] == '/' || *c != '\0')
		return false;
	strcpy(at, text);
	return true;
}

static bool
read_local(const struct value *value, void *at, const char *text)
{
	struct terminate_endpoint endpoint;

	if (text[0] == '/')
		return read_path(value, at, text);
	if (!address_read_endpoint(text, 0, &endpoint) ||
	    endpoint.address >> 24 != 127)
		return false;
	strcpy(at, text);
	return true;
}

static bool
read_interface(const struct value *value, void *at, const char *text)
{
	char name[IFNAMSIZ];
	size_t len = strlen(text);

	if (len >= sizeof(name))
		return false;
	strcpy(name, text);
	if (len > 2 && strcmp(name + len - 2, "%d") == 0)
		name[len - 2] = '\0';
	if (!ifnames_is_valid(name) || strchr(name, '+') != NULL)
		return false;
	strcpy(at, text);
	return true;
}

static bool
read_address(const struct value *value, void *at, const char *text)
{
	return address_read(text, at);
}

static bool
read_endpoint(const struct value *value, void *at, const char *text)
{
	return address_read_endpoint(text, (uint16_t)value->min, at);
}

static bool
read_net(const struct value *value, void *at, const char *text)
{
	struct terminate_net *net = at;

	return address_read_net(text, net) &&
	    (net->address & ~address_mask(net->bits)) == 0;
}

static bool
read_range(const struct value *value, void *at, const char *text)
{
	return address_read_range(text, at);
}

static void
print_number(const struct value *value, const void *at, FILE *f)
{
	fprintf(f, "%u", load_number(value, at));
}

static void
print_bit(const struct value *value, const void *at, FILE *f)
{
	fprintf(f, "0x%x", load_number(value, at));
}

static void
print_word(const struct value *value, const void *at, FILE *f)
{
	fputs(value->words[load_number(value, at)], f);
}

static void
print_flags(const struct value *value, const void *at, FILE *f)
{
	uint32_t left = load_number(value, at);
	int i;

	for (i = 0; left != 0; i++, left >>= 1)
		if (left & 1)
			fprintf(f, "%s%s", value->words[i],
			    left > 1 ? ", " : "");
}

static void
print_text(const struct value *value, const void *at, FILE *f)
{
	fputs(at, f);
}

static void
print_address(const struct value *value, const void *at, FILE *f)
{
	address_print(*(const uint32_t *)at, f);
}

static void
print_endpoint(const struct value *value, const void *at, FILE *f)
{
	address_print_endpoint(at, (uint16_t)value->min, f);
}

static void
print_net(const struct value *value, const void *at, FILE *f)
{
	const struct terminate_net *net = at;

	address_print(net->address, f);
	fprintf(f, "/%u", net->bits);
}

static void
print_range(const struct value *value, const void *at, FILE *f)
{
	address_print_range(at, f);
}

static const struct {
	bool		(*read)(const struct value *, void *, const char *);
	void		(*print)(const struct value *, const void *, FILE *);
	bool		  plain;	/* printed without quotes */
	bool		  text;		/* size bounds its characters */
	const char	 *expected;
} types[] = {
	[VALUE_NUMBER] = { read_number, print_number, .plain = true },
	[VALUE_BIT] = { read_bit, print_bit, .plain = true },
	[VALUE_WORD] = { read_word, print_word, .plain = true },
	[VALUE_FLAGS] = { read_flags, print_flags, .plain = true },
	[VALUE_TEXT] = { read_text, print_text, .text = true,
	    .expected = "printable UTF-8" },
	[VALUE_PATH] = { read_path, print_text, .text = true,
	    .expected = "an absolute path of a file, without spaces and "
	    "quotes" },
	[VALUE_LOCAL] = { read_local, print_text, .text = true,
	    .expected = "a loopback address with a port, such as "
	    "127.0.0.1:9723, or an absolute path of a socket" },
	[VALUE_INTERFACE] = { read_interface, print_text, .text = true,
	    .expected = "the name of an interface, or one with %d at its end "
	    "for the first free number" },
	[VALUE_ADDRESS] = { read_address, print_address,
	    .expected = "an IPv4 address" },
	[VALUE_ENDPOINT] = { read_endpoint, print_endpoint,
	    .expected = "an IPv4 address, with :PORT behind it if that is "
	    "not" },
	[VALUE_NET] = { read_net, print_net,
	    .expected = "a network, such as 10.1.0.0/16, or an IPv4 address" },
	[VALUE_RANGE] = { read_range, print_range,
	    .expected = "IPv4 addresses, such as 10.1.0.10-10.1.0.99, "
	    "10.1.0.0/24 or 10.1.0.7" },
};

static void
expect_word(const struct value *value, char *error, size_t size)
{
	size_t len = 0;
	int i;

	for (i = 0; value->words[i] != NULL && len < size; i++)
		len += (size_t)snprintf(error + len, size - len, "%s%s",
		    i == 0 ? "" : value->words[i + 1] ? ", " : " or ",
		    value->words[i]);
}

static int
fail_expected(const struct value *value, const char *text, char *error,
    size_t size)
{
	char expected[256];

	if (value->words != NULL)
		expect_word(value, expected, sizeof(expected));
	else if (value->type == VALUE_NUMBER)
		snprintf(expected, sizeof(expected), "a number from %u to %u",
		    value->min, value->max);
	else if (value->type == VALUE_BIT)
		snprintf(expected, sizeof(expected), "a number with exactly "
		    "one bit set, from 0x%x to 0x%x", value->min, value->max);
	else if (value->type == VALUE_ENDPOINT)
		snprintf(expected, sizeof(expected), "%s %u",
		    types[value->type].expected, value->min);
	else
		snprintf(expected, sizeof(expected), "%s",
		    types[value->type].expected);
	snprintf(error, size, "expected %s, not '%s'", expected, text);
	return -1;
}

int
value_read(const struct value *value, void *at, const char *text,
    char *error, size_t size)
{
	if (types[value->type].text && *text == '\0' && value->empty) {
		memset(at, 0, value->size);
		return 0;
	}
	if (*text == '\0')
		return fail_expected(value, text, error, size);
	if (types[value->type].text && strlen(text) >= value->size &&
	    value->type != VALUE_INTERFACE) {
		snprintf(error, size, "expected at most %zu characters, not "
		    "%zu", value->size - 1, strlen(text));
		return -1;
	}
	if (types[value->type].read(value, at, text))
		return 0;
	return fail_expected(value, text, error, size);
}

/* What the file's rules of quoting cannot say. */
bool
value_can_quote(const char *text)
{
	size_t len = strlen(text);

	if (strpbrk(text, "\\\"$") == NULL)
		return true;
	return strchr(text, '\'') == NULL && strstr(text, "\\\\") == NULL &&
	    text[len - 1] != '\\';
}

static void
print_quoted(const char *text, FILE *f)
{
	char c = strpbrk(text, "\\\"$") != NULL ? '\'' : '"';

	fprintf(f, "%c%s%c", c, text, c);
}

void
value_print(const struct value *value, const void *at, FILE *f)
{
	if (types[value->type].print == print_text)
		print_quoted(at, f);
	else if (types[value->type].plain)
		types[value->type].print(value, at, f);
	else {
		putc('"', f);
		types[value->type].print(value, at, f);
		putc('"', f);
	}
}
