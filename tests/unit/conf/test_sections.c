/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/config.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define SERVER		"terminate x { listen = 192.0.2.1 " \
			    "remote-addresses = 10.0.0.0/24 "
#define CLIENT		"dial x { server = vpn.example user = ann "

static const char *const samples[] = {
	"conf/dist/server.conf", "conf/dist/client.conf",
	"conf/dist/both.conf"
};

/* Every key, each with a value that is not its default. */
static const char link_keys[] =
    "\tmethods = {pap, chap, mschap}\n\tencryption = optional\n"
    "\tkey-lengths = {40, 56}\n\tstateful = yes\n\tmppc = yes\n"
    "\tipv6 = yes\n\tmtu = 1280\n\tmru = 1281\n\tmss-clamp = no\n"
    "\tlcp-echo-interval = 31\n\tlcp-echo-failures = 5\n"
    "\trestart-time = 4\n\tmax-configure = 11\n\tmax-terminate = 3\n"
    "\tmax-failure = 6\n\tidle-timeout = 7\n\tsession-timeout = 8\n"
    "\tcontrol-echo-interval = 61\n\tcontrol-echo-timeout = 62\n"
    "\twindow = 65\n\treorder-frames = 0\n\treorder-time = 301\n"
    "\thost-name = \"\"\n\tvendor = \"it's\"\n\tinterface = \"vpn%d\"\n"
    "\tip-pre-up = \"/etc/a\"\n\tip-up = \"/etc/b\"\n"
    "\tip-down = \"/etc/c\"\n\tipv6-up = \"/etc/f\"\n"
    "\tipv6-down = \"/etc/g\"\n\tauth-up = \"/etc/d\"\n"
    "\tauth-down = \"/etc/e\"\n\tscript-timeout = 59\n"
    "\tip-param = 'a\"b\\c$d'\n\twtmp = yes\n}\n";

static const char server_keys[] =
    "terminate a.b-c_1 {\n"
    "\tlisten = {\"192.0.2.1\", \"0.0.0.0:1724\"}\n"
    "\tbind-device = \"vrf0\"\n"
    "\tallow = {\"198.51.100.0/24\", \"192.0.2.7/32\"}\n"
    "\tlocal-address = \"10.0.0.1\"\n"
    "\tremote-addresses = {\"10.0.0.2-10.0.0.99\", \"10.1.0.5\"}\n"
    "\tdns = {\"10.0.0.3\", \"10.0.0.4\"}\n\twins = {\"10.0.0.5\"}\n"
    "\tclient-chooses = yes\n\tproxy-arp = yes\n\tsource-check = no\n"
    "\tinterfaces = each\n\tserver-name = \"gate\"\n"
    "\tstrip-domain = no\n\tsecrets = {\"/etc/s\", \"/etc/t\"}\n"
    "\tpap-secrets = {\"/etc/u\"}\n"
    "\tradius = {\"10.0.0.6\", \"10.0.0.7:1645\"}\n"
    "\tradius-accounting = {\"10.0.0.6\", \"10.0.0.7:1646\"}\n"
    "\tradius-secrets = \"/etc/r\"\n\tradius-source = \"10.0.0.8\"\n"
    "\tradius-timeout = 18\n\tradius-tries = 2\n"
    "\tradius-dead-time = 19\n\tradius-unsigned = yes\n"
    "\tradius-interim = 20\n\tradius-listen = {\"0.0.0.0\"}\n"
    "\tnas-identifier = \"nas\"\n\tlogin-tries = 4\n"
    "\tlogin-delay = 0\n\tlogin-timeout = 9\n\trechallenge = 10\n"
    "\tuser-limit = 11\n\tuser-full = deny\n\tsource-limit = 12\n"
    "\ttotal-limit = 13\n\thalf-open-limit = 14\n"
    "\thalf-open-source-limit = 15\n\tstart-timeout = 16\n"
    "\tcall-timeout = 17\n";

