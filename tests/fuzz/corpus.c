/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Stands in for libFuzzer: runs a target once over every file of the folders
 * (or files) named, and prints how many there were.  No input is a failure.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define INPUT_MAX	(1 << 20)

static int
run_file(const char *path)
{
	uint8_t *bytes, *exact;
	size_t n;
	FILE *f;

	f = fopen(path, "rb");
	bytes = malloc(INPUT_MAX);
	if (f == NULL || bytes == NULL) {
		perror(path);
		exit(1);
	}
	n = fread(bytes, 1, INPUT_MAX, f);
	fclose(f);
	exact = malloc(n);	/* of that size: ASan sees a read beyond it */
	memcpy(exact, bytes, n);
	free(bytes);
	LLVMFuzzerTestOneInput(exact, n);
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
	int count = 0;

	for (int i = 1; i < argc; i++)
		count += run_folder(argv[i]);
	printf("%d inputs\n", count);
	return count == 0;
}
