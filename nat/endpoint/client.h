/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_ENDPOINT_CLIENT_H
#define NAT_ENDPOINT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/dial.h"
#include "nat/control/json_line.h"

struct dialer;
struct exchange;

/* A section "dial" at work: its tunnel is made, and made again. */

/* Dials at once, if it is automatic.  NULL: out of memory. */
struct dialer	*dialer_open(struct exchange *, const struct dial *);

/* Its connection is gone already. */
void		 dialer_free(struct dialer *);	/* NULL is fine */

/* As ordered; -1 with a sentence in error. */
int		 dialer_up(struct dialer *, char *error, size_t size);
void		 dialer_down(struct dialer *);

/*
 * Is there nothing of it left?  The exchange's sweep is set off when it comes
 * down by order.
 */
bool		 dialer_is_over(const struct dialer *);

/* Its section as it is configured. */
const struct dial *dialer_section(const struct dialer *);

/* "up" and so on. */
const char	*dialer_state(const struct dialer *);

/* What helper_done says about a token of a dialer's; false: of another. */
bool		 dialer_answer(struct dialer *, uint64_t token,
		    const char *text);

/* As a control reply shows it; epoch: see roster.h. */
void		 dial_report(struct item *, const struct dialer *,
		    uint64_t epoch);

#endif
