/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configurations of other programs, as pptpalg.conf would say them. */
#ifndef TOOLS_IMPORT_IMPORT_H
#define TOOLS_IMPORT_IMPORT_H

#include <stdio.h>

struct import_options {
	/* Files that files name are looked for below this; "": nothing. */
	const char	*root;
	/* Where secrets go that stood in a configuration, or NULL. */
	const char	*secrets;
};

enum import_result {
	IMPORT_DONE = 0,	/* the result means the same */
	IMPORT_FAILED = 1,	/* a file cannot be read */
	IMPORT_REFUSED = 2	/* something must be done by hand */
};

/*
 * Reads configurations of pptpd, pppd (options and peers files), BSD's ppp
 * (ppp.conf, ppp.secret, ppp.linkup, ppp.linkdown) and NetworkManager, and
 * prints what pptpalg.conf would say, below comments with the fate of each
 * directive.  What was refused is told to errors, too.
 */
enum import_result import_files(const char *const *files, size_t n,
	    const struct import_options *, FILE *out, FILE *errors);

/* "pptpalgctl import", with its own options; the exit status. */
int	import_main(int argc, char **argv);

#endif
