/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_ENDPOINT_SERVER_H
#define NAT_ENDPOINT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/endpoint/address_pool.h"
#include "alg/endpoint/quota.h"
#include "conf/secrets.h"
#include "conf/terminate.h"
#include "nat/endpoint/ctrl_socket.h"

struct listener;

/*
 * A section "terminate" at work: its listeners, its users, the addresses that
 * it lends.
 */
struct gate {
	struct gate		*next;
	struct exchange		*exchange;
	struct profile		*profile;	/* for those who come now */
	struct listener		*listener[TERMINATE_LISTEN_MAX];
	size_t			 nlisteners;
	struct device		*device;	/* shared, or NULL */
	struct secrets		*secrets, *pap_secrets;	/* or NULL */
	struct lease		 lease;
	struct ledger		 strangers;	/* by source: stranger.h */
	uint32_t		 nstrangers, sessions;
	bool			 closed;	/* does not listen */
};

/* Listens.  NULL with a sentence in error. */
struct gate	*gate_open(struct exchange *, const struct terminate *,
		    char *error, size_t size);

/* Its sessions are gone already. */
void		 gate_free(struct gate *);	/* NULL is fine */

/* Takes over what can change; -1 with a sentence, and all stays. */
int		 gate_reload(struct gate *, const struct terminate *,
		    char *error, size_t size);

/*
 * Nobody comes any more; those who are there stay.  When the last one goes,
 * the exchange's sweep is set off.
 */
void		 gate_stop_listening(struct gate *);
bool		 gate_is_over(const struct gate *);

/* Somebody has gone. */
void		 gate_left(struct gate *);

#endif
