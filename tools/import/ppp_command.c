/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "conf/address.h"
#include "tools/import/kind.h"
#include "tools/import/ppp.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define NOISE	"not needed: only MPPE and MPPC exist here"
#define HERE	"pptpalgd does this itself"
#define TTY	"there is no serial line"
#define LOGS	"see log in pptpalg.conf(5), and pptpalgctl log"

/* set ifaddr MINE HIS: an address with /n is a wish; 0 is no wish. */
static void
map_ifaddr(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
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
		if (i == 1 && server && !plan_has(part, "remote-addresses"))
			import_range(plan, part, d->name, args[i]);
		else if (i == 0)
			plan_set(plan, part, d->name, "local-address",
			    args[i]);
		else if (!server)
			plan_set(plan, part, d->name, "remote-address",
			    args[i]);
	}
	if (args[0] != NULL && args[1] != NULL && args[2] != NULL)
		plan_ignored(plan, d->name, "the mask: a tunnel has one "
		    "address");
}

/* set mppe [40|56|128|* [stateful|stateless|*]]: then it is required. */
static void
map_mppe(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
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
		plan_refused(plan, d->name, "expected 40, 56, 128 or *");
		return;
	}
	part->mppe = part->bsd = true;
	part->lengths |= lengths[i].bits;
	plan_mapped(plan, d->name, "encryption = required, key-lengths");
	if (args[0] != NULL && args[1] != NULL)
		plan_set(plan, part, d->name, "stateful",
		    strcasecmp(args[1], "stateless") == 0 ? "no" : "yes");
}

static void
map_servers(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	for (; *args != NULL; args++)
		plan_add(plan, part, d->name, d->key, *args);
}

/* set mtu [max] N */
static void
map_mtu(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	if (args[0] != NULL && strncasecmp(args[0], "max", 3) == 0)
		args++;
	if (args[0] == NULL)
		plan_refused(plan, d->name, "expected a number");
	else
		plan_set(plan, part, d->name, d->key, args[0]);
}

static void
map_authkey(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	plan_keep_secret(plan, "", part->name, args[0], NULL);
	plan_mapped(plan, d->name, "a secret");
}

static void
map_device(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	if (part->role == PLAN_CLIENT && args[0][0] == '!' &&
	    strstr(args[0], "pptp ") != NULL)
		import_pptp_command(plan, part, d->name, args[0]);
	else
		plan_ignored(plan, d->name, HERE);
}

/* Variables of "set". */
static const struct plan_directive variables[] = {
	{ "ifaddr", 0, 1, .map = map_ifaddr },
	{ "mppe", 0, 0, .map = map_mppe },
	{ "dns", PLAN_SERVER, 1, .key = "dns", .map = map_servers },
	{ "nbns", PLAN_SERVER, 1, .key = "wins", .map = map_servers },
	{ "dns", 0, 0, .ignored = "a client gives none" },
	{ "nbns", 0, 0, .ignored = "a client gives none" },
	{ "authname", PLAN_CLIENT, 1, .key = "user" },
	{ "authname", PLAN_SERVER, 1, .key = "server-name" },
	{ "login", 0, 0, .ignored = TTY },
	{ "authkey", PLAN_CLIENT, 1, .map = map_authkey },
	{ "authkey", PLAN_SERVER, 0, .ignored = "a server has no user" },
	{ "timeout", 0, 1, .key = "idle-timeout" },
	{ "device", 0, 1, .map = map_device },
	{ "mtu", 0, 1, .key = "mtu", .map = map_mtu },
	{ "mru", 0, 1, .key = "mru", .map = map_mtu },
	{ "echoperiod", 0, 1, .key = "lcp-echo-interval" },
	{ "lqrperiod", 0, 1, .key = "lcp-echo-interval" },
	{ "redial", PLAN_CLIENT, 0, .ignored = "reconnect-delay is a key" },
	{ "reconnect", PLAN_CLIENT, 0, .ignored = "reconnect-delay is a key" },
	{ "lcpretry", 0, 1, .key = "restart-time" },
	{ "ccpretry", 0, 0, .ignored = "restart-time is a key" },
	{ "ipcpretry", 0, 0, .ignored = "restart-time is a key" },
	{ "chapretry", 0, 0, .ignored = "restart-time is a key" },
	{ "papretry", 0, 0, .ignored = "restart-time is a key" },
	{ "radius", 0, 0, .refused = "there is no RADIUS" },
	{ "rad_alive", 0, 0, .refused = "there is no RADIUS" },
	{ "rad_port_id", 0, 0, .refused = "there is no RADIUS" },
	{ "filter", 0, 0, .refused = "use the firewall" },
	{ "urgent", 0, 0, .ignored = "use the firewall" },
	{ "log", 0, 0, .ignored = LOGS },
	{ "server", 0, 0, .ignored = "pptpalgctl has a socket of its own" },
	{ "socket", 0, 0, .ignored = "pptpalgctl has a socket of its own" },
	{ "dial", 0, 0, .ignored = TTY },
	{ "phone", 0, 0, .ignored = TTY },
	{ "speed", 0, 0, .ignored = TTY },
	{ "ctsrts", 0, 0, .ignored = TTY },
	{ "accmap", 0, 0, .ignored = TTY },
	{ "cd", 0, 0, .ignored = TTY },
	{ "hangup", 0, 0, .ignored = TTY },
	{ "logout", 0, 0, .ignored = TTY },
	{ "escape", 0, 0, .ignored = TTY },
	{ "openmode", 0, 0, .ignored = "both ends may begin" },
	{ "stopped", 0, 0, .ignored = "the client of a tunnel dials anew" },
	{ "vj", 0, 0, .ignored = NOISE },
	{ "deflate", 0, 0, .ignored = NOISE },
	{ "mrru", 0, 0, .refused = "there is no multilink" },
};

