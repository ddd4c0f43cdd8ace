/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "pptpalgctl why": what was tried lately, and why it failed. */
#ifndef TOOLS_CTL_WHY_H
#define TOOLS_CTL_WHY_H

#include <stdbool.h>

#include "tools/ctl/client.h"

/*
 * Prints the attempts of a reply, the latest last; the exit status: 1 where
 * there is none.
 */
int	why_show(struct client *);

#endif
