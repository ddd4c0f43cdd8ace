/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firewall rules in the language of iptables-restore. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "nat/host/tables.h"
#include "tools/rules/iptables.h"
#include "tools/rules/saved.h"
#include "tools/rules/template.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define TOOLS		"PATH=$PATH:/usr/sbin:/sbin exec "

static const struct template_language language = { "-i % ", "-o % ", '+' };

/*
 * Enhanced GRE: version 1, protocol type 0x880B (RFC 2637, 4.1); and ICMP
 * errors (unreachable, source quench, time exceeded, parameter problem) whose
 * quote is GRE like that.  Header lengths are read, so options do no harm.
 */
#define GRE	"-p gre -m u32 --u32 \"0>>22&0x3C@0&0x0007FFFF=0x0001880B\""
#define ERRORS	"-p icmp -m u32 --u32 \"0>>22&0x3C@0>>24=3:4,11:12&&" \
		"0>>22&0x3C@16>>16&0xFF=47&&" \
		"0>>22&0x3C@8>>22&0x3C@8&0x0007FFFF=0x0001880B\""
/*
 * ICMP errors (unreachable, time exceeded) about TCP to port 1723.  The kernel
 * drops one that it would have to queue with an entry that is not confirmed.
 */
#define REFUSED	"-p icmp -m conntrack --ctstate RELATED " \
		"--ctstatus CONFIRMED --ctorigdstport 1723 " \
		"-m u32 --u32 \"0>>22&0x3C@0>>24=3,11&&" \
		"0>>22&0x3C@16>>16&0xFF=6\""
#define MARKED	"-m mark --mark %M/%M"
#define DNATED	"-m conntrack --ctstate DNAT"
#define NEW	"-m mark ! --mark %M/%M"
#define PASSING	"! -p tcp " MARKED " -j CT --notrack"
#define CALLS	"-p gre " MARKED " -j ACCEPT"
#define CALL_ERRORS	"-p icmp " MARKED " -j ACCEPT"

/*
 * Only lines starting with -I change chains that are not ours.  Where many a
 * packet would pass for nothing, they ask before they jump, which costs it
 * less.  What GRE of calls meets, whose mark says that it has been seen, does
 * without a jump.  Nothing jumps to PPTPALG-DIRECT: by what stands there we
 * know such rules for ours.
 */
