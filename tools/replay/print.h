/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What there is to report of a capture, events and findings, and how both
 * ways of a report (text, JSON) put it.
 */
#ifndef TOOLS_REPLAY_PRINT_H
#define TOOLS_REPLAY_PRINT_H

#include <stdio.h>

#include "alg/alg.h"
#include "alg/base/line.h"
#include "alg/pptp/message.h"
#include "alg/pptp/message_fields.h"
#include "tools/replay/ctrl_conn.h"
#include "tools/replay/ppp_trace.h"

#define EVENT_TEXT_MAX	600
#define EVENT_WHY_MAX	160
#define EVENT_CHANGED_MAX	8

/* A field that the translator rewrote. */
struct event_change {
	const struct message_field	*field;
	uint32_t		 from, to;
	char			 why[EVENT_WHY_MAX];
};

/* Something that happens in the capture, in its order. */
struct event {
	const char		*kind;		/* stable name for scripts */
	uint64_t		 packet, time;	/* time: microseconds */
	uint32_t		 conn;	/* 0: none */
	uint64_t		 call;		/* 0: none */
	int			 dir;		/* enum alg_dir, or -1 */
	bool			 first;		/* of all */
	bool			 bad;		/* for colours */
	char			 text[EVENT_TEXT_MAX];
	/* A control message: its bytes, and what was done with them. */
	const struct message	*row;
	const uint8_t		*bytes;
	struct event_change	 changes[EVENT_CHANGED_MAX];
	size_t			 nchanges;
};

/* A sentence that explains, at the end. */
struct finding {
	const char		*name;		/* stable name for scripts */
	bool			 failure;	/* else worth knowing */
	uint32_t		 conn;
	uint64_t		 call;
	char			 text[EVENT_TEXT_MAX];
};

struct findings {
	struct finding	*list;
	size_t		 n, room;
	bool		 failed;	/* out of memory */
};

struct play;

/* How a report is written: text or JSON. */
struct report {
	void	(*begin)(const struct play *);
	void	(*event)(const struct play *, const struct event *);
	void	(*end)(const struct play *, const struct findings *);
};

const struct report	*text_report(void);
const struct report	*json_report(void);

/*
 * Walks over the fields of a message that are worth printing: not the header,
 * no reserved field that is 0.  Starts with NULL; NULL at the end.
 */
const struct message_field	*print_next_field(const struct message *,
			    const uint8_t *bytes, const struct message_field *);

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
