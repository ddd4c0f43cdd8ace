/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completes what was imported: what only all directives together say. */
#include <string.h>

#include "conf/section.h"
#include "tools/import/finish.h"
#include "tools/import/host.h"
#include "tools/import/kind.h"
#include "tools/import/secret.h"

#define ALL		(TUNNEL_PAP | TUNNEL_CHAP | KEYED)
#define KEYED		(TUNNEL_MSCHAP | TUNNEL_MSCHAP_V2)
#define LAST_METRIC	"1000000"	/* of no other route */

static void
note_left_out(struct plan *plan, const char *methods, const char *why)
{
	plan->directive = methods;
	plan_ignored(plan, why);
}

/* Only encrypted links can use it; the best of what gives keys is left. */
static uint32_t
keyed_methods(struct plan *plan, struct plan_part *part, uint32_t methods)
{
	bool asked = part->want != 0 || part->refuse != 0;

	if (asked && (methods & ~KEYED) != 0)
		note_left_out(plan, "pap, chap", "they give no keys for the "
		    "encryption that is required");
	methods &= KEYED;
	if (methods == KEYED && (part->one_method || !asked ||
	    part->role == PLAN_CLIENT)) {
		methods = TUNNEL_MSCHAP_V2;
		note_left_out(plan, "mschap", part->one_method ? "ppp, too, "
		    "encrypts with mschap-v2 only" : "left out where "
		    "mschap-v2 does; add it to methods if a peer has nothing "
		    "else");
	}
	return methods;
}

/* pppd lets who need not log in come, and has no encryption by itself. */
static uint32_t
server_methods(struct plan *plan, struct plan_part *part, uint32_t methods)
{
	if (part->mppe)
		return methods;
	if (!part->auth) {
		plan->directive = "(no auth)";
		plan_refused(plan, "nobody had to log in; here everybody has "
		    "to");
	} else if (part->want == 0 && part->refuse == 0) {
		plan->directive = "(no require-)";
		plan_refused(plan, "any method did, without encryption; here "
		    "it is mschap-v2 with 128 bits: write methods and "
		    "encryption if clients have less");
	}
	return part->want == 0 && part->refuse == 0 ? TUNNEL_MSCHAP_V2 :
	    methods;
}

/* Where the server has to log in, too, MS-CHAPv2 is the way. */
static uint32_t
client_methods(struct plan *plan, struct plan_part *part, uint32_t methods)
{
	if (!part->auth || (methods & TUNNEL_MSCHAP_V2) == 0 ||
	    methods == TUNNEL_MSCHAP_V2)
		return methods;
	plan->directive = "auth";
	plan_refused(plan, "the server had to log in, too: of the methods "
	    "only mschap-v2 proves a server, and is left");
	return TUNNEL_MSCHAP_V2;
}

static uint32_t
methods_of(struct plan *plan, struct plan_part *part)
{
	uint32_t methods = (part->want != 0 ? part->want : (uint32_t)ALL) &
	    ~part->refuse;

	if (part->mppe)
		methods = keyed_methods(plan, part, methods);
	return part->role == PLAN_SERVER ?
	    server_methods(plan, part, methods) :
	    client_methods(plan, part, methods);
}

static void
add_bits(struct plan *plan, struct plan_part *part, const char *key,
    const char *const *words, uint32_t bits)
{
	plan->directive = "(all of it)";
	for (; *words != NULL; words++, bits >>= 1)
		if (bits & 1)
			plan_add(plan, part, key, *words);
}

/* What was not understood may have been about encryption. */
static bool
is_in_doubt(const struct plan_part *part)
{
	return part->unknown && (part->want & ~(uint32_t)KEYED) == 0 &&
	    (KEYED & ~part->refuse) != 0;
}

static void
finish_methods(struct plan *plan, struct plan_part *part)
{
	static const char *const methods[] = {
		"pap", "chap", "mschap", "mschap-v2", NULL
	};
	static const char *const lengths[] = { "40", "56", "128", NULL };
	uint32_t keys = (part->lengths != 0 ? part->lengths :
	    (uint32_t)TUNNEL_KEY_128) & ~part->never_lengths;
	const char *encryption;
	uint32_t bits;

	part->mppe = (part->mppe || is_in_doubt(part)) && !part->never_mppe;
	bits = methods_of(plan, part);
	plan->directive = "(all of it)";
	if (bits == 0) {
		plan_refused(plan, "no method to log in is left");
		return;
	}
	encryption = part->mppe ? "required" :
	    part->never_mppe || (bits & KEYED) == 0 ? "none" : "optional";
	if (part->role == PLAN_SERVER && part->want == 0 && part->refuse == 0
	    && !part->never_mppe)
		encryption = "required";
	add_bits(plan, part, "methods", methods, bits);
	plan_set(plan, part, "encryption", encryption);
	if (strcmp(encryption, "none") == 0)
		return;
	if (keys != 0)
		add_bits(plan, part, "key-lengths", lengths, keys);
	else
		plan_refused(plan, "no key length is left");
}

/* Addresses that the server may change are not said at all. */
static void
finish_wish(struct plan *plan, struct plan_part *part, const char *key,
    bool any)
{
	if (!any || !plan_has(part, key))
		return;
	plan_unset(part, key);
	plan->directive = key;
	plan_ignored(plan, "the server may give another");
}

static void
finish_client(struct plan *plan, struct plan_part *part)
{
	const struct dial *dial = part->object;

	finish_wish(plan, part, "local-address", part->any_local);
	finish_wish(plan, part, "remote-address", part->any_remote);
	if (dial->default_route && !part->replaces_route &&
	    !plan_has(part, "metric"))
		plan_set_as(plan, part, "(another default route wins)",
		    "metric", LAST_METRIC);
	if (part->by_hand) {
		plan_set_as(plan, part, "(persist)", "reconnect",
		    part->persist ? "yes" : "no");
		plan_set_as(plan, part, "(by hand)", "automatic",
		    part->persist ? "yes" : "no");
	}
	if (dial->use_dns && dial->dns_script[0] == '\0') {
		plan->directive = "(use-dns)";
		plan_refused(plan, "the server's name servers are not used "
		    "until a dns-script writes them down");
	}
}

/* None of the old servers counts the sessions of a user or of an address. */
static void
finish_limits(struct plan *plan, struct plan_part *part)
{
	static const char *const keys[] = { "user-limit", "source-limit" };
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!plan_has(part, keys[i]))
			plan_set_as(plan, part, "(no limit)", keys[i], "0");
}

static void
finish_server(struct plan *plan, struct plan_part *part)
{
	const struct terminate *t = part->object;

	if (part->pppd) {
		host_set_name(plan, part);
		if (!plan_has(part, "strip-domain"))
			plan_set_as(plan, part, "(no chapms-strip-domain)",
			    "strip-domain", "no");
	}
	if (!plan_has(part, "listen"))
		plan_set_as(plan, part, "(no address)", "listen", "0.0.0.0");
	if (t->tunnel.ipv6)
		plan_set_as(plan, part, "(ipv6)", "interfaces", "each");
	finish_limits(plan, part);
}

void
finish_part(struct plan *plan, struct plan_part *part)
{
	plan->file = part->name;
	plan->line = 0;
	finish_methods(plan, part);
	if (part->pppd)
		host_set_scripts(plan, part);
	if (part->role == PLAN_SERVER)
		finish_server(plan, part);
	else
		finish_client(plan, part);
	map_radius_finish(plan, part);
	if (!part->radius)
		secret_set_files(plan, part);
}
