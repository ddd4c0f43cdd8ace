/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at the old host: its name, pppd's scripts, who names interfaces. */
#include <ctype.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "conf/section.h"
#include "tools/import/host.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define LINE_ROOM	1024

void
host_set_name(struct plan *plan, struct plan_part *part)
{
	char path[TUNNEL_FILE_MAX], name[TUNNEL_HOST_MAX] = "";
	FILE *f;

	if (plan_has(part, "server-name") ||
	    !plan_path(plan, "/etc/hostname", path, sizeof(path)))
		return;
	f = fopen(path, "re");
	if (f != NULL && fgets(name, sizeof(name), f) != NULL)
		name[strcspn(name, " \t\n")] = '\0';
	if (f != NULL)
		fclose(f);
	if (name[0] != '\0')
		plan_set_as(plan, part, "(the host's name)", "server-name",
		    name);
}

void
host_set_scripts(struct plan *plan, struct plan_part *part)
{
	static const char *const names[] = {
		"ip-pre-up", "ip-up", "ip-down", "ipv6-up", "ipv6-down",
		"auth-up", "auth-down"
	};
	char file[64], path[TUNNEL_FILE_MAX];
	size_t i;

	for (i = 0; i < NELEM(names); i++) {
		snprintf(file, sizeof(file), "/etc/ppp/%s", names[i]);
		if (!plan_has(part, names[i]) &&
		    plan_path(plan, file, path, sizeof(path)) &&
		    access(path, X_OK) == 0)
			plan_set_as(plan, part, "(pppd runs it)", names[i],
			    file);
	}
}


/* Where interfaces are named: what scripts run, and rules of firewalls. */
static const char *const others[] = {
	"/etc/ppp/ip-up.d/*", "/etc/ppp/ip-down.d/*", "/etc/ppp/ip-*.local",
	"/etc/iptables/rules.v4", "/etc/iptables.rules",
	"/etc/iptables.up.rules", "/etc/sysconfig/iptables",
	"/etc/nftables.conf", "/etc/nftables/*.nft",
	"/etc/sysconfig/nftables.conf", "/etc/ufw/*.rules",
	"/etc/shorewall/interfaces", "/etc/ferm/ferm.conf",
	"/etc/firewall.user", "/etc/pf.conf", "/etc/rc.firewall",
	"/etc/rc.d/rc.firewall", "/etc/rc.local",
};

/* The interface in a line as ppp0, ppp+ or "ppp*"; NULL: none. */
static const char *
find_interface(const char *line, const char *kind)
{
	size_t n = strlen(kind);
	const char *at = line;

	if (line[strspn(line, " \t")] == '#')
		return NULL;
	for (; (at = strstr(at, kind)) != NULL; at += n)
		if ((at == line || !isalnum((unsigned char)at[-1])) &&
		    at[n] != '\0' && strchr("0123456789+*", at[n]) != NULL)
			return at;
	return NULL;
}

static void
check_file(struct plan *plan, const char *path, const char *kind)
{
	char line[LINE_ROOM], name[16];
	const char *at = NULL;
	FILE *f = fopen(path, "re");

	for (plan->line = 1; f != NULL && fgets(line, sizeof(line), f) != NULL;
	    plan->line += strchr(line, '\n') != NULL)
		if ((at = find_interface(line, kind)) != NULL)
			break;
	if (f != NULL)
		fclose(f);
	if (at == NULL)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)(strlen(kind) +
	    strspn(at + strlen(kind), "0123456789+*")), at);
	plan->file = path;
	plan->directive = name;
	plan_refused(plan, "interfaces are called pptp0 and so on now (pptp+): "
	    "change it here, or say interface = ppp%d in the section");
}

static void
check_pattern(struct plan *plan, const char *pattern, const char *kind)
{
	char path[TUNNEL_FILE_MAX];
	glob_t found;
	size_t i;

	if (!plan_path(plan, pattern, path, sizeof(path)) ||
	    glob(path, 0, NULL, &found) != 0)
		return;
	for (i = 0; i < found.gl_pathc; i++)
		check_file(plan, found.gl_pathv[i], kind);
	plan->file = pattern;
	plan->line = 0;
	globfree(&found);
}

void
host_check_interfaces(struct plan *plan)
{
	const char *kind = NULL;
	struct plan_part *part;
	size_t i;

	for (part = plan->parts; part != NULL; part = part->next) {
		const struct tunnel_options *o = plan_tunnel(part);

		if (plan_has(part, "interface"))
			continue;
		kind = part->ppp_conf != NULL ? "tun" : "ppp";
		for (i = 0; i < TUNNEL_SCRIPTS; i++)
			if (o->script[i][0] != '\0')
				check_pattern(plan, o->script[i], kind);
	}
	if (kind == NULL)
		return;
	for (i = 0; i < NELEM(others); i++)
		check_pattern(plan, others[i], kind);
	plan_hint(plan, "firewall rules with ppp+ or tun0 become rules with "
	    "pptp+; see also what is not in files");
}
