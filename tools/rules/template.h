/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firewall rules with fields for what a configuration says. */
#ifndef TOOLS_RULES_TEMPLATE_H
#define TOOLS_RULES_TEMPLATE_H

#include <stdio.h>

#include "conf/config.h"

/* How a language of rules says things. */
struct template_language {
	const char	*from, *to;	/* an interface; % is its name */
	char		 wild;		/* the end of a name: any ending */
};

/*
 * Writes a rule for a configuration, once for every interface that it names:
 *	%M	the mark
 *	%C %G	the numbers of the control and the GRE queue
 *	%o	an outside interface
 *	%O	one that is no VRF's device, where rules see a packet twice, by
 *		that and by the one in it.  One that arrives is lost when it is
 *		queued at the VRF's (vrf_rcv_finish in drivers/net/vrf.c); and
 *		so is an error sent inside about a packet that is tracked and
 *		has no entry yet (nf_ct_drop_unconfirmed in nfnetlink_queue.c)
 *	%i %j	"comes from" and "goes to" an inside interface, and a space;
 *		nothing when every interface is inside
 */
void	template_write(const char *rule, const struct template_language *,
	    const struct config *, FILE *);

#endif
