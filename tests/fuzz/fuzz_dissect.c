/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A PPP frame; its line is printable whatever the frame is. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "alg/ppp/dissect.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char line[300];
	struct dissect d;

	dissect_frame(bytes, len, line, sizeof(line), &d);
	assert(strlen(line) > 0 && strlen(line) < sizeof(line));
	assert(strlen(d.name) < sizeof(d.name));
	assert(strlen(d.message) < sizeof(d.message));
	for (const char *s = line; *s != '\0'; s++)
		assert(*s >= ' ' && *s <= '~');
	return 0;
}
