/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a terminated session as a record, and reads it. */
#include <string.h>

#include "alg/base/hash.h"
#include "alg/record/record_header.h"
#include "alg/record/session_record.h"

/* Not secret: it is to be the same on both firewalls. */
uint64_t
session_record_owner(const char *section, const char *user)
{
	struct hash_key key = { 0x7365637469, 0x6f6e };

	key.k0 = hash_bytes(&key, (const uint8_t *)section, strlen(section));
	return hash_bytes(&key, (const uint8_t *)user, strlen(user));
}

size_t
session_record_write(
    const struct session_record *r, uint8_t bytes[SESSION_RECORD_MAX])
{
	struct writer w = writer_of(bytes + RECORD_HEADER,
	    SESSION_RECORD_MAX - RECORD_HEADER);

	writer_u32(&w, r->local);
	writer_u32(&w, r->peer);
	writer_u16(&w, r->local_port);
	writer_u16(&w, r->peer_port);
	writer_u32(&w, r->address);
	if (!r->over) {
		writer_u32(&w, r->sends);
		writer_u32(&w, r->expects);
		writer_u64(&w, r->owner);
	}
	return record_header_seal(bytes, (size_t)(w.pos - bytes),
	    r->over ? RECORD_SESSION_END : RECORD_SESSION);
}

bool
session_record_read(const uint8_t *bytes, size_t len, struct session_record *r)
{
	enum record_kind kind;
	struct cursor in;

	*r = (struct session_record){ 0 };
	if (record_header_open(bytes, len, &kind, &in) != len || len == 0 ||
	    (kind != RECORD_SESSION && kind != RECORD_SESSION_END))
		return false;
	r->over = kind == RECORD_SESSION_END;
	return !cursor_u32(&in, &r->local) && !cursor_u32(&in, &r->peer) &&
	    !cursor_u16(&in, &r->local_port) &&
	    !cursor_u16(&in, &r->peer_port) && !cursor_u32(&in, &r->address) &&
	    (r->over || (!cursor_u32(&in, &r->sends) &&
	    !cursor_u32(&in, &r->expects) && !cursor_u64(&in, &r->owner))) &&
	    in.left == 0;
}
