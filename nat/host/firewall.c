/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what iptables-save and nft list, line by line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nat/host/firewall.h"
#include "nat/host/tables.h"

#define TOOLS	"PATH=/usr/sbin:/sbin:/usr/bin:/bin exec "
#define LINE	1024
#define OURS	"PPTPALG-"

/* A listing on its way: where it is in tables and chains. */
struct listing {
	const struct config	*config;
	struct firewall		*found;
	enum firewall_variant	 variant;
	char			 table[64];
	bool			 jumped;	/* to ours, in mangle FORWARD */
	char			 helper[LINE];	/* by nft_helper */
};

static const struct {
	const char	*name, *command, *way_out;
} variants[FIREWALL_VARIANTS] = {
	[FIREWALL_LEGACY] = { "iptables-legacy", "iptables-legacy-save",
	    "iptables-legacy -t raw -D" },
	[FIREWALL_IPTABLES_NFT] = { "iptables-nft", "iptables-nft-save",
	    "iptables-nft -t raw -D" },
	[FIREWALL_NFTABLES] = { "nftables", "nft list ruleset",
	    "nft delete rule" },
};

static void
keep_rule(char kept[FIREWALL_RULE], const char *line)
{
	if (*kept == '\0')
		snprintf(kept, FIREWALL_RULE, "%.*s", FIREWALL_RULE - 1,
		    line + strspn(line, " \t"));
}

static bool
has(const char *line, const char *words)
{
	return strstr(line, words) != NULL;
}

/* Which interfaces of outside = {} a rule of ours names. */
static void
note_names(struct listing *l, const char *line)
{
	const struct config_names *names = &l->config->outside;
	char quoted[40], plain[40], name[20];
	size_t len;

	for (size_t i = 0; i < names->n && i < sizeof(l->found->named); i++) {
		snprintf(name, sizeof(name), "%s", names->name[i]);
		snprintf(plain, sizeof(plain), "-i %s ", name);
		len = strlen(name);
		if (len > 0 && name[len - 1] == '+')
			name[len - 1] = '*';
		snprintf(quoted, sizeof(quoted), "iifname \"%s\"", name);
		l->found->named[i] |= has(line, quoted) || has(line, plain);
	}
}

/* To the queue of control connections, as any program and version says it. */
static bool
hands_over(const struct config *config, const char *line)
{
	static const char *const ways[] = {
		"--queue-num ", "queue to ", "queue num "
	};
	const char *at;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		at = strstr(line, ways[i]);
		if (at != NULL && strtoul(at + strlen(ways[i]), NULL, 10) ==
		    config->queue_control)
			return true;
	}
	return false;
}

static void
note_ours(struct listing *l, const char *line)
{
	l->found->ours[l->variant] = true;
	l->found->queued[l->variant] |= hands_over(l->config, line);
	note_names(l, line);
}

/* --set-xmark VALUE/MASK: does it change our bit? */
static bool
sets_mark(const struct config *c, const char *line)
{
	const char *at = strstr(line, " -j MARK --set-xmark ");
	unsigned long value, mask;
	char *end;

	if (at == NULL)
		return false;
	value = strtoul(at + strlen(" -j MARK --set-xmark "), &end, 0);
	mask = *end == '/' ? strtoul(end + 1, NULL, 0) : 0xFFFFFFFF;
	return (value & c->mark) != 0 && (mask & c->mark) != 0;
}

/*
 * nft list ruleset: a helper object of type pptp has a name of its own,
 * kept in state; rules set it by that name.
 */
static bool
nft_helper(const char *line, char *state)
{
	char name[64], quoted[72];
	const char *set;

	if (sscanf(line, " ct helper %63[^ {] {", name) == 1 &&
	    strcmp(name, "set") != 0)
		snprintf(state, LINE, "?%s", name);
	else if (state[0] == '?' && strstr(line, "type \"pptp\"") != NULL)
		state[0] = '=';
	if (state[0] != '=' || (set = strstr(line, "ct helper set")) == NULL)
		return false;
	snprintf(quoted, sizeof(quoted), "\"%.63s\"", state + 1);
	return strstr(set, quoted) != NULL;
}

/* iptables-save: not the match -m helper, which asks for the same word. */
static bool
iptables_helper(const char *line)
{
	const char *target = strstr(line, " -j CT ");

	return target != NULL && has(target, " --helper pptp");
}

