/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_IMPORT_MAIN_H
#define TOOLS_IMPORT_MAIN_H

/* "import": its own options and files; the exit status. */
int	import_main(int argc, char **argv);

#endif
