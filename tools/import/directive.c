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
#define FLAG(f, on)	.map = map_flag, .value = (on),			\
			.bit = offsetof(struct plan_part, f)
#define TEXT(f)		MAP(map_nm_text, offsetof(struct plan_part, f))
#define ONLY(words)	.map = map_only, .value = (words)
#define KEY_40_128	(TUNNEL_KEY_40 | TUNNEL_KEY_128)

#define ACCEPT	"this is what pptpalgd does"
#define CHECK	"a server proves itself by MS-CHAPv2's answer only"
#define DNS	"name servers of your own belong into a dns-script"
#define HERE	"pptpalgd does this itself"
#define IP_UP	"belongs into an ip-up or ip-down script"
#define LOGS	"see log in pptpalg.conf(5), and pptpalgctl log"
#define NAME	"say the whole name as server-name, or as user of a client"
#define NO_EAP	"there is no EAP"
#define NO_IPX	"there is no IPX"
#define NO_MP	"there is no multilink"
#define NO_PPPD	"there is no pppd"
#define NOISE	"not needed: only MPPE and MPPC exist here"
#define NO_NM	"it says nothing about the tunnel"
#define RADIUS	"write radius, radius-accounting and radius-secrets by " \
		"hand: see RADIUS in docs/migrate.md"
#define ROUTES	"one metric serves all routes, and they are the main table's"
#define SYSTEM	"the system's users cannot log in by CHAP; write their names " \
		"and passwords to secrets"
#define TIMERS	"restart-time serves all protocols, and any value works"
#define TTY	"there is no serial line"
#define WALL	"use the firewall"

