/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys that sections "terminate" and "dial" share. */
#include <stdio.h>
#include <string.h>

#include "conf/section.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define TUNNEL(m)	KEY_MEMBER(tunnel_options, m)
#define SCRIPT(s)	KEY_TYPE(PATH), TUNNEL(script[s]),		\
			.value.empty = true, .standard = ""

static const char *const tunnel_methods[] = {
	"pap", "chap", "mschap", "mschap-v2", NULL
};
static const char *const tunnel_encryptions[] = {
	"none", "optional", "required", NULL
};
static const char *const lengths[] = { "40", "56", "128", NULL };

/* In the order of pptpalg-terminate(5). */
static const struct key tunnel_keys[] = {
	{ "methods", KEY_FLAGS(tunnel_methods), TUNNEL(methods),
	    .standard = "mschap-v2" },
	{ "encryption", KEY_WORD(tunnel_encryptions), TUNNEL(encryption),
	    .standard = "required" },
	{ "key-lengths", KEY_FLAGS(lengths), TUNNEL(key_lengths),
	    .standard = "128" },
	{ "stateful", KEY_NO_YES, TUNNEL(stateful), .standard = "no" },
	{ "mppc", KEY_NO_YES, TUNNEL(mppc), .standard = "no" },
	{ "ipv6", KEY_NO_YES, TUNNEL(ipv6), .standard = "no" },
	{ "mtu", KEY_NUMBER(128, 1500), TUNNEL(mtu), .standard = "1400" },
	{ "mru", KEY_NUMBER(128, 1500), TUNNEL(mru), .standard = "1400" },
	{ "mss-clamp", KEY_NO_YES, TUNNEL(mss_clamp),
	    .standard = "yes" },
	{ "lcp-echo-interval", KEY_NUMBER(0, 86400),
	    TUNNEL(lcp_echo_interval), .standard = "30" },
	{ "lcp-echo-failures", KEY_NUMBER(1, 100), TUNNEL(lcp_echo_failures),
	    .standard = "4" },
	{ "restart-time", KEY_NUMBER(1, 60), TUNNEL(restart_time),
	    .standard = "3" },
	{ "max-configure", KEY_NUMBER(1, 100), TUNNEL(max_configure),
	    .standard = "10" },
	{ "max-terminate", KEY_NUMBER(1, 100), TUNNEL(max_terminate),
	    .standard = "2" },
	{ "max-failure", KEY_NUMBER(1, 100), TUNNEL(max_failure),
	    .standard = "5" },
	{ "idle-timeout", KEY_NUMBER(0, 31536000), TUNNEL(idle_timeout),
	    .standard = "0" },
	{ "session-timeout", KEY_NUMBER(0, 31536000), TUNNEL(session_timeout),
	    .standard = "0" },
	{ "control-echo-interval", KEY_NUMBER(1, 86400),
	    TUNNEL(control_echo_interval), .standard = "60" },
	{ "control-echo-timeout", KEY_NUMBER(1, 86400),
	    TUNNEL(control_echo_timeout), .standard = "60" },
	{ "window", KEY_NUMBER(1, 65535), TUNNEL(window), .standard = "64" },
	{ "reorder-frames", KEY_NUMBER(0, 256), TUNNEL(reorder_frames),
	    .standard = "31" },
	{ "reorder-time", KEY_NUMBER(1, 10000), TUNNEL(reorder_time),
	    .standard = "50" },
	{ "host-name", KEY_TYPE(TEXT), TUNNEL(host_name),
	    .value.empty = true, .standard = "local" },
	{ "vendor", KEY_TYPE(TEXT), TUNNEL(vendor), .value.empty = true,
	    .standard = "pptpalg" },
	{ "interface", KEY_TYPE(INTERFACE), TUNNEL(interface),
	    .standard = "pptp%d" },
	{ "ip-pre-up", SCRIPT(TUNNEL_IP_PRE_UP) },
	{ "ip-up", SCRIPT(TUNNEL_IP_UP) },
	{ "ip-down", SCRIPT(TUNNEL_IP_DOWN) },
	{ "ipv6-up", SCRIPT(TUNNEL_IPV6_UP) },
	{ "ipv6-down", SCRIPT(TUNNEL_IPV6_DOWN) },
	{ "auth-up", SCRIPT(TUNNEL_AUTH_UP) },
	{ "auth-down", SCRIPT(TUNNEL_AUTH_DOWN) },
	{ "script-timeout", KEY_NUMBER(1, 3600), TUNNEL(script_timeout),
	    .standard = "60" },
	{ "ip-param", KEY_TYPE(TEXT), TUNNEL(ip_param), .value.empty = true,
	    .standard = "" },
	{ "wtmp", KEY_NO_YES, TUNNEL(wtmp), .standard = "no" },
};

const struct key *
tunnel_options_keys(size_t *n)
{
	*n = NELEM(tunnel_keys);
	return tunnel_keys;
}

bool
tunnel_options_has_script(const struct tunnel_options *o)
{
	size_t i;

	for (i = 0; i < TUNNEL_SCRIPTS; i++)
		if (o->script[i][0] != '\0')
			return true;
	return false;
}

const char *
tunnel_options_method_name(enum tunnel_method method)
{
	return tunnel_methods[__builtin_ctz(method)];
}

int
tunnel_options_check(const struct tunnel_options *o, char *error, size_t size)
{
	const uint32_t keyed = TUNNEL_MSCHAP | TUNNEL_MSCHAP_V2;

	if (o->methods == 0)
		snprintf(error, size, "methods: expected at least one");
	else if (o->key_lengths == 0)
		snprintf(error, size, "key-lengths: expected at least one; "
		    "without encryption say encryption = none");
	else if (o->encryption == TUNNEL_REQUIRED &&
	    (o->methods & ~keyed) != 0)
		snprintf(error, size, "methods: %s gives no keys for "
		    "encryption; leave it out, or say encryption = optional",
		    tunnel_options_method_name(o->methods & ~keyed));
	else if (o->encryption == TUNNEL_OPTIONAL &&
	    (o->methods & keyed) == 0)
		snprintf(error, size, "methods: only mschap and mschap-v2 "
		    "give keys for encryption; without one of them say "
		    "encryption = none");
	else
		return 0;
	return -1;
}
