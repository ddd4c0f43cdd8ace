/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole control messages, their fields by name. */
#ifndef ALG_ENDPOINT_CTRL_MESSAGE_H
#define ALG_ENDPOINT_CTRL_MESSAGE_H

#include "alg/pptp/message.h"

/*
 * Its fields go by the names of message_fields.h; to ask for one that the
 * message does not have is a bug.
 */
struct ctrl_message {
	uint16_t	 type;		/* enum message_type */
	uint16_t	 len;		/* bytes */
	uint8_t		 bytes[MESSAGE_MAX_LEN];
};

/* Makes a message to be sent: its header is filled in, all else is 0. */
void		 ctrl_message_make(struct ctrl_message *, uint16_t type);

/* Takes a received message that message_check has accepted. */
void		 ctrl_message_read(struct ctrl_message *,
		    const uint8_t *bytes, const struct message *);

void		 ctrl_message_set(struct ctrl_message *, const char *field,
		    uint32_t value);
uint32_t	 ctrl_message_get(const struct ctrl_message *,
		    const char *field);

/* Text of 64 bytes on the wire; the copy gets its zero in any case. */
#define CTRL_MESSAGE_TEXT	64
void		 ctrl_message_set_text(struct ctrl_message *,
		    const char *field, const char *text);
void		 ctrl_message_get_text(const struct ctrl_message *,
		    const char *field, char text[CTRL_MESSAGE_TEXT + 1]);

/* What a code means; "unknown". */
const char	*ctrl_message_code(uint16_t type, const char *field,
		    uint32_t value);

#endif
