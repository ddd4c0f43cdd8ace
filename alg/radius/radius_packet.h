/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RADIUS packets (RFC 2865, 2866, 5176): made and signed, checked and read.
 * Requests to log in, and replies to them, carry Message-Authenticator
 * (RFC 3579 section 3.2), without which a reply can be forged by who finds
 * collisions of MD5 (CVE-2024-3596).  Nothing is allocated.
 */
#ifndef ALG_RADIUS_RADIUS_PACKET_H
#define ALG_RADIUS_RADIUS_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/base/cursor.h"

#define RADIUS_HEADER		20
#define RADIUS_AUTHENTICATOR	16
#define RADIUS_VALUE_MAX	253	/* bytes of an attribute's value */
#define RADIUS_REQUEST_MAX	1024	/* bytes of one of ours */
#define RADIUS_PACKET_MAX	4096	/* of any: RFC 2865 section 3 */
#define RADIUS_PASSWORD_MAX	128	/* bytes, hidden */

enum radius_code {
	RADIUS_ACCESS_REQUEST = 1, RADIUS_ACCESS_ACCEPT = 2,
	RADIUS_ACCESS_REJECT = 3, RADIUS_ACCOUNTING_REQUEST = 4,
	RADIUS_ACCOUNTING_RESPONSE = 5, RADIUS_ACCESS_CHALLENGE = 11,
	RADIUS_DISCONNECT_REQUEST = 40, RADIUS_DISCONNECT_ACK = 41,
	RADIUS_DISCONNECT_NAK = 42, RADIUS_COA_REQUEST = 43,
	RADIUS_COA_ACK = 44, RADIUS_COA_NAK = 45
};

/* Attributes; those of a vendor have its number in the upper half. */
#define RADIUS_VENDOR(vendor, type)	((uint32_t)(vendor) << 16 | (type))
#define RADIUS_MICROSOFT	311
enum radius_type {
	RADIUS_USER_NAME = 1, RADIUS_USER_PASSWORD = 2,
	RADIUS_CHAP_PASSWORD = 3, RADIUS_NAS_IP_ADDRESS = 4,
	RADIUS_NAS_PORT = 5, RADIUS_SERVICE_TYPE = 6,
	RADIUS_FRAMED_PROTOCOL = 7, RADIUS_FRAMED_IP_ADDRESS = 8,
	RADIUS_FRAMED_IP_NETMASK = 9, RADIUS_FRAMED_MTU = 12,
	RADIUS_REPLY_MESSAGE = 18, RADIUS_FRAMED_ROUTE = 22,
	RADIUS_CLASS = 25, RADIUS_SESSION_TIMEOUT = 27,
	RADIUS_IDLE_TIMEOUT = 28, RADIUS_CALLED_STATION_ID = 30,
	RADIUS_CALLING_STATION_ID = 31, RADIUS_NAS_IDENTIFIER = 32,
	RADIUS_PROXY_STATE = 33,
	RADIUS_ACCT_STATUS_TYPE = 40, RADIUS_ACCT_DELAY_TIME = 41,
	RADIUS_ACCT_INPUT_OCTETS = 42, RADIUS_ACCT_OUTPUT_OCTETS = 43,
	RADIUS_ACCT_SESSION_ID = 44, RADIUS_ACCT_AUTHENTIC = 45,
	RADIUS_ACCT_SESSION_TIME = 46, RADIUS_ACCT_INPUT_PACKETS = 47,
	RADIUS_ACCT_OUTPUT_PACKETS = 48, RADIUS_ACCT_TERMINATE_CAUSE = 49,
	RADIUS_ACCT_INPUT_GIGAWORDS = 52, RADIUS_ACCT_OUTPUT_GIGAWORDS = 53,
	RADIUS_EVENT_TIMESTAMP = 55, RADIUS_CHAP_CHALLENGE = 60,
	RADIUS_NAS_PORT_TYPE = 61, RADIUS_TUNNEL_TYPE = 64,
	RADIUS_TUNNEL_MEDIUM_TYPE = 65, RADIUS_TUNNEL_CLIENT_ENDPOINT = 66,
	RADIUS_TUNNEL_SERVER_ENDPOINT = 67,
	RADIUS_MESSAGE_AUTHENTICATOR = 80, RADIUS_ACCT_INTERIM_INTERVAL = 85,
	RADIUS_ERROR_CAUSE = 101
};
/* RFC 2548. */
enum radius_microsoft_type {
	RADIUS_MS_CHAP_RESPONSE = RADIUS_VENDOR(RADIUS_MICROSOFT, 1),
	RADIUS_MS_CHAP_ERROR = RADIUS_VENDOR(RADIUS_MICROSOFT, 2),
	RADIUS_MS_MPPE_POLICY = RADIUS_VENDOR(RADIUS_MICROSOFT, 7),
	RADIUS_MS_MPPE_TYPES = RADIUS_VENDOR(RADIUS_MICROSOFT, 8),
	RADIUS_MS_CHAP_CHALLENGE = RADIUS_VENDOR(RADIUS_MICROSOFT, 11),
	RADIUS_MS_CHAP_MPPE_KEYS = RADIUS_VENDOR(RADIUS_MICROSOFT, 12),
	RADIUS_MS_MPPE_SEND_KEY = RADIUS_VENDOR(RADIUS_MICROSOFT, 16),
	RADIUS_MS_MPPE_RECV_KEY = RADIUS_VENDOR(RADIUS_MICROSOFT, 17),
	RADIUS_MS_CHAP2_RESPONSE = RADIUS_VENDOR(RADIUS_MICROSOFT, 25),
	RADIUS_MS_CHAP2_SUCCESS = RADIUS_VENDOR(RADIUS_MICROSOFT, 26),
	RADIUS_MS_PRIMARY_DNS = RADIUS_VENDOR(RADIUS_MICROSOFT, 28),
	RADIUS_MS_SECONDARY_DNS = RADIUS_VENDOR(RADIUS_MICROSOFT, 29),
	RADIUS_MS_PRIMARY_NBNS = RADIUS_VENDOR(RADIUS_MICROSOFT, 30),
	RADIUS_MS_SECONDARY_NBNS = RADIUS_VENDOR(RADIUS_MICROSOFT, 31)
};

