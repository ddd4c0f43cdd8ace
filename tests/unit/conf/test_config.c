/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "alg/alg.h"
#include "conf/config.h"
#include "conf/ifnames.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define SAMPLE		"conf/dist/pptpalg.conf"

/* Every key, each with a value that is not its default. */
static const char everything[] =
    "outside = {\"eth0\", \"ppp+\"}\n"
    "inside = {\"br-lan.7\"}\n"
    "user = \"\"\n"
    "control-socket = \"/tmp/socket\"\njournal = \"\"\n"
    "malformed = pass\n"
    "mark = 0x1\n"
    "queue {\n\tcontrol = 0\n\tgre = 65535\n\thairpin = 7\n}\n"
    "gre {\n\tengine = nfqueue\n\tforward = direct\n}\n"
    "limits {\n\tconnections = 1000000\n\tcalls-per-connection = 65536\n"
    "\tcalls-per-client = 1\n\tquarantine = 0\n}\n"
    "require {\n\tauthentication = {mschap-v2, eap}\n"
    "\tencryption = mppe-128\n\totherwise = end\n}\n"
    "metrics {\n\tlisten = \"127.0.0.2:9723\"\n}\n"
    "cluster {\n\tstore = \"sentinel:10.0.0.1:26379,10.0.0.2:26379\"\n"
    "\tmaster = \"calls\"\n\tname = \"pair\"\n"
    "\tnode = \"fw1\"\n\twait = replica\n"
    "\tpassword-file = \"/etc/pptpalg/redis.password\"\n}\n"
    "log {\n\tlevel = debug\n\taccounting = \"/var/log/x\"\n}\n";

