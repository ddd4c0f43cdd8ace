/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "tools/import/kind.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

static void
map_require(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	part->want |= d->bit;
	plan_mapped(plan, d->name, "methods");
}

static void
map_refuse(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	part->refuse |= d->bit;
	plan_mapped(plan, d->name, "methods");
}

static void
map_mppe(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	part->mppe = true;
	part->lengths |= d->bit;
	plan_mapped(plan, d->name, "encryption = required, key-lengths");
}

static void
map_no_mppe(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	if (d->bit == 0)
		part->never_mppe = true;
	part->never_lengths |= d->bit;
	plan_mapped(plan, d->name, d->bit == 0 ? "encryption = none" :
	    "key-lengths");
}

/* Over 1500 makes no sense on the way of PPTP. */
static void
map_mtu(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	plan_set(plan, part, d->name, d->key,
	    strlen(args[0]) < 6 && atoi(args[0]) > 1500 ? "1500" : args[0]);
}

static void
map_persist(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	part->persist = d->bit != 0;
	plan_mapped(plan, d->name, "reconnect");
}

static void
map_password(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	plan_keep_secret(plan, "", part->name, args[0], NULL);
	plan_mapped(plan, d->name, "a secret");
}

static void
map_file(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	char path[TUNNEL_FILE_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s%s",
	    args[0][0] == '/' ? "" : d->value, args[0]) >= sizeof(path))
		plan_refused(plan, d->name, "the path is too long");
	else
		import_nested(plan, part, d->name, path);
}

static void
map_pty(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	import_pptp_command(plan, part, d->name, args[0]);
}

#define TTY	"there is no serial line"
#define NOISE	"not needed: only MPPE and MPPC exist here"
#define TIMERS	"one set of timers serves all protocols"
#define LOGS	"see log in pptpalg.conf(5), and pptpalgctl log"
#define CHECK	"a server proves itself by MS-CHAPv2's answer only"
#define ACCEPT	"this is what pptpalgd does"

