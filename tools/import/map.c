/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a row of the table of directives cannot say: a function each. */
#include <stdlib.h>
#include <string.h>

#include "conf/address.h"
#include "conf/section.h"
#include "tools/import/kind.h"
#include "tools/import/map.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

/* A flag of pppd is there; NetworkManager says more behind it. */
static bool
is_on(char **args)
{
	return args[0] == NULL || directive_has_name("yes true 1", args[0]);
}

/* Of ppp(8)'s enable and accept, disable and deny. */
static bool
is_enabled(char **args)
{
	return directive_has_name("enable accept", args[0]);
}

void
map_flag(struct plan *plan, struct plan_part *part, const struct directive *d,
    char **args)
{
	*(bool *)((char *)part + d->bit) = d->value != NULL ?
	    strcmp(d->value, "yes") == 0 : is_on(args);
	if (d->refused != NULL)
		plan_refused(plan, d->refused);
	else if (d->ignored != NULL)
		plan_ignored(plan, d->ignored);
	else
		plan_mapped(plan, d->key);
}

void
map_only(struct plan *plan, struct plan_part *part, const struct directive *d,
    char **args)
{
	if (args[0] != NULL && directive_has_name(d->value, args[0]))
		plan_ignored(plan, d->ignored);
	else
		plan_refused(plan, d->refused);
}

void
map_require(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	part->want |= (uint32_t)d->bit;
	part->auth = true;
	plan_mapped(plan, "methods");
}

void
map_refuse(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	if (is_on(args))
		part->refuse |= (uint32_t)d->bit;
	plan_mapped(plan, "methods");
}

/* enable and disable are about who comes, accept and deny about ourselves. */
void
map_ppp_method(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	bool on = is_enabled(args), server = part->role == PLAN_SERVER;
	bool ours = directive_has_name("enable disable", args[0]) == server;

	if (ours && on)
		map_require(plan, part, d, args);
	else if (ours)
		map_refuse(plan, part, d, &(char *){ NULL });
	else {
		part->auth |= !server && on;
		plan_ignored(plan, server ? "a server does not log in" :
		    "a server proves itself by MS-CHAPv2's answer only");
	}
}

void
map_mppe(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	if (is_on(args)) {
		part->mppe = true;
		part->lengths |= (uint32_t)d->bit;
	}
	plan_mapped(plan, args[0] == NULL ?
	    "encryption = required, key-lengths" : "encryption, key-lengths");
}

void
map_no_mppe(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	if (d->bit == 0)
		part->never_mppe = true;
	part->never_lengths |= (uint32_t)d->bit;
	plan_mapped(plan, d->bit == 0 ? "encryption = none" : "key-lengths");
}

/*
 * mppe required,stateless,no40,no56,no128: of the patch with MPPC, in routers'
 * firmware.  It is stateful unless it says otherwise.
 */
void
map_mppe_words(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	const char *word, *stateful = "yes";
	char *rest = args[0];

	part->lengths |= TUNNEL_KEY_40 | TUNNEL_KEY_56 | TUNNEL_KEY_128;
	while ((word = strsep(&rest, ",")) != NULL)
		if (strcmp(word, "required") == 0)
			part->mppe = true;
		else if (strcmp(word, "stateless") == 0)
			stateful = "no";
		else if (strcmp(word, "no40") == 0)
			part->never_lengths |= TUNNEL_KEY_40;
		else if (strcmp(word, "no56") == 0)
			part->never_lengths |= TUNNEL_KEY_56;
		else if (strcmp(word, "no128") == 0)
			part->never_lengths |= TUNNEL_KEY_128;
		else {
			part->unknown = true;
			plan_refused(plan, "expected required, stateless, "
			    "no40, no56 or no128");
		}
	plan_mapped(plan, "encryption, key-lengths");
	plan_set(plan, part, "stateful", stateful);
}

/*
 * set mppe [40|56|128|* [stateful|stateless|*]]: with a word it is required;
 * without one, or with *, the peer chooses.
 */
void
map_ppp_mppe(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	static const struct {
		const char	*word;
		uint32_t	 bits;
	} lengths[] = {
		{ "40", TUNNEL_KEY_40 }, { "56", TUNNEL_KEY_56 },
		{ "128", TUNNEL_KEY_128 },
		{ "*", TUNNEL_KEY_40 | TUNNEL_KEY_56 | TUNNEL_KEY_128 },
	};
	const char *word = args[0] != NULL ? args[0] : "*";
	const char *state = args[0] != NULL && args[1] != NULL ? args[1] : "*";
	size_t i;

	for (i = 0; i < NELEM(lengths); i++)
		if (strcmp(lengths[i].word, word) == 0)
			break;
	part->mppe = part->one_method = args[0] != NULL;
	if (i == NELEM(lengths) ||
	    !directive_has_name("stateful stateless *", state)) {
		plan_refused(plan, "expected 40, 56, 128 or *, and stateful, "
		    "stateless or *");
		return;
	}
	part->lengths |= lengths[i].bits;
	plan_mapped(plan, part->mppe ? "encryption = required, key-lengths" :
	    "encryption = optional, key-lengths");
	plan_set(plan, part, "stateful",
	    strcasecmp(state, "stateless") == 0 ? "no" : "yes");
}

