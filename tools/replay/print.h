/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_REPLAY_PRINT_H
#define TOOLS_REPLAY_PRINT_H

#include "alg/base/line.h"
#include "tools/replay/play.h"

/* Tells of all messages of a stream that had come whole by now. */
void	print_messages(struct play *, uint32_t conn, enum ctrl_conn_end from,
	    size_t len);

/* The value of a field of a message, with its meaning. */
void print_field(
    struct line *, const struct message_field *, const uint8_t *bytes);

/* How far PPP got, in a line. */
void	print_ppp(struct line *, const struct ppp_trace *);

/* address:port */
void	print_end(struct line *, uint32_t address, uint16_t port);

#endif