/* A text, and what its error must begin with and must contain. */
static const struct {
	const char	*text, *where, *what;
} bad[] = {
	{ "", "F:1:", "outside: expected at least one interface" },
	{ "outside = {}\n", "F:2:", "expected at least one interface" },
	{ "# a\n/* b\nc */ // d\nfoo = 1", "F:4:",
	    "'foo'; expected one of: outside, inside, queue" },
	{ "outside = a\nqueue {\n\n foo = 1 }", "F:4:",
	    "'foo'; expected one of: control, gre" },
	{ "queue = 5", "F:1:", "opening brace" },
	{ "mark { }", "F:1:", "equal sign" },
	{ "mark = { }", "F:1:", "unexpected token '{'" },
	{ "\nqueue {\ngre = 1\n", "F:2:", "expected } for this {" },
	{ "outside = a\n}", "F:2:", "closing brace" },
	{ "outside = {a\nb}", "F:2:", "unexpected token 'b'" },
	{ "outside = a\n\"b\n\"", "F:2:", "closing quote" },
	{ "outside = 'a\n'", "F:1:", "closing quote" },
	{ "\n\"\" = 5", "F:2:", "expected a key" },
	{ "mark", "F:1:", "end of file" },
	{ "\n/* outside = a", "F:2:", "*/" },
	{ "outside = {ppp+}", "F:1:", "quotes, as in \"ppp+\"" },
	{ "outside = *", "F:1:", "unexpected '*'" },
	{ "outside = ${HOME}", "F:1:", "unexpected '$'" },
	{ "outside = \"\\x41\"", "F:1:", "unexpected '\\'" },
	{ "outside = \x80", "F:1:", "unexpected byte 0x80" },
	{ "include(\"x\")", "F:1:", "'include'" },
	{ "outside = a\noutside = b", "F:2:", "outside is set twice" },
	{ "outside = {a, b}\noutside = {a}", "F:2:", "outside is set twice" },
	{ "outside = a\nmark = 1\nmark = 1", "F:3:", "mark is set twice" },
	{ "queue { gre = 1 }\nqueue { gre = 2 }", "F:2:", "gre is set twice" },
	{ "control-socket = /a control-socket = /a", "F:1:", "set twice" },
	{ "outside = {a,\nb,\na}", "F:3:", "'a' is named twice" },
	{ "outside = {\"ppp+\", ppp0}", "F:1:", "(as 'ppp+' before)" },
	{ "outside = a\ninside = {b,\na}", "F:3:", "both inside and outside" },
	{ "inside = {tun0}\noutside = \"tu+\"", "F:2:", "(as 'tun0' before)" },
	{ "outside = \"\"", "F:1:", "not ''" },
	{ "outside = \"+\"", "F:1:", "not '+'" },
	{ "outside = \"a+b\"", "F:1:", "not 'a+b'" },
	{ "outside = \"a b\"", "F:1:", "not 'a b'" },
	{ "outside = a/b", "F:1:", "not 'a/b'" },
	{ "outside = eth0:1", "F:1:", "not 'eth0:1'" },
	{ "outside = -i", "F:1:", "not '-i'" },
	{ "outside = ..", "F:1:", "not '..'" },
	{ "outside = 0123456789abcdef", "F:1:", "at most 15" },
	{ "outside = \"0123456789abcde+\"", "F:1:", "at most 15" },
	{ "queue { gre = 65536 }", "F:1:", "gre: expected a number from 0 to "
	    "65535, not '65536'" },
	{ "queue { gre = -1 }", "F:1:", "not '-1'" },
	{ "queue { gre = 010x }", "F:1:", "not '010x'" },
	{ "queue { gre = 0x }", "F:1:", "not '0x'" },
	{ "queue { gre = \"\" }", "F:1:", "not ''" },
	{ "queue { gre = 18446744073709551617 }", "F:1:", "not '1844" },
	{ "outside = a\nqueue { gre = 1723\n}\nmark = 1\n", "F:3:",
	    "queue: expected three numbers, not 1723 twice" },
	{ "mark = 0", "F:1:", "mark: expected a number with exactly one bit "
	    "set, from 0x1 to 0x80000000, not '0'" },
	{ "mark = 3", "F:1:", "not '3'" },
	{ "mark = 0x100000000", "F:1:", "not '0x100000000'" },
	{ "gre { engine = ebpf }", "F:1:", "engine: expected auto, bpf or "
	    "nfqueue, not 'ebpf'" },
	{ "gre { forward = fast }", "F:1:", "forward: expected auto, stack or "
	    "direct, not 'fast'" },
	{ "malformed = drop", "F:1:", "expected pass or reset" },
	{ "log { level = loud }", "F:1:", "level: expected error, warning, "
	    "info or debug, not 'loud'" },
	{ "require { encryption = 128 }", "F:1:", "encryption: expected none, "
	    "any or mppe-128, not '128'" },
	{ "require { authentication = {ms} }", "F:1:", "authentication: "
	    "expected none, pap, chap, mschap, mschap-v2 or eap, not 'ms'" },
	{ "limits { connections = 0 }", "F:1:", "from 1 to 1000000" },
	{ "limits { calls-per-connection = 65537 }", "F:1:", "to 65536" },
	{ "limits { calls-per-client = 0 }", "F:1:", "from 1 to" },
	{ "limits { quarantine = 86401 }", "F:1:", "from 0 to 86400" },
	{ "journal = /a journal = \"\"", "F:1:", "set twice" },
	{ "journal = \"\" journal = /a", "F:1:", "set twice" },
	{ "user = 012345678901234567890123456789012", "F:1:",
	    "at most 32 characters, not 33" },
	{ "journal = run/x", "F:1:", "journal: expected an absolute path" },
	{ "metrics { listen = \"0.0.0.0:9723\" }", "F:1:",
	    "listen: expected a loopback address with a port" },
	{ "metrics { listen = 127.0.0.1 }", "F:1:", "with a port" },
	{ "metrics { listen = run/x }", "F:1:", "absolute path" },
	{ "outside = a limits { quarantene = 5 }", "F:1:",
	    "did you mean 'quarantine'?" },
	{ "outsdie = a", "F:1:", "did you mean 'outside'?" },
	{ "outside = a\ncluster { store = \"unix:redis.sock\" }", "F:",
	    "cluster: store: expected unix:/PATH, ADDRESS:PORT or "
	    "sentinel:ADDRESS:PORT,..., not 'unix:redis.sock'" },
	{ "outside = a\ncluster { store = \"localhost:6379\" }", "F:",
	    "expected unix:/PATH, ADDRESS:PORT or" },
	{ "outside = a\ncluster { store = \"1.1.1.1:1,2.2.2.2:2\" }", "F:",
	    "expected unix:/PATH, ADDRESS:PORT or" },
	{ "outside = a\ncluster { store = \"sentinel:1.1.1.1:1,\" }", "F:",
	    "expected unix:/PATH, ADDRESS:PORT or" },
	{ "outside = a\ncluster { store = \"sentinel:fw1:26379\" }", "F:",
	    "expected unix:/PATH, ADDRESS:PORT or" },
	{ "outside = a\ncluster { store = \"sentinel:1.1.1.1:1\" }", "F:",
	    "cluster: master: expected the name by which the sentinels" },
	{ "outside = a\ncluster { store = \"1.1.1.1:1\" master = a }", "F:",
	    "cluster: master: expected store = \"sentinel:ADDRESS:PORT" },
	{ "cluster { wait = both }", "F:1:", "wait: expected none, local or "
	    "replica, not 'both'" },
	{ "control-socket = run/x", "F:1:", "absolute path" },
	{ "control-socket = \"\"", "F:1:", "absolute path" },
	{ "control-socket = /run/", "F:1:", "absolute path" },
	{ "control-socket = \"/run/a b\"", "F:1:", "absolute path" },
	{ "control-socket = /23456789012345678901234567890123456789012345678"
	    "901234567890123456789012345678901234567890123456789012345678",
	    "F:1:", "at most 107 characters, not 108" },
};

