/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "conf/request.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What is refused is refused in plain words. */
static void
check_error(const char *error, size_t size)
{
	size_t len = strnlen(error, size);

	assert(len > 0 && len < size);
	for (size_t i = 0; i < len; i++)
		assert(isprint((unsigned char)error[i]));
}

/* A line is refused, or means what it means when it is written again. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[80] = "", line[REQUEST_MAX];
	struct request request, again;
	size_t len;

	if (request_parse((const char *)data, size, &request, error,
	    sizeof(error)) == -1) {
		check_error(error, sizeof(error));
		return 0;
	}
	len = request_format(&request, line);
	assert(len > 0 && len < sizeof(line) && line[len - 1] == '\n');
	assert(request_parse(line, len - 1, &again, error, sizeof(error)) ==
	    0);
	assert(memcmp(&request, &again, sizeof(request)) == 0);
	return 0;
}
