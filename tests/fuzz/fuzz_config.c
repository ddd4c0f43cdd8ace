/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/config.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct config *
parse(const void *text, size_t len)
{
	char error[512];
	struct config *config;

	config = config_parse(text, len, "F", error, sizeof(error));
	assert(config != NULL || strncmp(error, "F:", 2) == 0);
	return config;
}

static char *
printed(const struct config *config)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	config_print(config, f);
	fclose(f);
	return text;
}

/* A text is refused with its line, or what is printed means the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *config, *again;
	char *first, *second;

	config = parse(data, size);
	if (config == NULL)
		return 0;
	first = printed(config);
	again = parse(first, strlen(first));
	assert(again != NULL);
	second = printed(again);
	assert(strcmp(first, second) == 0);
	free(first);
	free(second);
	config_free(config);
	config_free(again);
	return 0;
}
