/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CCP (RFC 1962): encryption and compression, with the one option that PPTP
 * uses, MPPE/MPPC (RFC 3078 section 2.1).
 */
#ifndef ALG_PPP_CCP_H
#define ALG_PPP_CCP_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/ppp/mppe.h"

struct ppp;

struct ccp {
	struct mppe_sender	 sender;
	struct mppe_receiver	 receiver;
	struct mppc_compressor	*compress;	/* the caller's, or NULL */
	struct mppc_expander	*expand;
	uint64_t		 reset_at;	/* no Reset-Request before */
	uint32_t		 ours, theirs;	/* option words for what we
						   receive and send */
	uint32_t		 resets;	/* Reset-Requests sent */
	uint8_t			 unanswered;	/* of them, in a row */
	uint8_t			 insisted;	/* naks not complied with */
	uint8_t			 keyless;	/* requests without a length */
};

/* Before a negotiation. */
void	 ccp_init(struct ppp *);

/* Begins, if there is something to negotiate; false: there is not. */
bool	 ccp_start(struct ppp *);

/* ppp_mppe bits of an option word; 0: no encryption. */
uint8_t	 ccp_bits(uint32_t word);

/* Option words in force for what we receive and send; 0: plain. */
uint32_t ccp_in(const struct ppp *);
uint32_t ccp_out(const struct ppp *);

/* A frame could not be decrypted after a loss; one was decrypted. */
void	 ccp_lost(struct ppp *);
void	 ccp_found(struct ppp *);

/* Wipes keys and histories. */
void	 ccp_wipe(struct ppp *);

#endif
