/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the bytes of a control connection to calls and their events. */
#ifndef ALG_TRANSLATE_CTRL_READER_H
#define ALG_TRANSLATE_CTRL_READER_H

#include "alg/alg.h"

struct alg;
struct message;
struct stream;

/*
 * Reads what has come in the stream that this end of the connection sends:
 * rewrites call IDs in it, steps calls.  REASON_NONE; REASON_HELD_BACK when
 * the last byte cannot go yet and was taken back from the stream; else what
 * is wrong, and nothing behind it was read.
 */
enum reason ctrl_reader_read(struct alg *, uint32_t connection, enum alg_dir);

/*
 * Looks at the message that starts at stream->message, of which these bytes
 * have come: its row, or NULL while its type is not there; have of its bytes
 * are there.  REASON_NONE, or what is wrong with it.
 */
enum reason ctrl_reader_look(const struct stream *, const uint8_t *bytes,
	    const struct message **row, uint16_t *have);

#endif