/* The kernel's own helper, and how to get rid of the rule. */
static void
note_helper(struct listing *l, const char *line)
{
	if (l->variant == FIREWALL_NFTABLES ? !nft_helper(line, l->helper) :
	    !iptables_helper(line))
		return;
	keep_rule(l->found->helper, line);
	l->found->helper_way_out = variants[l->variant].way_out;
}

static void
note_others(struct listing *l, const char *line)
{
	note_helper(l, line);
	if (sets_mark(l->config, line))
		keep_rule(l->found->marks, line);
	if (has(line, " --zone") || has(line, "ct zone set"))
		keep_rule(l->found->zone, line);
	l->found->translates |= has(line, "MASQUERADE") ||
	    has(line, "-j SNAT") || has(line, "masquerade") ||
	    has(line, "snat ");
}

/* iptables-save: a table's name behind *, then its rules. */
static void
read_saved(struct listing *l, const char *line)
{
	if (line[0] == '*') {
		snprintf(l->table, sizeof(l->table), "%.60s", line + 1);
		l->jumped = false;
	}
	if (strncmp(line, "-A ", 3) != 0)
		return;
	if (has(line, OURS)) {
		l->jumped |= strncmp(line, "-A FORWARD ", 11) == 0;
		note_ours(l, line);
		return;
	}
	if (strcmp(l->table, "mangle") == 0 && !l->jumped &&
	    strncmp(line, "-A FORWARD ", 11) == 0)
		keep_rule(l->found->before, line);
	note_others(l, line);
}

/* nft list ruleset: "table FAMILY NAME {", and its rules indented. */
static void
read_nft(struct listing *l, const char *line)
{
	char name[60];

	if (sscanf(line, "table %*s %59s {", name) == 1)
		snprintf(l->table, sizeof(l->table), "%s", name);
	else if (strcmp(l->table, "pptpalg") == 0)
		note_ours(l, line);
	else if (!has(line, OURS))
		note_others(l, line);
}

static FILE *
open_listing(enum firewall_variant variant)
{
	char command[128];

	snprintf(command, sizeof(command), TOOLS "%s 2>/dev/null",
	    variants[variant].command);
	return popen(command, "re");
}

/* Reads it to its end and closes it; NULL: there is none. */
static void
read_listing(struct listing *l, FILE *f)
{
	char line[LINE];

	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (l->variant == FIREWALL_NFTABLES)
			read_nft(l, line);
		else
			read_saved(l, line);
	}
	l->found->listed |= pclose(f) == 0;
}

/*
 * nft's listing, of which nothing is read yet; NULL when there is nothing.
 * iptables-nft has nothing to list, either, when nft says so.
 */
static FILE *
open_nft_listing(struct firewall *found, bool *iptables_too)
{
	FILE *f = open_listing(FIREWALL_NFTABLES);
	int c = f != NULL ? fgetc(f) : EOF;

	*iptables_too = true;
	if (c != EOF) {
		ungetc(c, f);
		return f;
	}
	if (f != NULL && pclose(f) == 0) {
		found->listed = true;
		*iptables_too = false;
	}
	return NULL;
}

/* A program is not started where it would have nothing to list. */
void
firewall_read(const struct config *config, struct firewall *found)
{
	FILE *f[FIREWALL_VARIANTS] = { NULL };
	bool legacy = tables_of_legacy(), nft = tables_of_nft();

	memset(found, 0, sizeof(*found));
	found->listed = !legacy && !nft;
	if (nft)
		f[FIREWALL_NFTABLES] = open_nft_listing(found, &nft);
	if (legacy)
		f[FIREWALL_LEGACY] = open_listing(FIREWALL_LEGACY);
	if (nft)
		f[FIREWALL_IPTABLES_NFT] = open_listing(FIREWALL_IPTABLES_NFT);
	for (int i = 0; i < FIREWALL_VARIANTS; i++) {
		struct listing l = { .config = config, .found = found,
		    .variant = (enum firewall_variant)i };

		read_listing(&l, f[i]);
	}
	/* Without a jump there is nothing that it could come behind. */
	if (firewall_name(found) == NULL)
		found->before[0] = '\0';
}

const char *
firewall_name(const struct firewall *found)
{
	for (int i = FIREWALL_VARIANTS - 1; i >= 0; i--)
		if (found->queued[i])
			return variants[i].name;
	return NULL;
}