static const char *const lines[] = {
	"*raw",
	":PPTPALG-DIRECT - [0:0]",
	":PPTPALG-PREROUTING - [0:0]",
	":PPTPALG-IN - [0:0]",
	":PPTPALG-OUTPUT - [0:0]",
	"# In PREROUTING itself: translated by pptpalgd just now, or GRE that",
	"# will be on its way out, as its mark says: on to routing, without",
	"# connection tracking (acknowledgments of control connections, marked",
	"# too, are tracked)",
	"-A PPTPALG-DIRECT " PASSING,
	"# GRE of PPTP from outside, and ICMP errors about it: to pptpalgd",
	"-A PPTPALG-PREROUTING -i %O -j PPTPALG-IN",
	"# GRE from inside to an address of this host: if a control connection",
	"# was sent back inside by DNAT, to pptpalgd; else on",
	"-A PPTPALG-PREROUTING %i-m addrtype --dst-type LOCAL " GRE
	    " -j NFQUEUE --queue-num %H --queue-bypass",
	"-A PPTPALG-IN " GRE " -j NFQUEUE --queue-num %G",
	"-A PPTPALG-IN " ERRORS " -j NFQUEUE --queue-num %G",
	"# What pptpalgd sends itself: TCP resets in the name of both ends,",
	"# GRE that was routed by another mark than its control connection",
	"-A PPTPALG-OUTPUT -p tcp " MARKED " -j CT --notrack",
	"-A PPTPALG-OUTPUT -p gre " MARKED " -j CT --notrack",
	"-A PPTPALG-OUTPUT -p icmp " MARKED " -j CT --notrack",
	"-I PREROUTING ! -p tcp " NEW " -j PPTPALG-PREROUTING",
	"-I PREROUTING " PASSING,
	"-I OUTPUT -j PPTPALG-OUTPUT",
	"COMMIT",

	"*mangle",
	":PPTPALG-PREROUTING - [0:0]",
	":PPTPALG-FORWARD - [0:0]",
	":PPTPALG-TCP - [0:0]",
	":PPTPALG-OUT - [0:0]",
	":PPTPALG-CONTROL - [0:0]",
	":PPTPALG-SEEN - [0:0]",
	":PPTPALG-SAVED - [0:0]",
	":PPTPALG-OUTPUT - [0:0]",
	"# Our mark, saved with a flow of GRE by rules without a mask, is not",
	"# to be restored: the next packet has not been seen",
	"-A PPTPALG-PREROUTING -m connmark --mark %M/%M"
	    " -j CONNMARK --set-xmark 0x0/%M",
	"# Seen by pptpalgd already.  Control segments give the mark back:",
	"# saved with the connection, it would pass the next one unseen.",
	"-A PPTPALG-SEEN -m connmark --mark %M/%M -g PPTPALG-SAVED",
	"-A PPTPALG-SEEN -j MARK --set-xmark 0x0/%M",
	"# Where it was, it tells nothing",
	"-A PPTPALG-SAVED -j CONNMARK --set-xmark 0x0/%M",
	"-A PPTPALG-SAVED -j MARK --set-xmark 0x0/%M",
	"-A PPTPALG-SAVED -g PPTPALG-TCP",
	"# Most of what comes here is TCP, and not PPTP: it is soon through",
	"-A PPTPALG-FORWARD -p tcp " MARKED " -g PPTPALG-SEEN",
	"-A PPTPALG-FORWARD -p tcp -g PPTPALG-TCP",
	"-A PPTPALG-TCP -p tcp --dport 1723 -j PPTPALG-CONTROL",
	"-A PPTPALG-TCP -p tcp --sport 1723 -j PPTPALG-CONTROL",
	"-A PPTPALG-TCP -m conntrack --ctorigdstport 1723 -j PPTPALG-CONTROL",
	"# Control connections, in both directions, also where DNAT changed",
	"# the server's port, or sends them back inside: without pptpalgd",
	"# they wait",
	"-A PPTPALG-CONTROL %i-o %o -j NFQUEUE --queue-num %C",
	"-A PPTPALG-CONTROL -i %o %j-j NFQUEUE --queue-num %C",
	"-A PPTPALG-CONTROL %i" DNATED " -j NFQUEUE --queue-num %C",
	"-A PPTPALG-FORWARD %i-o %o -j PPTPALG-OUT",
	"# GRE of calls whose connections DNAT sends back inside",
	"-A PPTPALG-FORWARD %i" GRE " -j NFQUEUE --queue-num %H --queue-bypass",
	"# GRE of PPTP that goes outside, and ICMP errors about it",
	"-A PPTPALG-OUT " GRE " -j NFQUEUE --queue-num %G",
	"-A PPTPALG-OUT " ERRORS " -j NFQUEUE --queue-num %G",
	"# ICMP errors that this host sends itself: outside, or about what is",
	"# not tracked; those about calls go past all other rules of OUTPUT.",
	"# Our mark says nothing here: sysctl net.ipv4.fwmark_reflect gives an",
	"# error the mark of the packet that it is about.",
	"-A PPTPALG-OUTPUT -o %O " ERRORS " -j NFQUEUE --queue-num %G",
	"-A PPTPALG-OUTPUT -m conntrack --ctstate INVALID,UNTRACKED "
	    ERRORS " -j NFQUEUE --queue-num %G",
	"# ICMP errors by which somebody on the way refuses a control",
	"# connection: pptpalgd tells of them, and changes nothing",
	"-A PPTPALG-FORWARD " REFUSED
	    " -j NFQUEUE --queue-num %G --queue-bypass",
	"-I PREROUTING -p gre " NEW " -j PPTPALG-PREROUTING",
	"-I FORWARD -p tcp -j PPTPALG-FORWARD",
	"-I FORWARD ! -p tcp " NEW " -j PPTPALG-FORWARD",
	"-I OUTPUT -p icmp -j PPTPALG-OUTPUT",
	"COMMIT",

	"*nat",
	":PPTPALG-PREROUTING - [0:0]",
	":PPTPALG-POSTROUTING - [0:0]",
	"# GRE of PPTP from inside to other hosts: a rule that sends all GRE",
	"# to a server inside must not catch it",
	"-A PPTPALG-PREROUTING -i %o -j RETURN",
	"-A PPTPALG-PREROUTING %i-m addrtype ! --dst-type LOCAL "
	    GRE " -j ACCEPT",
	"# pptpalgd has given it its public address already",
	"-A PPTPALG-POSTROUTING -p gre " MARKED " -j ACCEPT",
	"-I PREROUTING -j PPTPALG-PREROUTING",
	"-I POSTROUTING -j PPTPALG-POSTROUTING",
	"COMMIT",

	"*filter",
	":PPTPALG-DIRECT - [0:0]",
	":PPTPALG-OUTPUT - [0:0]",
	"# In FORWARD itself: GRE of calls, and ICMP errors about it",
	"-A PPTPALG-DIRECT " CALLS,
	"-A PPTPALG-DIRECT " CALL_ERRORS,
	"# What pptpalgd sends, and ICMP errors that this host sends",
	"# itself.  (To ask for the state has the kernel put fragments",
	"# together before all these rules.)",
	"-A PPTPALG-OUTPUT -p tcp " MARKED
	    " -m conntrack ! --ctstate INVALID -j ACCEPT",
	"-A PPTPALG-OUTPUT -p gre " MARKED " -j ACCEPT",
	"-A PPTPALG-OUTPUT " ERRORS " -j ACCEPT",
	"# ICMP errors by which this host refuses a control connection: here",
	"# the SYN that they quote is as its client sent it",
	"-A PPTPALG-OUTPUT " REFUSED
	    " -j NFQUEUE --queue-num %G --queue-bypass",
	"-I FORWARD " CALL_ERRORS,
	"-I FORWARD " CALLS,
	"-I OUTPUT -j PPTPALG-OUTPUT",
	"COMMIT",
};

