/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A request on its way: handler_start, then handler_step until it is over. */
#ifndef NAT_CONTROL_HANDLER_H
#define NAT_CONTROL_HANDLER_H

#include <stdint.h>

#include "conf/request.h"
#include "nat/control/control.h"
#include "nat/control/json_line.h"

#define HANDLER_ERROR_MAX	2048

struct handler {
	const struct control_host *host;	/* borrowed */
	struct request	 request;
	uint32_t	 followers;	/* of events, for status */
	uint32_t	 at;		/* where a walk stands */
	uint32_t	 found;
	unsigned	 phase;		/* of several walks */
	uint64_t	 epoch;		/* see call_json.h */
	char		 error[HANDLER_ERROR_MAX];
	char		*warnings;	/* of a reload: what is left in error */
};

enum handler_result {
	HANDLER_MORE,		/* step again, now or later */
	HANDLER_DONE,
	HANDLER_FAILED,		/* with a sentence in error */
	HANDLER_FOLLOW		/* events come from control_change */
};

/* Reads and checks the request line. */
enum handler_result	 handler_start(struct handler *,
			    const struct control_host *, const char *line,
			    size_t len);
/* Starts one that was read and checked already. */
void			 handler_take(struct handler *,
			    const struct control_host *,
			    const struct request *);

/*
 * Does a small, bounded piece of the work: looks at one call or connection.
 * The line has length 0 when there is nothing to tell.
 */
enum handler_result	 handler_step(struct handler *, struct json_line *);

#endif
