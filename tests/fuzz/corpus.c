/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Stands in for libFuzzer: runs a target (which the Makefile calls main_TARGET)
 * once over every file of the folders (or files) named, and prints how many
 * there were.  No input is a failure.
 */
static int (*run_target)(const uint8_t *, size_t);

#define INPUT_MAX	(1 << 20)

static int
run_file(const char *path)
{
	static uint8_t bytes[INPUT_MAX];
	uint8_t *exact;
	size_t n;
	FILE *f;

	f = fopen(path, "rb");
	if (f == NULL) {
		perror(path);
		exit(1);
	}
	n = fread(bytes, 1, INPUT_MAX, f);
	fclose(f);
	exact = malloc(n);	/* of that size: ASan sees a read beyond it */
	memcpy(exact, bytes, n);
	run_target(exact, n);
	free(exact);
	return 1;
}

static int
run_folder(const char *folder)
{
	struct dirent **entry;
	char path[4096];
	int count = 0, n;

	n = scandir(folder, &entry, NULL, alphasort);
	if (n == -1)
		return run_file(folder);
	for (int i = 0; i < n; i++) {
		if (entry[i]->d_name[0] != '.') {
			snprintf(path, sizeof path, "%s/%s", folder,
			    entry[i]->d_name);
			count += run_file(path);
		}
		free(entry[i]);
	}
	free(entry);
	return count;
}

int
main(int argc, char **argv)
{
	char name[64];
	int count = 0;

	if (argc > 1) {
		snprintf(name, sizeof name, "main_%s", argv[1]);
		*(void **)&run_target = dlsym(RTLD_DEFAULT, name);
	}
	if (run_target == NULL) {
		fprintf(stderr, "usage: %s fuzz_TARGET FILE...\n", argv[0]);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		count += run_folder(argv[i]);
	printf("%d inputs\n", count);
	return count == 0;
}
