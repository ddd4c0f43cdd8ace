/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/secrets.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Any text is taken; each line that is kept is complete. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct secret *s;
	struct secrets *secrets;
	char error[512], name[64];
	size_t len = size < sizeof(name) ? size : sizeof(name) - 1;

	if (memchr(data, '@', size) != NULL)
		return 0;	/* files are not for fuzzing */
	secrets = secrets_parse((const char *)data, size, "F", NULL, NULL,
	    error, sizeof(error));
	assert(secrets != NULL);
	memcpy(name, data, len);
	name[len] = '\0';
	name[strcspn(name, " \t\n")] = '\0';
	s = secrets_find(secrets, name, "*");
	assert(s == NULL || (s->length > 0 &&
	    s->length == strlen(s->password) && s->line > 0));
	if (s != NULL && s->address != 0)
		secret_allows(s, s->address);
	secrets_free(secrets);
	return 0;
}
