/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client: a section "dial" of the configuration in use.  Its session is
 * made, and made again (redialled) when it is lost.
 */
#ifndef NAT_ENDPOINT_CLIENT_H
#define NAT_ENDPOINT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/dial.h"
#include "nat/control/json_line.h"

struct client;
struct context;

/* Dials at once, if it is automatic.  NULL: out of memory. */
struct client	*client_open(struct context *, const struct dial *);

/* Frees a client whose connection is over. */
void		 client_free(struct client *);	/* NULL is fine */

/* Dials or hangs up, as the admin says; -1 with a sentence in error. */
int		 client_up(struct client *, char *error, size_t size);
void		 client_down(struct client *);

/*
 * Is it down, with no connection left?  The context's sweep is set off when
 * that becomes so.
 */
bool		 client_is_over(const struct client *);

/* The section of the configuration. */
const struct dial *client_section(const struct client *);

/* The helper's answer to a job; false: the token is not this client's. */
bool		 client_answer(struct client *, uint64_t token,
		    const char *text);

/* As a control reply shows it; epoch: see session_json.h. */
void		 client_json(struct json_line *, const struct client *,
		    uint64_t epoch);

#endif
