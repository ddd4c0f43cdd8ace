/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of MS-CHAP's Failure packets, with its E= codes (RFC 2433 and 2759
 * section 6).  No cryptography: who only describes frames needs none.
 */
#ifndef ALG_PPP_MSCHAP_FAILURE_H
#define ALG_PPP_MSCHAP_FAILURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/ppp/mschap.h"

/* The E= codes. */
enum {
	MSCHAP_FAILURE_HOURS = 646, MSCHAP_FAILURE_DISABLED,
	MSCHAP_FAILURE_EXPIRED, MSCHAP_FAILURE_NO_DIALIN,
	MSCHAP_FAILURE_LOGIN = 691, MSCHAP_FAILURE_CHANGE = 709
};

/* "E=691 R=1 C=... V=3 M=...", the message of a Failure packet. */
struct mschap_failure {
	unsigned	 error;
	bool		 retry;
	unsigned	 version;	/* of change password; 3 in MS-CHAPv2 */
	uint8_t		 challenge[MSCHAP2_CHALLENGE];
	size_t		 challenge_len;	/* 0 (none), 8 (v1) or 16 */
	const char	*message;	/* may be NULL */
	size_t		 message_len;
};

/*
 * Parses one; fields may be missing, except E=.  -1 when there is none or a
 * field is malformed.  The message points into the text.
 */
int	mschap_failure_parse(struct mschap_failure *, const char *text,
	    size_t len);

/* Makes one; its length, or -1 when size is too small (also for a NUL). */
int	mschap_failure_build(char *text, size_t size,
	    const struct mschap_failure *);

/* What an E= code means; NULL when it is not known. */
const char *mschap_failure_text(unsigned error);

#endif
