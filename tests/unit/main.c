/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program of a folder of unit tests: runs the file that its argument names,
 * whose own main() the Makefile calls main_FILE.  One program a folder, because
 * to link one a file takes longer than all its tests.
 */
#include <dlfcn.h>
#include <stdio.h>

int
main(int argc, char **argv)
{
	char name[64];
	int (*run)(void) = NULL;

	if (argc == 2) {
		snprintf(name, sizeof name, "main_%s", argv[1]);
		*(void **)&run = dlsym(RTLD_DEFAULT, name);
	}
	if (run == NULL) {
		fprintf(stderr, "usage: %s test_FILE\n", argv[0]);
		return 2;
	}
	return run();
}
