/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/secrets.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define USERS		20000

void	explicit_bzero(void *, size_t);
void	__explicit_bzero_chk(void *, size_t, size_t);

static const char *wanted;	/* to be seen when memory is wiped */
static unsigned wiped;

static void
wipe(uintptr_t at, size_t n)
{
	volatile char *c = (volatile char *)at;

	if (wanted != NULL && n > 0 &&
	    memmem((const void *)at, n, wanted, strlen(wanted)) != NULL)
		wiped++;
	while (n-- > 0)
		*c++ = 0;
}

/* In place of libc's: sees what is wiped. */
void
explicit_bzero(void *p, size_t n)
{
	wipe((uintptr_t)p, n);
}

void
__explicit_bzero_chk(void *p, size_t n, size_t size)
{
	wipe((uintptr_t)p, n);
}

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
	struct secrets *s;
	char error[512];

	warnings[0] = '\0';
	s = secrets_parse(text, strlen(text), "F", note, warnings, error,
	    sizeof(error));
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
		    (rules[i].yes && !secret_allows(found, rules[i].yes)) ||
		    (rules[i].no && secret_allows(found, rules[i].no)))
			fail_msg("%s: %08x", rules[i].words, found->address);
		secrets_free(s);
	}
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
		memcpy(text, "a * ", 5);
		memset(text + 4, 'x', n);
		strcpy(text + 4 + n, " *\n");
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
	clock_t start;
	int i;

	for (i = 0; i < USERS; i++)
		len += (size_t)sprintf(text + len, "user%d * pw%d *\n", i, i);
	s = parsed(text);
	assert_int_equal(secrets_count(s), USERS);
	start = clock();
	for (i = 0; i < USERS; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		assert_int_equal(atoi(secrets_find(s, name, "pptpd")->password
		    + 2), i);
	}
	/* Far from what looking through all of them takes. */
	assert_true(clock() - start < CLOCKS_PER_SEC / 2);
	assert_null(secrets_find(s, "user20000", "pptpd"));
	secrets_free(s);
	free(text);
}

struct files {
	char	folder[64], file[2][LINK_FILE_MAX], indirect[80];
};

static void
put(const char *file, const char *text, mode_t mode)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(file, mode), 0);
}

static void
make_files(struct files *files)
{
	memset(files, 0, sizeof(*files));
	strcpy(files->folder, "/tmp/test_secrets.XXXXXX");
	assert_non_null(mkdtemp(files->folder));
	snprintf(files->file[0], LINK_FILE_MAX, "%s/one", files->folder);
	snprintf(files->file[1], LINK_FILE_MAX, "%s/two", files->folder);
	snprintf(files->indirect, sizeof(files->indirect), "%s/three",
	    files->folder);
}

static void
remove_files(const struct files *files)
{
	unlink(files->file[0]);
	unlink(files->file[1]);
	unlink(files->indirect);
	assert_int_equal(rmdir(files->folder), 0);
}

static void
test_files(void **state)
{
	char error[512], text[256];
	struct files files;
	struct secrets *s;

	make_files(&files);
	snprintf(text, sizeof(text), "a * one *\nc * @%s *\n", files.indirect);
	put(files.file[0], text, 0600);
	put(files.file[1], "a * two *\nb * two *\n", 0400);
	put(files.indirect, "# key\n'the secret' more\n", 0600);
	s = secrets_read((const char (*)[LINK_FILE_MAX])files.file, 2, NULL,
	    NULL, error, sizeof(error));
	assert_non_null(s);
	assert_string_equal(secrets_find(s, "a", "x")->password, "one");
	assert_string_equal(secrets_find(s, "b", "x")->password, "two");
	assert_string_equal(secrets_find(s, "b", "x")->file, files.file[1]);
	assert_string_equal(secrets_find(s, "c", "x")->password,
	    "the secret");
	secrets_free(s);
	remove_files(&files);
}

static void
refused(const struct files *files, const char *what)
{
	char error[512];

	assert_null(secrets_read((const char (*)[LINK_FILE_MAX])files->file,
	    1, NULL, NULL, error, sizeof(error)));
	if (strstr(error, what) == NULL ||
	    strncmp(error, files->file[0], strlen(files->file[0])) != 0)
		fail_msg("%s does not say %s", error, what);
}

static void
test_refused(void **state)
{
	static const mode_t modes[] = { 0640, 0620, 0604, 0602, 0644, 0660 };
	struct files files;
	size_t i;

	make_files(&files);
	refused(&files, "No such file");
	for (i = 0; i < NELEM(modes); i++) {
		put(files.file[0], "a * b *\n", modes[i]);
		refused(&files, "run chmod 600 /tmp/test_secrets");
	}
	chmod(files.file[0], 0600);
	chmod(files.folder, 0777);
	refused(&files, "others can replace it");
	chmod(files.folder, 01777);	/* like /tmp */
	assert_int_equal(chown(files.file[0], 1234, 0), 0);
	refused(&files, "chown root");
	assert_int_equal(chown(files.file[0], 0, 0), 0);
	assert_int_equal(truncate(files.file[0], 40 << 20), 0);
	refused(&files, "at most");
	unlink(files.file[0]);
	mkdir(files.file[0], 0700);
	refused(&files, "regular file");
	rmdir(files.file[0]);
	remove_files(&files);
}

static void
test_password(void **state)
{
	struct files files;
	char error[512], *password;

	make_files(&files);
	put(files.file[0], "pass word \r\nmore\n", 0600);
	password = secrets_password(files.file[0], error, sizeof(error));
	assert_string_equal(password, "pass word ");
	wanted = "pass word";
	wiped = 0;
	secrets_password_free(password);
	assert_int_equal(wiped, 1);
	put(files.file[0], "\nx\n", 0600);
	assert_null(secrets_password(files.file[0], error, sizeof(error)));
	assert_non_null(strstr(error, "expected a password"));
	chmod(files.file[0], 0644);
	assert_null(secrets_password(files.file[0], error, sizeof(error)));
	assert_non_null(strstr(error, "chmod 600"));
	remove_files(&files);
	wanted = NULL;
}

/* Every copy: of the file, of the word, and the one that is kept. */
static void
test_wiped(void **state)
{
	char error[512];
	struct files files;
	struct secrets *s;

	make_files(&files);
	put(files.file[0], "a * 0penSesame *\n", 0600);
	wanted = "0penSesame";
	wiped = 0;
	s = secrets_read((const char (*)[LINK_FILE_MAX])files.file, 1, NULL,
	    NULL, error, sizeof(error));
	assert_non_null(s);
	assert_int_equal(wiped, 1);
	secrets_free(s);
	assert_int_equal(wiped, 2);
	wanted = NULL;
	remove_files(&files);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_useless),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
