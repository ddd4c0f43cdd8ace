/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an admin wants of the PPP of calls that pass through. */
#ifndef NAT_NETFILTER_REQUIRE_H
#define NAT_NETFILTER_REQUIRE_H

#include "alg/alg.h"
#include "conf/config.h"

/*
 * Does a login lack something?  REASON_NONE, REASON_WEAK_LOGIN or
 * REASON_WEAK_ENCRYPTION; what was not read is not held against it.
 */
enum reason	 require_check(const struct config_require *,
		    const struct alg_login *);

#endif