static struct config *
good(const char *text)
{
	char error[512];
	struct config *config;

	config = config_parse(text, strlen(text), "F", error, sizeof(error));
	if (config == NULL)
		fail_msg("%s", error);
	return config;
}

/* What config_print writes; free it. */
static char *
printed(const struct config *config)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	config_print(config, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void
test_defaults(void **state)
{
	struct config *config = good("outside = eth0");
	char *text = printed(config);

	assert_string_equal(text,
	    "outside = {\"eth0\"}\n"
	    "inside = {}\n"
	    "user = \"pptpalg\"\n"
	    "control-socket = \"/run/pptpalg/pptpalgd.sock\"\n"
	    "journal = \"/run/pptpalg/pptpalgd.journal\"\n"
	    "malformed = reset\n"
	    "mark = 0x40000000\n"
	    "queue {\n\tcontrol = 1723\n\tgre = 1724\n\thairpin = 1725\n}\n"
	    "gre {\n\tengine = auto\n\tforward = auto\n}\n"
	    "limits {\n\tconnections = 100000\n\tcalls-per-connection = 64\n"
	    "\tcalls-per-client = 1024\n\tquarantine = 60\n}\n"
	    "require {\n\tauthentication = {}\n\tencryption = none\n"
	    "\totherwise = log\n}\n"
	    "metrics {\n\tlisten = \"\"\n}\n"
	    "cluster {\n\tstore = \"\"\n\tmaster = \"\"\n"
	    "\tname = \"pptpalg\"\n"
	    "\tnode = \"\"\n\twait = none\n\tpassword-file = \"\"\n}\n"
	    "log {\n\tlevel = info\n\taccounting = \"\"\n}\n");
	free(text);
	config_free(config);
}

static void
test_everything(void **state)
{
	struct config *config = good(everything);
	char *text = printed(config);

	assert_string_equal(text, everything);
	assert_int_equal(config->outside.n, 2);
	assert_string_equal(config->outside.name[1], "ppp+");
	assert_int_equal(config->inside.n, 1);
	assert_int_equal(config->queue_control, 0);
	assert_int_equal(config->queue_gre, 65535);
	assert_int_equal(config->queue_hairpin, 7);
	assert_int_equal(config->engine, CONFIG_ENGINE_NFQUEUE);
	assert_int_equal(config->forward, CONFIG_FORWARD_DIRECT);
	assert_string_equal(config->user, "");
	assert_string_equal(config->control_socket, "/tmp/socket");
	assert_string_equal(config->journal, "");
	assert_false(config->malformed_reset);
	assert_int_equal(config->mark, 1);
	assert_int_equal(config->connections, 1000000);
	assert_int_equal(config->calls_per_connection, 65536);
	assert_int_equal(config->calls_per_client, 1);
	assert_int_equal(config->quarantine, 0);
	assert_int_equal(config->require.methods,
	    1 << (ALG_METHOD_MSCHAP_V2 - 1) | 1 << (ALG_METHOD_EAP - 1));
	assert_int_equal(config->require.encryption, CONFIG_ENCRYPTION_128);
	assert_true(config->require.end);
	assert_int_equal(config->log_level, CONFIG_LOG_DEBUG);
	free(text);
	config_free(config);
}

/* Other ways to write things: comments, quotes, no braces, +=, sections. */
static void
test_spellings(void **state)
{
	struct config *config;
	char *text;

	config = good("# outside = x\r\noutside = { # one\n'eth0',\n"
	    "eth1, /* two\n */ } outside += eth2 // three\n"
	    "queue { gre = 0x10 }\nqueue { control = 017 }\nlog{level=error}");
	text = printed(config);
	assert_ptr_equal(text, strstr(text,
	    "outside = {\"eth0\", \"eth1\", \"eth2\"}\ninside = {}\n"));
	assert_non_null(strstr(text, "control = 17\n\tgre = 16\n"));
	assert_non_null(strstr(text, "level = error\n"));
	free(text);
	config_free(config);
}

static void
test_bad(void **state)
{
	char error[512];
	size_t i;

	for (i = 0; i < NELEM(bad); i++) {
		if (config_parse(bad[i].text, strlen(bad[i].text), "F", error,
		    sizeof(error)) != NULL)
			fail_msg("taken: %s", bad[i].text);
		if (strncmp(error, bad[i].where, strlen(bad[i].where)) != 0 ||
		    strstr(error, bad[i].what) == NULL)
			fail_msg("%s\nsays: %s\nnot: %s %s", bad[i].text,
			    error, bad[i].where, bad[i].what);
	}
}

/* An error leaves nothing behind that a later reading would notice. */
static void
test_after_error(void **state)
{
	char error[8];
	size_t i;

	for (i = 0; i < NELEM(bad); i++) {
		assert_null(config_parse(bad[i].text, strlen(bad[i].text),
		    "a name", error, sizeof(error)));
		assert_string_equal(error, "a name:");
		config_free(good(everything));
	}
}

static void
test_zero_byte(void **state)
{
	static const char text[] = "outside = a\n\0 mark = 5";
	char error[512];

	assert_null(config_parse(text, sizeof(text) - 1, "F", error,
	    sizeof(error)));
	assert_string_equal(error, "F:2: unexpected byte 0x00");
}

static void
read_fails(const char *file, const char *what)
{
	char error[512];

	assert_null(config_read(file, error, sizeof(error)));
	assert_int_equal(strncmp(error, file, strlen(file)), 0);
	if (strstr(error, what) == NULL)
		fail_msg("%s does not say %s", error, what);
}

static void
test_files(void **state)
{
	char file[] = "/tmp/test_config.XXXXXX", error[512];
	struct config *config;
	int fd = mkstemp(file);

	assert_int_not_equal(fd, -1);
	read_fails(file, ":1: outside: expected");
	assert_int_equal(write(fd, everything, strlen(everything)),
	    strlen(everything));
	config = config_read(file, error, sizeof(error));
	assert_non_null(config);
	config_free(config);
	assert_int_equal(ftruncate(fd, 1 << 20), 0);
	read_fails(file, ": expected less than 64 KiB");
	close(fd);
	unlink(file);
	read_fails(file, ": No such file or directory");
	read_fails("/tmp", ": Is a directory");
	read_fails("/dev/zero", ": expected less than 64 KiB");
}

static void
test_sample(void **state)
{
	char error[512];
	struct config *config = config_read(SAMPLE, error, sizeof(error));
	struct config *standard = good("outside = eth0");
	char *text, *expected = printed(standard);

	if (config == NULL)
		fail_msg("%s", error);
	text = printed(config);
	assert_string_equal(text, expected);
	free(text);
	free(expected);
	config_free(config);
	config_free(standard);
}

static void
test_match(void **state)
{
	struct config *config = good("outside = {eth0, \"ppp+\"}");
	const struct config_names *names = &config->outside;

	assert_true(ifnames_match(names, "eth0"));
	assert_false(ifnames_match(names, "eth01"));
	assert_false(ifnames_match(names, "eth"));
	assert_true(ifnames_match(names, "ppp"));
	assert_true(ifnames_match(names, "ppp12"));
	assert_false(ifnames_match(names, "pp"));
	assert_false(ifnames_match(names, ""));
	assert_false(ifnames_match(&config->inside, "eth0"));
	config_free(config);
}

static void
test_levels(void **state)
{
	int level;

	for (level = CONFIG_LOG_ERROR; level <= CONFIG_LOG_DEBUG; level++)
		assert_int_equal(config_level(config_level_name(
		    (enum config_level)level)), level);
	assert_int_equal(config_level("loud"), -1);
	assert_int_equal(config_level(""), -1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_after_error),
		cmocka_unit_test(test_zero_byte),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