void
map_ppp_encryption(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	if (!is_enabled(args))
		part->never_mppe = true;
	plan_mapped(plan, "encryption");
}

void
map_mtu(struct plan *plan, struct plan_part *part, const struct directive *d,
    char **args)
{
	if (strncasecmp(args[0], "max", 3) == 0)
		args++;
	if (args[0] == NULL)
		plan_refused(plan, "expected a number");
	else
		plan_set(plan, part, d->key, d->value != NULL &&
		    strlen(args[0]) < 6 && atoi(args[0]) > atoi(d->value) ?
		    d->value : args[0]);
}

void
map_timeout(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	double seconds = atof(args[0]) / (double)d->bit;
	char text[32];

	snprintf(text, sizeof(text), "%.0f", seconds > 0 && seconds <= 10 ?
	    seconds * 1000 : 300);
	plan_set(plan, part, "reorder-time", text);
}

void
map_ppp_switch(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	plan_set(plan, part, d->key, is_enabled(args) ? "yes" : "no");
}

void
map_ppp_lacking(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	if (is_enabled(args) == (d->bit != 0))
		plan_ignored(plan, "this is what pptpalgd does");
	else
		plan_refused(plan, d->refused);
}

void
map_user(struct plan *plan, struct plan_part *part, const struct directive *d,
    char **args)
{
	if (d->bit == 0 && part->user_said)
		plan_ignored(plan, "user says it");
	else
		plan_set(plan, part, "user", args[0]);
	part->user_said |= d->bit != 0;
}

/* Its folder and ending do not matter. */
void
map_plugin(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	char *name = strrchr(args[0], '/');
	const struct directive *plugin;

	name = name != NULL ? name + 1 : args[0];
	name[strcspn(name, ".")] = '\0';
	plugin = directive_find(IN_PLUGIN, name, part->role);
	part->unknown |= plugin == NULL;
	if (plugin == NULL)
		plan_refused(plan, "there are no plugins");
	else
		directive_apply(plan, part, plugin, plan->directive, args + 1);
}

void
map_unit(struct plan *plan, struct plan_part *part, const struct directive *d,
    char **args)
{
	char name[32];

	snprintf(name, sizeof(name), "ppp%.20s", args[0]);
	plan_set(plan, part, "interface", name);
}

void
map_password(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	plan_keep_secret(plan, "", part->name, args[0], NULL);
	plan_mapped(plan, "a secret");
}

void
map_file(struct plan *plan, struct plan_part *part, const struct directive *d,
    char **args)
{
	char path[TUNNEL_FILE_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s%s",
	    args[0][0] == '/' ? "" : d->value, args[0]) >= sizeof(path))
		plan_refused(plan, "the path is too long");
	else
		import_nested(plan, part, path);
}

void
map_pty(struct plan *plan, struct plan_part *part, const struct directive *d,
    char **args)
{
	pppd_read_pptp(plan, part, args[0]);
}

void
map_ppp_device(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	if (part->role == PLAN_CLIENT && args[0][0] == '!')
		pppd_read_pptp(plan, part, args[0] + 1);
	else
		plan_ignored(plan, "pptpalgd does this itself");
}

/* Here one address serves all tunnels: the first one. */
void
map_local(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	char *rest = args[0], *word = strsep(&rest, ","), text[32];
	bool several;

	if (!pptpd_first_address(word, text, sizeof(text), &several)) {
		plan_refused(plan, "not a list of IPv4 addresses");
		return;
	}
	plan_set(plan, part, "local-address", text);
	if (rest != NULL || several)
		plan_ignored(plan, "all addresses but the first: one serves "
		    "all tunnels");
}

void
map_remote(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	char *word, *rest = args[0];

	while ((word = strsep(&rest, ",")) != NULL)
		if (!pptpd_read_range(plan, part, word))
			break;
}

/* An address that ppp(8) insists on; text may be changed. */
static bool
is_fixed(struct plan *plan, const struct plan_part *part, char *text)
{
	char *bits = strchr(text, '/');
	uint32_t address;

	if (bits != NULL)
		*bits++ = '\0';
	if (strcmp(text, "0") == 0 ||
	    (address_read(text, &address) && address == 0) ||
	    (bits != NULL && strcmp(bits, "0") == 0 &&
		part->role == PLAN_CLIENT))
		return false;
	if (bits != NULL && strcmp(bits, "32") != 0 &&
	    part->role == PLAN_CLIENT)
		plan_refused(plan, "an address is fixed or any; this one is "
		    "fixed now");
	return true;
}

