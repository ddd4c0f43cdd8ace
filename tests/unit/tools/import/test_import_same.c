/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An import that refuses nothing means the same as before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/tools/import/import_run.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

static const char peer[] = "pty \"pptp 192.0.2.2 --nolaunchpppd\"\n"
    "name ann\nremotename PPTP\nnoauth\nrequire-mppe-128\n";
static const char server[] = "name pptpd\nrequire-mschap-v2\n"
    "require-mppe-128\n10.0.0.1:\n";
static const char conf[] = "work:\n set device \"!/usr/local/sbin/pptp "
    "192.0.2.2\"\n set authname ann\n set authkey secret\n"
    " set mppe 128 stateless\n";
static const char keyfile[] = "[connection]\nid=work\ntype=vpn\n[vpn]\n"
    "service-type=org.freedesktop.NetworkManager.pptp\n"
    "gateway=192.0.2.2\nuser=ann\nrequire-mppe-128=yes\n"
    "[vpn-secrets]\npassword=x\n[ipv4]\nmethod=auto\nignore-auto-dns=1\n";

/* A file, what is at its end; what the output says of that, and the result. */
static const struct {
	const char	*name, *before, *text, *says;
	enum import_result result;
} rows[] = {
	/* pppd's options, and those of its plugins. */
	{ "peers/p", peer, "defaultroute", "metric = 1000000", IMPORT_DONE },
	{ "peers/p", peer, "defaultroute replacedefaultroute",
	    "default-route = yes", IMPORT_DONE },
	{ "peers/p", peer, "usepeerdns", "(use-dns): REFUSED", IMPORT_REFUSED },
	{ "peers/p", peer, "user bob name carl", "user says it", IMPORT_DONE },
	{ "peers/p", peer, "10.0.0.2:10.0.0.1 ipcp-accept-local",
	    "local-address: ignored: the server may", IMPORT_DONE },
	{ "peers/p", peer, "unit 5", "interface = ppp5", IMPORT_DONE },
	{ "peers/p", peer, "bsdcomp 0 deflate 15", "deflate: REFUSED",
	    IMPORT_REFUSED },
	{ "peers/p", peer, "usehostname", "usehostname: REFUSED",
	    IMPORT_REFUSED },
	{ "peers/p", "", "pty \"ssh host pppd\"\nuser ann", "pty: REFUSED: it "
	    "does not run pptp", IMPORT_REFUSED },
	{ "peers/p", "plugin /usr/lib/pppd/2.4.9/pptp.so\nuser ann noauth\n"
	    "require-mppe-128 remotename x\n", "pptp_server 192.0.2.2\n"
	    "pptp_window 10 pptp_timeout 100000",
	    "reorder-time = 100", IMPORT_DONE },
	{ "options.pptpd", server, "plugin pptpd-logwtmp.so", "wtmp = yes",
	    IMPORT_DONE },
	{ "options.pptpd", server, "plugin radius.so radius-config-file /x",
	    "radius-config-file: REFUSED: the file cannot be read",
	    IMPORT_REFUSED },
	{ "options.pptpd", server, "lock", "strip-domain = no", IMPORT_DONE },
	{ "options.pptpd", server, "chapms-strip-domain",
	    "strip-domain = yes", IMPORT_DONE },
	{ "options.pptpd", server, "lock", "user-limit = 0", IMPORT_DONE },
	{ "options.pptpd", server, "lock", "source-limit = 0", IMPORT_DONE },
	/* Routes of ppp(8). */
	{ "ppp.conf", conf, " add 10.1.0.0 255.255.0.0 HISADDR",
	    "routes = 10.1.0.0/16", IMPORT_DONE },
	{ "ppp.conf", conf, " add 10.1.0.0/16 10.9.9.9",
	    "add: REFUSED: it is not through", IMPORT_REFUSED },
	{ "ppp.conf", conf, " add 192.0.2.2 10.9.9.9", "host-route = yes",
	    IMPORT_DONE },
	{ "ppp.conf", conf, " add! 0 0 HISADDR", "default-route = yes",
	    IMPORT_DONE },
	{ "ppp.conf", conf, " add default HISADDR", "metric = 1000000",
	    IMPORT_DONE },
	{ "ppp.conf", conf, " add 10.1.0.0 255.0.255.0 HISADDR",
	    "add: REFUSED: expected DEST", IMPORT_REFUSED },
	{ "ppp.conf", conf, " delete ALL", "delete: ignored", IMPORT_DONE },
	{ "ppp.conf", conf, " set ifaddr 10.0.0.1/0 10.0.0.2/0 0 0",
	    "ifaddr: ignored: an address that is a wish", IMPORT_DONE },
	{ "ppp.conf", conf, " set ifaddr 10.0.0.1/24 0",
	    "ifaddr: REFUSED", IMPORT_REFUSED },
	{ "ppp.conf", conf, " set mode auto", "mode: REFUSED: nothing is "
	    "dialled", IMPORT_REFUSED },
	{ "ppp.conf", conf, " disable passwdauth lanman ipcp",
	    "ipcp: REFUSED", IMPORT_REFUSED },
	{ "ppp.conf", "", "dsl:\n set device PPPoE:em0",
	    "(no label): REFUSED", IMPORT_REFUSED },
	/* NetworkManager. */
	{ "w.nmconnection", keyfile, "never-default=1\n"
	    "route1=10.1.0.0/16,0.0.0.0,0\nroute2=10.2.0.0/16",
	    "ipv4.route: mapped to routes = 10.2.0.0/16", IMPORT_DONE },
	{ "w.nmconnection", keyfile, "never-default=0",
	    "default-route = yes", IMPORT_DONE },
	{ "w.nmconnection", keyfile, "route1=10.1.0.0/16,10.0.0.7",
	    "ipv4.route: REFUSED", IMPORT_REFUSED },
	{ "w.nmconnection", keyfile, "dns=10.1.0.53;", "ipv4.dns: REFUSED",
	    IMPORT_REFUSED },
	{ "w.nmconnection", keyfile, "frobnicate=1", "REFUSED: unknown",
	    IMPORT_REFUSED },
	{ "w.nmconnection", keyfile, "[connection]\nzone=work",
	    "zone: REFUSED", IMPORT_REFUSED },
	{ "w.nmconnection", keyfile, "[vpn]\npersistent=true",
	    "reconnect = yes", IMPORT_DONE },
	{ "w.nmconnection", keyfile, "[vpn]\n"
	    "service-type=org.freedesktop.NetworkManager.openvpn",
	    "it is not PPTP", IMPORT_REFUSED },
	{ "w.nmconnection", keyfile, "[ipv6]\nmethod=ignore\nroute1=x",
	    "ipv6.route1: ignored", IMPORT_DONE },
};

