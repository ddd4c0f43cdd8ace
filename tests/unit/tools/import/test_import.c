/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/tools/import/import_run.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

static void
test_openbsd_server(void **state)
{
	static const char *const files[] = {
		"etc/pptpd.conf",
		"etc/ppp/ppp.secret"
	};
	const struct terminate *t;

	import_tree("openbsd-server", files, 2);
	import_done(IMPORT_DONE);
	t = run.config->terminate;
	assert_null(t->next);
	assert_null(run.config->dial);
	assert_int_equal(t->listen[0].address, 0x0a0a0a0a);
	assert_int_equal(t->listen[0].port, 1723);
	assert_int_equal(t->local_address, 0xc0a801e9);
	assert_int_equal(t->nremote, 1);
	assert_int_equal(t->remote[0].first, 0xc0a801ea);
	assert_int_equal(t->remote[0].last, 0xc0a801ee);
	assert_int_equal(t->ndns, 1);
	assert_int_equal(t->dns[0], 0xc0a80101);
	assert_int_equal(t->wins[0], 0xc0a80102);
	assert_true(t->proxy_arp);
	assert_int_equal(t->tunnel.encryption, TUNNEL_REQUIRED);
	assert_int_equal(t->tunnel.methods, TUNNEL_MSCHAP_V2);
	assert_int_equal(t->tunnel.key_lengths,
	    TUNNEL_KEY_40 | TUNNEL_KEY_56 | TUNNEL_KEY_128);
	assert_true(t->tunnel.stateful);
	assert_false(t->tunnel.ipv6);
	assert_string_equal(t->secrets[0], run.secrets);
	import_has_secret("testing", t->server_name, "testing");
	import_says(run.out, "ppp.conf:11: server: ignored");
	assert_null(strstr(run.out, "testing testing"));
}

static void
test_openbsd_client(void **state)
{
	static const char *const files[] = {
		"etc/ppp/ppp.conf",
		"etc/ppp/ppp.linkup",
		"etc/ppp/ppp.linkdown"
	};
	const struct dial *d;

	import_tree("openbsd-client", files, 3);
	import_done(IMPORT_DONE);
	d = run.config->dial;
	assert_null(run.config->terminate);
	assert_string_equal(d->name, "office");
	assert_string_equal(d->server, "202.54.1.1");
	assert_string_equal(d->user, "ann");
	assert_int_equal(d->nroute, 1);
	assert_int_equal(d->route[0].address, 0x0a000000);
	assert_int_equal(d->route[0].bits, 8);
	assert_true(d->default_route);
	assert_true(d->host_route);
	assert_true(d->reconnect);
	assert_true(d->automatic);
	assert_int_equal(d->tunnel.encryption, TUNNEL_REQUIRED);
	assert_int_equal(d->tunnel.key_lengths, TUNNEL_KEY_128);
	assert_false(d->tunnel.stateful);
	import_has_secret(d->user, d->remote_name, "Open Sesame");
	assert_null(strstr(run.out, "Sesame"));
	assert_null(strstr(run.errors, "Sesame"));
}

static void
check_debian(const char *tree, bool stateful)
{
	static const char *const files[] = { "etc/ppp/peers/tunnel" };
	const struct dial *d;

	import_tree(tree, files, 1);
	import_done(IMPORT_DONE);
	d = run.config->dial;
	assert_string_equal(d->name, "tunnel");
	assert_string_equal(d->server, "10.1.1.14");
	assert_string_equal(d->user, "LOGIN");
	assert_string_equal(d->remote_name, "PPTP");
	assert_string_equal(d->secrets[0], "/etc/ppp/chap-secrets");
	assert_string_equal(d->tunnel.ip_param, "tunnel");
	assert_int_equal(d->tunnel.encryption, TUNNEL_REQUIRED);
	assert_int_equal(d->tunnel.methods, TUNNEL_MSCHAP_V2);
	assert_int_equal(d->tunnel.key_lengths, TUNNEL_KEY_40 | TUNNEL_KEY_128);
	assert_int_equal(d->tunnel.stateful, stateful);
	assert_false(d->automatic);	/* pon starts it */
	assert_false(d->reconnect);
}

static void
test_debian_client(void **state)
{
	check_debian("debian-client", true);
	import_again();
	check_debian("debian-client-old", false);
}

static void
test_classic(void **state)
{
	static const char *const files[] = { "etc/pptpd.conf" };
	const struct terminate *t;

	import_tree("classic", files, 1);
	import_done(IMPORT_DONE);
	t = run.config->terminate;
	assert_int_equal(t->listen[0].address, 0);
	assert_int_equal(t->local_address, 0xc0a800ea);
	assert_int_equal(t->remote[0].first, 0xc0a801ea);
	assert_int_equal(t->remote[0].last, 0xc0a801ee);
	assert_string_equal(t->server_name, "servername");
	assert_true(t->proxy_arp);
	assert_int_equal(t->tunnel.methods, TUNNEL_CHAP);
	assert_int_equal(t->tunnel.encryption, TUNNEL_CLEAR);
	assert_string_equal(t->secrets[0], "/etc/ppp/chap-secrets");
	import_says(run.out, "# warning: terminate pptpd: methods: chap");
	import_says(run.out, "pptpd.conf:1: speed: ignored");
}

