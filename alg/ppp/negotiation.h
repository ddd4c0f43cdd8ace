/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a PPP link's negotiation got, as somebody on the way reads it. */
#ifndef ALG_PPP_NEGOTIATION_H
#define ALG_PPP_NEGOTIATION_H

#include "alg/alg.h"
#include "alg/ppp/dissect.h"

/* What one end of a call sent, by PPP's own words. */
struct negotiation {
	unsigned	 packets;	/* GRE that passed */
	unsigned	 requests, acks;	/* LCP Configure */
	const char	*auth;		/* asked for by the last request */
	unsigned	 asked;		/* challenges and the like */
	unsigned	 answered;	/* responses, PAP requests */
	char		 name[DISSECT_NAME_MAX];	/* user, as answered */
	bool		 success, failure;	/* told as the authenticator */
	uint32_t	 error;		/* with the failure */
	char		 message[DISSECT_TEXT_MAX];
	bool		 terminated;	/* sent a Terminate-Request */
	char		 farewell[DISSECT_TEXT_MAX];
	unsigned	 ccp_requests;
	bool		 mppe_asked, mppe_acked, mppe_rejected;
	uint32_t	 mppe;		/* bits it acknowledged */
	bool		 ccp_refused;	/* Protocol-Reject of CCP */
	bool		 ipcp_acked, ipcp_refused;
	uint32_t	 address;	/* its own, as it last asked */
	unsigned	 encrypted, plain;	/* frames with data */
};

/* Takes note of what a frame of that end says. */
void	negotiation_heard(struct negotiation *, const struct dissect *);

/*
 * Who is logged in, by both ends (by enum alg_dir), once PPP is up; false
 * before.  What the ends agreed on last is what counts.
 */
bool	negotiation_login(const struct negotiation [2], struct alg_login *);

/* "mschap-v2", "mppe-128", "none" and so on; NULL: unread. */
const char	*negotiation_method_name(enum alg_method);
const char	*negotiation_encryption_name(enum alg_encryption);

#endif