/* What two ends share, not a string: bytes and their number. */
struct radius_secret {
	const char	*bytes;
	size_t		 len;
};

/* One of ours, also a reply.  What does not fit makes it full. */
struct radius_packet {
	size_t		 len;
	bool		 full;		/* something is missing in it */
	uint8_t		 bytes[RADIUS_REQUEST_MAX];
};

/*
 * Begins one with an authenticator: random bytes for a request to log in, the
 * request's for a reply, NULL for all others.
 */
void	radius_packet_begin(struct radius_packet *, enum radius_code,
	    uint8_t id, const uint8_t *authenticator);

/* Adds an attribute; len is at most RADIUS_VALUE_MAX, 249 for a vendor's. */
void	radius_packet_add(struct radius_packet *, uint32_t type,
	    const void *value, size_t len);
void	radius_packet_add_u32(struct radius_packet *, uint32_t type,
	    uint32_t value);
void	radius_packet_add_text(struct radius_packet *, uint32_t type,
	    const char *);

/* User-Password, hidden as RFC 2865 section 5.2 says. */
void	radius_packet_add_password(struct radius_packet *,
	    const struct radius_secret *, const uint8_t *password, size_t len);

/* The last: gives it its identifier, length and signatures. */
void	radius_packet_sign(struct radius_packet *,
	    const struct radius_secret *, uint8_t id);

/* What is wrong with what came.  It is dropped; nothing of it is believed. */
#define RADIUS_FAULT_LIST(X)						\
	X(NONE, "none")							\
	X(MALFORMED, "malformed")	/* lengths do not fit */	\
	X(UNASKED, "unasked")		/* no request has this number */ \
	X(UNSIGNED, "unsigned")		/* no Message-Authenticator */	\
	X(FORGED, "wrong-signature")	/* another secret, or forged */
enum radius_fault {
#define RADIUS_FAULT_ENUM(id, name) RADIUS_FAULT_##id,
	RADIUS_FAULT_LIST(RADIUS_FAULT_ENUM)
#undef RADIUS_FAULT_ENUM
	RADIUS_FAULTS
};
const char *radius_packet_fault(enum radius_fault);

/*
 * Checks what came as a reply to one of ours, or as a request (NULL) of RFC
 * 5176; bytes may be changed and are as they were afterwards.  *len becomes
 * the packet's own length.
 */
enum radius_fault radius_packet_check(uint8_t *bytes, size_t *len,
	    const struct radius_packet *request, const struct radius_secret *);

/* An attribute of a packet that was checked. */
struct radius_attribute {
	uint32_t	 type;
	struct cursor	 value;
};

/*
 * A walk through the attributes, those of vendors one by one; false at the
 * end.  What of a vendor has no attributes inside is skipped.
 */
struct radius_walk {
	struct cursor	 all, vendor;
	uint16_t	 number;	/* of the vendor */
};
struct radius_walk radius_packet_walk(const uint8_t *bytes, size_t len);
bool	radius_packet_next(struct radius_walk *, struct radius_attribute *);

/*
 * Undoes the hiding of MS-MPPE-Send-Key and -Recv-Key (RFC 2548 section 2.4.2):
 * 16 bytes; false if there is no such key in it.
 */
bool	radius_packet_key(uint8_t key[16], struct cursor value,
	    const struct radius_packet *request, const struct radius_secret *);

/* The same for MS-CHAP-MPPE-Keys (section 2.4.1): 32 bytes, hidden in full. */
bool	radius_packet_keys(uint8_t keys[32], struct cursor value,
	    const struct radius_packet *request, const struct radius_secret *);

#endif
