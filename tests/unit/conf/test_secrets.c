/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/stat.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/secrets.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define USERS		20000

static char warnings[4096];

static void
note(void *arg, const char *sentence)
{
	assert_ptr_equal(arg, warnings);
	snprintf(warnings + strlen(warnings),
	    sizeof(warnings) - strlen(warnings), "%s\n", sentence);
}

static struct secrets *
parsed(const char *text)
{
	static const char file[1][TUNNEL_FILE_MAX] = { "F" };
	struct secrets *s;
	char error[512];
	FILE *f;

	warnings[0] = '\0';
	f = fopen(file[0], "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	chmod(file[0], 0600);
	s = secrets_read(file, 1, note, warnings, error, sizeof(error));
	unlink(file[0]);
	if (s == NULL)
		fail_msg("%s", error);
	return s;
}

/* A line, who logs in where, and the secret that counts (NULL: none). */
static const struct {
	const char	*text, *client, *server, *password;
} cases[] = {
	{ "billy servername bob *", "billy", "servername", "bob" },
	{ "billy servername bob *", "Billy", "servername", NULL },
	{ "billy servername bob *", "billy", "other", NULL },
	{ "username * password *", "username", "pptpd", "password" },
	{ "workgroup\\\\user server password *", "workgroup\\user", "server",
	    "password" },
	{ "\"DOMAIN\\\\ann\" * \"a b\" *", "DOMAIN\\ann", "x", "a b" },
	{ "'DOMAIN\\\\ann' * 'a\"b' *", "DOMAIN\\ann", "x", "a\"b" },
	{ "ann\\ lee * p#q *", "ann lee", "x", "p" },
	{ "ann\\ lee * p\\#q *", "ann lee", "x", "p#q" },
	{ "a * one#comment\na * two *", "a", "x", "one" },
	{ "# a * one\n\n  \t# x\n a\t*\ttwo", "a", "x", "two" },
	{ "a * \"x y\"z'w v'", "a", "x", "x yzw v" },
	{ "a * \\a\\b\\f\\n\\r\\s\\t\\\\\\q", "a", "x",
	    "\a\b\f\n\r \t\\q" },
	{ "a * \\101\\x42\\x4 *", "a", "x", "AB\x04" },
	{ "a * \\1234", "a", "x", "S4" },
	{ "a \\\n* se\\\ncret *", "a", "x", "secret" },
	{ "a * \"two\nlines\" *", "a", "x", "two\nlines" },
	{ "a * p\xc3\xa4ss\xe2\x82\xac *", "a", "x",
	    "p\xc3\xa4ss\xe2\x82\xac" },
	{ "a * b", "a", "x", "b" },
	{ "a * b\r\n", "a", "x", "b" },
	{ "* * any *\na * a *\n* s s *\na s both *", "a", "s", "both" },
	{ "* * any *\na * a *\n* s s *", "a", "s", "s" },
	{ "* * any *\na * a *", "a", "s", "a" },
	{ "* * any *\nb * b *", "a", "s", "any" },
	{ "a s first *\na s second *", "a", "s", "first" },
	{ "\"*\" \"*\" any *", "a", "s", "any" },
	{ "a * plain *", "*", "x", NULL },
	{ "\"\" * plain *", "", "x", "plain" },
	{ "a * b * -- mtu 1400", "a", "x", "b" },
};

static void
test_lines(void **state)
{
	const struct secret *found;
	struct secrets *s;
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		s = parsed(cases[i].text);
		found = secrets_find(s, cases[i].client, cases[i].server);
		if ((found == NULL) != (cases[i].password == NULL))
			fail_msg("%s: %s", cases[i].text, found == NULL ?
			    warnings : found->password);
		if (found != NULL) {
			assert_string_equal(found->password,
			    cases[i].password);
			assert_int_equal(found->length,
			    strlen(cases[i].password));
		}
		secrets_free(s);
	}
}

