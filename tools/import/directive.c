/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of pptpd, pptp, pppd, BSD's ppp and NetworkManager in one table:
 * the key of pptpalg.conf that each becomes, or why there is none.
 */
#include <string.h>
#include <strings.h>

#include "tools/import/directive.h"
#include "tools/import/map.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define SERVER		PLAN_SERVER
#define CLIENT		PLAN_CLIENT
#define YES(k)		.key = (k), .value = "yes"
#define NO(k)		.key = (k), .value = "no"
#define MAP(f, b)	.map = (f), .bit = (b)
#define KEY_40_128	(TUNNEL_KEY_40 | TUNNEL_KEY_128)

#define ACCEPT	"this is what pptpalgd does"
#define CHECK	"a server proves itself by MS-CHAPv2's answer only"
#define HERE	"pptpalgd does this itself"
#define LOGS	"see log in pptpalg.conf(5), and pptpalgctl log"
#define NO_EAP	"there is no EAP"
#define NO_MP	"there is no multilink"
#define NO_PPPD	"there is no pppd"
#define NOISE	"not needed: only MPPE and MPPC exist here"
#define TIMERS	"one set of timers serves all protocols"
#define TTY	"there is no serial line"
#define WALL	"use the firewall"

/* Of rows with a name in the same place, the first for the role counts. */
static const struct directive directives[] = {
	/* Names and secrets. */
	{ IN_PPPD, "name", SERVER, 1, .key = "server-name" },
	{ IN_PPPD, "name user", CLIENT, 1, .key = "user" },
	{ IN_PPPD, "user password", SERVER, 1,
	    .ignored = "a server has no user" },
	{ IN_PPPD, "password", CLIENT, 1, .map = map_password },
	{ IN_PPPD, "remotename", CLIENT, 1, .key = "remote-name" },
	{ IN_PPPD, "remotename", SERVER, 1,
	    .refused = "users are who they log in as" },
	{ IN_PPPD, "chap-secrets", 0, 1, .key = "secrets" },
	{ IN_PPPD, "pap-secrets", SERVER, 1, .key = "pap-secrets" },
	{ IN_PPPD, "pap-secrets", CLIENT, 1, .key = "secrets" },
	{ IN_PPPD, "usehostname", 0, 0, .ignored = "server-name is a key" },
	{ IN_PPPD, "domain", 0, 1, .ignored = "server-name is a key" },
	{ IN_PPPD, "chapms-strip-domain", SERVER, 0, YES("strip-domain") },
	{ IN_PPPD, "login", 0, 0,
	    .refused = "the system's users cannot log in by CHAP; write "
	    "their names and passwords to secrets" },
	{ IN_PPPD, "papcrypt", 0, 0,
	    .refused = "secrets must be in clear: MS-CHAP needs them" },
	{ IN_PPP_SET, "authname", CLIENT, 1, .key = "user" },
	{ IN_PPP_SET, "authname", SERVER, 1, .key = "server-name" },
	{ IN_PPP_SET, "authkey", CLIENT, 1, .map = map_password },
	{ IN_PPP_SET, "authkey", SERVER, 0, .ignored = "a server has no user" },
	{ IN_PPP_SET, "radius rad_alive rad_port_id", 0, 0,
	    .refused = "there is no RADIUS" },
	{ IN_PPP_ENABLE, "passwdauth", 0, 0,
	    .refused = "the system's users cannot log in; write their names "
	    "and passwords to secrets" },
	{ IN_NM, "user", 0, 1,
	    MAP(map_nm_text, offsetof(struct plan_part, nm_user)) },
	{ IN_NM, "domain", 0, 1,
	    MAP(map_nm_text, offsetof(struct plan_part, nm_domain)) },
	{ IN_NM_ELSE, "vpn-secrets.password", 0, 1,
	    MAP(map_nm_text, offsetof(struct plan_part, nm_password)) },
	{ IN_NM, "password-flags", 0, 1,
	    .ignored = "the password goes to secrets" },

	/* Methods to log in. */
	{ IN_PPPD, "auth", SERVER, 0, .ignored = "users always log in" },
	{ IN_PPPD, "noauth", SERVER, 0, .refused = "users always log in" },
	{ IN_PPPD, "noauth", CLIENT, 0, .ignored = "nothing else is done" },
	{ IN_PPPD, "auth require-pap require-chap require-mschap "
	    "require-mschap-v2", CLIENT, 0, .ignored = CHECK },
	{ IN_PPPD, "require-pap +pap", SERVER, 0,
	    MAP(map_require, TUNNEL_PAP) },
	{ IN_PPPD, "require-chap +chap", SERVER, 0,
	    MAP(map_require, TUNNEL_CHAP) },
	{ IN_PPPD, "require-mschap +mschap +chapms", SERVER, 0,
	    MAP(map_require, TUNNEL_MSCHAP) },
	{ IN_PPPD, "require-mschap-v2 +mschap-v2 +chapms-v2", SERVER, 0,
	    MAP(map_require, TUNNEL_MSCHAP_V2) },
	{ IN_PPPD, "require-eap +eap", 0, 0, .refused = NO_EAP },
	{ IN_PPPD | IN_NM, "refuse-pap", 0, 0, MAP(map_refuse, TUNNEL_PAP) },
	{ IN_PPPD | IN_NM, "refuse-chap", 0, 0, MAP(map_refuse, TUNNEL_CHAP) },
	{ IN_PPPD | IN_NM, "refuse-mschap", 0, 0,
	    MAP(map_refuse, TUNNEL_MSCHAP) },
	{ IN_PPPD, "-pap", 0, 0, MAP(map_refuse, TUNNEL_PAP) },
	{ IN_PPPD, "-chap", 0, 0, MAP(map_refuse, TUNNEL_CHAP) },
	{ IN_PPPD, "-mschap -chapms", 0, 0, MAP(map_refuse, TUNNEL_MSCHAP) },
	{ IN_PPPD, "refuse-mschap-v2 -mschap-v2 -chapms-v2", 0, 0,
	    MAP(map_refuse, TUNNEL_MSCHAP_V2) },
	{ IN_NM, "refuse-mschapv2", 0, 0, MAP(map_refuse, TUNNEL_MSCHAP_V2) },
	{ IN_PPPD, "refuse-eap -eap", 0, 0, .ignored = ACCEPT },
	{ IN_NM, "refuse-eap", 0, 0, .ignored = NO_EAP },
	{ IN_PPPD, "chap-interval", SERVER, 1, .key = "rechallenge" },
	{ IN_PPPD, "chap-timeout", SERVER, 1, .key = "login-timeout" },
	{ IN_PPPD, "chap-timeout", CLIENT, 1, .ignored = TIMERS },
	{ IN_PPPD, "chap-restart chap-max-challenge pap-restart pap-timeout "
	    "pap-max-authreq", 0, 1, .ignored = TIMERS },
	{ IN_PPP_ENABLE, "pap", 0, 0, MAP(map_ppp_method, TUNNEL_PAP) },
	{ IN_PPP_ENABLE, "chap chap05", 0, 0,
	    MAP(map_ppp_method, TUNNEL_CHAP) },
	{ IN_PPP_ENABLE, "mschap chap80", 0, 0,
	    MAP(map_ppp_method, TUNNEL_MSCHAP) },
	{ IN_PPP_ENABLE, "mschapv2 chap81", 0, 0,
	    MAP(map_ppp_method, TUNNEL_MSCHAP_V2) },
	{ IN_PPP_SET, "ccpretry ipcpretry chapretry papretry", 0, 0,
	    .ignored = "restart-time is a key" },

	/* Encryption and compression; pppd's older patch had "mppe-...". */
	{ IN_PPPD | IN_NM, "require-mppe", 0, 0, MAP(map_mppe, KEY_40_128) },
	{ IN_PPPD | IN_NM, "require-mppe-128", 0, 0,
	    MAP(map_mppe, TUNNEL_KEY_128) },
	{ IN_PPPD | IN_NM, "require-mppe-40", 0, 0,
	    MAP(map_mppe, TUNNEL_KEY_40) },
	{ IN_PPPD, "+mppe", 0, 0, MAP(map_mppe, KEY_40_128) },
	{ IN_PPPD, "+mppe-128 mppe-128", 0, 0, MAP(map_mppe, TUNNEL_KEY_128) },
	{ IN_PPPD, "+mppe-40 mppe-40", 0, 0, MAP(map_mppe, TUNNEL_KEY_40) },
	{ IN_PPPD, "nomppe -mppe noccp -ccp", 0, 0, .map = map_no_mppe },
	{ IN_PPPD, "nomppe-40 -mppe-40", 0, 0,
	    MAP(map_no_mppe, TUNNEL_KEY_40) },
	{ IN_PPPD, "nomppe-128 -mppe-128", 0, 0,
	    MAP(map_no_mppe, TUNNEL_KEY_128) },
	{ IN_PPPD, "mppe-stateful", 0, 0, YES("stateful") },
	{ IN_PPPD, "nomppe-stateful mppe-stateless", 0, 0, NO("stateful") },
	{ IN_NM, "mppe-stateful", 0, 1, .key = "stateful" },
	{ IN_PPP_SET, "mppe", 0, 0, .map = map_ppp_mppe },
	{ IN_PPP_ENABLE, "mppe", 0, 0, .map = map_ppp_encryption },
	{ IN_PPPD | IN_NM, "nobsdcomp nodeflate", 0, 0, .ignored = NOISE },
	{ IN_NM, "no-vj-comp", 0, 0, .ignored = NOISE },
	{ IN_PPPD, "nopredictor1 novj -vj novjccomp -vjccomp", 0, 0,
	    .ignored = NOISE },
	{ IN_PPPD, "vj-max-slots", 0, 1, .ignored = NOISE },
	{ IN_PPPD, "bsdcomp deflate", 0, 1, .refused = NOISE },
	{ IN_PPPD, "predictor1", 0, 0, .refused = NOISE },
	{ IN_PPP_SET, "vj deflate", 0, 0, .ignored = NOISE },
	{ IN_PPP_ENABLE, "vjcomp vj pred1 deflate deflate24", 0, 0,
	    .ignored = NOISE },

	/* Who is called, and where to listen. */
	{ IN_NM, "gateway", 0, 1, .key = "server" },
	{ IN_NM, "service-type", 0, 1, .ignored = "it is PPTP" },
	{ IN_PPTPD, "listen", 0, 1, .key = "listen", .adds = true },
	{ IN_PPTPD, "connections", 0, 1, .key = "total-limit" },
	{ IN_PPTPD, "stimeout", 0, 1, .key = "start-timeout" },
	{ IN_PPTPD, "vrf", 0, 1, .key = "bind-device" },
	{ IN_PPTP, "--phone", 0, 1, .key = "phone" },
	{ IN_PPTP, "--quirks", 0, 1,
	    .refused = "no quirks of servers are imitated; try without" },
	{ IN_PPTP, "--localbind", 0, 1, .key = "bind-address" },
	{ IN_PPTP, "--rtmark", 0, 1, .key = "mark" },
	{ IN_PPTP, "--nohostroute", 0, 0, NO("host-route") },
	{ IN_PPTP, "--client-hostname", 0, 1, .key = "host-name" },
	{ IN_PPTP, "--timeout", 0, 1, .map = map_timeout },
	{ IN_PPTP, "--nobuffer", 0, 0, .key = "reorder-frames", .value = "0" },
	{ IN_PPTP, "--missing-window", 0, 1,
	    .ignored = "it has a bound of its own" },
	{ IN_PPTP, "--idle-wait", 0, 1, .key = "control-echo-interval" },
	{ IN_PPTP, "--max-echo-wait", 0, 1, .key = "control-echo-timeout" },
	{ IN_PPTP, "--test-type --test-rate", 0, 1, .ignored = "for tests" },

	/* Addresses and routes. */
	{ IN_PPTPD, "localip", 0, 1, .map = map_local },
	{ IN_PPTPD, "remoteip", 0, 1, .map = map_remote },
	{ IN_PPTPD, "delegate", 0, 0,
	    .ignored = "a user's address in the secrets always counts; "
	    "without remote-addresses nobody gets another" },
	{ IN_PPTPD, "bcrelay", 0, 1, .refused = "broadcasts are not relayed" },
	{ IN_PPPD, "ms-dns", SERVER, 1, .key = "dns", .adds = true },
	{ IN_PPPD, "ms-wins", SERVER, 1, .key = "wins", .adds = true },
	{ IN_PPPD, "ms-dns ms-wins", CLIENT, 1,
	    .ignored = "a client gives none" },
	{ IN_PPPD, "usepeerdns", CLIENT, 0, YES("use-dns") },
	{ IN_PPPD, "usepeerdns", SERVER, 0, .ignored = "for clients" },
	{ IN_PPPD, "usepeerwins", 0, 0, .ignored = "nothing would use it" },
	{ IN_PPPD, "noresolvconf", 0, 0,
	    .ignored = "only dns-script would write it" },
	{ IN_PPPD, "proxyarp", SERVER, 0, YES("proxy-arp") },
	{ IN_PPPD, "noproxyarp", SERVER, 0, NO("proxy-arp") },
	{ IN_PPPD, "proxyarp", CLIENT, 0,
	    .refused = "proxy ARP is for servers" },
	{ IN_PPPD, "defaultroute replacedefaultroute", CLIENT, 0,
	    YES("default-route") },
	{ IN_PPPD, "nodefaultroute", CLIENT, 0, NO("default-route") },
	{ IN_PPPD, "nodefaultroute", SERVER, 0, .ignored = ACCEPT },
	{ IN_PPPD, "defaultroute", SERVER, 0, .refused = "a server sets none" },
	{ IN_PPPD, "defaultroute-metric", CLIENT, 1, .key = "metric" },
	{ IN_PPPD, "netmask", 0, 1, .ignored = "a tunnel has one address" },
	{ IN_PPPD, "noipdefault", 0, 0, .ignored = ACCEPT },
	{ IN_PPPD, "ipcp-accept-local ipcp-accept-remote", CLIENT, 0,
	    .ignored = ACCEPT },
	{ IN_PPPD, "ipcp-accept-local", SERVER, 0,
	    .refused = "a client cannot choose this end's address" },
	{ IN_PPPD, "ipcp-accept-remote", SERVER, 0, YES("client-chooses") },
	{ IN_PPPD, "allow-ip", 0, 1, .refused = "write addresses to secrets" },
	{ IN_PPPD, "ktune", 0, 0,
	    .ignored = "see docs/firewall.md for forwarding" },
	{ IN_PPPD, "+ipv6", 0, 0, YES("ipv6") },
	{ IN_PPPD, "ipv6", 0, 1,
	    .refused = "addresses of IPv6 are not chosen; ipv6 = yes turns "
	    "it on" },
	{ IN_PPPD, "noipv6", 0, 0, NO("ipv6") },
	{ IN_PPPD, "noipx", 0, 0, .ignored = ACCEPT },
	{ IN_PPPD, "noip", 0, 0, .refused = "IPv4 is what is carried" },
	{ IN_PPPD, "pass-filter", 0, 1, .refused = WALL },
	{ IN_PPP, "add add!", 0, 0, .map = map_ppp_route },
	{ IN_PPP_SET, "ifaddr", 0, 1, .map = map_ppp_ifaddr },
	{ IN_PPP_SET, "dns", SERVER, 1, .key = "dns", .adds = true },
	{ IN_PPP_SET, "nbns", SERVER, 1, .key = "wins", .adds = true },
	{ IN_PPP_SET, "dns nbns", CLIENT, 0, .ignored = "a client gives none" },
	{ IN_PPP_SET, "filter", 0, 0, .refused = WALL },
	{ IN_PPP_SET, "urgent", 0, 0, .ignored = WALL },
	{ IN_PPP_ENABLE, "proxy", SERVER, 0,
	    .key = "proxy-arp", .map = map_ppp_switch },
	{ IN_PPP_ENABLE, "proxyall", SERVER, 0,
	    .ignored = "proxy-arp serves all interfaces" },
	{ IN_PPP_ENABLE, "proxy proxyall", CLIENT, 0,
	    .ignored = "for servers" },
	{ IN_PPP_ENABLE, "ipv6 ipv6cp", 0, 0,
	    .key = "ipv6", .map = map_ppp_switch },
	{ IN_PPP_ENABLE, "dns", CLIENT, 0,
	    .key = "use-dns", .map = map_ppp_switch },
	{ IN_PPP_ENABLE, "dns", SERVER, 0, .ignored = "dns is a key" },
	{ IN_PPP_ENABLE, "filter-decapsulation", 0, 0, .ignored = WALL },
	{ IN_PPP_ENABLE, "nat", 0, 0, .refused = WALL },
	{ IN_NM_ELSE, "ipv4.never-default", 0, 1, .map = map_nm_never_default },

	/* The PPP link. */
	{ IN_PPPD, "mtu", 0, 1, .key = "mtu", .map = map_mtu, .value = "1500" },
	{ IN_PPPD, "mru", 0, 1, .key = "mru", .map = map_mtu, .value = "1500" },
	{ IN_PPP_SET, "mtu", 0, 1, .key = "mtu", .map = map_mtu },
	{ IN_PPP_SET, "mru", 0, 1, .key = "mru", .map = map_mtu },
	{ IN_NM, "mtu", 0, 1, .key = "mtu" },
	{ IN_PPPD, "default-mru -mru", 0, 0, .ignored = "mru is a key" },
	{ IN_PPPD, "asyncmap escape", 0, 1, .ignored = TTY },
	{ IN_PPPD, "default-asyncmap -am receive-all", 0, 0, .ignored = TTY },
	{ IN_PPPD, "nomagic nopcomp noaccomp", 0, 0, .ignored = "harmless" },
	{ IN_PPPD | IN_NM, "lcp-echo-interval", 0, 1,
	    .key = "lcp-echo-interval" },
	{ IN_PPPD | IN_NM, "lcp-echo-failure", 0, 1,
	    .key = "lcp-echo-failures" },
	{ IN_PPPD, "lcp-echo-adaptive", 0, 0, .ignored = ACCEPT },
	{ IN_PPPD, "lcp-restart", 0, 1, .key = "restart-time" },
	{ IN_PPPD, "lcp-max-configure", 0, 1, .key = "max-configure" },
	{ IN_PPPD, "lcp-max-failure", 0, 1, .key = "max-failure" },
	{ IN_PPPD, "lcp-max-terminate", 0, 1, .key = "max-terminate" },
	{ IN_PPPD, "ipcp-restart ipcp-max-configure ipcp-max-failure "
	    "ipcp-max-terminate", 0, 1, .ignored = TIMERS },
	{ IN_PPPD, "passive", 0, 0,
	    .ignored = "the client of a tunnel dials anew" },
	{ IN_PPPD, "silent", 0, 0, .ignored = "both ends may begin" },
	{ IN_PPPD, "endpoint mrru", 0, 1, .ignored = NO_MP },
	{ IN_PPPD, "noendpoint", 0, 0, .ignored = NO_MP },
	{ IN_PPPD, "multilink mp", 0, 0, .refused = NO_MP },
	{ IN_PPPD, "nomultilink nomp", 0, 0, .ignored = ACCEPT },
	{ IN_PPP_SET, "echoperiod lqrperiod", 0, 1,
	    .key = "lcp-echo-interval" },
	{ IN_PPP_ENABLE, "lqr echo", 0, 0,
	    .ignored = "lcp-echo-interval is a key" },
	{ IN_PPP_SET, "lcpretry", 0, 1, .key = "restart-time" },
	{ IN_PPP_SET, "openmode", 0, 0, .ignored = "both ends may begin" },
	{ IN_PPP_SET, "stopped", 0, 0,
	    .ignored = "the client of a tunnel dials anew" },
	{ IN_PPP_SET, "mrru", 0, 0, .refused = NO_MP },
	{ IN_PPP_ENABLE, "shortseq", 0, 0, .ignored = NO_MP },
	{ IN_PPP_ENABLE, "tcpmssfixup", 0, 0,
	    .key = "mss-clamp", .map = map_ppp_switch },

	/* Limits, and when a client dials. */
	{ IN_PPPD, "idle", 0, 1, .key = "idle-timeout" },
	{ IN_PPPD, "maxconnect", 0, 1, .key = "session-timeout" },
	{ IN_PPPD, "maxoctets", 0, 1, .refused = "traffic has no limit" },
	{ IN_PPPD, "mo-direction mo-timeout", 0, 1,
	    .ignored = "traffic has no limit" },
	{ IN_PPPD, "active-filter", 0, 1,
	    .refused = "any traffic is activity" },
	{ IN_PPPD, "persist", CLIENT, 0, MAP(map_persist, 1) },
	{ IN_PPPD, "nopersist", CLIENT, 0, .map = map_persist },
	{ IN_PPPD, "persist nopersist", SERVER, 0, .ignored = "clients dial" },
	{ IN_PPPD, "maxfail", CLIENT, 1, .key = "reconnect-tries" },
	{ IN_PPPD, "holdoff", CLIENT, 1, .key = "reconnect-delay" },
	{ IN_PPPD, "demand", 0, 0,
	    .refused = "a tunnel is up all the time, or pptpalgctl dial "
	    "starts it" },
	{ IN_PPP_SET, "timeout", 0, 1, .key = "idle-timeout" },
	{ IN_PPP_SET, "redial reconnect", CLIENT, 0,
	    .ignored = "reconnect-delay is a key" },
	{ IN_NM_ELSE, "connection.autoconnect", 0, 1, .map = map_nm_automatic },

	/* Interfaces, scripts and files. */
	{ IN_PPPD, "ifname", 0, 1, .key = "interface" },
	{ IN_PPPD | IN_NM, "unit", 0, 1, .ignored = "interface is a key" },
	{ IN_PPPD, "linkname", 0, 1, .ignored = "sections have names" },
	{ IN_PPPD, "ipparam", 0, 1, .key = "ip-param" },
	{ IN_PPTPD, "noipparam", 0, 0, .ignored = "ip-param is a key" },
	{ IN_PPPD, "ip-up-script", 0, 1, .key = "ip-up" },
	{ IN_PPPD, "ip-down-script", 0, 1, .key = "ip-down" },
	{ IN_PPPD, "ip-pre-up-script", 0, 1, .key = "ip-pre-up" },
	{ IN_PPPD, "ipv6-up-script", 0, 1, .key = "ipv6-up" },
	{ IN_PPPD, "ipv6-down-script", 0, 1, .key = "ipv6-down" },
	{ IN_PPPD, "auth-up-script", 0, 1, .key = "auth-up" },
	{ IN_PPPD, "auth-down-script", 0, 1, .key = "auth-down" },
	{ IN_PPPD, "child-timeout", 0, 1,
	    .ignored = "script-timeout is a key" },
	{ IN_PPPD, "set", 0, 1,
	    .refused = "scripts get pppd's variables only" },
	{ IN_PPPD, "remotenumber", 0, 1, .ignored = "scripts get the address" },
	{ IN_PPPD, "plugin", 0, 1, .refused = "there are no plugins" },
	{ IN_PPPD, "file", 0, 1, .map = map_file, .value = "/etc/ppp/" },
	{ IN_PPPD, "call", 0, 1, .map = map_file, .value = "/etc/ppp/peers/" },
	{ IN_PPTPD, "option", 0, 1, .map = map_file, .value = "" },
	{ IN_PPPD, "pty", CLIENT, 1, .map = map_pty },
	{ IN_PPPD, "pty", SERVER, 1,
	    .refused = "a server runs no program for the line" },
	{ IN_PPP_SET, "device", 0, 1, .map = map_ppp_device },
	{ IN_PPP, "set", 0, 0, .map = map_ppp_set },
	{ IN_PPP, "enable disable accept deny", 0, 0, .map = map_ppp_enable },
	{ IN_PPP, "delete delete! nat iface shell ! !bg bg !include", 0, 0,
	    .refused = "belongs into an ip-up or ip-down script" },
	{ IN_PPP, "allow load dial open close quit clear ident", 0, 0,
	    .ignored = HERE },
	{ IN_PPP_ENABLE, "acfcomp protocomp idcheck sroutes iface-alias "
	    "keep-session loopback", 0, 0, .ignored = HERE },

	/* Diagnosis. */
	{ IN_PPPD, "debug dump dryrun nolog nologfd", 0, 0, .ignored = LOGS },
	{ IN_PPPD, "kdebug record logfile logfd", 0, 1, .ignored = LOGS },
	{ IN_PPPD, "show-password", 0, 0,
	    .ignored = "passwords are never logged" },
	{ IN_PPPD, "hide-password", 0, 0, .ignored = ACCEPT },
	{ IN_PPTPD, "logwtmp", 0, 0, YES("wtmp") },
	{ IN_PPTPD, "debug", 0, 0, .ignored = LOGS },
	{ IN_PPTPD, "pidfile", 0, 1, .ignored = "systemd knows the process" },
	{ IN_PPTP, "--loglevel --logstring", 0, 1, .ignored = LOGS },
	{ IN_PPTP, "--debug", 0, 0, .ignored = LOGS },
	{ IN_PPP_ENABLE, "utmp", 0, 0, .key = "wtmp", .map = map_ppp_switch },
	{ IN_PPP_ENABLE, "throughput", 0, 0,
	    .ignored = "pptpalgctl sessions shows it" },
	{ IN_PPP_SET, "log", 0, 0, .ignored = LOGS },
	{ IN_PPP_SET, "server socket", 0, 0,
	    .ignored = "pptpalgctl has a socket of its own" },

	/* The serial line that there is not, and pppd. */
	{ IN_PPPD, "sync lock nolock nodetach -detach updetach crtscts "
	    "nocrtscts -crtscts xonxoff local modem notty", 0, 0,
	    .ignored = TTY },
	{ IN_PPPD, "connect disconnect init", 0, 1, .ignored = TTY },
	{ IN_PPPD, "socket", 0, 1, .refused = "only PPTP is spoken" },
	{ IN_PPTPD, "ppp", 0, 1, .ignored = NO_PPPD },
	{ IN_PPTPD, "speed", 0, 1, .ignored = TTY },
	{ IN_PPTP, "--nolaunchpppd", 0, 0, .ignored = NO_PPPD },
	{ IN_PPTP, "--sync", 0, 0, .ignored = TTY },
	{ IN_PPP_SET, "login dial phone speed ctsrts accmap cd hangup logout "
	    "escape", 0, 0, .ignored = TTY },
};

