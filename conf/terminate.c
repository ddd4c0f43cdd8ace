/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a section "terminate", and which of them go together. */
#include <stdio.h>
#include <string.h>

#include "conf/address.h"
#include "conf/section.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define TERMINATE(m)	KEY_MEMBER(terminate, m)
#define TERMINATE_LIST(m)		KEY_LIST(terminate, m, n##m)
#define KEY_PORT(n)	KEY_TYPE(ENDPOINT), .value.min = (n)
#define ADDRESSES_MAX	(1U << 20)	/* of all pools of a section */

static const char *const interfaces[] = { "auto", "shared", "each", NULL };
static const char *const full[] = { "replace", "deny", NULL };

/* In the order of pptpalg-terminate(5). */
static const struct key terminate_keys[] = {
	{ "listen", KEY_PORT(1723), TERMINATE_LIST(listen) },
	{ "bind-device", KEY_TYPE(INTERFACE), TERMINATE(bind_device),
	    .value.empty = true, .standard = "" },
	{ "allow", KEY_TYPE(NET), TERMINATE_LIST(allow) },
	{ "local-address", KEY_TYPE(ADDRESS), TERMINATE(local_address) },
	{ "remote-addresses", KEY_TYPE(RANGE), TERMINATE_LIST(remote) },
	{ "dns", KEY_TYPE(ADDRESS), TERMINATE_LIST(dns) },
	{ "wins", KEY_TYPE(ADDRESS), TERMINATE_LIST(wins) },
	{ "client-chooses", KEY_NO_YES, TERMINATE(client_chooses),
	    .standard = "no" },
	{ "proxy-arp", KEY_NO_YES, TERMINATE(proxy_arp), .standard = "no" },
	{ "source-check", KEY_NO_YES, TERMINATE(source_check),
	    .standard = "yes" },
	{ "interfaces", KEY_WORD(interfaces), TERMINATE(interfaces),
	    .standard = "auto" },
	{ "server-name", KEY_TYPE(TEXT), TERMINATE(server_name),
	    .standard = "pptpd" },
	{ "strip-domain", KEY_NO_YES, TERMINATE(strip_domain),
	    .standard = "yes" },
	{ "secrets", KEY_TYPE(PATH), TERMINATE_LIST(secrets),
	    .standard = "/etc/pptpalg/chap-secrets" },
	{ "pap-secrets", KEY_TYPE(PATH), TERMINATE_LIST(pap_secrets) },
	{ "radius", KEY_PORT(1812), TERMINATE_LIST(radius) },
	{ "radius-accounting", KEY_PORT(1813),
	    TERMINATE_LIST(radius_accounting) },
	{ "radius-secrets", KEY_TYPE(PATH), TERMINATE(radius_secrets),
	    .standard = "/etc/pptpalg/radius-secrets" },
	{ "radius-source", KEY_TYPE(ADDRESS), TERMINATE(radius_source),
	    .standard = "0.0.0.0" },
	{ "radius-timeout", KEY_NUMBER(1, 60), TERMINATE(radius_timeout),
	    .standard = "3" },
	{ "radius-tries", KEY_NUMBER(1, 10), TERMINATE(radius_tries),
	    .standard = "3" },
	{ "radius-dead-time", KEY_NUMBER(0, 86400), TERMINATE(radius_dead_time),
	    .standard = "60" },
	{ "radius-unsigned", KEY_NO_YES, TERMINATE(radius_unsigned),
	    .standard = "no" },
	{ "radius-interim", KEY_NUMBER(0, 86400), TERMINATE(radius_interim),
	    .standard = "0" },
	{ "radius-listen", KEY_PORT(3799), TERMINATE_LIST(radius_listen) },
	{ "nas-identifier", KEY_TYPE(TEXT), TERMINATE(nas_identifier),
	    .value.empty = true, .standard = "" },
	{ "login-tries", KEY_NUMBER(1, 100), TERMINATE(login_tries),
	    .standard = "3" },
	{ "login-delay", KEY_NUMBER(0, 10000), TERMINATE(login_delay),
	    .standard = "1000" },
	{ "login-timeout", KEY_NUMBER(1, 3600), TERMINATE(login_timeout),
	    .standard = "60" },
	{ "rechallenge", KEY_NUMBER(0, 86400), TERMINATE(rechallenge),
	    .standard = "0" },
	{ "user-limit", KEY_NUMBER(0, 1000000), TERMINATE(user_limit),
	    .standard = "8" },
	{ "user-full", KEY_WORD(full), TERMINATE(user_full),
	    .standard = "replace" },
	{ "source-limit", KEY_NUMBER(0, 1000000), TERMINATE(source_limit),
	    .standard = "64" },
	{ "total-limit", KEY_NUMBER(1, 1000000), TERMINATE(total_limit),
	    .standard = "10000" },
	{ "half-open-limit", KEY_NUMBER(1, 1000000), TERMINATE(half_open_limit),
	    .standard = "1000" },
	{ "half-open-source-limit", KEY_NUMBER(0, 1000000),
	    TERMINATE(half_open_source_limit), .standard = "32" },
	{ "start-timeout", KEY_NUMBER(1, 3600), TERMINATE(start_timeout),
	    .standard = "10" },
	{ "call-timeout", KEY_NUMBER(1, 3600), TERMINATE(call_timeout),
	    .standard = "30" },
};

