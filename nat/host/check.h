/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Says whether this host is set up so that a configuration can work. */
#ifndef NAT_HOST_CHECK_H
#define NAT_HOST_CHECK_H

#include "conf/config.h"
#include "nat/host/firewall.h"

enum check_level {
	CHECK_GOOD,
	CHECK_ODD,		/* it may be meant so */
	CHECK_BAD		/* it cannot work */
};

/* A matter ("interfaces"), and a sentence that says what to do, too. */
typedef void	check_tell(void *arg, enum check_level, const char *matter,
		    const char *sentence);

/* All that can be looked at from outside of the daemon; as root. */
void	check_all(const struct config *, check_tell *, void *arg);

/* What the daemon tells at its start: interfaces and rules. */
void	check_start(const struct config *, const struct firewall *,
	    check_tell *, void *arg);

/* Interfaces alone: cheap, needs no privilege.  How many are missing. */
unsigned check_interfaces(const struct config *, check_tell *, void *arg);

#endif
