/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at interfaces, rules, settings of the kernel, and files. */
#include <sys/stat.h>

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alg/base/line.h"
#include "conf/ifnames.h"
#include "conf/private.h"
#include "nat/host/check.h"
#include "nat/host/firewall.h"
#include "nat/host/helper.h"

#define SENTENCE	800
#define SYS		"/proc/sys/net/"
#define FULL		80	/* per cent of conntrack's entries */
#define TIMEOUT_MIN	300	/* s: of an idle control connection */

/* Whom to tell, and about what. */
struct check {
	const struct config	*config;
	check_tell		*tell;
	void			*arg;
};

static void __attribute__((format(printf, 4, 5)))
say(const struct check *c, enum check_level level, const char *matter,
    const char *format, ...)
{
	char sentence[SENTENCE];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	c->tell(c->arg, level, matter, sentence);
}

/* --- Interfaces --- */

static bool
is_there(const struct config_names *one, const struct if_nameindex *all)
{
	for (; all->if_index != 0; all++)
		if (ifnames_match(one, all->if_name))
			return true;
	return false;
}

static void
list_names(char *text, size_t size, const struct if_nameindex *all)
{
	struct line l = line_of(text, size);

	for (; all->if_index != 0; all++)
		if (strcmp(all->if_name, "lo") != 0)
			line_add(&l, "%s%s", text[0] == '\0' ? "" : ", ",
			    all->if_name);
}

/* How many of a list are missing. */
static unsigned
look_names(const struct check *c, const char *key,
    const struct config_names *names, const struct if_nameindex *all)
{
	char there[400] = "";
	unsigned missing = 0;

	list_names(there, sizeof(there), all);
	for (size_t i = 0; i < names->n; i++) {
		const struct config_names one = { &names->name[i], 1 };

		if (is_there(&one, all))
			continue;
		missing++;
		say(c, CHECK_BAD, "interfaces", "%s = {\"%s\"}: there is no "
		    "such interface; there are: %s. Correct the name, or bring "
		    "the interface up.", key, names->name[i], there);
	}
	return missing;
}

static unsigned
look_interfaces(const struct check *c)
{
	struct if_nameindex *all = if_nameindex();
	unsigned missing;

	if (all == NULL) {
		say(c, CHECK_ODD, "interfaces", "cannot be listed: %s",
		    strerror(errno));
		return 0;
	}
	missing = look_names(c, "outside", &c->config->outside, all) +
	    look_names(c, "inside", &c->config->inside, all);
	if (missing == 0)
		say(c, CHECK_GOOD, "interfaces", "All that the configuration "
		    "names are there.");
	if_freenameindex(all);
	return missing;
}

/* --- Rules --- */

static void
look_names_in_rules(const struct check *c, const struct firewall *f)
{
	const struct config_names *names = &c->config->outside;

	for (size_t i = 0; i < names->n && i < sizeof(f->named); i++)
		if (!f->named[i])
			say(c, CHECK_BAD, "rules", "No rule of pptpalg names "
			    "the outside interface %s: pptpalgctl rules "
			    "--apply.", names->name[i]);
}

static void
look_order(const struct check *c, const struct firewall *f)
{
	int n = 0;

	for (int i = 0; i < FIREWALL_VARIANTS; i++)
		n += f->queued[i];
	if (n > 1)
		say(c, CHECK_BAD, "rules", "Two kinds of rules hand over the "
		    "same packets (iptables-legacy, iptables-nft, nft): remove "
		    "one of them (pptpalgctl rules --remove, or nft delete "
		    "table ip pptpalg).");
	if (f->before[0] != '\0')
		say(c, CHECK_ODD, "rules", "A rule comes before pptpalg's in "
		    "the chain FORWARD of the table mangle; where it accepts "
		    "or marks PPTP, put it behind: %s", f->before);
}