/* What comes behind the secret; addresses that it allows and does not. */
static const struct {
	const char	*words;
	uint32_t	 own, yes, no;	/* 0: not asked */
} rules[] = {
	{ "", 0, 0, 0x0a000001 },
	{ "-", 0, 0, 0x0a000001 },
	{ "*", 0, 0xffffffff, 0 },
	{ "10.0.0.5", 0x0a000005, 0x0a000005, 0x0a000006 },
	{ "10.0.0.0/24", 0, 0x0a0000ff, 0x0a000100 },
	{ "10.0.0.77/24", 0, 0x0a000001, 0x0a000100 },
	{ "!10.0.0.5 10.0.0.0/24", 0, 0x0a000004, 0x0a000005 },
	{ "10.0.0.0/24 !10.0.0.5", 0, 0x0a000005, 0x0b000000 },
	{ "!10.0.0.5 *", 0, 0x0b000000, 0x0a000005 },
	{ "10.0.0.0/24 10.1.0.7 10.1.0.8", 0x0a010007, 0x0a010008,
	    0x0a010009 },
	{ "10.0.0.5/32", 0x0a000005, 0x0a000005, 0x0a000004 },
	{ "10.0.0.5 - 10.0.0.6", 0x0a000005, 0x0a000005, 0x0a000006 },
	{ "* 10.0.0.6", 0, 0x0a000005, 0 },
	{ "10.9.0.0/16+", 0, 0x0a09ffff, 0x0a0a0000 },
	{ "10.0.0.5 -- 10.0.0.6 x", 0x0a000005, 0x0a000005, 0x0a000006 },
	{ "-- *", 0, 0, 0x0a000005 },
};

static void
test_addresses(void **state)
{
	const struct secret *found;
	struct secrets *s;
	char text[128];
	size_t i;

	for (i = 0; i < NELEM(rules); i++) {
		snprintf(text, sizeof(text), "a * b %s\n", rules[i].words);
		s = parsed(text);
		assert_string_equal(warnings, "");
		found = secrets_find(s, "a", "x");
		assert_non_null(found);
		if (found->address != rules[i].own ||
		    (rules[i].yes && !secrets_allow(found, rules[i].yes)) ||
		    (rules[i].no && secrets_allow(found, rules[i].no)))
			fail_msg("%s: %08x", rules[i].words, found->address);
		secrets_free(s);
	}
}

/* A word too long for an address; nothing at all, and the word for that. */
static void
test_odd_addresses(void **state)
{
	char text[400] = "a * b ";
	struct secrets *s;

	memset(text + 6, '1', 300);
	text[306] = '\n';
	s = parsed(text);
	assert_int_equal(secrets_count(s), 0);
	secrets_free(s);
	s = parsed("a * b\nc * d -\n");
	assert_false(secrets_find(s, "a", "x")->denied);
	assert_true(secrets_find(s, "c", "x")->denied);
	secrets_free(s);
}

static void
test_options(void **state)
{
	struct secrets *s = parsed("a * b * -- mtu '14 00'\nb * c * --\n");
	const struct secret *found = secrets_find(s, "a", "x");

	assert_int_equal(found->noptions, 2);
	assert_string_equal(found->options[0], "mtu");
	assert_string_equal(found->options[1], "14 00");
	assert_int_equal(found->line, 1);
	assert_string_equal(found->file, "F");
	found = secrets_find(s, "b", "x");
	assert_int_equal(found->noptions, 0);
	assert_int_equal(found->line, 2);
	secrets_free(s);
}

/* Lines that are no use, and what is said; the next line still counts. */
static const struct {
	const char	*text, *what;
} useless[] = {
	{ "a *", "F:1: left out: expected client, server, secret" },
	{ "a", "F:1: left out: expected client" },
	{ "\n\na * \"\" *", "F:3: left out: an empty secret" },
	{ "a * p\xe4ss *", "F:1: left out: not UTF-8" },
	{ "\xff * pass *", "F:1: left out: not UTF-8" },
	{ "a * pass host.example", "F:1: left out: a word behind" },
	{ "a * pass !host.example *", "F:1: left out: a word behind" },
	{ "a * pass 10.0.0.0/33", "F:1: left out: a word behind" },
	{ "a * pass 10.0.0.0/", "F:1: left out: a word behind" },
	{ "a * pass !", "F:1: left out: a word behind" },
	{ "a * pass\\0word *", "zero byte" },
	{ "a * @/nonexistent/file *", "/nonexistent/file: No such file" },
	{ "a * @/etc/passwd *", "chmod 600 /etc/passwd" },
};

