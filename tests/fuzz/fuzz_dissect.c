/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PPP frame; its line is printable whatever the frame is, and so is the user
 * of a link whose ends say the same.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "alg/ppp/negotiation.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_login(const struct dissect *d)
{
	struct negotiation side[2] = { { .requests = 1, .plain = 1,
	    .success = true }, { .requests = 1, .plain = 1 } };
	struct alg_login login;

	for (int dir = 0; dir < 2; dir++)
		negotiation_heard(&side[dir], d);
	assert(negotiation_login(side, &login));
	assert(login.method < ALG_METHODS);
	assert(login.encryption > ALG_ENCRYPTION_UNREAD &&
	    login.encryption < ALG_ENCRYPTIONS);
	assert(strlen(login.user) < sizeof(login.user));
}

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
	check_login(&d);
	return 0;
}
