/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PPTP control messages: types, lengths, places of the call IDs (RFC 2637). */
#ifndef ALG_PPTP_MESSAGE_H
#define ALG_PPTP_MESSAGE_H

#include <stdint.h>

#include "alg/base/cursor.h"
#include "alg/reason.h"

/* RFC 2637 section 1.4 and 2: the fixed parts of every control message. */
#define PPTP_PORT		1723	/* TCP, of who is called */
#define MESSAGE_CONTROL		1	/* the PPTP Message Type */
#define MESSAGE_COOKIE		0x1A2B3C4DU
#define MESSAGE_HEADER_LEN	12	/* through Reserved0 */
#define MESSAGE_MAX_LEN		220	/* Incoming-Call-Request */

enum message_type {
	MESSAGE_SCCRQ = 1, MESSAGE_SCCRP, MESSAGE_STOPRQ, MESSAGE_STOPRP,
	MESSAGE_ECHORQ, MESSAGE_ECHORP, MESSAGE_OCRQ, MESSAGE_OCRP,
	MESSAGE_ICRQ, MESSAGE_ICRP, MESSAGE_ICCN, MESSAGE_CCRQ,
	MESSAGE_CDN, MESSAGE_WEN, MESSAGE_SLI,
	MESSAGE_TYPES			/* one past the last */
};

/* Whose call ID a field carries, seen from the sender of the message. */
enum message_whose {
	MESSAGE_NOBODY,		/* no such field */
	MESSAGE_OWN_NEW,	/* the sender's, assigned by this message */
	MESSAGE_OWN_OR_PEER,	/* the sender's by the RFC, both in the field */
	MESSAGE_PEER,		/* the receiver's */
	MESSAGE_PEER_OR_OWN	/* the receiver's by the RFC, both again */
};

#define MESSAGE_ID_FIELDS	2

/* One control message type: RFC 2637 sections 2.1 to 2.15. */
struct message {
	const char		*name;		/* as the RFC spells it */
	const char		*abbrev;	/* OCRQ, ... */
	uint16_t		 length;	/* exact, bytes */
	struct {
		enum message_whose	whose;
		uint8_t			offset;	/* from the message's start */
	} id[MESSAGE_ID_FIELDS];
	uint8_t			 result;	/* Result Code's offset, or 0 */
};

/* The row of a type, or NULL for a type that the RFC does not know. */
const struct message	*message_of(uint16_t type);

/* The type of a row. */
uint16_t		 message_type(const struct message *row);

/*
 * Checks the first have bytes of a message as far as they go (RFC 2637
 * section 1.4): REASON_NONE, or what is wrong with them.  *row is set once
 * the type is known (have >= 10), else NULL.
 */
enum reason		 message_check(const uint8_t *bytes, size_t have,
			    const struct message **row);

#endif
