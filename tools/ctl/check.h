/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "pptpalgctl check": whether this host is set up for a configuration. */
#ifndef TOOLS_CTL_CHECK_H
#define TOOLS_CTL_CHECK_H

/* Needs no daemon.  The exit status: 0, 1 if something cannot work, 2. */
int	check_main(int argc, char **argv);

#endif
