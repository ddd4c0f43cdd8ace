/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_LOAD_MESSAGE_H
#define TOOLS_LOAD_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "alg/pptp/message.h"

/* What differs between two messages of one type. */
struct load_values {
	uint16_t	 own, peer;	/* call IDs */
	uint8_t		 result, error;
	uint32_t	 identifier;	/* of an Echo-Request */
};

/* The receiving half of a control connection. */
struct stream {
	int		 fd;
	size_t		 have;
	uint8_t		 bytes[MESSAGE_MAX_LEN];
};

enum stream_end {
	STREAM_OPEN,		/* nothing more to read for now */
	STREAM_EOF,
	STREAM_ERROR,		/* errno */
	STREAM_MALFORMED	/* *reason */
};

/* Returns -1 when the connection is gone and the stream with it. */
typedef int	stream_handler(void *arg, enum message_type,
		    const struct load_values *);

/* Reads what is there, calls the handler for each message. */
enum stream_end	 stream_read(struct stream *, stream_handler *, void *arg,
		    enum reason *);

/* Sends one message; -1 with errno when it was not taken whole. */
int		 stream_send(const struct stream *, enum message_type,
		    const struct load_values *);

#endif