const struct key_part *
terminate_parts(void)
{
	static struct key_part parts[] = {
		{ terminate_keys, NELEM(terminate_keys), 0 },
		{ NULL, 0, offsetof(struct terminate, tunnel) },
		{ NULL, 0, 0 }
	};

	parts[1].keys = tunnel_options_keys(&parts[1].n);
	return parts;
}

bool
terminate_each(const struct terminate *t)
{
	return t->interfaces == TERMINATE_EACH ||
	    (t->interfaces == TERMINATE_AUTO &&
		tunnel_options_has_script(&t->tunnel));
}

bool
terminate_allows(const struct terminate *t, uint32_t address)
{
	size_t i;

	for (i = 0; i < t->nallow; i++)
		if (address_is_in(address, &t->allow[i]))
			return true;
	return t->nallow == 0;
}

static int
check_overlap(const struct terminate *t, char *error, size_t size)
{
	size_t i, j;

	for (i = 0; i < t->nremote; i++)
		for (j = 0; j < i; j++)
			if (t->remote[i].first <= t->remote[j].last &&
			    t->remote[j].first <= t->remote[i].last) {
				snprintf(error, size, "remote-addresses: "
				    "the %zu. and the %zu. entry overlap",
				    j + 1, i + 1);
				return -1;
			}
	return 0;
}

/* Without local-address, the first address of the pools is ours. */
static int
check_addresses(struct terminate *t, char *error, size_t size)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < t->nremote; i++)
		sum += (uint64_t)t->remote[i].last - t->remote[i].first + 1;
	if (sum > ADDRESSES_MAX)
		snprintf(error, size, "remote-addresses: expected at most %u "
		    "addresses", ADDRESSES_MAX);
	else if (t->local_address == 0 && sum < 2)
		snprintf(error, size, "remote-addresses: expected at least "
		    "two: one for clients, and the first one for this end "
		    "because local-address is not set");
	else {
		if (t->local_address == 0)
			t->local_address = t->remote[0].first;
		return check_overlap(t, error, size);
	}
	return -1;
}

static bool
is_numbered(const char *interface)
{
	return strchr(interface, '%') != NULL;
}

int
terminate_check(struct terminate *t, char *error, size_t size)
{
	if (t->nlisten == 0)
		snprintf(error, size, "listen: expected at least one address, "
		    "such as listen = {\"192.0.2.1\"}");
	else if (t->nsecrets == 0 && t->nradius == 0)
		snprintf(error, size, "secrets: expected at least one file");
	else if (t->nradius_listen > 0 && t->nradius == 0 &&
	    t->nradius_accounting == 0)
		snprintf(error, size, "radius-listen: expected servers in "
		    "radius or radius-accounting, whose requests are taken");
	else if (is_numbered(t->bind_device))
		snprintf(error, size, "bind-device: expected a name without "
		    "%%d");
	else if (terminate_each(t) && !is_numbered(t->tunnel.interface))
		snprintf(error, size, "interface: expected a name with %%d at "
		    "its end, because each tunnel has one of its own");
	else if (!t->source_check && !terminate_each(t))
		snprintf(error, size, "source-check: no needs interfaces = "
		    "each");
	else if (t->tunnel.ipv6 && !terminate_each(t))
		snprintf(error, size, "ipv6: yes needs interfaces = each, "
		    "because IPv6 addresses begin with an interface");
	else if (tunnel_options_check(&t->tunnel, error, size) == 0)
		return check_addresses(t, error, size);
	return -1;
}
