/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an admin asks of the daemon, as a struct and as a line of JSON. */
#ifndef CONF_REQUEST_H
#define CONF_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_MAX	4096	/* bytes of a request line, without newline */
#define REQUEST_TEXT_MAX 256	/* UTF-8, with NUL */

enum request_command {
	REQUEST_STATUS, REQUEST_CALLS, REQUEST_CONNECTIONS, REQUEST_COUNTERS,
	REQUEST_EVENTS, REQUEST_CLEAR, REQUEST_RELOAD, REQUEST_LOG,
	/* About sessions, which end here: pptpalg-sessions(8). */
	REQUEST_SESSIONS, REQUEST_KICK, REQUEST_DIALS, REQUEST_DIAL_UP,
	REQUEST_DIAL_DOWN,
	REQUEST_SHUTDOWN,
	REQUEST_HISTORY, REQUEST_WHY, REQUEST_AUDIT,
	REQUEST_CLUSTER,
	REQUEST_COMMANDS
};

enum request_argument {
	REQUEST_CLIENT,		/* address of who opened the connection */
	REQUEST_SERVER,		/* address of the other end */
	REQUEST_PUBLIC,		/* address that the outside sees */
	REQUEST_CALL_ID,	/* any of a call's three IDs */
	REQUEST_CALL,		/* a call's serial */
	REQUEST_LEVEL,		/* enum config_level */
	REQUEST_USER,		/* in text: as sent or as looked up */
	REQUEST_ADDRESS,	/* the peer's address inside the tunnel */
	REQUEST_SOURCE,		/* the peer's address outside */
	REQUEST_SESSION,	/* a session's number */
	REQUEST_NAME,		/* in text: of a section dial */
	REQUEST_PURGE,		/* leave nothing in the kernel: 1 */
	REQUEST_TROUBLE,	/* 1: only what is in trouble */
	REQUEST_LOG_LINES,	/* 1: lines of the log, too */
	REQUEST_ARGUMENTS
};

/* The same for both ends of the socket. */
struct request {
	enum request_command	 command;
	unsigned		 given;	/* 1 << enum request_argument */
	/* Addresses: for request_fits. */
	uint64_t		 value[REQUEST_ARGUMENTS];
	/* The argument that is a text: no command takes two. */
	char			 text[REQUEST_TEXT_MAX];
};

/*
 * All of these return 0, or -1 with a sentence in error.  The daemon's side:
 * reads one line (without its newline) and checks everything in it.
 */
int	request_parse(const char *line, size_t len, struct request *,
	    char *error, size_t size);

/* The tool's side: a request without arguments, one more, all there? */
int	request_start(struct request *, const char *command, char *error,
	    size_t size);
int	request_add(struct request *, enum request_argument, const char *word,
	    char *error, size_t size);
int	request_add_named(struct request *, const char *name, const char *word,
	    char *error, size_t size);
int	request_check(const struct request *, char *error, size_t size);

/* Is an argument absent, or is this (host byte order) in what it names? */
bool	request_fits(const struct request *, enum request_argument,
	    uint32_t address);

/* The line, with its newline; its length, less than REQUEST_MAX. */
size_t	request_format(const struct request *, char line[REQUEST_MAX]);

static inline bool
request_has(const struct request *request, enum request_argument argument)
{
	return request->given >> argument & 1;
}

#endif
