/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of sessions that end at a firewall, for the other one of a pair. */
#ifndef ALG_RECORD_SESSION_RECORD_H
#define ALG_RECORD_SESSION_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the other firewall needs to end the session in this one's name, and
 * not to lend its address to somebody else meanwhile.  In host byte order.
 */
struct session_record {
	uint32_t	 local, peer;		/* ends of TCP */
	uint16_t	 local_port, peer_port;
	uint32_t	 address;		/* lent to the peer */
	uint32_t	 sends, expects;	/* TCP: the next, about; or 0 */
	uint64_t	 owner;			/* session_record_owner */
	bool		 over;			/* then only the first line */
};

#define SESSION_RECORD_MAX	48	/* bytes */
/* What a record tells of: the first bytes behind its header. */
#define SESSION_RECORD_KEY	16

/* The same on both: a user of a section. */
uint64_t	session_record_owner(const char *section, const char *user);

/* Writes SESSION_RECORD_MAX bytes at most; how many. */
size_t		session_record_write(const struct session_record *,
		    uint8_t bytes[SESSION_RECORD_MAX]);

/* Is it one?  The record is whole, and its checksum right, then. */
bool		session_record_read(const uint8_t *bytes, size_t len,
		    struct session_record *);

#endif