int
iptables_print(const struct config *config)
{
	size_t i;

	printf("# Firewall rules of pptpalg, for iptables-restore --noflush.\n"
	    "# Fed twice, they insert (-I) all twice: better use --apply.\n");
	for (i = 0; i < NELEM(lines); i++)
		template_write(lines[i], &language, config, stdout);
	return 0;
}

static bool
has_line(const struct saved *saved, const char *table, const char *insert)
{
	char line[256];

	snprintf(line, sizeof(line), "-A%s", insert + 2);
	return saved != NULL && saved_has(saved, table, line);
}

/* Our lines, NULL behind the last; with saved rules, what leads from them. */
static void
merge_lines(const char *const *line, const struct saved *saved, FILE *f)
{
	const char *table = NULL;

	for (; *line != NULL; line++) {
		if ((*line)[0] == '*')
			table = *line + 1;
		if (strncmp(*line, "-I ", 3) != 0 ||
		    !has_line(saved, table, *line))
			fprintf(f, "%s\n", *line);
		if ((*line)[0] == '*' && saved != NULL)
			saved_drop(saved, table, line + 1, f);
	}
}

/* The text's lines, which it is torn into; NULL behind the last. */
static const char **
split_lines(char *text)
{
	const char **line = NULL;
	size_t n = 1;
	char *c;

	for (c = text; *c != '\0'; c++)
		n += *c == '\n';
	if ((line = calloc(n, sizeof(*line))) == NULL)
		return NULL;
	for (n = 0; (c = strsep(&text, "\n")) != NULL && text != NULL;)
		line[n++] = c;
	return line;
}

