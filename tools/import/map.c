/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a row of the table of directives cannot say: a function each. */
#include <stdlib.h>
#include <string.h>

#include "conf/address.h"
#include "tools/import/kind.h"
#include "tools/import/map.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

/* A flag of pppd is there; NetworkManager has "=yes" or "=no" behind it. */
static bool
is_on(char **args)
{
	return args[0] == NULL || strcmp(args[0], "yes") == 0;
}

void
map_require(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	part->want |= (uint32_t)d->bit;
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
	bool on = strcasecmp(args[0], "disable") != 0 &&
	    strcasecmp(args[0], "deny") != 0;
	bool ours = (strcasecmp(args[0], "enable") == 0 ||
	    strcasecmp(args[0], "disable") == 0) ==
	    (part->role == PLAN_SERVER);

	if (ours && on)
		map_require(plan, part, d, args);
	else if (ours) {
		part->refuse |= (uint32_t)d->bit;
		plan_mapped(plan, "methods");
	} else
		plan_ignored(plan, part->role == PLAN_SERVER ?
		    "a server does not log in" : "a server proves itself by "
		    "MS-CHAPv2's answer only");
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

/* set mppe [40|56|128|* [stateful|stateless|*]]: then it is required. */
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
	size_t i;

	for (i = 0; i < NELEM(lengths); i++)
		if (strcmp(lengths[i].word, word) == 0)
			break;
	if (i == NELEM(lengths)) {
		plan_refused(plan, "expected 40, 56, 128 or *");
		return;
	}
	part->mppe = part->bsd = true;
	part->lengths |= lengths[i].bits;
	plan_mapped(plan, "encryption = required, key-lengths");
	if (args[0] != NULL && args[1] != NULL)
		plan_set(plan, part, "stateful",
		    strcasecmp(args[1], "stateless") == 0 ? "no" : "yes");
}

void
map_ppp_encryption(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	if (strcasecmp(args[0], "disable") == 0 ||
	    strcasecmp(args[0], "deny") == 0)
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
	double seconds = atof(args[0]);
	char text[32];

	snprintf(text, sizeof(text), "%.0f", seconds > 0 && seconds <= 10 ?
	    seconds * 1000 : 300);
	plan_set(plan, part, "reorder-time", text);
}

void
map_ppp_switch(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	plan_set(plan, part, d->key, strcasecmp(args[0], "enable") == 0 ||
	    strcasecmp(args[0], "accept") == 0 ? "yes" : "no");
}

void
map_persist(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	part->persist = d->bit != 0;
	plan_mapped(plan, "reconnect");
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
	if (part->role == PLAN_CLIENT && args[0][0] == '!' &&
	    strstr(args[0], "pptp ") != NULL)
		pppd_read_pptp(plan, part, args[0]);
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

/* set ifaddr MINE HIS: an address with /n is a wish; 0 is no wish. */
void
map_ppp_ifaddr(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	bool server = part->role == PLAN_SERVER;
	uint32_t address;
	size_t i;

	for (i = 0; i < 2 && args[i] != NULL; i++) {
		if (i == 0 || !server)
			args[i][strcspn(args[i], "/-,")] = '\0';
		if (strcmp(args[i], "0") == 0 ||
		    (address_read(args[i], &address) && address == 0))
			continue;
		if (i == 0)
			plan_set(plan, part, "local-address", args[i]);
		else if (!server)
			plan_set(plan, part, "remote-address", args[i]);
		else if (!plan_has(part, "remote-addresses"))
			pptpd_read_range(plan, part, args[i]);
	}
	if (args[1] != NULL && args[2] != NULL)
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

static bool
is_gateway_here(const char *word)
{
	return strcasecmp(word, "hisaddr") == 0 ||
	    strcasecmp(word, "interface") == 0 ||
	    strcasecmp(word, "myaddr") == 0;
}

/* add DEST[/n] [MASK] GATEWAY */
void
map_ppp_route(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	size_t n = 0;

	while (args[n] != NULL)
		n++;
	if (part->role == PLAN_SERVER)
		plan_refused(plan, "routes to clients' networks belong into "
		    "an ip-up script");
	else if (n < 2)
		plan_refused(plan, "expected DEST GATEWAY");
	else if (!is_gateway_here(args[n - 1]))
		plan_set(plan, part, "host-route", "yes");
	else if (strcasecmp(args[0], "default") == 0 ||
	    strcmp(args[0], "0") == 0 || strcmp(args[0], "0.0.0.0") == 0)
		plan_set(plan, part, "default-route", "yes");
	else if (n > 2)
		plan_refused(plan, "write routes as A.B.C.D/BITS");
	else
		plan_add(plan, part, "routes", args[0]);
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
map_nm_never_default(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	part->nm_never_default = strcmp(args[0], "true") == 0;
}

void
map_nm_automatic(struct plan *plan, struct plan_part *part,
    const struct directive *d, char **args)
{
	plan_set(plan, part, "automatic", strcmp(args[0], "false") == 0 ?
	    "no" : "yes");
}
