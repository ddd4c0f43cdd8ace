/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The states of a client's call, and why it failed in one. */
#ifndef TOOLS_LOAD_FAILURE_H
#define TOOLS_LOAD_FAILURE_H

#include <stddef.h>
#include <stdint.h>

/* A call's life; what each state waits for is said by failure_text. */
enum dial_state {
	DIAL_NONE, DIAL_CONNECTING, DIAL_STARTING, DIAL_CALLING,
	DIAL_LOGIN, DIAL_UP, DIAL_CLEARING, DIAL_STOPPING, DIAL_CLOSED,
	DIAL_STATES
};

enum failure_kind {
	FAILURE_WELL,
	FAILURE_ERRNO,		/* code: errno */
	FAILURE_TIMEOUT,
	FAILURE_EOF,
	FAILURE_ENDED,		/* the server cleared the call */
	FAILURE_REFUSED,	/* code: result, detail: error code */
	FAILURE_WRONG_ID,	/* the answer is for another call */
	FAILURE_MALFORMED,	/* code: enum reason */
	FAILURE_PPP		/* code: enum ppp_reason */
};

/* Why a call failed, and where it was then. */
struct failure {
	uint8_t		 kind, state, code, detail;
};

/* A failure in words. */
void	failure_text(const struct failure *, char *text, size_t size);

#endif