static void
test_rows(void **state)
{
	char text[2048];
	size_t i;

	for (i = 0; i < NELEM(rows); i++) {
		snprintf(text, sizeof(text), "%s%s\n", rows[i].before,
		    rows[i].text);
		import_text(strncmp(rows[i].name, "peers/", 6) == 0 ?
		    "etc/ppp/peers/p" : rows[i].name, text);
		import_says(run.out, rows[i].says);
		if (run.result != rows[i].result)
			fail_msg("%s: %s", rows[i].text, run.errors);
		import_again();
	}
}

/* As "cat >>chap-secrets" leaves it, lines that pppd takes otherwise, none. */
static void
test_secrets(void **state)
{
	char command[128];

	import_text("options.pptpd", server);
	import_done(IMPORT_DONE);
	import_again();
	import_put("etc/ppp/chap-secrets", "ann * secret *\nbob pptpd x\n"
	    "carl other x\n");
	import_text("options.pptpd", server);
	import_says(run.errors, "chap-secrets:2: bob: refused: without "
	    "addresses pppd lets nobody in");
	assert_null(strstr(run.errors, "carl"));
	import_again();
	import_put("etc/ppp/chap-secrets", "ann other secret *\n");
	import_text("options.pptpd", server);
	import_says(run.errors, "no line is for this server's name");
	import_again();
	import_put("etc/ppp/chap-secrets", "ann * \"\xe4\" *\nbob * x *\n");
	import_text("options.pptpd", server);
	import_says(run.errors, "chap-secrets:1");
	import_again();
	snprintf(command, sizeof(command), "chmod 644 %s/etc/ppp/*secrets",
	    run.folder);
	assert_int_equal(system(command), 0);
	import_text("options.pptpd", server);
	import_says(run.errors, "run chmod 600");
	assert_int_equal(run.result, IMPORT_REFUSED);
}

/* pppd's plugin radius.so: servers and secrets are where radiusclient has. */
static void
test_radius(void **state)
{
	const struct terminate *t;

	import_put("etc/ppp/radius", "# comment\n"
	    "auth_order\tradius\nauthserver \tlocalhost:1645\n"
	    "authserver 192.0.2.9\nacctserver 192.0.2.9\n"
	    "servers\t\t/etc/radiusclient/servers\nradius_timeout\t10\n"
	    "default_realm\nbindaddr *\nmapfile /etc/m\n");
	import_text("options.pptpd", "require-mschap-v2\n10.0.0.1:\n"
	    "plugin radius.so\nradius-config-file /etc/ppp/radius\n");
	import_done(IMPORT_DONE);
	t = run.config->terminate;
	assert_int_equal(t->nradius, 2);
	assert_int_equal(t->radius[0].port, 1645);
	assert_int_equal(t->radius[1].port, 1812);
	assert_int_equal(t->nradius_accounting, 1);
	assert_int_equal(t->radius_timeout, 10);
	assert_string_equal(t->radius_secrets, "/etc/radiusclient/servers");
	import_again();
	import_put("etc/ppp/radius", "auth_order "
	    "radius,local\nauthserver radius.example.com\n"
	    "default_realm example.com\n");
	import_text("options.pptpd", "require-mschap-v2\n10.0.0.1:\n"
	    "plugin radius.so\nradius-config-file /etc/ppp/radius\n");
	import_says(run.errors, "auth_order: refused");
	import_says(run.errors, "authserver: refused");
	import_says(run.errors, "default_realm: refused");
	assert_int_equal(run.result, IMPORT_REFUSED);
}