/* Is it one of the names, which have spaces between? */
static bool
has_name(const char *names, const char *name)
{
	size_t n = strlen(name);

	for (; *names != '\0'; names += strspn(names, " ")) {
		if (strcspn(names, " ") == n &&
		    strncasecmp(names, name, n) == 0)
			return n > 0;
		names += strcspn(names, " ");
	}
	return false;
}

const struct directive *
directive_find(enum directive_place place, const char *name,
    enum plan_role role)
{
	const struct directive *d;

	for (d = directives; d < directives + NELEM(directives); d++)
		if ((d->places & place) != 0 &&
		    (d->roles == 0 || (d->roles & role) != 0) &&
		    has_name(d->names, name))
			return d;
	return NULL;
}

void
directive_apply(struct plan *plan, struct plan_part *part,
    const struct directive *d, const char *name, char **args)
{
	plan->directive = name;
	if (d->args > 0 && args[0] == NULL)
		plan_refused(plan, "expected a value");
	else if (d->refused != NULL)
		plan_refused(plan, d->refused);
	else if (d->ignored != NULL)
		plan_ignored(plan, d->ignored);
	else if (d->map != NULL)
		d->map(plan, part, d, args);
	else if (d->adds)
		for (; *args != NULL; args++)
			plan_add(plan, part, d->key, *args);
	else
		plan_set(plan, part, d->key, d->value != NULL ? d->value :
		    args[0]);
}

void
directive_read(struct plan *plan, struct plan_part *part,
    enum directive_place place, const char *name, char **args)
{
	const struct directive *d = directive_find(place, name, part->role);

	plan->directive = name;
	if (d == NULL)
		plan_refused(plan, "unknown");
	else
		directive_apply(plan, part, d, name, args);
}
