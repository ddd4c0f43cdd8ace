/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Translates the call IDs of control messages. */
#ifndef ALG_TRANSLATE_CALL_ID_H
#define ALG_TRANSLATE_CALL_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/alg.h"
#include "alg/pptp/message.h"

struct alg;

/* What becomes of a call ID in a control message. */
struct call_id {
	uint32_t	 call;		/* whose it is, or 0 */
	uint16_t	 id;		/* what goes out */
	bool		 made;		/* by this message */
};

/*
 * Translates an ID that the sender did not announce just now; an unknown one
 * stays as it is.  The rule: the inside end's IDs are translated, the
 * outside end's are left alone (docs/architecture.md).
 */
struct call_id	call_id_translate(const struct alg *, uint32_t connection,
			    enum alg_dir, enum message_whose, uint16_t id);

/*
 * The high byte of an ID whose low byte has not come; false when that
 * depends on the low byte.  The page is kept for what is announced.
 */
bool			call_id_half(struct alg *, uint32_t connection,
			    enum alg_dir, enum message_whose, uint8_t high,
			    uint8_t *out);

/*
 * An ID that the inside end announces: its call, made when there is none.
 * half: the high byte went out already.  REASON_NONE, also when the call is
 * refused (its state says so); else the connection has to end.
 */
enum reason		call_id_announce(struct alg *, uint32_t connection,
			    bool half, uint16_t id, struct call_id *);

#endif