static const char client_keys[] =
    "dial home {\n"
    "\tserver = \"vpn.example.com\"\n\tport = 1724\n\tphone = \"5\"\n"
    "\tuser = 'EXAMPLE\\ann'\n\tpassword-file = \"\"\n"
    "\tsecrets = {\"/etc/s\"}\n\tremote-name = \"gate\"\n"
    "\tautomatic = no\n\tlocal-address = \"10.0.0.7\"\n"
    "\tremote-address = \"10.0.0.8\"\n"
    "\troutes = {\"10.0.0.0/8\", \"0.0.0.0/0\"}\n"
    "\tdefault-route = yes\n\thost-route = no\n\tmetric = 4294967295\n"
    "\tuse-dns = yes\n\tdns-script = \"/etc/f\"\n"
    "\tbind-address = \"192.0.2.1\"\n\tbind-device = \"eth0\"\n"
    "\tmark = 5\n\tconnect-timeout = 61\n\treconnect = no\n"
    "\treconnect-delay = 6\n\treconnect-delay-max = 7\n"
    "\treconnect-tries = 8\n";

/* A text, and what its error must contain. */
static const struct {
	const char	*text, *what;
} bad[] = {
	{ "terminate x { }", "terminate x: listen: expected at least one" },
	{ "\nterminate x {\n\nfoo = 1 }", "F:4: no such option 'foo'; see "
	    "pptpalg-terminate(5)" },
	{ "terminate x { listen = 192.0.2.1 }", "remote-addresses: expected "
	    "at least two" },
	{ "terminate x { listen = 192.0.2.1 remote-addresses = 10.0.0.1 }",
	    "at least two" },
	{ "terminate 'a b' { listen = 192.0.2.1 }", "terminate: expected a "
	    "name" },
	{ "terminate { }", "title" },
	{ "terminate x { listen = 192.0.2.256 }", "listen: expected an IPv4 "
	    "address, with :PORT" },
	{ "terminate x { listen = \"192.0.2.1:0\" }", "not '192.0.2.1:0'" },
	{ "terminate x { listen = \"192.0.2.1:65536\" }", "listen: expected" },
	{ "terminate x { listen = \"192.0.2.1:\" }", "listen: expected" },
	{ "terminate x { listen = \"::1\" }", "listen: expected" },
	{ "terminate x { remote-addresses = 10.0.0.9-10.0.0.1 }",
	    "remote-addresses: expected IPv4" },
	{ "terminate x { remote-addresses = 10.0.0.1/24 }", "expected IPv4" },
	{ "terminate x { allow = 10.0.0.1/24 }", "allow: expected a network" },
	{ "terminate x { allow = 10.0.0.0/33 }", "allow: expected a network" },
	{ "terminate x { dns = {1.1.1.1, 2.2.2.2, 3.3.3.3} }",
	    "dns: expected at most 2 values" },
	{ "terminate x { listen = 192.0.2.1\nlisten = 192.0.2.2 }",
	    "F:2: listen is set twice" },
	{ "terminate x { mtu = 1400\nmtu = 1400 }", "F:2: mtu is set twice" },
	{ SERVER "}\nterminate x {\n}", "F:2: found duplicate title 'x'" },
	{ SERVER "methods = eap }", "methods: expected pap, chap, mschap or "
	    "mschap-v2, not 'eap'" },
	{ SERVER "methods = {chap, mschap-v2} }", "methods: chap gives no "
	    "keys" },
	{ SERVER "methods = pap encryption = optional }", "methods: only "
	    "mschap and mschap-v2" },
	{ SERVER "key-lengths = 64 }", "key-lengths: expected 40, 56 or 128" },
	{ SERVER "methods = {} }", "methods: expected at least one" },
	{ CLIENT "methods = {} }", "methods: expected at least one" },
	{ SERVER "key-lengths = {} }", "key-lengths: expected at least one" },
	{ SERVER "secrets = {} }", "secrets: expected at least one file" },
	{ SERVER "radius = example.com }", "radius: expected an IPv4 address, "
	    "with :PORT behind it if that is not 1812" },
	{ SERVER "radius-listen = 0.0.0.0 }", "radius-listen: expected "
	    "servers in radius" },
	{ SERVER "mtu = 127 }", "mtu: expected a number from 128 to 1500" },
	{ SERVER "interface = \"vpn+\" }", "interface: expected the name" },
	{ SERVER "interface = \"%d\" }", "interface: expected the name" },
	{ SERVER "interface = \"a%dx\" }", "interface: expected the name" },
	{ SERVER "interface = vpn0 interfaces = each }", "interface: expected "
	    "a name with %d" },
	{ SERVER "interface = vpn0 ip-up = /x }", "interface: expected a name "
	    "with %d" },
	{ SERVER "source-check = no }", "source-check: no needs" },
	{ SERVER "ipv6 = yes }", "ipv6: yes needs interfaces = each" },
	{ SERVER "secrets = relative }", "secrets: expected an absolute" },
	{ SERVER "ip-up = \"/a b\" }", "ip-up: expected an absolute" },
	{ SERVER "server-name = \"a\xff\" }", "expected printable UTF-8" },
	{ SERVER "server-name = '\\\\\\\\' }", "before another" },
	{ SERVER "server-name = \"a\\\\b\" }", "single quotes" },
	{ SERVER "local-address = 10.0.0 }", "expected an IPv4 address" },
	{ "terminate x { listen = 192.0.2.1 remote-addresses = 10.0.0.0/8 }",
	    "at most 1048576 addresses" },
	{ "terminate x { listen = 192.0.2.1 remote-addresses = "
	    "{10.0.0.1-10.0.0.9, 10.0.0.9-10.0.0.20} }", "the 1. and the 2." },
	{ SERVER "} terminate y { listen = 192.0.2.1 remote-addresses = "
	    "10.1.0.0/24 }", "terminate y: listen: the same address" },
	{ SERVER "} terminate y { listen = 0.0.0.0 remote-addresses = "
	    "10.1.0.0/24 }", "in terminate x, too" },
	{ SERVER "} terminate y { listen = 192.0.2.2 remote-addresses = "
	    "10.0.0.250-10.0.1.9 }", "terminate y: remote-addresses: some" },
	{ SERVER "interface = vpn0 } terminate y { listen = 192.0.2.2 "
	    "remote-addresses = 10.1.0.0/24 interface = vpn0 }",
	    "terminate y: interface" },
	{ "dial x { }", "dial x: server: expected" },
	{ "dial x { server = a }", "dial x: user: expected" },
	{ "dial x { server = \"a b\" user = x }", "server: expected the name" },
	{ "dial x { server = -a user = x }", "server: expected the name" },
	{ CLIENT "password-file = /a secrets = /b }", "secrets: the password "
	    "is already in" },
	{ CLIENT "reconnect-delay = 400 }", "reconnect-delay-max: expected "
	    "not less" },
	{ CLIENT "mark = 0x40000001 }", "mark: expected a number without the "
	    "bit 0x40000000" },
	{ CLIENT "interface = vpn0 } dial y { server = a user = b interface "
	    "= vpn0 }", "dial y: interface: the same name is in dial x" },
	{ SERVER "interface = vpn0 } " CLIENT "interface = vpn0 }",
	    "dial x: interface: the same name is in terminate x" },
};