static void
test_centos(void **state)
{
	static const char *const files[] = { "etc/pptpd.conf" };
	const struct terminate *t;

	import_tree("centos", files, 1);
	import_done(IMPORT_DONE);
	t = run.config->terminate;
	assert_int_equal(t->local_address, 0x0a000002);
	assert_int_equal(t->remote[0].first, 0x0a0000c8);
	assert_int_equal(t->remote[0].last, 0x0a0000dc);
	assert_int_equal(t->dns[0], 0x0a0000f0);
	assert_int_equal(t->wins[0], 0x0a0000f0);
	assert_string_equal(t->server_name, "pptpd");
	assert_int_equal(t->tunnel.methods, TUNNEL_MSCHAP_V2);
	assert_int_equal(t->tunnel.encryption, TUNNEL_REQUIRED);
	assert_int_equal(t->tunnel.key_lengths, TUNNEL_KEY_128);
	assert_false(t->tunnel.stateful);
	assert_true(t->tunnel.wtmp);
	assert_null(strstr(run.out, "# warning"));
}

static void
test_network_manager(void **state)
{
	const struct dial *d;

	import_text("work.nmconnection", "[connection]\nid=work\ntype=vpn\n"
	    "autoconnect=false\n\n[vpn]\ngateway=vpn.example.com\nuser=ann\n"
	    "domain=CORP\nrequire-mppe-128=yes\nrefuse-pap=yes\n"
	    "refuse-eap=yes\nlcp-echo-failure=5\nlcp-echo-interval=20\n"
	    "service-type=org.freedesktop.NetworkManager.pptp\n\n"
	    "[vpn-secrets]\npassword=Sesame=1\n\n[ipv4]\n"
	    "never-default=true\nmethod=auto\n");
	import_done(IMPORT_REFUSED);
	import_says(run.errors, "(use-dns): refused");
	d = run.config->dial;
	assert_string_equal(d->server, "vpn.example.com");
	assert_string_equal(d->user, "CORP\\ann");
	assert_false(d->automatic);
	assert_false(d->default_route);
	assert_true(d->use_dns);
	assert_int_equal(d->tunnel.lcp_echo_failures, 5);
	assert_int_equal(d->tunnel.lcp_echo_interval, 20);
	assert_int_equal(d->tunnel.key_lengths, TUNNEL_KEY_128);
	import_has_secret("CORP\\ann", d->remote_name, "Sesame=1");
}

/* A text of pptpd.conf; a word of the notes; what the result says. */
static const struct {
	const char	*text, *notes;
	uint32_t	 first, last;	/* of the last remote range */
	enum import_result result;
} pptpd[] = {
	{ "localip 10.0.0.1\nremoteip 10.0.0.2,10.0.0.5-9\n", "listen",
	    0x0a000005, 0x0a000009, IMPORT_DONE },
	{ "localip 10.0.0.1\nremoteip 10.0.0-3.7\n", "10.0.3.7",
	    0x0a000307, 0x0a000307, IMPORT_DONE },
	{ "localip 10.0.0.1\n", "(no remoteip)", 0xc0a80101, 0xc0a80164,
	    IMPORT_DONE },
	{ "remoteip 10.0.0.2-3\nremoteip 10.9.9.9\n",
	    "remoteip: ignored: only the first", 0x0a000002, 0x0a000003,
	    IMPORT_DONE },
	{ " listen 1.2.3.4\nremoteip 10.0.0.2-3\n",
	    "begin with a blank", 0x0a000002, 0x0a000003, IMPORT_DONE },
	{ "bcrelay eth0\nremoteip 10.0.0.2-3\n", "pptpd.conf:1: bcrelay: "
	    "REFUSED", 0x0a000002, 0x0a000003, IMPORT_REFUSED },
	{ "# x\n\nfoo bar\nremoteip 10.0.0.2-3\n", "pptpd.conf:3: foo: "
	    "REFUSED: unknown", 0x0a000002, 0x0a000003, IMPORT_REFUSED },
	{ "option /nonexistent\nremoteip 10.0.0.2-3\n", "pptpd.conf:1: "
	    "option: REFUSED", 0x0a000002, 0x0a000003, IMPORT_REFUSED },
	{ "connections 0\nremoteip 10.0.0.2-3\n", "total-limit: expected a "
	    "number from 1", 0x0a000002, 0x0a000003, IMPORT_REFUSED },
	{ "listen\nremoteip 10.0.0.2-3\n", "listen: REFUSED: expected a value",
	    0x0a000002, 0x0a000003, IMPORT_REFUSED },
	{ "remoteip 10.0.0.2-3\r\nspeed 1\r\n", "speed: ignored", 0x0a000002,
	    0x0a000003, IMPORT_DONE },
};

