/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of the daemon, as lines of text or JSON. */
#ifndef TOOLS_CTL_EVENT_H
#define TOOLS_CTL_EVENT_H

#include <stdbool.h>

#include "tools/ctl/client.h"

/* Prints events as they come, one a line; the exit status, once they end. */
int	event_follow(struct client *, bool json);

#endif
