/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/config.h"

#define FILE_MAX	(64 * 1024)

struct config *
config_read(const char *file, char *error, size_t size)
{
	struct config *config = NULL;
	FILE *f = fopen(file, "re");
	char *text = malloc(FILE_MAX);
	size_t len = 0;

	if (f == NULL || text == NULL ||
	    ((len = fread(text, 1, FILE_MAX, f)) == 0 && ferror(f)))
		snprintf(error, size, "%s: %s", file, strerror(errno));
	else if (len == FILE_MAX)
		snprintf(error, size, "%s: expected less than %d KiB", file,
		    FILE_MAX / 1024);
	else
		config = config_parse(text, len, file, error, size);
	if (f != NULL)
		fclose(f);
	free(text);
	return config;
}
