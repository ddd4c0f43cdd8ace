/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The option negotiation automaton (RFC 1661 section 4) of LCP and of every
 * control protocol above it.
 */
#ifndef ALG_PPP_FSM_H
#define ALG_PPP_FSM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/base/cursor.h"
#include "alg/ppp/option.h"

struct ppp;

enum fsm_index { FSM_LCP, FSM_CCP, FSM_IPCP, FSM_IPV6CP, FSM_COUNT };

/* Section 4.2, with the numbers of its table. */
enum fsm_state {
	FSM_INITIAL, FSM_STARTING, FSM_CLOSED, FSM_STOPPED, FSM_CLOSING,
	FSM_STOPPING, FSM_REQ_SENT, FSM_ACK_RCVD, FSM_ACK_SENT, FSM_OPENED,
	FSM_STATES
};

/* Section 4.3, in the order of its table. */
enum fsm_event {
	FSM_UP, FSM_DOWN, FSM_OPEN, FSM_CLOSE, FSM_TO_PLUS, FSM_TO_MINUS,
	FSM_RCR_PLUS, FSM_RCR_MINUS, FSM_RCA, FSM_RCN, FSM_RTR, FSM_RTA,
	FSM_RUC, FSM_RXJ_PLUS, FSM_RXJ_MINUS, FSM_RXR, FSM_EVENTS
};

/* Codes of packets (section 5); above 7 they belong to a protocol. */
enum fsm_code {
	FSM_CONFREQ = 1, FSM_CONFACK, FSM_CONFNAK, FSM_CONFREJ, FSM_TERMREQ,
	FSM_TERMACK, FSM_CODEREJ, FSM_PROTREJ, FSM_ECHOREQ, FSM_ECHOREP,
	FSM_DISCARD
};

/*
 * Why a negotiation failed, for the protocol's `finished`.  Stalled: the peer
 * answered by refusing something, and came to no end.
 */
enum fsm_trouble {
	FSM_FINE, FSM_SILENT, FSM_STALLED, FSM_REJECTED, FSM_ENDED
};

struct fsm_packet {
	uint8_t		 code, id;
	struct cursor	 data;		/* what follows the length field */
	const uint8_t	*bytes;		/* the whole packet */
	size_t		 len;
};

struct fsm;

/* What is special about a protocol.  All but `finished` may be NULL. */
struct fsm_protocol {
	uint16_t	 number;
	uint8_t		 index;		/* enum fsm_index */
	struct option_table options;
	/* A request is about to be read: forgets the one before. */
	void	(*asking)(struct ppp *);
	/* It holds nothing to be rejected: may nak for what it lacks. */
	void	(*asked)(struct ppp *, uint16_t seen, struct writer *nak);
	/* This-Layer-Up, This-Layer-Down, This-Layer-Finished. */
	void	(*up)(struct ppp *);
	void	(*down)(struct ppp *);
	void	(*finished)(struct ppp *, enum fsm_trouble);
	/* The two ends do not converge.  NULL: Close. */
	void	(*disagreed)(struct ppp *);
	/* A packet with another code; false if it is not known. */
	bool	(*extra)(struct ppp *, const struct fsm_packet *);
	/* Echo-Request, its reply, Discard-Request: only when open. */
	void	(*echo)(struct ppp *, const struct fsm_packet *);
	/* A Terminate-Request, with its data. */
	void	(*ended)(struct ppp *, struct cursor text);
};

struct fsm {
	const struct fsm_protocol *protocol;
	uint64_t	 timer;		/* Restart timer; 0: stopped */
	uint64_t	 grace;		/* until then a request may be a
					   retransmission of the acked one */
	uint32_t	 acked;		/* hash of the request acked last */
	uint16_t	 want;		/* rows of the options we ask for */
	uint8_t		 state;
	uint8_t		 id;		/* of our last request */
	bool		 answered;	/* that request was */
	bool		 heard;		/* some request of ours was */
	uint8_t		 restart_counter;	/* retransmissions left */
	uint8_t		 naks;		/* sent */
	uint8_t		 refusals;	/* Naks and Rejects sent */
	uint8_t		 rounds;	/* replies without opening */
	uint8_t		 copies;	/* retransmissions answered */
	uint8_t		 opens;		/* how often it came up */
	uint8_t		 trouble;
};

/* How often the automaton may open before the link is ended. */
#define FSM_OPENS_MAX	8

void	 fsm_init(struct fsm *, const struct fsm_protocol *, uint16_t want);

/* An event without a packet. */
void	 fsm_event(struct ppp *, struct fsm *, enum fsm_event);

/* Code, identifier and length (section 5); -1: lengths disagree. */
int	 fsm_parse(struct fsm_packet *, const uint8_t *, size_t);

/* A packet of its protocol, from the code field on. */
void	 fsm_input(struct ppp *, struct fsm *, const uint8_t *, size_t);

/* A retransmission, or giving up, if the Restart timer has expired. */
void	 fsm_tick(struct ppp *, struct fsm *);

#endif
