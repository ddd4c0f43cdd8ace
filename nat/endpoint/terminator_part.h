/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_ENDPOINT_TERMINATOR_PART_H
#define NAT_ENDPOINT_TERMINATOR_PART_H

#include "nat/endpoint/endpoint.h"

/* Private to terminator.c and terminator_request.c. */

struct dial_entry {
	struct dial_entry	*next;
	struct client		*dialer;
	bool			 gone;		/* from the configuration */
};

struct endpoint {
	struct context		*exchange;
	struct watch		*sweep;
	struct server		*sections;
	struct dial_entry	*dials;
};

#endif
