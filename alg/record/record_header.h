/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of a record: length, version, kind and checksum. */
#ifndef ALG_RECORD_RECORD_HEADER_H
#define ALG_RECORD_RECORD_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "alg/base/cursor.h"

/*
 * What all records begin with, in network byte order:
 *
 *	length, of it all (16 bits)    version (8)    kind (8)
 *	checksum of these and of what follows (32)
 *
 * What follows is packed (packed.h) where the record is of the translator.
 */
#define RECORD_HEADER	8
#define RECORD_VERSION	6

enum record_kind {
	RECORD_SERIAL = 1,	/* the last serial of a call so far */
	RECORD_CONNECTION,	/* a control connection, but its calls */
	RECORD_CALL,		/* a call, of a connection before it */
	RECORD_QUARANTINE,	/* a call ID is quarantined: its call is over */
	RECORD_END,		/* a control connection is over */
	RECORD_COMMIT,		/* of nat/journal: all before it is valid */
	RECORD_ATTEMPT,		/* an attempt that is over */
	RECORD_AUDIT,		/* how often who has used PPTP */
	RECORD_SESSION,		/* session_record.h */
	RECORD_SESSION_END
};

/* Writes the header in front of a body; len counts both; returns len. */
size_t	record_header_seal(uint8_t *bytes, size_t len, enum record_kind);

/*
 * Checks the header at the start of len bytes.  Its length, with kind and body
 * set; 0 when there is none, it is damaged, or of another version.
 */
size_t	record_header_open(const uint8_t *bytes, size_t len, enum record_kind *,
	    struct cursor *body);

/* The same of one that was checked before: nothing but length and kind. */
size_t	record_header_peek(const uint8_t *bytes, size_t len,
	    enum record_kind *);

#endif
