/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/config.h"
#include "tools/import/import.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define SIZE_MAX_TRIED	4096

/* The first byte chooses what the file is called. */
static const char *const names[] = {
	"pptpd.conf", "options", "ppp.conf", "ppp.secret", "ppp.linkup",
	"x.nmconnection", "unknown"
};

/*
 * Whatever a file says: when nothing was refused, the daemon takes the
 * result; notes are comments, and printable.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char folder[] = "/tmp/fuzz_import.XXXXXX";
	struct import_options options = { folder, NULL };
	char path[128], *out, *errors, error[512];
	const char *files[] = { path }, *c;
	enum import_result result;
	struct config *config;
	size_t len, ignored;
	FILE *f, *g;

	if (size == 0 || size > SIZE_MAX_TRIED)
		return 0;
	if (folder[sizeof(folder) - 2] == 'X' && mkdtemp(folder) == NULL)
		abort();
	snprintf(path, sizeof(path), "%s/%s", folder,
	    names[data[0] % (sizeof(names) / sizeof(names[0]))]);
	f = fopen(path, "w");
	fwrite(data + 1, 1, size - 1, f);
	fclose(f);
	f = open_memstream(&out, &len);
	g = open_memstream(&errors, &ignored);
	result = import_files(files, 1, &options, f, g);
	fclose(f);
	fclose(g);
	for (c = out; *c == '#'; c += strcspn(c, "\n"), c += *c == '\n')
		assert(strcspn(c, "\n") < 2048);
	for (; *c != '\0'; c++)
		assert((unsigned char)*c >= ' ' || strchr("\n\t", *c));
	config = config_parse(out, len, "result", error, sizeof(error));
	assert(result != IMPORT_DONE || config != NULL);
	config_free(config);
	free(out);
	free(errors);
	unlink(path);
	rmdir(folder);
	memset(folder + sizeof(folder) - 7, 'X', 6);
	return 0;
}