/* pppd looks up who logs in by PAP in pap-secrets. */
static void
test_pap_secrets(void **state)
{
	import_text("options.pptpd", "require-pap\n10.0.0.1:\n");
	import_done(IMPORT_DONE);
	assert_string_equal(run.config->terminate->pap_secrets[0],
	    "/etc/ppp/pap-secrets");
	import_again();
	import_text("options.pptpd", "require-pap\nrequire-chap\n10.0.0.1:\n");
	import_done(IMPORT_DONE);
	assert_string_equal(run.config->terminate->secrets[0],
	    "/etc/ppp/chap-secrets");
	assert_string_equal(run.config->terminate->pap_secrets[0],
	    "/etc/ppp/pap-secrets");
}

/* Without remotename pppd takes what the server calls itself. */
static void
test_remote_name(void **state)
{
	static const char nameless[] = "pty \"pptp 192.0.2.2\"\nname ann\n"
	    "require-mppe-128\n";

	import_put("etc/ppp/chap-secrets", "ann hq secret *\nbob * x *\n");
	import_text("etc/ppp/peers/work", nameless);
	import_done(IMPORT_DONE);
	assert_string_equal(run.config->dial->remote_name, "hq");
	import_again();
	import_put("etc/ppp/chap-secrets", "bob * x *\n");
	import_text("etc/ppp/peers/work", nameless);
	import_says(run.errors, "no line is for user and remote-name");
}

/* A client that wants its server to log in. */
static void
test_server_proves_itself(void **state)
{
	static const char plain[] = "pty \"pptp 192.0.2.2\"\nname ann\n";
	char text[256];

	import_put("etc/ppp/options", "auth\n");
	import_text("etc/ppp/peers/work", plain);
	assert_int_equal(run.result, IMPORT_REFUSED);
	import_says(run.errors, "the server had to log in, too");
	assert_int_equal(run.config->dial->tunnel.methods, TUNNEL_MSCHAP_V2);
	import_again();
	snprintf(text, sizeof(text), "%snoauth\n", plain);
	import_text("etc/ppp/peers/work", text);
	import_done(IMPORT_DONE);
}

/* Files beside ppp.conf that ppp(8) reads without being told. */
static void
test_beside(void **state)
{
	import_put("ppp.linkup", "work:\n add 10.2.0.0/16 HISADDR\n");
	import_put("ppp.linkdown", "work:\n !bg /bin/sh x\n");
	import_put("ppp.secret", "ann secret\nbob * *\n");
	import_text("ppp.conf", conf);
	import_says(run.out, "routes = {\"10.2.0.0/16\"}");
	import_says(run.errors, "ppp.linkdown:2: !bg: refused");
	import_again();
	import_text("ppp.conf", "pptp:\n enable mschapv2\n set mppe 128\n"
	    " set ifaddr 10.0.0.1 10.0.0.2-10.0.0.9\n");
	import_says(run.errors, "ppp.secret:2: user: refused: the system's");
	import_has_secret("ann", "pptpd", "secret");
}

/* Scripts and rules for pppd's interfaces. */
static void
test_interfaces(void **state)
{
	char text[256];

	import_put("etc/ppp/ip-up", "#!/bin/sh\n# $1 is ppp0\n"
	    "ip route add default dev ppp0\n");
	import_text("etc/ppp/peers/p", peer);
	import_says(run.errors, "etc/ppp/ip-up:3: ppp0: refused: interfaces "
	    "are called pptp0");
	assert_int_equal(run.result, IMPORT_REFUSED);
	import_again();
	import_put("etc/ppp/ip-up", "#!/bin/sh\nip route add 10.2.0.0/16 dev "
	    "$1; echo $mppp0\n");
	import_put("etc/nftables.conf", "iifname \"ppp*\" accept\n");
	import_text("etc/ppp/peers/p", peer);
	import_says(run.errors, "etc/nftables.conf:1: ppp*: refused");
	import_again();
	snprintf(text, sizeof(text), "%sifname ppp0\n", peer);
	import_text("etc/ppp/peers/p", text);
	import_done(IMPORT_DONE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IMPORT_TEST(test_rows),
		IMPORT_TEST(test_secrets),
		IMPORT_TEST(test_radius),
		IMPORT_TEST(test_pap_secrets),
		IMPORT_TEST(test_remote_name),
		IMPORT_TEST(test_server_proves_itself),
		IMPORT_TEST(test_beside),
		IMPORT_TEST(test_interfaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