/* Of rows with a name in the same place, the first for the role counts. */
static const struct directive directives[] = {
	/* Names and secrets. */
	{ IN_PPPD, "name", SERVER, 1, .key = "server-name" },
	{ IN_PPPD, "name", CLIENT, 1, MAP(map_user, false) },
	{ IN_PPPD, "user", CLIENT, 1, MAP(map_user, true) },
	{ IN_PPPD, "user password", SERVER, 1,
	    .ignored = "a server has no user" },
	{ IN_PPPD, "password", CLIENT, 1, .map = map_password },
	{ IN_PPPD, "remotename", CLIENT, 1, .key = "remote-name" },
	{ IN_PPPD, "remotename", SERVER, 1,
	    .refused = "users are who they log in as" },
	{ IN_PPPD, "chap-secrets", 0, 1, .key = "secrets", .adds = true },
	{ IN_PPPD, "pap-secrets", SERVER, 1, .key = "pap-secrets",
	    .adds = true },
	{ IN_PPPD, "pap-secrets", CLIENT, 1, .key = "secrets", .adds = true },
	{ IN_PPPD, "usehostname", 0, 0, .refused = NAME },
	{ IN_PPPD, "domain", 0, 1, .refused = NAME },
	{ IN_PPPD, "chapms-strip-domain", SERVER, 0, YES("strip-domain") },
	{ IN_PPPD, "chapms-strip-domain", CLIENT, 0,
	    .ignored = "a client looks nobody up" },
	{ IN_PPPD, "login enable-session", 0, 0, .refused = SYSTEM },
	{ IN_PPPD, "papcrypt", 0, 0,
	    .refused = "secrets must be in clear: MS-CHAP needs them" },
	{ IN_PPPD, "privgroup", 0, 1,
	    .ignored = "who may use the control socket may dial" },
	{ IN_PLUGIN, "radius", SERVER, 0, .map = map_radius_plugin },
	{ IN_PLUGIN, "radius", CLIENT, 0, .ignored = "a client asks nobody" },
	{ IN_PLUGIN, "radattr", 0, 0, .refused = "no file has attributes" },
	{ IN_PPPD, "radattr-path", 0, 1, .refused = "no file has attributes" },
	{ IN_PPPD, "radius-config-file", SERVER, 1, .map = map_file,
	    .value = "/" },
	{ IN_PPPD, "radius-config-file", CLIENT, 1,
	    .ignored = "a client asks nobody" },
	{ IN_PPPD, "avpair", 0, 1,
	    .refused = "requests have no attributes of your own" },
	{ IN_PPPD, "map-to-ifname map-to-ttyname", 0, 0,
	    .ignored = "NAS-Port is the session's number" },
	{ IN_RADIUS, "authserver", 0, 1, .key = "radius",
	    .map = map_radius_server },
	{ IN_RADIUS, "acctserver", 0, 1, .key = "radius-accounting",
	    .map = map_radius_server },
	{ IN_RADIUS, "servers", 0, 1, .key = "radius-secrets" },
	{ IN_RADIUS, "radius_timeout", 0, 1, .key = "radius-timeout" },
	{ IN_RADIUS, "radius_retries", 0, 1, .key = "radius-tries" },
	{ IN_RADIUS, "radius_deadtime", 0, 1, .key = "radius-dead-time" },
	{ IN_RADIUS, "nas_identifier", 0, 1, .key = "nas-identifier" },
	{ IN_RADIUS, "bindaddr", 0, 1, .key = "radius-source",
	    .map = map_radius_source },
	{ IN_RADIUS, "auth_order", 0, 1, .map = map_only, .value = "radius",
	    .ignored = "RADIUS alone knows the users",
	    .refused = "with radius, files of users are not read" },
	{ IN_RADIUS, "default_realm", 0, 0, .map = map_radius_realm },
	{ IN_RADIUS, "login_tries login_timeout nologin issue dictionary "
	    "login_radius seqfile mapfile login_local clientdebug", 0, 0,
	    .ignored = "it is radiusclient's own" },
	{ IN_PLUGIN, "winbind", 0, 0, .refused = SYSTEM },
	{ IN_PPPD, "ntlm_auth-helper", 0, 1, .refused = SYSTEM },
	{ IN_PLUGIN, "passwordfd passprompt", 0, 0,
	    .refused = "nobody is asked: write the password to secrets" },
	{ IN_PPPD, "passwordfd promptprog +ua", 0, 1,
	    .refused = "nobody is asked: write the password to secrets" },
	{ IN_PPP_SET, "authname", CLIENT, 1, MAP(map_user, true) },
	{ IN_PPP_SET, "authname", SERVER, 1, .key = "server-name" },
	{ IN_PPP_SET, "authkey key", CLIENT, 1, .map = map_password },
	{ IN_PPP_SET, "authkey key", SERVER, 0,
	    .ignored = "a server has no user" },
	{ IN_PPP_SET, "radius rad_alive rad_port_id", 0, 0,
	    .refused = RADIUS },
	{ IN_PPP_ENABLE, "nas-ip-address nas-identifier", 0, 0,
	    .ignored = "it is for RADIUS only" },
	{ IN_PPP_ENABLE, "passwdauth", 0, 0, .map = map_ppp_lacking,
	    .refused = SYSTEM },
	{ IN_PPP, "passwd", 0, 0, .ignored = "it is typed, not configured" },
	{ IN_NM, "user", 0, 1, TEXT(nm_user) },
	{ IN_NM, "user-name", 0, 1, TEXT(nm_user_name) },
	{ IN_NM, "domain", 0, 1, TEXT(nm_domain) },
	{ IN_NM_ELSE, "vpn-secrets.password", 0, 1, TEXT(nm_password) },
	{ IN_NM, "password-flags", 0, 1,
	    .ignored = "the password goes to secrets" },
	{ IN_NM_ELSE, "connection.permissions", 0, 1,
	    .ignored = "who may use the control socket may dial" },

	/* Methods to log in. */
	{ IN_PPPD, "auth", SERVER, 0, FLAG(auth, "yes"),
	    .ignored = "users always log in" },
	{ IN_PPPD, "noauth", SERVER, 0, FLAG(auth, "no"),
	    .refused = "users always log in" },
	{ IN_PPPD, "noauth", CLIENT, 0, FLAG(auth, "no"), .ignored = CHECK },
	{ IN_PPPD, "auth require-pap +pap require-chap +chap require-mschap "
	    "+mschap +chapms require-mschap-v2 +mschap-v2 +chapms-v2",
	    CLIENT, 0, FLAG(auth, "yes"), .ignored = CHECK },
	{ IN_PPPD, "require-pap +pap", SERVER, 0,
	    MAP(map_require, TUNNEL_PAP) },
	{ IN_PPPD, "require-chap +chap", SERVER, 0,
	    MAP(map_require, TUNNEL_CHAP) },
	{ IN_PPPD, "require-mschap +mschap +chapms", SERVER, 0,
	    MAP(map_require, TUNNEL_MSCHAP) },
	{ IN_PPPD, "require-mschap-v2 +mschap-v2 +chapms-v2", SERVER, 0,
	    MAP(map_require, TUNNEL_MSCHAP_V2) },
	{ IN_PPPD, "require-eap +eap need-peer-eap", 0, 0, .refused = NO_EAP },
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
	{ IN_PPPD, "ca capath cert key pkcs12 crl crl-dir tls-verify-method "
	    "max-tls-version", 0, 1, .refused = NO_EAP },
	{ IN_PPPD, "eap-interval eap-restart eap-timeout eap-max-rreq "
	    "eap-max-sreq srp-interval srp-pn-secret", 0, 1,
	    .ignored = NO_EAP },
	{ IN_PPPD, "srp-use-pseudonym tls-verify-key-usage", 0, 0,
	    .ignored = NO_EAP },
	{ IN_PPPD, "chap-interval", SERVER, 1, .key = "rechallenge" },
	{ IN_PPPD, "chap-timeout", SERVER, 1, .key = "login-timeout" },
	{ IN_PPPD, "chap-timeout chap-interval", CLIENT, 1,
	    .ignored = "a client asks nobody to log in" },
	{ IN_PPPD, "chap-restart chap-max-challenge pap-restart pap-timeout "
	    "pap-max-authreq", 0, 1, .ignored = TIMERS },
	{ IN_PPP_ENABLE, "pap", 0, 0, MAP(map_ppp_method, TUNNEL_PAP) },
	{ IN_PPP_ENABLE, "chap chap05", 0, 0,
	    MAP(map_ppp_method, TUNNEL_CHAP) },
	{ IN_PPP_ENABLE, "mschap chap80 chap80nt", 0, 0,
	    MAP(map_ppp_method, TUNNEL_MSCHAP) },
	{ IN_PPP_ENABLE, "mschapv2 chap81", 0, 0,
	    MAP(map_ppp_method, TUNNEL_MSCHAP_V2) },
	{ IN_PPP_ENABLE, "lanman chap80lm", 0, 0, .map = map_ppp_lacking,
	    .refused = "LAN Manager's answers are not taken" },
	{ IN_PPP_SET, "callback cbcp", 0, 0,
	    .refused = "nobody is called back" },
	{ IN_PPP_SET, "ccpretry ccpretries ipcpretry ipcpretries ipv6cpretry "
	    "ipv6cpretries chapretry chapretries papretry papretries", 0, 0,
	    .ignored = TIMERS },

	/* Encryption and compression; patches of pppd had "mppe". */
	{ IN_PPPD | IN_NM, "require-mppe", 0, 0, MAP(map_mppe, KEY_40_128) },
	{ IN_PPPD | IN_NM, "require-mppe-128", 0, 0,
	    MAP(map_mppe, TUNNEL_KEY_128) },
	{ IN_PPPD | IN_NM, "require-mppe-40", 0, 0,
	    MAP(map_mppe, TUNNEL_KEY_40) },
	{ IN_PPPD, "+mppe", 0, 0, MAP(map_mppe, KEY_40_128) },
	{ IN_PPPD, "+mppe-128 mppe-128", 0, 0, MAP(map_mppe, TUNNEL_KEY_128) },
	{ IN_PPPD, "+mppe-40 mppe-40", 0, 0, MAP(map_mppe, TUNNEL_KEY_40) },
	{ IN_PPPD, "mppe", 0, 1, .map = map_mppe_words },
	{ IN_PPPD, "nomppe -mppe noccp -ccp", 0, 0, .map = map_no_mppe },
	{ IN_PPPD, "nomppe-40 -mppe-40", 0, 0,
	    MAP(map_no_mppe, TUNNEL_KEY_40) },
	{ IN_PPPD, "nomppe-128 -mppe-128", 0, 0,
	    MAP(map_no_mppe, TUNNEL_KEY_128) },
	{ IN_PPPD, "mppe-stateful", 0, 0, YES("stateful") },
	{ IN_PPPD, "nomppe-stateful mppe-stateless", 0, 0, NO("stateful") },
	{ IN_PPPD, "mppc", 0, 0, YES("mppc") },
	{ IN_PPPD, "nomppc", 0, 0, NO("mppc") },
	{ IN_NM, "mppe-stateful", 0, 1, .key = "stateful" },
	{ IN_PPP_SET, "mppe", 0, 0, .map = map_ppp_mppe },
	{ IN_PPP_ENABLE, "mppe", 0, 0, .map = map_ppp_encryption },
	{ IN_PPPD | IN_NM, "nobsdcomp nodeflate", 0, 0, .ignored = NOISE },
	{ IN_NM, "no-vj-comp", 0, 0, .ignored = NOISE },
	{ IN_PPPD, "-bsdcomp -deflate nodeflatedraft nopredictor1 -predictor1 "
	    "noecp -ecp novj -vj novjccomp -vjccomp old-vj", 0, 0,
	    .ignored = NOISE },
	{ IN_PPPD, "vj-max-slots", 0, 1, .ignored = NOISE },
	{ IN_PPPD, "bsdcomp deflate", 0, 1, ONLY("0"), .ignored = NOISE,
	    .refused = NOISE },
	{ IN_PPPD, "predictor1", 0, 0, .refused = NOISE },
	{ IN_PPP_SET, "vj deflate", 0, 0, .ignored = NOISE },
	{ IN_PPP_ENABLE, "vjcomp vj pred1 predictor1 deflate deflate24", 0, 0,
	    .ignored = NOISE },

	/* Who is called, and where to listen. */
	{ IN_NM, "gateway", 0, 1, .key = "server" },
	{ IN_NM, "service-type", 0, 1,
	    ONLY("org.freedesktop.NetworkManager.pptp"),
	    .ignored = "it is PPTP", .refused = "it is not PPTP" },
	{ IN_NM_ELSE, "connection.type", 0, 1, ONLY("vpn"),
	    .ignored = "it is PPTP", .refused = "it is no VPN" },
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
	{ IN_PPTP, "--timeout", 0, 1, MAP(map_timeout, 1) },
	{ IN_PPTP, "--nobuffer", 0, 0, .key = "reorder-frames", .value = "0" },
	{ IN_PPTP, "--missing-window", 0, 1,
	    .ignored = "it has a bound of its own" },
	{ IN_PPTP, "--idle-wait", 0, 1, .key = "control-echo-interval" },
	{ IN_PPTP, "--max-echo-wait", 0, 1, .key = "control-echo-timeout" },
	{ IN_PPTP, "--test-type --test-rate", 0, 1, .ignored = "for tests" },
	{ IN_PLUGIN, "pptp", CLIENT, 0, .ignored = HERE },
	{ IN_PLUGIN, "rp-pppoe pppoe openl2tp pppol2tp pppoatm", 0, 0,
	    .refused = "only PPTP is spoken" },
	{ IN_PLUGIN, "minconn", 0, 0,
	    .refused = "idle-timeout counts from the start" },
	{ IN_PPPD, "pptp_server", CLIENT, 1, .key = "server" },
	{ IN_PPPD, "pptp_client", CLIENT, 1,
	    .refused = "it belongs to a server's pppd" },
	{ IN_PPPD, "pptp_phone", CLIENT, 1, .key = "phone" },
	{ IN_PPPD, "pptp_window", CLIENT, 1, .key = "window" },
	{ IN_PPPD, "pptp_timeout", CLIENT, 1, MAP(map_timeout, 1000000) },
	{ IN_PPPD, "pptp_verbose", CLIENT, 1, .ignored = LOGS },

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
	{ IN_PPPD, "noproxyarp -proxyarp", SERVER, 0, NO("proxy-arp") },
	{ IN_PPPD, "noproxyarp -proxyarp", CLIENT, 0, .ignored = ACCEPT },
	{ IN_PPPD, "proxyarp", CLIENT, 0,
	    .refused = "proxy ARP is for servers" },
	{ IN_PPPD, "defaultroute", CLIENT, 0, YES("default-route") },
	{ IN_PPPD, "replacedefaultroute", CLIENT, 0,
	    FLAG(replaces_route, "yes"), .key = "default-route" },
	{ IN_PPPD, "noreplacedefaultroute", CLIENT, 0,
	    FLAG(replaces_route, "no"), .key = "default-route" },
	{ IN_PPPD, "nodefaultroute -defaultroute", CLIENT, 0,
	    NO("default-route") },
	{ IN_PPPD, "nodefaultroute -defaultroute noreplacedefaultroute",
	    SERVER, 0, .ignored = ACCEPT },
	{ IN_PPPD, "defaultroute replacedefaultroute", SERVER, 0,
	    .refused = "a server sets none" },
	{ IN_PPPD, "defaultroute-metric", CLIENT, 1, .key = "metric" },
	{ IN_PPPD, "defaultroute6", 0, 0,
	    .refused = "routes of IPv6 belong into an ipv6-up script" },
	{ IN_PPPD, "nodefaultroute6 -defaultroute6", 0, 0,
	    .ignored = ACCEPT },
	{ IN_PPPD, "netmask", 0, 1, .ignored = "a tunnel has one address" },
	{ IN_PPPD, "noipdefault nosendip noremoteip", 0, 0,
	    .ignored = ACCEPT },
	{ IN_PPPD, "ipcp-accept-local", CLIENT, 0, FLAG(any_local, "yes"),
	    .key = "local-address" },
	{ IN_PPPD, "ipcp-accept-remote", CLIENT, 0, FLAG(any_remote, "yes"),
	    .key = "remote-address" },
	{ IN_PPPD, "ipcp-accept-local", SERVER, 0,
	    .refused = "a client cannot choose this end's address" },
	{ IN_PPPD, "ipcp-accept-remote", SERVER, 0, YES("client-chooses") },
	{ IN_PPPD, "ipcp-no-address ipcp-no-addresses", 0, 0,
	    .refused = "addresses are always negotiated" },
	{ IN_PPPD, "allow-ip", 0, 1, .refused = "write addresses to secrets" },
	{ IN_PPPD, "allow-number", 0, 1,
	    .refused = "allow says which networks clients may come from" },
	{ IN_PPPD, "ktune", 0, 0,
	    .refused = "set net.ipv4.ip_forward yourself" },
	{ IN_PPPD, "noktune", 0, 0, .ignored = ACCEPT },
	{ IN_PPPD, "+ipv6", 0, 0, YES("ipv6") },
	{ IN_PPPD, "ipv6 ipv6cp-use-ipaddr ipv6cp-use-persistent "
	    "ipv6cp-accept-local ipv6cp-accept-remote", 0, 0,
	    .refused = "addresses of IPv6 are not chosen; ipv6 = yes turns "
	    "it on" },
	{ IN_PPPD, "noipv6 -ipv6", 0, 0, NO("ipv6") },
	{ IN_PPPD, "noipx -ipx", 0, 0, .ignored = ACCEPT },
	{ IN_PPPD, "ipx +ipx ipx-routing", 0, 0, .refused = NO_IPX },
	{ IN_PPPD, "ipx-network ipx-node ipx-router-name ipxcp-restart "
	    "ipxcp-max-configure ipxcp-max-failure ipxcp-max-terminate", 0, 1,
	    .ignored = NO_IPX },
	{ IN_PPPD, "ipxcp-accept-local ipxcp-accept-network "
	    "ipxcp-accept-remote", 0, 0, .ignored = NO_IPX },
	{ IN_PPPD, "noip -ip", 0, 0, .refused = "IPv4 is what is carried" },
	{ IN_PPPD, "pass-filter", 0, 1, .refused = WALL },
	{ IN_PPP, "add", 0, 0, MAP(map_ppp_route, false) },
	{ IN_PPP, "add!", 0, 0, MAP(map_ppp_route, true) },
	{ IN_PPP, "delete delete!", 0, 1, ONLY("all"),
	    .ignored = "routes go with the tunnel", .refused = IP_UP },
	{ IN_PPP_SET, "ifaddr", 0, 1, .map = map_ppp_ifaddr },
	{ IN_PPP_SET, "dns", SERVER, 1, .key = "dns", .adds = true },
	{ IN_PPP_SET, "nbns", SERVER, 1, .key = "wins", .adds = true },
	{ IN_PPP_SET, "dns nbns", CLIENT, 0, .ignored = "a client gives none" },
	{ IN_PPP_SET, "filter", 0, 0, .refused = WALL },
	{ IN_PPP_SET, "urgent ifqueue choked sendpipe recvpipe bandwidth", 0,
	    0, .ignored = "it changes who waits, not what passes" },
	{ IN_PPP_ENABLE, "proxy", SERVER, 0,
	    .key = "proxy-arp", .map = map_ppp_switch },
	{ IN_PPP_ENABLE, "proxyall", SERVER, 0,
	    .ignored = "proxy-arp serves all interfaces" },
	{ IN_PPP_ENABLE, "proxy proxyall", CLIENT, 0, .map = map_ppp_lacking,
	    .refused = "proxy ARP is for servers" },
	{ IN_PPP_ENABLE, "ipv6 ipv6cp", 0, 0,
	    .key = "ipv6", .map = map_ppp_switch },
	{ IN_PPP_ENABLE, "ipcp", 0, 0, MAP(map_ppp_lacking, true),
	    .refused = "IPv4 is what is carried" },
	{ IN_PPP_ENABLE, "dns", CLIENT, 0,
	    .key = "use-dns", .map = map_ppp_switch },
	{ IN_PPP_ENABLE, "dns", SERVER, 0, .ignored = "dns is a key" },
	{ IN_PPP_ENABLE, "filter-decapsulation", 0, 0,
	    .ignored = "set filter is refused" },
	{ IN_PPP, "nat alias", 0, 0, .refused = WALL },
	{ IN_PPP, "resolv", 0, 0,
	    .ignored = "only dns-script would write it" },
	{ IN_NM_ELSE, "ipv4.never-default", 0, 1, .key = "default-route",
	    .map = map_nm_not },
	{ IN_NM_ELSE, "ipv4.ignore-auto-dns", 0, 1, .key = "use-dns",
	    .map = map_nm_not },
	{ IN_NM_ELSE, "ipv4.ignore-auto-routes", 0, 1,
	    .ignored = "PPTP gives no routes" },
	{ IN_NM_ELSE, "ipv4.route ipv4.routes", 0, 1, .map = map_nm_route },
	{ IN_NM_ELSE, "ipv4.route-metric", 0, 1, ONLY("-1 50"),
	    .ignored = "it wins over other default routes here, too",
	    .refused = ROUTES },
	{ IN_NM_ELSE, "ipv4.route_options ipv4.route-table "
	    "ipv4.routing-rule", 0, 1, ONLY("0"), .ignored = ACCEPT,
	    .refused = ROUTES },
	{ IN_NM_ELSE, "ipv4.dns ipv4.dns-search ipv4.dns-options "
	    "ipv4.dns-data connection.mdns connection.llmnr "
	    "connection.dns-over-tls", 0, 0, ONLY("-1"), .ignored = ACCEPT,
	    .refused = DNS },
	{ IN_NM_ELSE, "ipv4.dns-priority ipv4.may-fail ipv4.dad-timeout "
	    "ipv4.required-timeout ipv4.link-local ipv4.replace-local-rule "
	    "ipv4.dhcp-client-id ipv4.dhcp-hostname ipv4.dhcp-fqdn "
	    "ipv4.dhcp-iaid ipv4.dhcp-timeout ipv4.dhcp-send-hostname "
	    "ipv4.dhcp-vendor-class-identifier ipv4.dhcp-reject-servers",
	    0, 0, .ignored = "it does nothing for PPTP" },
	{ IN_NM_ELSE, "ipv4.method", 0, 1, ONLY("auto"), .ignored = ACCEPT,
	    .refused = "IPv4 addresses are always negotiated" },
	{ IN_NM_ELSE, "ipv4.address ipv4.addresses ipv4.gateway", 0, 1,
	    .refused = IP_UP },
	{ IN_NM_ELSE, "connection.zone", 0, 0,
	    .refused = "tell firewalld the zone of the interface" },
	{ IN_NM_ELSE, "connection.secondaries", 0, 0, .refused = IP_UP },
	{ IN_NM_ELSE, "proxy.method", 0, 0, ONLY("0 none"), .ignored = ACCEPT,
	    .refused = "no proxy is set" },
	{ IN_NM_ELSE, "proxy.browser-only", 0, 0, .ignored = NO_NM },

	/* The PPP link. */
	{ IN_PPPD, "mtu", 0, 1, .key = "mtu", .map = map_mtu, .value = "1500" },
	{ IN_PPPD, "mru", 0, 1, .key = "mru", .map = map_mtu, .value = "1500" },
	{ IN_PPP_SET, "mtu", 0, 1, .key = "mtu", .map = map_mtu },
	{ IN_PPP_SET, "mru", 0, 1, .key = "mru", .map = map_mtu },
	{ IN_NM, "mtu", 0, 1, .key = "mtu" },
	{ IN_PPPD, "default-mru -mru -mn", 0, 0, .ignored = "mru is a key" },
	{ IN_PPPD, "asyncmap escape", 0, 1, .ignored = TTY },
	{ IN_PPPD, "default-asyncmap -am -as receive-all", 0, 0,
	    .ignored = TTY },
	{ IN_PPPD, "nomagic nopcomp -pc noaccomp -ac -all", 0, 0,
	    .ignored = "harmless" },
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
	    "ipcp-max-terminate ipv6cp-restart ipv6cp-max-configure "
	    "ipv6cp-max-failure ipv6cp-max-terminate", 0, 1,
	    .ignored = TIMERS },
	{ IN_PPPD, "passive -p", 0, 0,
	    .ignored = "the client of a tunnel dials anew" },
	{ IN_PPPD, "silent", 0, 0, .ignored = "both ends may begin" },
	{ IN_PPPD, "endpoint mrru bundle", 0, 1, .ignored = NO_MP },
	{ IN_PPPD, "noendpoint mpshortseq nompshortseq", 0, 0,
	    .ignored = NO_MP },
	{ IN_PPPD, "multilink mp", 0, 0, .refused = NO_MP },
	{ IN_PPPD, "nomultilink nomp", 0, 0, .ignored = ACCEPT },
	{ IN_PPP_SET, "echoperiod lqrperiod", 0, 1,
	    .key = "lcp-echo-interval" },
	{ IN_PPP_ENABLE, "lqr echo", 0, 0,
	    .ignored = "lcp-echo-interval is a key" },
	{ IN_PPP_SET, "lcpretry lcpretries", 0, 1, .key = "restart-time" },
	{ IN_PPP_SET, "openmode", 0, 0, .ignored = "both ends may begin" },
	{ IN_PPP_SET, "stopped", 0, 0,
	    .ignored = "the client of a tunnel dials anew" },
	{ IN_PPP_SET, "mrru autoload", 0, 0, .refused = NO_MP },
	{ IN_PPP_SET, "enddisc", 0, 0, .ignored = NO_MP },
	{ IN_PPP, "clone link rename remove", 0, 0, .refused = NO_MP },
	{ IN_PPP_ENABLE, "shortseq enddisc", 0, 0, .ignored = NO_MP },
	{ IN_PPP_ENABLE, "tcpmssfixup mssfixup", 0, 0,
	    .key = "mss-clamp", .map = map_ppp_switch },

	/* Limits, and when a client dials. */
	{ IN_PPPD, "idle", 0, 1, .key = "idle-timeout" },
	{ IN_PPPD, "maxconnect", 0, 1, .key = "session-timeout" },
	{ IN_PPPD, "maxoctets", 0, 1, .refused = "traffic has no limit" },
	{ IN_PPPD, "mo-direction mo-timeout", 0, 1,
	    .ignored = "maxoctets is refused" },
	{ IN_PPPD, "active-filter", 0, 1,
	    .refused = "any traffic is activity" },
	{ IN_PPPD, "persist", CLIENT, 0, FLAG(persist, "yes"),
	    .key = "reconnect" },
	{ IN_PPPD, "nopersist", CLIENT, 0, FLAG(persist, "no"),
	    .key = "reconnect" },
	{ IN_PPPD, "persist nopersist", SERVER, 0, .ignored = "clients dial" },
	{ IN_PPPD, "maxfail", CLIENT, 1, .key = "reconnect-tries" },
	{ IN_PPPD, "holdoff", CLIENT, 1, .key = "reconnect-delay" },
	{ IN_PPPD, "maxfail holdoff", SERVER, 1, .ignored = "clients dial" },
	{ IN_PPPD, "demand", 0, 0,
	    .refused = "a tunnel is up all the time, or pptpalgctl dial "
	    "starts it" },
	{ IN_PPP_SET, "timeout", 0, 1, .key = "idle-timeout" },
	{ IN_PPP_SET, "redial reconnect", CLIENT, 0,
	    .ignored = "a lost tunnel is dialled again; reconnect-delay says "
	    "when" },
	{ IN_PPP_SET, "redial reconnect", SERVER, 0,
	    .ignored = "clients dial" },
	{ IN_PPP_SET, "mode", 0, 1,
	    ONLY("interactive ddial background direct dedicated"),
	    .ignored = "see automatic", .refused = "nothing is dialled on "
	    "demand" },
	{ IN_NM, "persistent", 0, 1, FLAG(persist, NULL),
	    .key = "reconnect" },
	{ IN_NM, "timeout", 0, 1, .key = "connect-timeout" },
	{ IN_NM_ELSE, "connection.autoconnect connection.autoconnect-priority "
	    "connection.autoconnect-retries", 0, 0,
	    .ignored = "NetworkManager starts no VPN by it" },

	/* Interfaces, scripts and files. */
	{ IN_PPPD, "ifname", 0, 1, .key = "interface" },
	{ IN_PPPD | IN_NM, "unit", CLIENT, 1, .map = map_unit },
	{ IN_PPPD, "unit", SERVER, 1, .ignored = "each tunnel has a number" },
	{ IN_PPPD, "linkname", 0, 1, .ignored = "sections have names" },
	{ IN_PPPD, "ipparam", 0, 1, .key = "ip-param" },
	{ IN_PPTPD, "noipparam", 0, 0,
	    .refused = "scripts get the client's address outside, or "
	    "ip-param" },
	{ IN_PPPD, "ip-up-script", 0, 1, .key = "ip-up" },
	{ IN_PPPD, "ip-down-script", 0, 1, .key = "ip-down" },
	{ IN_PPPD, "ip-pre-up-script", 0, 1, .key = "ip-pre-up" },
	{ IN_PPPD, "ipv6-up-script", 0, 1, .key = "ipv6-up" },
	{ IN_PPPD, "ipv6-down-script", 0, 1, .key = "ipv6-down" },
	{ IN_PPPD, "auth-up-script", 0, 1, .key = "auth-up" },
	{ IN_PPPD, "auth-down-script", 0, 1, .key = "auth-down" },
	{ IN_PPPD, "net-init-script net-pre-up-script net-down-script", 0, 1,
	    .refused = "ip-pre-up, ip-up and ip-down are what is run" },
	{ IN_PPPD, "child-timeout", 0, 1,
	    .ignored = "scripts end before the daemon does" },
	{ IN_PPPD, "set unset", 0, 1,
	    .refused = "scripts get pppd's variables only" },
	{ IN_PPPD, "remotenumber", 0, 1, .ignored = "scripts get the address" },
	{ IN_PPPD, "plugin", 0, 1, .map = map_plugin },
	{ IN_PPPD, "file", 0, 1, .map = map_file, .value = "/etc/ppp/" },
	{ IN_PPPD, "call", 0, 1, .map = map_file, .value = "/etc/ppp/peers/" },
	{ IN_PPTPD, "option", 0, 1, .map = map_file, .value = "" },
	{ IN_PPPD, "pty", CLIENT, 1, .map = map_pty },
	{ IN_PPPD, "pty", SERVER, 1,
	    .refused = "a server runs no program for the line" },
	{ IN_PPP_SET, "device line", 0, 1, .map = map_ppp_device },
	{ IN_PPP, "set setup", 0, 0, .map = map_ppp_set },
	{ IN_PPP, "enable disable accept deny", 0, 0, .map = map_ppp_enable },
	{ IN_PPP, "iface shell ! !bg bg !include", 0, 0, .refused = IP_UP },
	{ IN_PPP, "allow load dial call open close down quit bye clear ident "
	    "sendident term", 0, 0, .ignored = HERE },
	{ IN_PPP_ENABLE, "acfcomp protocomp idcheck sroutes iface-alias "
	    "keep-session loopback force-scripts", 0, 0, .ignored = HERE },
	{ IN_NM_ELSE, "connection.interface-name", 0, 0,
	    .refused = "bind-device goes through an interface; interface "
	    "names the tunnel's" },
	{ IN_NM_ELSE, "connection.id connection.uuid connection.timestamp "
	    "connection.stable-id connection.read-only connection.metered "
	    "connection.lldp connection.auth-retries connection.mud-url "
	    "connection.multi-connect connection.wait-device-timeout "
	    "connection.gateway-ping-timeout", 0, 0, .ignored = NO_NM },

	/* Diagnosis. */
	{ IN_PPPD, "debug -d dump dryrun nolog nologfd -v", 0, 0,
	    .ignored = LOGS },
	{ IN_PPPD, "kdebug record logfile logfd", 0, 1, .ignored = LOGS },
	{ IN_PPPD, "show-password", 0, 0,
	    .ignored = "passwords are never logged" },
	{ IN_PPPD, "hide-password", 0, 0, .ignored = ACCEPT },
	{ IN_PLUGIN, "pptpd-logwtmp", SERVER, 0, YES("wtmp") },
	{ IN_PPPD, "pptpd-original-ip", SERVER, 1, .ignored = HERE },
	{ IN_PPTPD, "logwtmp", 0, 0, YES("wtmp") },
	{ IN_PPTPD, "debug", 0, 0, .ignored = LOGS },
	{ IN_PPTPD, "pidfile", 0, 1, .ignored = "systemd knows the process" },
	{ IN_PPTP, "--loglevel --logstring", 0, 1, .ignored = LOGS },
	{ IN_PPTP, "--debug", 0, 0, .ignored = LOGS },
	{ IN_PPP_ENABLE, "utmp", 0, 0, .key = "wtmp", .map = map_ppp_switch },
	{ IN_PPP_ENABLE, "throughput", 0, 0,
	    .ignored = "pptpalgctl sessions shows it" },
	{ IN_PPP, "log show save help ?", 0, 0, .ignored = LOGS },
	{ IN_PPP_SET, "log proctitle title procname", 0, 0, .ignored = LOGS },
	{ IN_PPP_SET, "server socket", 0, 0,
	    .ignored = "pptpalgctl has a socket of its own" },

	/* The serial line that there is not, and pppd. */
	{ IN_PPPD, "sync lock nolock nodetach -detach updetach up_sdnotify "
	    "crtscts nocrtscts -crtscts cdtrcts nocdtrcts xonxoff local modem "
	    "notty", 0, 0, .ignored = TTY },
	{ IN_PPPD, "connect-delay stop-bits", 0, 1, .ignored = TTY },
	{ IN_PPPD, "connect disconnect init welcome", 0, 1,
	    .refused = "scripts are run when a tunnel comes up or ends only" },
	{ IN_PPPD, "socket", 0, 1, .refused = "only PPTP is spoken" },
	{ IN_PPTPD, "ppp", 0, 1, .ignored = NO_PPPD },
	{ IN_PPTPD, "speed", 0, 1, .ignored = TTY },
	{ IN_PPTP, "--nolaunchpppd", 0, 0, .ignored = NO_PPPD },
	{ IN_PPTP, "--sync", 0, 0, .ignored = TTY },
	{ IN_PPP_SET, "login dial phone speed ctsrts crtscts accmap cd hangup "
	    "logout escape parity pppoe", 0, 0, .ignored = TTY },
};

bool
directive_has_name(const char *names, const char *name)
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
		    directive_has_name(d->names, name))
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
	else if (d->map != NULL)
		d->map(plan, part, d, args);
	else if (d->refused != NULL)
		plan_refused(plan, d->refused);
	else if (d->ignored != NULL)
		plan_ignored(plan, d->ignored);
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
	part->unknown |= d == NULL;
	if (d == NULL)
		plan_refused(plan, "unknown");
	else
		directive_apply(plan, part, d, name, args);
}
