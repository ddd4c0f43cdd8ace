/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Describes PPP frames: in a line of text, and as fields to be compared. */
#ifndef ALG_PPP_DISSECT_H
#define ALG_PPP_DISSECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line;

/* PPP protocol numbers (RFC 1661 section 2) that a reader may look for. */
enum dissect_protocol {
	DISSECT_IPV4 = 0x0021, DISSECT_IPV6 = 0x0057,
	DISSECT_COMPRESSED = 0x00fd, DISSECT_IPCP = 0x8021,
	DISSECT_IPV6CP = 0x8057, DISSECT_CCP = 0x80fd, DISSECT_LCP = 0xc021,
	DISSECT_PAP = 0xc023, DISSECT_CHAP = 0xc223, DISSECT_EAP = 0xc227
};

/* Codes that LCP and the network control protocols share (section 5). */
enum dissect_code {
	DISSECT_CONFREQ = 1, DISSECT_CONFACK, DISSECT_CONFNAK,
	DISSECT_CONFREJ, DISSECT_TERMREQ, DISSECT_TERMACK, DISSECT_CODEREJ,
	DISSECT_PROTREJ, DISSECT_ECHOREQ, DISSECT_ECHOREP
};

/* Bits of the MPPE/MPPC option (RFC 3078 section 2.1). */
#define DISSECT_MPPE_STATELESS	0x01000000U
#define DISSECT_MPPE_128	0x00000040U
#define DISSECT_MPPE_56		0x00000080U
#define DISSECT_MPPE_40		0x00000020U
#define DISSECT_MPPC		0x00000001U

#define DISSECT_NAME_MAX	64
#define DISSECT_TEXT_MAX	160

/* The fields of a frame that explain failures; 0 or empty: not there. */
struct dissect {
	uint16_t	 protocol;
	uint8_t		 code, id;	/* of what negotiates */
	uint16_t	 rejected;	/* protocol, by a Protocol-Reject */
	const char	*auth;		/* LCP asks for it; static storage */
	bool		 has_mppe;	/* CCP option 18 is there */
	uint32_t	 mppe;		/* its bits */
	uint32_t	 address;	/* IPCP IP-Address, host byte order */
	uint32_t	 error;		/* E= of a CHAP failure */
	char		 name[DISSECT_NAME_MAX];	/* user or host */
	char		 message[DISSECT_TEXT_MAX];	/* why it ended */
};

/*
 * Describes a PPP frame as GRE carries it (no flags, no FCS; with or without
 * FF 03, protocol field of one or two bytes) in one line of text, cut to
 * size.  Peers' strings are escaped; passwords and responses are left out.
 */
void		 dissect_frame(const uint8_t *frame, size_t len, char *line,
		    size_t size, struct dissect *);

/* Its protocol alone, which costs little; 0 of a frame that is cut. */
uint16_t	 dissect_protocol(const uint8_t *frame, size_t len);

/*
 * Describes a configuration option (RFC 1661 section 6) of a protocol: its
 * name, and its value if all of it is there.
 */
void		 dissect_option(uint16_t protocol, const uint8_t *option,
		    size_t len, struct line *);

#endif
