/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys that sections "terminate" and "dial" share. */
#include <stdio.h>
#include <string.h>

#include "conf/section.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define MEMBER(m)	KEY_MEMBER(tunnel_options, m)
#define SCRIPT(s)	KEY_TYPE(PATH), MEMBER(script[s]),		\
			.value.empty = true, .standard = ""

static const char *const no_yes[] = { "no", "yes", NULL };
static const char *const methods[] = {
	"pap", "chap", "mschap", "mschap-v2", NULL
};
static const char *const encryptions[] = {
	"none", "optional", "required", NULL
};
static const char *const lengths[] = { "40", "56", "128", NULL };

/* In the order of pptpalg-terminate(5). */
static const struct key keys[] = {
	{ "methods", KEY_FLAGS(methods), MEMBER(methods),
	    .standard = "mschap-v2" },
	{ "encryption", KEY_WORD(encryptions), MEMBER(encryption),
	    .standard = "required" },
	{ "key-lengths", KEY_FLAGS(lengths), MEMBER(key_lengths),
	    .standard = "128" },
	{ "stateful", KEY_WORD(no_yes), MEMBER(stateful), .standard = "no" },
	{ "mppc", KEY_WORD(no_yes), MEMBER(mppc), .standard = "no" },
	{ "ipv6", KEY_WORD(no_yes), MEMBER(ipv6), .standard = "no" },
	{ "mtu", KEY_NUMBER(128, 1500), MEMBER(mtu), .standard = "1400" },
	{ "mru", KEY_NUMBER(128, 1500), MEMBER(mru), .standard = "1400" },
	{ "mss-clamp", KEY_WORD(no_yes), MEMBER(mss_clamp),
	    .standard = "yes" },
	{ "lcp-echo-interval", KEY_NUMBER(0, 86400),
	    MEMBER(lcp_echo_interval), .standard = "30" },
	{ "lcp-echo-failures", KEY_NUMBER(1, 100), MEMBER(lcp_echo_failures),
	    .standard = "4" },
	{ "restart-time", KEY_NUMBER(1, 60), MEMBER(restart_time),
	    .standard = "3" },
	{ "max-configure", KEY_NUMBER(1, 100), MEMBER(max_configure),
	    .standard = "10" },
	{ "max-terminate", KEY_NUMBER(1, 100), MEMBER(max_terminate),
	    .standard = "2" },
	{ "max-failure", KEY_NUMBER(1, 100), MEMBER(max_failure),
	    .standard = "5" },
	{ "idle-timeout", KEY_NUMBER(0, 31536000), MEMBER(idle_timeout),
	    .standard = "0" },
	{ "session-timeout", KEY_NUMBER(0, 31536000), MEMBER(session_timeout),
	    .standard = "0" },
	{ "control-echo-interval", KEY_NUMBER(1, 86400),
	    MEMBER(control_echo_interval), .standard = "60" },
	{ "control-echo-timeout", KEY_NUMBER(1, 86400),
	    MEMBER(control_echo_timeout), .standard = "60" },
	{ "window", KEY_NUMBER(1, 65535), MEMBER(window), .standard = "64" },
	{ "reorder-frames", KEY_NUMBER(0, 256), MEMBER(reorder_frames),
	    .standard = "31" },
	{ "reorder-time", KEY_NUMBER(1, 10000), MEMBER(reorder_time),
	    .standard = "50" },
	{ "host-name", KEY_TYPE(TEXT), MEMBER(host_name),
	    .value.empty = true, .standard = "local" },
	{ "vendor", KEY_TYPE(TEXT), MEMBER(vendor), .value.empty = true,
	    .standard = "pptpalg" },
	{ "interface", KEY_TYPE(INTERFACE), MEMBER(interface),
	    .standard = "pptp%d" },
	{ "ip-pre-up", SCRIPT(TUNNEL_IP_PRE_UP) },
	{ "ip-up", SCRIPT(TUNNEL_IP_UP) },
	{ "ip-down", SCRIPT(TUNNEL_IP_DOWN) },
	{ "ipv6-up", SCRIPT(TUNNEL_IPV6_UP) },
	{ "ipv6-down", SCRIPT(TUNNEL_IPV6_DOWN) },
	{ "auth-up", SCRIPT(TUNNEL_AUTH_UP) },
	{ "auth-down", SCRIPT(TUNNEL_AUTH_DOWN) },
	{ "script-timeout", KEY_NUMBER(1, 3600), MEMBER(script_timeout),
	    .standard = "60" },
	{ "ip-param", KEY_TYPE(TEXT), MEMBER(ip_param), .value.empty = true,
	    .standard = "" },
	{ "wtmp", KEY_WORD(no_yes), MEMBER(wtmp), .standard = "no" },
};

const struct key *
tunnel_options_keys(size_t *n)
{
	*n = NELEM(keys);
	return keys;
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
	return methods[__builtin_ctz(method)];
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
