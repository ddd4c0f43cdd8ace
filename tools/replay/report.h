/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_REPLAY_REPORT_H
#define TOOLS_REPLAY_REPORT_H

#include <stdio.h>

#include "alg/alg.h"
#include "alg/pptp/message.h"
#include "alg/pptp/message_fields.h"

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
	void	(*begin)(FILE *);
	void	(*event)(FILE *, const struct event *);
	void	(*end)(FILE *, const struct play *, const struct findings *);
};

const struct report	*report_text(void);
const struct report	*report_json(void);

/*
 * Walks over the fields of a message that are worth printing: not the header,
 * no reserved field that is 0.  Starts with NULL; NULL at the end.
 */
const struct message_field	*report_field(const struct message *,
			    const uint8_t *bytes, const struct message_field *);

#endif
