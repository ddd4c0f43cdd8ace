/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <err.h>
#include <stdio.h>

#include "tools/ctl_nft.h"
#include "tools/ctl_template.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define COMMAND		"PATH=$PATH:/usr/sbin:/sbin nft -f -"

static const struct template_language language = {
	"iifname \"%\" ", "oifname \"%\" ", '*'
};

/*
 * Enhanced GRE: version 1, protocol type 0x880B (RFC 2637, 4.1).  nftables
 * reads no header lengths in a quote, so errors about any GRE are queued; the
 * daemon lets those pass that are not about PPTP.
 */
#define GRE	"meta l4proto gre @th,13,19 0x1880b"
#define ERRORS	"icmp type { destination-unreachable, source-quench, " \
		"time-exceeded, parameter-problem } @th,136,8 47"
#define MARKED	"meta mark & %M == %M"

static const char *const lines[] = {
	"table ip pptpalg",
	"delete table ip pptpalg",
	"table ip pptpalg {",
	"	chain prerouting {",
	"		type filter hook prerouting priority raw;",
	"		iifname \"%o\" goto from_outside",
	"		# GRE of PPTP that will go outside: no connection tracking",
	"		%i" GRE " fib daddr oifname \"%o\" notrack",
	"	}",
	"	chain from_outside {",
	"		# Translated by pptpalgd just now, as its mark says",
	"		" MARKED " notrack accept",
	"		# GRE of PPTP, and ICMP errors about it: to pptpalgd",
	"		" GRE " queue num %G",
	"		" ERRORS " queue num %G",
	"	}",
	"	chain forward {",
	"		type filter hook forward priority mangle;",
	"		# No verdict, but has the kernel put fragments together",
	"		ct state untracked",
	"		# Seen by pptpalgd already",
	"		" MARKED " accept",
	"		%ioifname \"%o\" goto forward_out",
	"		iifname \"%o\" %jgoto forward_in",
	"	}",
	"	# Control connections go to pptpalgd in both directions; without it",
	"	# they wait.",
	"	chain forward_in {",
	"		tcp dport 1723 queue num %C",
	"		tcp sport 1723 queue num %C",
	"	}",
	"	chain forward_out {",
	"		tcp dport 1723 queue num %C",
	"		tcp sport 1723 queue num %C",
	"		# GRE of PPTP that goes outside, and ICMP errors about it",
	"		" GRE " queue num %G",
	"		" ERRORS " queue num %G",
	"	}",
	"	chain postrouting {",
	"		type filter hook postrouting priority mangle;",
	"		" MARKED " accept",
	"		# ICMP errors that this host sends outside itself",
	"		oifname \"%o\" fib saddr type local " ERRORS
	    " queue num %G",
	"	}",
	"	chain output {",
	"		type filter hook output priority raw;",
	"		# TCP resets that pptpalgd sends in the name of both ends",
	"		meta l4proto tcp " MARKED " notrack",
	"	}",
	"}",
};

/* What no table but the admin's own can do. */
static const char *const hint[] = {
	"# Firewall rules of pptpalg, for nft -f.",
	"# A chain of yours that drops by default needs rules of its own, before",
	"# others that look at the connection state, for what pptpalgd has seen:",
	"#   forward: " MARKED " meta l4proto { gre, icmp } accept",
	"#   output:  " MARKED " meta l4proto tcp accept",
	"#   output:  oifname \"%o\" " ERRORS " accept",
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
feed(const struct config *config, size_t n)
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
	return feed(config, NELEM(lines));
}

/* The first two lines declare the table and delete it. */
int
nft_remove(const struct config *config)
{
	static const struct config none;

	return feed(&none, 2);
}