static void
map_method(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	bool on = strcasecmp(args[0], "disable") != 0 &&
	    strcasecmp(args[0], "deny") != 0;
	bool ours = (strcasecmp(args[0], "enable") == 0 ||
	    strcasecmp(args[0], "disable") == 0) ==
	    (part->role == PLAN_SERVER);

	if (!ours) {
		plan_ignored(plan, d->name, part->role == PLAN_SERVER ?
		    "a server does not log in" : "a server proves itself by "
		    "MS-CHAPv2's answer only");
		return;
	}
	if (on)
		part->want |= d->bit;
	else
		part->refuse |= d->bit;
	plan_mapped(plan, d->name, "methods");
}

/* A key that is yes with enable and accept, and no with the others. */
static void
map_switch(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	plan_set(plan, part, d->name, d->key,
	    strcasecmp(args[0], "enable") == 0 ||
	    strcasecmp(args[0], "accept") == 0 ? "yes" : "no");
}

static void
map_encryption(struct plan *plan, struct plan_part *part,
    const struct plan_directive *d, char **args)
{
	if (strcasecmp(args[0], "disable") == 0 ||
	    strcasecmp(args[0], "deny") == 0)
		part->never_mppe = true;
	plan_mapped(plan, d->name, "encryption");
}

/* What enable, disable, accept and deny are about. */
static const struct plan_directive switches[] = {
	{ "pap", 0, 0, .map = map_method, .bit = TUNNEL_PAP },
	{ "chap", 0, 0, .map = map_method, .bit = TUNNEL_CHAP },
	{ "chap05", 0, 0, .map = map_method, .bit = TUNNEL_CHAP },
	{ "mschap", 0, 0, .map = map_method, .bit = TUNNEL_MSCHAP },
	{ "chap80", 0, 0, .map = map_method, .bit = TUNNEL_MSCHAP },
	{ "mschapv2", 0, 0, .map = map_method, .bit = TUNNEL_MSCHAP_V2 },
	{ "chap81", 0, 0, .map = map_method, .bit = TUNNEL_MSCHAP_V2 },
	{ "mppe", 0, 0, .map = map_encryption },
	{ "proxy", PLAN_SERVER, 0, .key = "proxy-arp", .map = map_switch },
	{ "proxyall", PLAN_SERVER, 0, .ignored = "proxy-arp serves all "
	    "interfaces" },
	{ "proxy", 0, 0, .ignored = "for servers" },
	{ "proxyall", 0, 0, .ignored = "for servers" },
	{ "ipv6", 0, 0, .key = "ipv6", .map = map_switch },
	{ "ipv6cp", 0, 0, .key = "ipv6", .map = map_switch },
	{ "dns", PLAN_CLIENT, 0, .key = "use-dns", .map = map_switch },
	{ "dns", PLAN_SERVER, 0, .ignored = "dns is a key" },
	{ "utmp", 0, 0, .key = "wtmp", .map = map_switch },
	{ "lqr", 0, 0, .ignored = "lcp-echo-interval is a key" },
	{ "echo", 0, 0, .ignored = "lcp-echo-interval is a key" },
	{ "passwdauth", 0, 0, .refused = "the system's users cannot log in; "
	    "write their names and passwords to secrets" },
	{ "acfcomp", 0, 0, .ignored = HERE },
	{ "protocomp", 0, 0, .ignored = HERE },
	{ "shortseq", 0, 0, .ignored = "there is no multilink" },
	{ "tcpmssfixup", 0, 0, .key = "mss-clamp", .map = map_switch },
	{ "vjcomp", 0, 0, .ignored = NOISE },
	{ "vj", 0, 0, .ignored = NOISE },
	{ "pred1", 0, 0, .ignored = NOISE },
	{ "deflate", 0, 0, .ignored = NOISE },
	{ "deflate24", 0, 0, .ignored = NOISE },
	{ "idcheck", 0, 0, .ignored = HERE },
	{ "throughput", 0, 0, .ignored = "pptpalgctl sessions shows it" },
	{ "sroutes", 0, 0, .ignored = HERE },
	{ "iface-alias", 0, 0, .ignored = HERE },
	{ "keep-session", 0, 0, .ignored = HERE },
	{ "loopback", 0, 0, .ignored = HERE },
	{ "filter-decapsulation", 0, 0, .ignored = "use the firewall" },
	{ "nat", 0, 0, .refused = "use the firewall" },
};