static void
test_pptpd(void **state)
{
	const struct terminate *t;
	size_t i;

	import_put("etc/ppp/options", "require-mschap-v2 require-mppe-128\n");
	for (i = 0; i < NELEM(pptpd); i++) {
		import_text("pptpd.conf", pptpd[i].text);
		import_done(pptpd[i].result);
		import_says(run.out, pptpd[i].notes);
		t = run.config->terminate;
		assert_int_equal(t->remote[t->nremote - 1].first,
		    pptpd[i].first);
		assert_int_equal(t->remote[t->nremote - 1].last,
		    pptpd[i].last);
		import_again();
	}
}

/* Options of a server; a word of the notes; methods and encryption. */
static const struct {
	const char		*text, *notes;
	uint32_t		 methods, lengths;
	enum tunnel_encryption	 encryption;
	enum import_result	 result;
} options[] = {
	{ "lock", "(no require-): REFUSED: any method", TUNNEL_MSCHAP_V2,
	    TUNNEL_KEY_128, TUNNEL_REQUIRED, IMPORT_REFUSED },
	{ "noauth", "users always log in", TUNNEL_MSCHAP_V2,
	    TUNNEL_KEY_128, TUNNEL_REQUIRED, IMPORT_REFUSED },
	{ "mppe required,no40,no56,stateless", "stateful = no",
	    TUNNEL_MSCHAP_V2, TUNNEL_KEY_128, TUNNEL_REQUIRED, IMPORT_DONE },
	{ "require-mschap-v2 mppe no40", "stateful = yes", TUNNEL_MSCHAP_V2,
	    TUNNEL_KEY_56 | TUNNEL_KEY_128, TUNNEL_OPTIONAL, IMPORT_DONE },
	{ "require-mschap-v2 mppe strong", "mppe: REFUSED: expected required",
	    TUNNEL_MSCHAP_V2, TUNNEL_KEY_40 | TUNNEL_KEY_56 | TUNNEL_KEY_128,
	    TUNNEL_REQUIRED, IMPORT_REFUSED },
	{ "require-mschap-v2 encrypt-all", "unknown", TUNNEL_MSCHAP_V2,
	    TUNNEL_KEY_128, TUNNEL_REQUIRED, IMPORT_REFUSED },
	{ "refuse-pap refuse-chap refuse-mschap", "methods", TUNNEL_MSCHAP_V2,
	    TUNNEL_KEY_128, TUNNEL_OPTIONAL, IMPORT_DONE },
	{ "-pap -chap -chapms +chapms-v2 mppe-40 mppe-128 mppe-stateless",
	    "stateful = no", TUNNEL_MSCHAP_V2, TUNNEL_KEY_40 | TUNNEL_KEY_128,
	    TUNNEL_REQUIRED, IMPORT_DONE },
	{ "require-pap", "pap", TUNNEL_PAP, TUNNEL_KEY_128, TUNNEL_CLEAR,
	    IMPORT_DONE },
	{ "require-mschap require-mschap-v2 require-mppe nomppe-40",
	    "key-lengths = 128", TUNNEL_MSCHAP | TUNNEL_MSCHAP_V2,
	    TUNNEL_KEY_128, TUNNEL_REQUIRED, IMPORT_DONE },
	{ "require-mschap-v2 require-mppe nomppe", "encryption = none",
	    TUNNEL_MSCHAP_V2, TUNNEL_KEY_128, TUNNEL_CLEAR, IMPORT_DONE },
	{ "require-chap require-mschap-v2 require-mppe-128",
	    "chap: ignored: they give no keys", TUNNEL_MSCHAP_V2,
	    TUNNEL_KEY_128, TUNNEL_REQUIRED, IMPORT_DONE },
};

static void
test_methods(void **state)
{
	char text[256];
	const struct terminate *t;
	size_t i;

	for (i = 0; i < NELEM(options); i++) {
		snprintf(text, sizeof(text), "auth\n%s\n", options[i].text);
		import_text("options.pptpd", text);
		import_says(run.out, options[i].notes);
		/* It has no addresses, and that is told. */
		assert_int_equal(run.result, IMPORT_REFUSED);
		import_says(run.errors, "remote-addresses: expected");
		assert_null(run.config);
		import_again();
		strcat(text, "10.0.0.1:\n");
		import_text("options.pptpd", text);
		import_done(options[i].result);
		t = run.config->terminate;
		assert_int_equal(t->tunnel.methods, options[i].methods);
		assert_int_equal(t->tunnel.encryption, options[i].encryption);
		assert_int_equal(t->tunnel.key_lengths, options[i].lengths);
		import_again();
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IMPORT_TEST(test_openbsd_server),
		IMPORT_TEST(test_openbsd_client),
		IMPORT_TEST(test_debian_client),
		IMPORT_TEST(test_classic),
		IMPORT_TEST(test_centos),
		IMPORT_TEST(test_network_manager),
		IMPORT_TEST(test_pptpd),
		IMPORT_TEST(test_methods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
