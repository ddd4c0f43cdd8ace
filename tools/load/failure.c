/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a call failed, in words for people. */
#include <stdio.h>
#include <string.h>

#include "alg/ppp/reason.h"
#include "alg/reason.h"
#include "tools/load/failure.h"

static const char *const waits[DIAL_STATES] = {
	[DIAL_NONE] = "before it began",
	[DIAL_CONNECTING] = "connecting",
	[DIAL_STARTING] = "waiting for Start-Control-Connection-Reply",
	[DIAL_CALLING] = "waiting for Outgoing-Call-Reply",
	[DIAL_LOGIN] = "logging in",
	[DIAL_UP] = "while up",
	[DIAL_CLEARING] = "waiting for Call-Disconnect-Notify",
	[DIAL_STOPPING] = "waiting for Stop-Control-Connection-Reply",
	[DIAL_CLOSED] = "when closed",
};

void
failure_text(const struct failure *f, char *text, size_t size)
{
	const char *wait = waits[f->state];

	switch (f->kind) {
	case FAILURE_ERRNO:
		snprintf(text, size, "%s %s", strerror(f->code), wait);
		break;
	case FAILURE_TIMEOUT:
		snprintf(text, size, "timeout %s", wait);
		break;
	case FAILURE_EOF:
		snprintf(text, size, "closed by the server %s", wait);
		break;
	case FAILURE_ENDED:
		snprintf(text, size, "cleared by the server %s", wait);
		break;
	case FAILURE_REFUSED:
		snprintf(text, size, "refused %s: result %u, error %u", wait,
		    f->code, f->detail);
		break;
	case FAILURE_WRONG_ID:
		snprintf(text, size, "another call's ID %s", wait);
		break;
	case FAILURE_MALFORMED:
		snprintf(text, size, "%s %s",
		    reason_text((enum reason)f->code), wait);
		break;
	case FAILURE_PPP:
		snprintf(text, size, "%s (%s)", wait,
		    ppp_reason_sentence((enum ppp_reason)f->code));
		break;
	default:
		snprintf(text, size, "its process ended %s", wait);
		break;
	}
}
