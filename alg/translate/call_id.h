/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Translates the call IDs of control messages. */
#ifndef ALG_TRANSLATE_CALL_ID_H
#define ALG_TRANSLATE_CALL_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/alg.h"
#include "alg/pptp/message.h"

struct alg;

/* The fate of a call ID in a control message: what is sent on in its place. */
struct call_id {
	uint32_t	 call;		/* that has the ID, or 0 */
	uint16_t	 id;		/* that is sent on */
	bool		 made;		/* this message made the call */
};

/*
 * Translates an ID that was assigned by an earlier message; an unknown one
 * stays as it is.  The rule: the inside end's IDs are translated, the
 * outside end's are left alone, but for connection_alias_id
 * (docs/architecture.md).
 */
struct call_id	call_id_translate(const struct alg *, uint32_t connection,
			    enum alg_dir, enum message_whose, uint16_t id);

/*
 * Translates the high byte of an ID whose low byte has not come yet; false
 * when the result depends on the low byte.  For an ID that this message
 * assigns, a mapped ID with this high byte is reserved.
 */
bool			call_id_half(struct alg *, uint32_t connection,
			    enum alg_dir, enum message_whose, uint8_t high,
			    uint8_t *out);

/*
 * Maps an ID that the inside end assigns to a call (RFC 2637 sections 2.7 to
 * 2.10); the call is made when there is none.  half: the high byte was sent
 * on already.  REASON_NONE, also when the call is refused (its state says
 * so); else the connection has to end.
 */
enum reason		call_id_assign(struct alg *, uint32_t connection,
			    bool half, uint16_t id, struct call_id *);

#endif