static struct config *
good(const char *text)
{
	char error[512];
	struct config *config;

	config = config_parse(text, strlen(text), "F", error, sizeof(error));
	if (config == NULL)
		fail_msg("%s\n%s", error, text);
	return config;
}

/* What config_print writes from the first section on; free it. */
static char *
printed(const struct config *config)
{
	static const char before[] = "log {\n\tlevel = info\n"
	    "\taccounting = \"\"\n}\n";
	char *text, *sections;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	config_print(config, f);
	fclose(f);
	sections = strstr(text, before);
	assert_non_null(sections);
	sections = strdup(sections + strlen(before));
	free(text);
	return sections;
}

static void
test_everything(void **state)
{
	char text[8192], *again;
	struct config *config;

	snprintf(text, sizeof(text), "%s%s%s%s", server_keys, link_keys,
	    client_keys, link_keys);
	config = good(text);
	again = printed(config);
	assert_string_equal(again, text);
	free(again);
	config_free(config);
}

static void
test_server_defaults(void **state)
{
	struct config *config = good("terminate x { listen = 192.0.2.1\n"
	    "remote-addresses = 10.9.0.10-10.9.0.99 secrets = /etc/s }");
	const struct terminate *t = config->terminate;

	assert_false(config_has_alg(config));
	assert_ptr_equal(config_terminate(config, "x"), t);
	assert_null(config_terminate(config, "y"));
	assert_null(config_dial(config, "x"));
	assert_int_equal(t->listen[0].address, 0xc0000201);
	assert_int_equal(t->listen[0].port, 1723);
	assert_int_equal(t->local_address, 0x0a09000a);
	assert_int_equal(t->tunnel.methods, TUNNEL_MSCHAP_V2);
	assert_int_equal(t->tunnel.encryption, TUNNEL_REQUIRED);
	assert_int_equal(t->tunnel.key_lengths, TUNNEL_KEY_128);
	assert_false(t->tunnel.stateful || t->tunnel.mppc || t->tunnel.ipv6);
	assert_true(t->source_check && t->strip_domain && t->tunnel.mss_clamp);
	assert_int_equal(t->user_limit, 8);
	assert_int_equal(t->source_limit, 64);
	assert_false(terminate_each(t));
	assert_true(terminate_allows(t, 0));
	config_free(config);
}