/* What MS-CHAP has no room for is told at once, not at a login. */
static void
test_longest(void **state)
{
	char text[400], password[300] = "";
	struct secrets *s;

	memset(password, 'x', SECRET_MAX);
	snprintf(text, sizeof(text), "a * %s *\n", password);
	s = parsed(text);
	assert_string_equal(warnings, "");
	assert_int_equal(secrets_find(s, "a", "x")->length, SECRET_MAX);
	secrets_free(s);
	strcat(password, "x");
	snprintf(text, sizeof(text), "\na * %s *\n", password);
	s = parsed(text);
	assert_non_null(strstr(warnings, "F:2: left out: a secret has at "
	    "most 256 bytes"));
	assert_null(strstr(warnings, "xxx"));
	assert_null(secrets_find(s, "a", "x"));
	secrets_free(s);
}

static void
test_useless(void **state)
{
	struct secrets *s;
	char text[128];
	size_t i;

	for (i = 0; i < NELEM(useless); i++) {
		snprintf(text, sizeof(text), "%s\na * good *\n",
		    useless[i].text);
		s = parsed(text);
		if (strstr(warnings, useless[i].what) == NULL)
			fail_msg("%s: %s", useless[i].text, warnings);
		assert_null(strstr(warnings, "pass\n"));
		assert_int_equal(secrets_count(s), 1);
		assert_string_equal(secrets_find(s, "a", "x")->password,
		    "good");
		secrets_free(s);
	}
	s = parsed("a * good *\nb * \"open");
	assert_non_null(strstr(warnings, "F:2: left out: a quote"));
	assert_non_null(secrets_find(s, "a", "x"));
	secrets_free(s);
}

/* Words longer than any buffer, and lines with more words than any. */
static void
test_long(void **state)
{
	char *text = calloc(1, 100000);
	struct secrets *s;
	size_t n;
	int i;

	for (n = 1022; n <= 1025; n++) {
		memset(text, 'x', n);
		strcpy(text + n, " * pass *\n");
		s = parsed(text);
		assert_int_equal(secrets_count(s), n < 1024);
		secrets_free(s);
	}
	memset(text, 'x', 99999);
	s = parsed(text);
	assert_non_null(strstr(warnings, "1023 bytes"));
	secrets_free(s);
	strcpy(text, "a * b");
	for (i = 0; i < 5000; i++)
		strcpy(text + 5 + 8 * i, " 1.2.3.4");
	s = parsed(text);
	assert_int_equal(secrets_count(s), 0);
	secrets_free(s);
	free(text);
}

static void
test_many(void **state)
{
	char *text = malloc(USERS * 40), name[32];
	struct secrets *s;
	size_t len = 0;
	int i;

	for (i = 0; i < USERS; i++)
		len += (size_t)sprintf(text + len, "user%d * pw%d *\n", i, i);
	s = parsed(text);
	assert_int_equal(secrets_count(s), USERS);
	for (i = 0; i < USERS; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		assert_int_equal(atoi(secrets_find(s, name, "pptpd")->password
		    + 2), i);
	}
	assert_null(secrets_find(s, "user20000", "pptpd"));
	secrets_free(s);
	free(text);
}

/* A folder in which the file under test is called F. */
static char folder[] = "/tmp/test_secrets.XXXXXX";
static int home;	/* where we come from */

static int
enter(void **state)
{
	home = open(".", O_PATH | O_CLOEXEC);
	return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int
leave(void **state)
{
	int back = fchdir(home);

	close(home);
	return back == 0 ? rmdir(folder) : -1;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_odd_addresses),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_useless),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
