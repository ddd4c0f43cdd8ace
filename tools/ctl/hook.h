/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "pptpalgctl events --exec": a program of the admin's for each event. */
#ifndef TOOLS_CTL_HOOK_H
#define TOOLS_CTL_HOOK_H

#include "tools/ctl/client.h"

/*
 * Runs the program (an absolute path) as user, without a shell, until the
 * events end; the exit status.
 */
int	hook_follow(struct client *, const char *program, const char *user);

#endif