static void
look_rules(const struct check *c, const struct firewall *f)
{
	const char *name = firewall_name(f);
	bool ours = false;

	for (int i = 0; i < FIREWALL_VARIANTS; i++)
		ours |= f->ours[i];
	if (!f->listed) {
		say(c, CHECK_ODD, "rules", "Rules cannot be listed: run it as "
		    "root, with iptables or nft installed.");
		return;
	}
	if (name == NULL) {
		say(c, CHECK_BAD, "rules", "No rule hands control connections "
		    "to queue %u%s: pptpalgctl rules --apply (or --nft "
		    "--apply).", c->config->queue_control, ours ?
		    ", though there are rules of pptpalg (for another queue?)" :
		    "");
		return;
	}
	say(c, CHECK_GOOD, "rules", "%s hands control connections to queue %u.",
	    name, c->config->queue_control);
	look_names_in_rules(c, f);
	look_order(c, f);
}

static void
look_others(const struct check *c, const struct firewall *f)
{
	if (f->marks[0] != '\0')
		say(c, CHECK_BAD, "mark", "A rule sets the bit 0x%" PRIx32
		    " of the packet mark, by which translated packets are "
		    "told: choose another mark in the configuration, or give "
		    "the rule a mask: %s", c->config->mark, f->marks);
	else
		say(c, CHECK_GOOD, "mark", "No other rule sets the bit 0x%"
		    PRIx32 ".", c->config->mark);
	if (f->zone[0] != '\0')
		say(c, CHECK_ODD, "zone", "Rules put connections into zones of "
		    "connection tracking; both directions of PPTP have to be "
		    "in the right one: %s", f->zone);
	if (f->listed && !f->translates)
		say(c, CHECK_ODD, "nat", "No rule translates the source "
		    "address of anything (MASQUERADE, SNAT): clients reach "
		    "servers outside only if their own addresses are routed.");
}

static void
look_helper(const struct check *c, const struct firewall *f)
{
	char error[SENTENCE];

	if (helper_check(f, error, sizeof(error)) == -1)
		say(c, CHECK_BAD, "helper", "%s", error);
	else
		say(c, CHECK_GOOD, "helper", "The kernel's own pptp helper is "
		    "not at work.");
}

/* --- Settings of the kernel --- */

/* -1 when it is not there. */
static long
read_setting(const char *name)
{
	char path[128];
	long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), SYS "%s", name);
	if ((f = fopen(path, "re")) == NULL)
		return -1;
	if (fscanf(f, "%ld", &value) != 1)
		value = -1;
	fclose(f);
	return value;
}

static const struct {
	const char		*name;
	long			 wrong;
	enum check_level	 level;
	const char		*sentence;
} settings[] = {
	{ "ipv4/ip_forward", 0, CHECK_BAD,
	    "This host forwards nothing: sysctl net.ipv4.ip_forward=1." },
	{ "netfilter/nf_conntrack_events", 0, CHECK_ODD,
	    "Connection tracking sends no events, and ends are noticed late: "
	    "sysctl net.netfilter.nf_conntrack_events=1." },
	{ "bridge/bridge-nf-call-iptables", 1, CHECK_ODD,
	    "What is bridged here goes through the rules, too, perhaps twice: "
	    "sysctl net.bridge.bridge-nf-call-iptables=0, unless it is "
	    "needed." },
};

static void
look_settings(const struct check *c)
{
	long timeout = read_setting(
	    "netfilter/nf_conntrack_tcp_timeout_established");
	bool good = true;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (read_setting(settings[i].name) != settings[i].wrong)
			continue;
		say(c, settings[i].level, "sysctl", "%s", settings[i].sentence);
		good = false;
	}
	if (timeout != -1 && timeout < TIMEOUT_MIN) {
		say(c, CHECK_ODD, "sysctl", "A control connection that is idle "
		    "for %ld seconds is forgotten: sysctl net.netfilter."
		    "nf_conntrack_tcp_timeout_established=7440.", timeout);
		good = false;
	}
	if (c->config->cluster.store[0] != '\0' &&
	    read_setting("netfilter/nf_conntrack_tcp_be_liberal") == 0) {
		say(c, CHECK_BAD, "sysctl", "Of two firewalls, each must take "
		    "connections that are further than it has seen: sysctl "
		    "net.netfilter.nf_conntrack_tcp_be_liberal=1.");
		good = false;
	}
	if (good)
		say(c, CHECK_GOOD, "sysctl", "The kernel's settings fit.");
}