/* set ifaddr MINE HIS: a client's address with /0 is a wish; 0 is none. */
void
map_ppp_ifaddr(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	bool server = part->role == PLAN_SERVER;
	size_t i;

	for (i = 0; i < 2 && args[i] != NULL; i++) {
		if (i == 1 && server) {
			if (!plan_has(part, "remote-addresses"))
				map_remote(plan, part, d, args + 1);
			continue;
		}
		args[i][strcspn(args[i], "-,")] = '\0';
		if (!is_fixed(plan, part, args[i]))
			plan_ignored(plan, "an address that is a wish: the "
			    "server chooses");
		else
			plan_set(plan, part, i == 0 ? "local-address" :
			    "remote-address", args[i]);
	}
	if (args[0] != NULL && args[1] != NULL && args[2] != NULL)
		plan_ignored(plan, "the mask: a tunnel has one address");
}

/* set VARIABLE VALUE... */
void
map_ppp_set(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	if (args[0] == NULL)
		plan_refused(plan, "expected a variable");
	else
		directive_read(plan, part, IN_PPP_SET, args[0], args + 1);
}

/* enable THIS THAT...: each of them is told the command. */
void
map_ppp_enable(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	char *verb[] = { strdupa(plan->directive), NULL };

	for (; *args != NULL; args++)
		directive_read(plan, part, IN_PPP_ENABLE, *args, verb);
}

/* A.B.C.D with a mask behind it as A.B.C.D/BITS; false: no such thing. */
static bool
read_network(const char *text, const char *mask, struct terminate_net *net)
{
	uint32_t bits;

	if (strcasecmp(text, "default") == 0 || strcmp(text, "0") == 0)
		text = "0.0.0.0/0";
	if (!address_read_net(text, net))
		return false;
	if (mask == NULL)
		return true;
	if (strcmp(mask, "0") == 0)
		mask = "0.0.0.0";
	if (!address_read(mask, &bits) || (~bits & (~bits + 1)) != 0)
		return false;
	net->bits = (uint8_t)__builtin_popcount(bits);
	return true;
}

/* Is it the route to the server itself, outside of the tunnel? */
static bool
is_host_route(const struct plan_part *part, const struct terminate_net *net)
{
	const struct dial *dial = part->object;
	uint32_t server;

	return net->bits == 32 && address_read(dial->server, &server) &&
	    server == net->address;
}

/* add DEST[/n] [MASK] GATEWAY; bit: it replaces a route. */
void
map_ppp_route(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	struct terminate_net net;
	char text[32];
	size_t n = 0;

	while (args[n] != NULL)
		n++;
	if (part->role == PLAN_SERVER)
		plan_refused(plan, "routes to clients' networks belong into "
		    "an ip-up script");
	else if (n < 2 || n > 3 ||
	    !read_network(args[0], n == 3 ? args[1] : NULL, &net))
		plan_refused(plan, "expected DEST[/BITS] GATEWAY or DEST MASK "
		    "GATEWAY, of IPv4");
	else if (!directive_has_name("hisaddr interface myaddr",
	    args[n - 1])) {
		if (is_host_route(part, &net))
			plan_set(plan, part, "host-route", "yes");
		else
			plan_refused(plan, "it is not through the tunnel: "
			    "make this route yourself");
	} else if (net.bits == 0) {
		part->replaces_route |= d->bit != 0;
		plan_set(plan, part, "default-route", "yes");
	} else {
		snprintf(text, sizeof(text), "%u.%u.%u.%u/%u",
		    net.address >> 24, net.address >> 16 & 0xff,
		    net.address >> 8 & 0xff, net.address & 0xff, net.bits);
		plan_add(plan, part, "routes", text);
	}
}

void
map_nm_text(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	const char **text = (const char **)(void *)((char *)part + d->bit);

	*text = plan_keep_text(plan, args[0]);
	plan_mapped(plan, "name, user and secret");
}

void
map_nm_not(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	plan_set(plan, part, d->key, is_on(args) ? "no" : "yes");
}

/* DEST/BITS[,GATEWAY[,METRIC]] */
void
map_nm_route(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	char *rest = args[0], *net = strsep(&rest, ",");
	const char *gateway = strsep(&rest, ","), *metric = strsep(&rest, ",");

	if ((gateway != NULL && !directive_has_name("0.0.0.0", gateway) &&
	    *gateway != '\0') || (metric != NULL && *metric != '\0' &&
	    strcmp(metric, "0") != 0))
		plan_refused(plan, "expected DEST/BITS, without a gateway or "
		    "a metric: make this route in an ip-up script");
	else
		plan_add(plan, part, "routes", net);
}
