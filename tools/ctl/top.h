/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "pptpalgctl top": the daemon and its calls, again and again. */
#ifndef TOOLS_CTL_TOP_H
#define TOOLS_CTL_TOP_H

/* Until q, or as often as asked for; the exit status: 0, 1, 2. */
int	top_main(const char *socket, int argc, char **argv);

#endif
