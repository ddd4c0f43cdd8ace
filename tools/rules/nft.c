/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firewall rules in the language of nft. */
#include <err.h>
#include <stdio.h>

#include "tools/rules/nft.h"
#include "tools/rules/template.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define COMMAND		"PATH=$PATH:/usr/sbin:/sbin exec nft -f -"

static const struct template_language language = {
	"iifname \"%\" ", "oifname \"%\" ", '*'
};

/*
 * Enhanced GRE: version 1, protocol type 0x880B (RFC 2637, 4.1).  nftables
 * reads no header lengths in a quote, so errors about any GRE are queued; the
 * daemon lets those pass that are not about PPTP.  (meta l4proto instead of ip
 * protocol makes nft 1.0.6 die when it lists the rule.)
 */
#define GRE	"ip protocol gre @th,13,19 0x1880b"
#define ERRORS	"icmp type { destination-unreachable, source-quench, " \
		"time-exceeded, parameter-problem } @th,136,8 47"
/*
 * About TCP to port 1723.  The kernel drops one that it would have to queue
 * with an entry that is not confirmed.
 */
#define REFUSED	"icmp type { destination-unreachable, time-exceeded } " \
		"@th,136,8 6 ct state related ct status confirmed " \
		"ct original proto-dst 1723"
#define MARKED	"meta mark & %M == %M"

static const char *const lines[] = {
	"table ip pptpalg",
	"delete table ip pptpalg",
	"table ip pptpalg {",
	"\tchain prerouting {",
	"\t\t# Before a zone is given: what has one cannot be exempted from",
	"\t\t# tracking any more",
	"\t\ttype filter hook prerouting priority raw - 1;",
	"\t\t# Translated by pptpalgd just now, or GRE that will be on its",
	"\t\t# way out, as its mark says (acknowledgments of control",
	"\t\t# connections, marked too, are tracked)",
	"\t\t" MARKED " meta l4proto != tcp notrack accept",
	"\t\tiifname \"%O\" goto from_outside",
	"\t\t# GRE to an address of this host: if a control connection was",
	"\t\t# sent back inside by DNAT, to pptpalgd; else on",
	"\t\t%i" GRE " fib daddr type local queue num %H bypass",
	"\t\t# GRE of PPTP that will go outside: no connection tracking",
	"\t\t%i" GRE " fib daddr oifname \"%o\" notrack",
	"\t}",
	"\tchain from_outside {",
	"\t\t# GRE of PPTP, and ICMP errors about it: to pptpalgd",
	"\t\t" GRE " queue num %G",
	"\t\t" ERRORS " queue num %G",
	"\t}",
	"\tchain forward {",
	"\t\ttype filter hook forward priority mangle;",
	"\t\t# Where our mark was saved, with a flow of GRE or a connection,",
	"\t\t# it tells nothing: the packet has not been seen",
	"\t\tip protocol gre ct mark & %M == %M jump saved",
	"\t\tmeta l4proto != tcp " MARKED " accept",
	"\t\t# No verdict, but has the kernel put fragments together",
	"\t\tct state untracked",
	"\t\tmeta l4proto tcp " MARKED " ct mark & %M == %M jump saved",
	"\t\t# Seen by pptpalgd already.  Control segments give the mark",
	"\t\t# back: saved with the connection, it would pass the next one",
	"\t\t# unseen.",
	"\t\tmeta l4proto tcp " MARKED " meta mark set meta mark xor %M accept",
	"\t\t# Most of what comes here is TCP, and not PPTP: soon through",
	"\t\tmeta l4proto tcp goto ports",
	"\t\t# ICMP errors by which somebody on the way refuses a control",
	"\t\t# connection: pptpalgd tells of them, and changes nothing",
	"\t\t" REFUSED " queue num %G bypass",
	"\t\t%ioifname \"%o\" goto forward_out",
	"\t\tiifname \"%o\" %jaccept",
	"\t\t# GRE of calls whose connections DNAT sends back inside",
	"\t\t%i" GRE " queue num %H bypass",
	"\t}",
	"\tchain saved {",
	"\t\tct mark set ct mark xor %M",
	"\t\t" MARKED " meta mark set meta mark xor %M",
	"\t}",
	"\t# Control connections go to pptpalgd in both directions, also where",
	"\t# DNAT has changed the server's port, or sends them back inside;",
	"\t# without it they wait.",
	"\tchain ports {",
	"\t\ttcp dport 1723 goto control",
	"\t\ttcp sport 1723 goto control",
	"\t\tmeta l4proto tcp ct original proto-dst 1723 goto control",
	"\t}",
	"\tchain control {",
	"\t\t%ioifname \"%o\" queue num %C",
	"\t\tiifname \"%o\" %jqueue num %C",
	"\t\t%ict status dnat queue num %C",
	"\t}",
	"\tchain forward_out {",
	"\t\t# GRE of PPTP that goes outside, and ICMP errors about it",
	"\t\t" GRE " queue num %G",
	"\t\t" ERRORS " queue num %G",
	"\t}",
	"\tchain errors {",
	"\t\ttype filter hook output priority mangle;",
	"\t\t# ICMP errors that this host sends itself: outside, or about what",
	"\t\t# is not tracked; those about calls go past all later chains",
	"\t\toifname \"%O\" " ERRORS " queue num %G",
	"\t\tct state { invalid, untracked } " ERRORS " queue num %G",
	"\t}",
	"\tchain refusals {",
	"\t\ttype filter hook output priority -1;",
	"\t\t# The same as above, where this host refuses: behind NAT the",
	"\t\t# SYN that is quoted is as its client sent it",
	"\t\t" REFUSED " queue num %G bypass",
	"\t}",
	"\tchain output {",
	"\t\ttype filter hook output priority raw;",
	"\t\t# What pptpalgd sends itself: TCP resets in the name of both",
	"\t\t# ends, GRE that was routed by another mark than its control",
	"\t\t# connection",
	"\t\tmeta l4proto { tcp, gre, icmp } " MARKED " notrack",
	"\t}",
	"}",
};

/* What no table but the admin's own can do. */
static const char *const hint[] = {
	"# Firewall rules of pptpalg, for nft -f.",
	"# A chain of yours that drops by default needs rules of its own,",
	"# before those that ask for the connection state, for what pptpalgd",
	"# has seen:",
	"#   forward: " MARKED " meta l4proto { gre, icmp } accept",
	"#   output:  " MARKED " meta l4proto { tcp, gre } accept",
};

static void
write_lines(const char *const *line, size_t n, const struct config *config,
    FILE *f)
{
	size_t i;

	for (i = 0; i < n; i++)
		template_write(line[i], &language, config, f);
}

int
nft_print(const struct config *config)
{
	write_lines(hint, NELEM(hint), config, stdout);
	write_lines(lines, NELEM(lines), config, stdout);
	return 0;
}

/* One transaction: all of it or nothing. */
static int
run_nft(const struct config *config, size_t n)
{
	FILE *f = popen(COMMAND, "we");

	if (f != NULL)
		write_lines(lines, n, config, f);
	if (f != NULL && pclose(f) == 0)
		return 0;
	warnx("nft does not take the rules; nothing was changed (root only; "
	    "the kernel needs nftables with queue and fib)");
	return 1;
}

int
nft_apply(const struct config *config)
{
	return run_nft(config, NELEM(lines));
}

/* The first two lines declare the table and delete it. */
int
nft_remove(const struct config *config)
{
	static const struct config none;

	return run_nft(&none, 2);
}
