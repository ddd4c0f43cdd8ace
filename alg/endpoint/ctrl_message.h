/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_ENDPOINT_CTRL_MESSAGE_H
#define ALG_ENDPOINT_CTRL_MESSAGE_H

#include "alg/pptp/message.h"

/*
 * A whole control message, its fields by the names of field.h.  A field that
 * the message has not is a bug.
 */
struct tunnel_message {
	uint16_t	 type;		/* enum message_type */
	uint16_t	 len;		/* bytes */
	uint8_t		 bytes[MESSAGE_MAX_LEN];
};

/* One to send: the header is there, all else is 0. */
void		 tunnel_message_make(struct tunnel_message *, uint16_t type);

/* One that came, and message_check said yes to. */
void		 tunnel_message_read(struct tunnel_message *,
		    const uint8_t *bytes, const struct message *);

void		 tunnel_message_set(struct tunnel_message *, const char *field,
		    uint32_t value);
uint32_t	 tunnel_message_get(const struct tunnel_message *,
		    const char *field);

/* Text of 64 bytes on the wire; the copy gets its zero in any case. */
#define TUNNEL_MESSAGE_TEXT	64
void		 tunnel_message_set_text(struct tunnel_message *,
		    const char *field, const char *text);
void		 tunnel_message_get_text(const struct tunnel_message *,
		    const char *field, char text[TUNNEL_MESSAGE_TEXT + 1]);

/* What a code means; "unknown". */
const char	*tunnel_message_code(uint16_t type, const char *field,
		    uint32_t value);

#endif