static int
write_merged(const struct config *config, const struct saved *saved, FILE *f)
{
	const char **wanted = NULL;
	char *text = NULL;
	size_t i, size;
	FILE *own = open_memstream(&text, &size);

	for (i = 0; own != NULL && i < NELEM(lines); i++)
		template_write(lines[i], &language, config, own);
	if (own != NULL && fclose(own) == 0)
		wanted = split_lines(text);
	if (wanted != NULL)
		merge_lines(wanted, saved, f);
	free(text);
	free(wanted);
	return wanted != NULL ? 0 : -1;
}

static struct saved *
read_variant(const char *variant)
{
	char command[128];

	snprintf(command, sizeof(command),
	    TOOLS "iptables%s-save 2>/dev/null", variant);
	return saved_read(command);
}

static int
run_restore(const char *variant, const char *option, const char *text)
{
	char command[128];
	FILE *f;

	snprintf(command, sizeof(command),
	    TOOLS "iptables%s-restore --noflush -w %s", variant, option);
	fflush(stdout);
	if ((f = popen(command, "we")) == NULL)
		return -1;
	fputs(text, f);
	return pclose(f) == 0 ? 0 : -1;
}

/* All tables are tried before the first is changed. */
static int
test_and_restore(const char *variant, const char *text)
{
	if (run_restore(variant, "--test", text) == -1) {
		warnx("iptables%s-restore does not take the rules; nothing was "
		    "changed (root only; nftables without iptables: --nft)",
		    variant);
		return 1;
	}
	if (run_restore(variant, "", text) == -1) {
		warnx("iptables%s-restore failed half-way: fix what it names "
		    "and try again, or use --remove", variant);
		return 1;
	}
	return 0;
}

/*
 * The variant in use: the one with rules; of two, the one with ours; else
 * what the plain command is here.  And what it has.
 */
static const char *
read_variant_in_use(struct saved **saved)
{
	struct saved *legacy = tables_of_legacy() ? read_variant("-legacy") :
	    NULL;
	struct saved *nft = tables_of_nft() ? read_variant("-nft") : NULL;
	struct saved *used = NULL;

	if (saved_has_rules(legacy) != saved_has_rules(nft))
		used = saved_has_rules(nft) ? nft : legacy;
	else if (saved_has_ours(legacy) != saved_has_ours(nft))
		used = saved_has_ours(nft) ? nft : legacy;
	else if (saved_has_rules(legacy))
		warnx("both iptables-legacy and iptables-nft have rules here; "
		    "taking iptables");
	if (used != legacy)
		saved_free(legacy);
	if (used != nft)
		saved_free(nft);
	*saved = used != NULL ? used : read_variant("");
	return used == NULL ? "" : used == nft ? "-nft" : "-legacy";
}

int
iptables_apply(const struct config *config)
{
	struct saved *saved;
	const char *variant = read_variant_in_use(&saved);
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	bool written = f != NULL && write_merged(config, saved, f) == 0;
	int status = 1;

	if (f != NULL && fclose(f) == 0 && written)
		status = test_and_restore(variant, text);
	else
		warn("iptables%s", variant);
	free(text);
	saved_free(saved);
	return status;
}

static int
remove_variant(const char *variant, const struct saved *saved)
{
	char *text = NULL;
	size_t i, size;
	FILE *f = open_memstream(&text, &size);
	int status;

	if (f == NULL) {
		warn("iptables%s", variant);
		return 1;
	}
	for (i = 0; i < NELEM(lines); i++)
		if (lines[i][0] == '*' &&
		    saved_has(saved, lines[i] + 1, lines[i])) {
			fprintf(f, "%s\n", lines[i]);
			saved_drop(saved, lines[i] + 1, NULL, f);
			fprintf(f, "COMMIT\n");
		}
	fclose(f);
	status = test_and_restore(variant, text);
	free(text);
	return status;
}

/* From wherever they are. */
int
iptables_remove(const struct config *config)
{
	static const char *const variants[] = { "-legacy", "-nft", "" };
	struct saved *saved;
	size_t i;
	int status = 0;

	for (i = 0; i < NELEM(variants); i++) {
		saved = read_variant(variants[i]);
		if (saved_has_ours(saved))
			status |= remove_variant(variants[i], saved);
		saved_free(saved);
	}
	return status;
}