static bool
is_gateway_here(const char *word)
{
	return strcasecmp(word, "hisaddr") == 0 ||
	    strcasecmp(word, "interface") == 0 ||
	    strcasecmp(word, "myaddr") == 0;
}

/* add DEST[/n] [MASK] GATEWAY */
static void
add_route(struct plan *plan, struct plan_part *part, struct ppp_command *c)
{
	const char *gateway = c->word[c->n - 1];

	if (part->role == PLAN_SERVER)
		plan_refused(plan, c->word[0], "routes to clients' networks "
		    "belong into an ip-up script");
	else if (c->n < 3)
		plan_refused(plan, c->word[0], "expected DEST GATEWAY");
	else if (!is_gateway_here(gateway))
		plan_set(plan, part, c->word[0], "host-route", "yes");
	else if (strcasecmp(c->word[1], "default") == 0 ||
	    strcmp(c->word[1], "0") == 0 || strcmp(c->word[1], "0.0.0.0") == 0)
		plan_set(plan, part, c->word[0], "default-route", "yes");
	else if (c->n > 3)
		plan_refused(plan, c->word[0], "write routes as A.B.C.D/BITS");
	else
		plan_add(plan, part, c->word[0], "routes", c->word[1]);
}

/* "set variable value..." */
static void
set_variable(struct plan *plan, struct plan_part *part,
    struct ppp_command *c)
{
	char *args[PPP_WORDS_MAX + 1] = { NULL };
	const struct plan_directive *d;
	size_t i;

	if (c->n < 2) {
		plan_refused(plan, c->word[0], "expected a variable");
		return;
	}
	d = plan_find(variables, NELEM(variables), c->word[1], part->role);
	for (i = 2; i < c->n; i++)
		args[i - 2] = c->word[i];
	if (d == NULL)
		plan_refused(plan, c->word[1], "unknown");
	else if (d->args > 0 && args[0] == NULL)
		plan_refused(plan, c->word[1], "expected a value");
	else
		plan_apply(plan, part, d, args);
}

/* "enable this that...": each word is one of them. */
static void
set_switches(struct plan *plan, struct plan_part *part,
    struct ppp_command *c)
{
	char *args[] = { c->word[0] };
	const struct plan_directive *d;
	size_t i;

	for (i = 1; i < c->n; i++) {
		d = plan_find(switches, NELEM(switches), c->word[i],
		    part->role);
		if (d != NULL)
			plan_apply(plan, part, d, args);
		else
			plan_refused(plan, c->word[i], "unknown");
	}
}

static void
ignore(struct plan *plan, struct plan_part *part, struct ppp_command *c)
{
	plan_ignored(plan, c->word[0], HERE);
}

static void
refuse(struct plan *plan, struct plan_part *part, struct ppp_command *c)
{
	plan_refused(plan, c->word[0], "belongs into an ip-up or ip-down "
	    "script");
}

static const struct {
	const char	*name;
	void		(*run)(struct plan *, struct plan_part *,
			    struct ppp_command *);
} commands[] = {
	{ "set", set_variable }, { "enable", set_switches },
	{ "disable", set_switches }, { "accept", set_switches },
	{ "deny", set_switches }, { "add", add_route },
	{ "add!", add_route }, { "allow", ignore }, { "load", ignore },
	{ "dial", ignore }, { "open", ignore }, { "close", ignore },
	{ "quit", ignore }, { "clear", ignore }, { "delete", refuse },
	{ "delete!", refuse }, { "nat", refuse }, { "iface", refuse },
	{ "shell", refuse }, { "!", refuse }, { "!bg", refuse },
	{ "bg", refuse }, { "!include", refuse }, { "ident", ignore },
};

void
ppp_command(struct plan *plan, struct plan_part *part, struct ppp_command *c)
{
	size_t i;

	for (i = 0; i < NELEM(commands); i++)
		if (strcasecmp(commands[i].name, c->word[0]) == 0) {
			commands[i].run(plan, part, c);
			return;
		}
	plan_refused(plan, c->word[0], "unknown");
}
