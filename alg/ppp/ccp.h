/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_PPP_CCP_H
#define ALG_PPP_CCP_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/ppp/mppe.h"

/*
 * Encryption and compression: CCP (RFC 1962) with the one option that PPTP
 * uses, MPPE/MPPC (RFC 3078 section 2.1).
 */
struct ppp;

struct ccp {
	struct mppe_sender	 sender;
	struct mppe_receiver	 receiver;
	struct mppc_compressor	*compress;	/* the caller's, or NULL */
	struct mppc_expander	*expand;
	uint64_t		 reset_at;	/* ask for the next one then */
	uint32_t		 ours, theirs;	/* option words: what we receive
						   and send by */
	uint32_t		 offered;	/* the peer's first word */
	uint32_t		 resets;	/* asked for */
	uint8_t			 unanswered;	/* of them, in a row */
	uint8_t			 insisted;	/* naks passed over */
	uint8_t			 hopeless;	/* requests without a key */
	bool			 was_offered;
};

void	 ccp_init(struct ppp *);

/* Begins, if there is something to negotiate; false: there is not. */
bool	 ccp_start(struct ppp *);

/* ppp_mppe bits of an option word; 0: no encryption. */
uint8_t	 ccp_bits(uint32_t word);

/* Option words in force for what we receive and send; 0: as it is. */
uint32_t ccp_in(const struct ppp *);
uint32_t ccp_out(const struct ppp *);

/* A frame could not be read after a loss; one could be read. */
void	 ccp_lost(struct ppp *);
void	 ccp_found(struct ppp *);

/* Keys and histories are no longer needed. */
void	 ccp_wipe(struct ppp *);

#endif