static void
look_conntrack(const struct check *c)
{
	long max = read_setting("netfilter/nf_conntrack_max");
	long count = read_setting("netfilter/nf_conntrack_count");

	if (max <= 0 || count < 0)
		return;
	if (count > max / 100 * FULL)
		say(c, CHECK_BAD, "conntrack", "%ld of %ld entries are in use: "
		    "sysctl net.netfilter.nf_conntrack_max=%ld.", count, max,
		    max * 4);
	else if (max < (long)c->config->connections)
		say(c, CHECK_ODD, "conntrack", "It has room for %ld entries, "
		    "less than limits { connections } = %" PRIu32 ".", max,
		    c->config->connections);
	else
		say(c, CHECK_GOOD, "conntrack", "%ld of %ld entries are in "
		    "use.", count, max);
}

/* --- Sections terminate and dial --- */

static bool
is_local(uint32_t address, const struct ifaddrs *all)
{
	const struct sockaddr_in *in;

	for (; all != NULL; all = all->ifa_next) {
		if (all->ifa_addr == NULL ||
		    all->ifa_addr->sa_family != AF_INET)
			continue;
		in = (const void *)all->ifa_addr;
		if (ntohl(in->sin_addr.s_addr) == address)
			return true;
	}
	return false;
}

static void
look_listen(const struct check *c, const struct terminate *t,
    const struct ifaddrs *all)
{
	char text[16] = "";
	struct line l;

	for (size_t i = 0; i < t->nlisten; i++) {
		uint32_t address = t->listen[i].address;

		if (address == 0 || is_local(address, all))
			continue;
		l = line_of(text, sizeof(text));
		line_add_ipv4(&l, address);
		say(c, CHECK_BAD, "listen", "terminate %s: listen = %s is no "
		    "address of this host: correct it, or add it to an "
		    "interface.", t->name, text);
	}
}

static void
look_file(const struct check *c, const char *section, const char *name,
    const char *path)
{
	struct stat st;

	if (path[0] == '\0')
		return;
	if (stat(path, &st) == -1)
		say(c, CHECK_BAD, "secrets", "%s %s: %s: %s.", section, name,
		    path, strerror(errno));
	else if (private_is_open(&st))
		say(c, CHECK_BAD, "secrets", "%s %s: %s can be read by others "
		    "than the daemon: chmod 600.", section, name, path);
	else
		say(c, CHECK_GOOD, "secrets", "%s %s: %s is there, and nobody "
		    "else can read it.", section, name, path);
}

static void
look_sections(const struct check *c)
{
	struct ifaddrs *all = NULL;
	const struct terminate *t;
	const struct dial *d;

	(void)getifaddrs(&all);
	for (t = c->config->terminate; t != NULL; t = t->next) {
		look_listen(c, t, all);
		for (size_t i = 0; i < t->nsecrets; i++)
			look_file(c, "terminate", t->name, t->secrets[i]);
		for (size_t i = 0; i < t->npap_secrets; i++)
			look_file(c, "terminate", t->name, t->pap_secrets[i]);
	}
	for (d = c->config->dial; d != NULL; d = d->next) {
		look_file(c, "dial", d->name, d->password_file);
		for (size_t i = 0; i < d->nsecrets; i++)
			look_file(c, "dial", d->name, d->secrets[i]);
	}
	freeifaddrs(all);
}

/* --- All of it --- */

unsigned
check_interfaces(const struct config *config, check_tell *tell, void *arg)
{
	const struct check c = { config, tell, arg };

	return look_interfaces(&c);
}

void
check_start(const struct config *config, const struct firewall *f,
    check_tell *tell, void *arg)
{
	const struct check c = { config, tell, arg };

	look_interfaces(&c);
	look_rules(&c, f);
}

void
check_all(const struct config *config, check_tell *tell, void *arg)
{
	const struct check c = { config, tell, arg };
	struct firewall f;

	look_sections(&c);
	if (!config_has_alg(config))
		return;
	look_interfaces(&c);
	firewall_read(config, &f);
	look_rules(&c, &f);
	look_others(&c, &f);
	look_helper(&c, &f);
	look_settings(&c);
	look_conntrack(&c);
}