/* Both roles unless said. */
static const struct plan_directive options[] = {
	/* Names and secrets. */
	{ "name", PLAN_SERVER, 1, .key = "server-name" },
	{ "name", PLAN_CLIENT, 1, .key = "user" },
	{ "user", PLAN_CLIENT, 1, .key = "user" },
	{ "user", PLAN_SERVER, 1, .ignored = "a server has no user" },
	{ "password", PLAN_CLIENT, 1, .map = map_password },
	{ "password", PLAN_SERVER, 1, .ignored = "a server has no user" },
	{ "remotename", PLAN_CLIENT, 1, .key = "remote-name" },
	{ "remotename", PLAN_SERVER, 1,
	    .refused = "users are who they log in as" },
	{ "chap-secrets", 0, 1, .key = "secrets" },
	{ "pap-secrets", PLAN_SERVER, 1, .key = "pap-secrets" },
	{ "pap-secrets", PLAN_CLIENT, 1, .key = "secrets" },
	{ "usehostname", 0, 0, .ignored = "server-name is a key" },
	{ "domain", 0, 1, .ignored = "server-name is a key" },
	{ "chapms-strip-domain", PLAN_SERVER, 0, .key = "strip-domain",
	    .value = "yes" },
	{ "login", 0, 0,
	    .refused = "the system's users cannot log in by "
		       "CHAP; write their names and passwords to secrets" },
	{ "papcrypt", 0, 0,
	    .refused = "secrets must be in clear: MS-CHAP "
		       "needs them" },
	/* Methods. */
	{ "auth", PLAN_SERVER, 0, .ignored = "users always log in" },
	{ "auth", PLAN_CLIENT, 0, .ignored = CHECK },
	{ "noauth", PLAN_SERVER, 0, .refused = "users always log in" },
	{ "noauth", PLAN_CLIENT, 0, .ignored = "nothing else is done" },
	{ "require-pap", PLAN_SERVER, 0, .map = map_require,
	    .bit = TUNNEL_PAP },
	{ "+pap", PLAN_SERVER, 0, .map = map_require, .bit = TUNNEL_PAP },
	{ "require-chap", PLAN_SERVER, 0, .map = map_require,
	    .bit = TUNNEL_CHAP },
	{ "+chap", PLAN_SERVER, 0, .map = map_require, .bit = TUNNEL_CHAP },
	{ "require-mschap", PLAN_SERVER, 0, .map = map_require,
	    .bit = TUNNEL_MSCHAP },
	{ "+mschap", PLAN_SERVER, 0, .map = map_require, .bit = TUNNEL_MSCHAP },
	{ "+chapms", PLAN_SERVER, 0, .map = map_require, .bit = TUNNEL_MSCHAP },
	{ "require-mschap-v2", PLAN_SERVER, 0, .map = map_require,
	    .bit = TUNNEL_MSCHAP_V2 },
	{ "+mschap-v2", PLAN_SERVER, 0, .map = map_require,
	    .bit = TUNNEL_MSCHAP_V2 },
	{ "+chapms-v2", PLAN_SERVER, 0, .map = map_require,
	    .bit = TUNNEL_MSCHAP_V2 },
	{ "require-pap", PLAN_CLIENT, 0, .ignored = CHECK },
	{ "require-chap", PLAN_CLIENT, 0, .ignored = CHECK },
	{ "require-mschap", PLAN_CLIENT, 0, .ignored = CHECK },
	{ "require-mschap-v2", PLAN_CLIENT, 0, .ignored = CHECK },
	{ "require-eap", 0, 0, .refused = "there is no EAP" },
	{ "+eap", 0, 0, .refused = "there is no EAP" },
	{ "refuse-pap", 0, 0, .map = map_refuse, .bit = TUNNEL_PAP },
	{ "-pap", 0, 0, .map = map_refuse, .bit = TUNNEL_PAP },
	{ "refuse-chap", 0, 0, .map = map_refuse, .bit = TUNNEL_CHAP },
	{ "-chap", 0, 0, .map = map_refuse, .bit = TUNNEL_CHAP },
	{ "refuse-mschap", 0, 0, .map = map_refuse, .bit = TUNNEL_MSCHAP },
	{ "-mschap", 0, 0, .map = map_refuse, .bit = TUNNEL_MSCHAP },
	{ "-chapms", 0, 0, .map = map_refuse, .bit = TUNNEL_MSCHAP },
	{ "refuse-mschap-v2", 0, 0, .map = map_refuse,
	    .bit = TUNNEL_MSCHAP_V2 },
	{ "-mschap-v2", 0, 0, .map = map_refuse, .bit = TUNNEL_MSCHAP_V2 },
	{ "-chapms-v2", 0, 0, .map = map_refuse, .bit = TUNNEL_MSCHAP_V2 },
	{ "refuse-eap", 0, 0, .ignored = ACCEPT },
	{ "-eap", 0, 0, .ignored = ACCEPT },
	{ "chap-interval", PLAN_SERVER, 1, .key = "rechallenge" },
	{ "chap-timeout", PLAN_SERVER, 1, .key = "login-timeout" },
	{ "chap-restart", 0, 1, .ignored = TIMERS },
	{ "chap-max-challenge", 0, 1, .ignored = TIMERS },
	{ "chap-timeout", PLAN_CLIENT, 1, .ignored = TIMERS },
	{ "pap-restart", 0, 1, .ignored = TIMERS },
	{ "pap-timeout", 0, 1, .ignored = TIMERS },
	{ "pap-max-authreq", 0, 1, .ignored = TIMERS },
	/* Encryption; the older patch had "mppe-...". */
	{ "require-mppe", 0, 0, .map = map_mppe,
	    .bit = TUNNEL_KEY_40 | TUNNEL_KEY_128 },
	{ "+mppe", 0, 0, .map = map_mppe,
	    .bit = TUNNEL_KEY_40 | TUNNEL_KEY_128 },
	{ "require-mppe-128", 0, 0, .map = map_mppe, .bit = TUNNEL_KEY_128 },
	{ "+mppe-128", 0, 0, .map = map_mppe, .bit = TUNNEL_KEY_128 },
	{ "mppe-128", 0, 0, .map = map_mppe, .bit = TUNNEL_KEY_128 },
	{ "require-mppe-40", 0, 0, .map = map_mppe, .bit = TUNNEL_KEY_40 },
	{ "+mppe-40", 0, 0, .map = map_mppe, .bit = TUNNEL_KEY_40 },
	{ "mppe-40", 0, 0, .map = map_mppe, .bit = TUNNEL_KEY_40 },
	{ "nomppe", 0, 0, .map = map_no_mppe },
	{ "-mppe", 0, 0, .map = map_no_mppe },
	{ "nomppe-40", 0, 0, .map = map_no_mppe, .bit = TUNNEL_KEY_40 },
	{ "-mppe-40", 0, 0, .map = map_no_mppe, .bit = TUNNEL_KEY_40 },
	{ "nomppe-128", 0, 0, .map = map_no_mppe, .bit = TUNNEL_KEY_128 },
	{ "-mppe-128", 0, 0, .map = map_no_mppe, .bit = TUNNEL_KEY_128 },
	{ "mppe-stateful", 0, 0, .key = "stateful", .value = "yes" },
	{ "nomppe-stateful", 0, 0, .key = "stateful", .value = "no" },
	{ "mppe-stateless", 0, 0, .key = "stateful", .value = "no" },
	{ "noccp", 0, 0, .map = map_no_mppe },
	{ "-ccp", 0, 0, .map = map_no_mppe },
	{ "nobsdcomp", 0, 0, .ignored = NOISE },
	{ "nodeflate", 0, 0, .ignored = NOISE },
	{ "nopredictor1", 0, 0, .ignored = NOISE },
	{ "bsdcomp", 0, 1, .refused = NOISE },
	{ "deflate", 0, 1, .refused = NOISE },
	{ "predictor1", 0, 0, .refused = NOISE },
	/* Addresses and routes. */
	{ "ms-dns", PLAN_SERVER, 1, .key = "dns", .adds = true },
	{ "ms-wins", PLAN_SERVER, 1, .key = "wins", .adds = true },
	{ "ms-dns", PLAN_CLIENT, 1, .ignored = "a client gives none" },
	{ "ms-wins", PLAN_CLIENT, 1, .ignored = "a client gives none" },
	{ "usepeerdns", PLAN_CLIENT, 0, .key = "use-dns", .value = "yes" },
	{ "usepeerdns", PLAN_SERVER, 0, .ignored = "for clients" },
	{ "usepeerwins", 0, 0, .ignored = "nothing would use it" },
	{ "noresolvconf", 0, 0, .ignored = "only dns-script would write it" },
	{ "proxyarp", PLAN_SERVER, 0, .key = "proxy-arp", .value = "yes" },
	{ "noproxyarp", PLAN_SERVER, 0, .key = "proxy-arp", .value = "no" },
	{ "proxyarp", PLAN_CLIENT, 0, .refused = "proxy ARP is for servers" },
	{ "defaultroute", PLAN_CLIENT, 0, .key = "default-route",
	    .value = "yes" },
	{ "replacedefaultroute", PLAN_CLIENT, 0, .key = "default-route",
	    .value = "yes" },
	{ "nodefaultroute", PLAN_CLIENT, 0, .key = "default-route",
	    .value = "no" },
	{ "nodefaultroute", PLAN_SERVER, 0, .ignored = ACCEPT },
	{ "defaultroute", PLAN_SERVER, 0, .refused = "a server sets none" },
	{ "defaultroute-metric", PLAN_CLIENT, 1, .key = "metric" },
	{ "netmask", 0, 1, .ignored = "a tunnel has one address" },
	{ "noipdefault", 0, 0, .ignored = ACCEPT },
	{ "ipcp-accept-local", PLAN_CLIENT, 0, .ignored = ACCEPT },
	{ "ipcp-accept-remote", PLAN_CLIENT, 0, .ignored = ACCEPT },
	{ "ipcp-accept-local", PLAN_SERVER, 0,
	    .refused = "a client cannot choose this end's address" },
	{ "ipcp-accept-remote", PLAN_SERVER, 0, .key = "client-chooses",
	    .value = "yes" },
	{ "allow-ip", 0, 1, .refused = "write addresses to secrets" },
	{ "ktune", 0, 0, .ignored = "see docs/firewall.md for forwarding" },
	/* The link. */
	{ "mtu", 0, 1, .key = "mtu", .map = map_mtu },
	{ "mru", 0, 1, .key = "mru", .map = map_mtu },
	{ "default-mru", 0, 0, .ignored = "mru is a key" },
	{ "-mru", 0, 0, .ignored = "mru is a key" },
	{ "asyncmap", 0, 1, .ignored = TTY },
	{ "default-asyncmap", 0, 0, .ignored = TTY },
	{ "-am", 0, 0, .ignored = TTY },
	{ "receive-all", 0, 0, .ignored = TTY },
	{ "escape", 0, 1, .ignored = TTY },
	{ "nomagic", 0, 0, .ignored = "harmless" },
	{ "nopcomp", 0, 0, .ignored = "harmless" },
	{ "noaccomp", 0, 0, .ignored = "harmless" },
	{ "novj", 0, 0, .ignored = NOISE },
	{ "-vj", 0, 0, .ignored = NOISE },
	{ "novjccomp", 0, 0, .ignored = NOISE },
	{ "-vjccomp", 0, 0, .ignored = NOISE },
	{ "vj-max-slots", 0, 1, .ignored = NOISE },
	{ "lcp-echo-interval", 0, 1, .key = "lcp-echo-interval" },
	{ "lcp-echo-failure", 0, 1, .key = "lcp-echo-failures" },
	{ "lcp-echo-adaptive", 0, 0, .ignored = ACCEPT },
	{ "lcp-restart", 0, 1, .key = "restart-time" },
	{ "lcp-max-configure", 0, 1, .key = "max-configure" },
	{ "lcp-max-failure", 0, 1, .key = "max-failure" },
	{ "lcp-max-terminate", 0, 1, .key = "max-terminate" },
	{ "ipcp-restart", 0, 1, .ignored = TIMERS },
	{ "ipcp-max-configure", 0, 1, .ignored = TIMERS },
	{ "ipcp-max-failure", 0, 1, .ignored = TIMERS },
	{ "ipcp-max-terminate", 0, 1, .ignored = TIMERS },
	{ "passive", 0, 0, .ignored = "the client of a tunnel dials anew" },
	{ "silent", 0, 0, .ignored = "both ends may begin" },
	{ "idle", 0, 1, .key = "idle-timeout" },
	{ "maxconnect", 0, 1, .key = "session-timeout" },
	{ "maxoctets", 0, 1, .refused = "traffic has no limit" },
	{ "mo-direction", 0, 1, .ignored = "traffic has no limit" },
	{ "mo-timeout", 0, 1, .ignored = "traffic has no limit" },
	{ "persist", PLAN_CLIENT, 0, .map = map_persist, .bit = 1 },
	{ "nopersist", PLAN_CLIENT, 0, .map = map_persist },
	{ "persist", PLAN_SERVER, 0, .ignored = "clients dial" },
	{ "nopersist", PLAN_SERVER, 0, .ignored = "clients dial" },
	{ "maxfail", PLAN_CLIENT, 1, .key = "reconnect-tries" },
	{ "holdoff", PLAN_CLIENT, 1, .key = "reconnect-delay" },
	{ "demand", 0, 0,
	    .refused = "a tunnel is up all the time, or "
		       "pptpalgctl dial starts it" },
	{ "child-timeout", 0, 1, .ignored = "script-timeout is a key" },
	{ "ipparam", 0, 1, .key = "ip-param" },
	{ "linkname", 0, 1, .ignored = "sections have names" },
	{ "ifname", 0, 1, .key = "interface" },
	{ "unit", 0, 1, .ignored = "interface is a key" },
	{ "ip-up-script", 0, 1, .key = "ip-up" },
	{ "ip-down-script", 0, 1, .key = "ip-down" },
	{ "ip-pre-up-script", 0, 1, .key = "ip-pre-up" },
	{ "ipv6-up-script", 0, 1, .key = "ipv6-up" },
	{ "ipv6-down-script", 0, 1, .key = "ipv6-down" },
	{ "auth-up-script", 0, 1, .key = "auth-up" },
	{ "auth-down-script", 0, 1, .key = "auth-down" },
	{ "+ipv6", 0, 0, .key = "ipv6", .value = "yes" },
	{ "ipv6", 0, 1,
	    .refused = "addresses of IPv6 are not chosen; ipv6 = "
		       "yes turns it on" },
	{ "noipv6", 0, 0, .key = "ipv6", .value = "no" },
	{ "noipx", 0, 0, .ignored = ACCEPT },
	{ "noip", 0, 0, .refused = "IPv4 is what is carried" },
	{ "endpoint", 0, 1, .ignored = "there is no multilink" },
	{ "noendpoint", 0, 0, .ignored = "there is no multilink" },
	{ "multilink", 0, 0, .refused = "there is no multilink" },
	{ "mp", 0, 0, .refused = "there is no multilink" },
	{ "nomultilink", 0, 0, .ignored = ACCEPT },
	{ "nomp", 0, 0, .ignored = ACCEPT },
	{ "mrru", 0, 1, .ignored = "there is no multilink" },
	{ "plugin", 0, 1, .refused = "there are no plugins" },
	{ "pass-filter", 0, 1, .refused = "use the firewall" },
	{ "active-filter", 0, 1, .refused = "any traffic is activity" },
	{ "remotenumber", 0, 1, .ignored = "scripts get the address" },
	{ "set", 0, 1, .refused = "scripts get pppd's variables only" },
	/* Files. */
	{ "file", 0, 1, .map = map_file, .value = "/etc/ppp/" },
	{ "call", 0, 1, .map = map_file, .value = "/etc/ppp/peers/" },
	{ "pty", PLAN_CLIENT, 1, .map = map_pty },
	{ "pty", PLAN_SERVER, 1,
	    .refused = "a server runs no program for the "
		       "line" },
	/* Diagnosis, and the serial line. */
	{ "debug", 0, 0, .ignored = LOGS },
	{ "dump", 0, 0, .ignored = LOGS },
	{ "dryrun", 0, 0, .ignored = LOGS },
	{ "kdebug", 0, 1, .ignored = LOGS },
	{ "record", 0, 1, .ignored = LOGS },
	{ "logfile", 0, 1, .ignored = LOGS },
	{ "logfd", 0, 1, .ignored = LOGS },
	{ "nolog", 0, 0, .ignored = LOGS },
	{ "nologfd", 0, 0, .ignored = LOGS },
	{ "show-password", 0, 0, .ignored = "passwords are never logged" },
	{ "hide-password", 0, 0, .ignored = ACCEPT },
	{ "sync", 0, 0, .ignored = TTY },
	{ "lock", 0, 0, .ignored = TTY },
	{ "nolock", 0, 0, .ignored = TTY },
	{ "nodetach", 0, 0, .ignored = TTY },
	{ "-detach", 0, 0, .ignored = TTY },
	{ "updetach", 0, 0, .ignored = TTY },
	{ "crtscts", 0, 0, .ignored = TTY },
	{ "nocrtscts", 0, 0, .ignored = TTY },
	{ "-crtscts", 0, 0, .ignored = TTY },
	{ "xonxoff", 0, 0, .ignored = TTY },
	{ "local", 0, 0, .ignored = TTY },
	{ "modem", 0, 0, .ignored = TTY },
	{ "notty", 0, 0, .ignored = TTY },
	{ "connect", 0, 1, .ignored = TTY },
	{ "disconnect", 0, 1, .ignored = TTY },
	{ "init", 0, 1, .ignored = TTY },
	{ "socket", 0, 1, .refused = "only PPTP is spoken" },
};

const struct plan_directive *
import_options_table(size_t *n)
{
	*n = NELEM(options);
	return options;
}
