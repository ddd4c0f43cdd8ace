/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/tools/import/import_run.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

/* What must be named with its line, and refused. */
static const struct {
	const char	*text, *error;
} refused[] = {
	{ "auth\n\nfrobnicate 5\nproxyarp\n", "options:3: frobnicate: refused:"
	    " unknown" },
	{ "noauth\n", "options:1: noauth: refused: users always log in" },
	{ "auth\nplugin radius.so\n",
	    "(plugin radius.so): refused: no server was found" },
	{ "auth\nlogin\n", "options:2: login: refused" },
	{ "auth\ndeflate 15\n", "options:2: deflate: refused" },
	{ "auth\nrequire-eap\n", "there is no EAP" },
	{ "auth\nmtu 50\n", "mtu: expected a number from 128 to 1500" },
	{ "auth\nms-dns ns.example\n", "ms-dns: refused: dns: expected an "
	    "IPv4 address, not 'ns.example'" },
	{ "auth\nms-dns 1.1.1.1\nms-dns 2.2.2.2\nms-dns 3.3.3.3\n",
	    "options:4: ms-dns: refused: dns: expected at most 2" },
	{ "auth\nms-dns", "ms-dns: refused: expected a word behind it" },
	{ "auth\nname \"open\n", "expected a word behind it" },
	{ "auth\nipparam \"a'b\\\\c\"\n", "quotes and \\ together" },
	{ "auth\nipparam \"a\\nb\"\n", "ip-param: expected printable" },
	{ "auth\npty \"x 1.2.3.4\"\n", "pty: refused: a server" },
	{ "auth\nfile /nonexistent/x\n", "file: refused: the file cannot be "
	    "read; see --root" },
};

static void
test_refused(void **state)
{
	size_t i;

	for (i = 0; i < NELEM(refused); i++) {
		import_text("options", refused[i].text);
		assert_int_equal(run.result, IMPORT_REFUSED);
		import_says(run.errors, refused[i].error);
		import_again();
	}
}

/* Words that overran pppd's own buffers, and files that name themselves. */
static void
test_hostile(void **state)
{
	static const char *const before[] = {
		"auth\n", "auth\nname ", "auth\nms-dns ", "auth\nipparam ",
		"auth\nmtu ", "auth\nfile ", "auth\npty \"pptp ",
		"auth\ndomain \"\\", "auth\n\\x",
	};
	char *text = malloc(70000);
	size_t i, n;

	for (i = 0; i < NELEM(before); i++)
		for (n = 1000; n <= 65000; n *= 4) {
			strcpy(text, before[i]);
			memset(text + strlen(before[i]), '7', n);
			strcpy(text + strlen(before[i]) + n, "\n");
			import_text("options", text);
			assert_int_equal(run.result, IMPORT_REFUSED);
			import_again();
		}
	free(text);
	import_text("options", "auth\nfile /options\nfile /options\n");
	import_says(run.errors, "too many files");
	import_again();
	import_text("ppp.conf", "pptp:\n load pptp pptp pptp\n enable pap\n");
	assert_int_equal(run.result, IMPORT_REFUSED);
}

/* Control characters of a file do not reach the terminal, nor its notes. */
static void
test_notes_are_clean(void **state)
{
	const char *c;

	import_text("options", "auth\n\033[2Jx\n\"a\\nterminate x {\"\n");
	for (c = run.out; *c != '\0'; c++)
		assert_true(*c == '\n' || *c == '\t' ||
		    (*c >= ' ' && *c < 0x7f));
	assert_null(strstr(run.out, "\nterminate x"));
	import_says(run.out, "a?terminate x {: REFUSED");
}

static void
test_files(void **state)
{
	const char *files[] = { "/nonexistent", run.folder };

	import_run("", files, 1);
	assert_int_equal(run.result, IMPORT_FAILED);
	import_says(run.errors, "/nonexistent: No such file");
	import_again();
	import_run("", files + 1, 1);
	assert_int_equal(run.result, IMPORT_FAILED);
	import_again();
	import_text("letter", "Dear Sir or Madam,\n");
	assert_int_equal(run.result, IMPORT_FAILED);
	import_says(run.errors, "letter: expected a configuration of pptpd");
}

/* A secrets file that is there is never written over. */
static void
test_secrets_file(void **state)
{
	FILE *f = fopen(run.secrets, "w");

	fputs("mine\n", f);
	fclose(f);
	import_text("ppp.secret", "ann \"a \\\"b\\\\c\" 10.0.0.7\nbob x *\n");
	assert_int_equal(run.result, IMPORT_REFUSED);
	import_says(run.errors, "File exists");
	import_again();
	import_text("ppp.conf", "pptp:\n enable mschapv2\n set mppe\n"
	    " set ifaddr 10.0.0.1 10.0.0.2-10.0.0.9\n");
	import_done(IMPORT_REFUSED);
	import_says(run.errors, "no users were found");
}

/* A server with IPv6 has an interface for each tunnel. */
static void
test_ipv6(void **state)
{
	import_put("ppp.secret", "ann secret\n");
	import_text("ppp.conf", "pptp:\n enable mschapv2\n enable ipv6cp\n"
	    " set mppe\n set ifaddr 10.0.0.1 10.0.0.2-10.0.0.9\n");
	import_done(IMPORT_DONE);
	assert_true(run.config->terminate->tunnel.ipv6);
	assert_true(terminate_each(run.config->terminate));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IMPORT_TEST(test_refused),
		IMPORT_TEST(test_hostile),
		IMPORT_TEST(test_notes_are_clean),
		IMPORT_TEST(test_files),
		IMPORT_TEST(test_secrets_file),
		IMPORT_TEST(test_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