static void
test_client_defaults(void **state)
{
	struct config *config = good(CLIENT "}");
	const struct dial *d = config_dial(config, "x");

	assert_ptr_equal(d, config->dial);
	assert_int_equal(d->port, 1723);
	assert_string_equal(d->remote_name, "x");
	assert_string_equal(d->secrets[0], "/etc/pptpalg/chap-secrets");
	assert_true(d->automatic && d->reconnect && d->host_route);
	assert_false(d->default_route || d->use_dns);
	assert_int_equal(d->tunnel.encryption, TUNNEL_REQUIRED);
	config_free(config);
}

static void
test_helpers(void **state)
{
	struct config *config = good(SERVER
	    "allow = {10.1.0.0/16, 10.2.0.1} auth-up = /x }");
	const struct terminate *t = config->terminate;

	assert_true(terminate_each(t));
	assert_true(terminate_allows(t, 0x0a01ffff));
	assert_true(terminate_allows(t, 0x0a020001));
	assert_false(terminate_allows(t, 0x0a020002));
	config_free(config);
}

static void
test_dials_are_compared(void **state)
{
	struct config *a = good(CLIENT "} dial y { server = a user = b }");
	struct config *b = good("dial y { server = c user = b }" CLIENT "}");

	assert_true(dial_equal(config_dial(a, "x"), config_dial(b, "x")));
	assert_false(dial_equal(config_dial(a, "y"), config_dial(b, "y")));
	config_free(a);
	config_free(b);
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
		if (strncmp(error, "F:", 2) != 0 ||
		    strstr(error, bad[i].what) == NULL)
			fail_msg("%s\nsays: %s\nnot: %s", bad[i].text, error,
			    bad[i].what);
		config_free(good(SERVER "}"));
	}
}

static void
count(void *arg, const char *sentence)
{
	strcat(arg, sentence);
	strcat(arg, "\n");
}

/* What weakens, and what its sentence says; "" for nothing. */
static const struct {
	const char	*text, *what;
	unsigned	 n;
} weak[] = {
	{ SERVER "}", "", 0 },
	{ CLIENT "}", "", 0 },
	{ SERVER "methods = {pap, mschap-v2} encryption = optional }",
	    "terminate x: methods: pap", 2 },
	{ SERVER "methods = {chap} encryption = none }", "methods: chap", 2 },
	{ SERVER "methods = {mschap, mschap-v2} }", "methods: mschap is", 1 },
	{ SERVER "key-lengths = {40, 56, 128} }", "key-lengths: 40", 2 },
	{ SERVER "stateful = yes }", "stateful", 1 },
	{ SERVER "source-check = no interfaces = each }", "source-check", 1 },
	{ CLIENT "encryption = none }", "dial x: encryption = none", 1 },
};

static void
test_warnings(void **state)
{
	char said[4096], *c;
	struct config *config;
	unsigned lines;
	size_t i;

	for (i = 0; i < NELEM(weak); i++) {
		config = good(weak[i].text);
		said[0] = '\0';
		config_warnings(config, count, said);
		for (lines = 0, c = said; *c != '\0'; c++)
			lines += *c == '\n';
		if (lines != weak[i].n || strstr(said, weak[i].what) == NULL)
			fail_msg("%s: %s", weak[i].text, said);
		config_free(config);
	}
}

static void
test_samples(void **state)
{
	char error[512];
	struct config *config;
	size_t i;

	for (i = 0; i < NELEM(samples); i++) {
		config = config_read(samples[i], error, sizeof(error));
		if (config == NULL)
			fail_msg("%s", error);
		error[0] = '\0';
		config_warnings(config, count, error);
		assert_string_equal(error, "");
		config_free(config);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_server_defaults),
		cmocka_unit_test(test_client_defaults),
		cmocka_unit_test(test_helpers),
		cmocka_unit_test(test_dials_are_compared),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
