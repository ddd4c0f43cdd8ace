/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program of a folder of unit tests: runs the files that its arguments
 * name, whose own main() the Makefile calls main_FILE.  One program a folder,
 * because to link one a file takes longer than all its tests.
 */
#include <dlfcn.h>
#include <stdio.h>

typedef int run_fn(void);

static run_fn *
find_run(const char *file)
{
	char name[64];

	snprintf(name, sizeof name, "main_%s", file);
	return (run_fn *)dlsym(RTLD_DEFAULT, name);
}

int
main(int argc, char **argv)
{
	run_fn *run = NULL;
	int failed = 0;

	for (int i = 1; i < argc; i++) {
		run = find_run(argv[i]);
		if (run == NULL)
			break;
		failed |= run();
	}
	if (run == NULL) {
		fprintf(stderr, "usage: %s test_FILE...\n", argv[0]);
		return 2;
	}
	return failed != 0;
}
