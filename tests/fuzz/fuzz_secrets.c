/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/secrets.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Any text is taken; each line that is kept is complete. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char folder[] = "/tmp/fuzz_secrets.XXXXXX";
	char path[1][TUNNEL_FILE_MAX];
	const struct secret *s;
	struct secrets *secrets;
	char error[512], name[64];
	int fd;
	size_t len = size < sizeof(name) ? size : sizeof(name) - 1;

	if (memchr(data, '@', size) != NULL)
		return 0;	/* files are not for fuzzing */
	if (mkdtemp(folder) == NULL)
		abort();
	snprintf(path[0], sizeof(path[0]), "%s/F", folder);
	fd = open(path[0], O_WRONLY | O_CREAT, 0600);
	if (write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
	secrets = secrets_read((const char (*)[TUNNEL_FILE_MAX])path, 1, NULL,
	    NULL, error, sizeof(error));
	assert(secrets != NULL);
	unlink(path[0]);
	rmdir(folder);
	memset(folder + sizeof(folder) - 7, 'X', 6);
	memcpy(name, data, len);
	name[len] = '\0';
	name[strcspn(name, " \t\n")] = '\0';
	s = secrets_find(secrets, name, "*");
	assert(s == NULL || (s->length > 0 &&
	    s->length == strlen(s->password) && s->line > 0));
	if (s != NULL && s->address != 0)
		secrets_allow(s, s->address);
	secrets_free(secrets);
	return 0;
}
