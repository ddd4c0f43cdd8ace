/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/secrets.h"
#include "tests/unit/tools/import/import_run.h"

struct import_run run;

void
import_run(const char *root, const char *const *files, size_t n)
{
	struct import_options options = { root, run.secrets };
	char error[512];
	size_t len, ignored;
	FILE *out = open_memstream(&run.out, &len);
	FILE *errors = open_memstream(&run.errors, &ignored);

	run.result = import_files(files, n, &options, out, errors);
	fclose(out);
	fclose(errors);
	run.config = config_parse(run.out, len, "result", error,
	    sizeof(error));
}

void
import_put(const char *name, const char *text)
{
	char path[TUNNEL_FILE_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", run.folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, 0700), 0);
}

/* With secrets, as most hosts of pppd have them. */
int
import_setup(void **state)
{
	char command[256];

	memset(&run, 0, sizeof(run));
	strcpy(run.folder, "/tmp/test_import.XXXXXX");
	assert_non_null(mkdtemp(run.folder));
	snprintf(run.secrets, sizeof(run.secrets), "%s/secrets", run.folder);
	snprintf(command, sizeof(command), "mkdir -p %s/etc/ppp/peers",
	    run.folder);
	assert_int_equal(system(command), 0);
	import_put("etc/ppp/chap-secrets", "* * secret *\n");
	import_put("etc/ppp/pap-secrets", "* * secret *\n");
	return 0;
}

/* Nobody but their owner may read files with secrets; git keeps no modes. */
void
import_tree(const char *tree, const char *const *files, size_t n)
{
	char command[512], root[128], path[4][TUNNEL_FILE_MAX];
	const char *paths[4] = { path[0], path[1], path[2], path[3] };
	size_t i;

	snprintf(root, sizeof(root), "%s/%s", run.folder, tree);
	snprintf(command, sizeof(command), "cp -r tests/import/%s %s && "
	    "chmod -R go-rwx %s", tree, root, root);
	assert_int_equal(system(command), 0);
	for (i = 0; i < n; i++)
		snprintf(path[i], sizeof(path[i]), "%s/%s", root, files[i]);
	import_run(root, paths, n);
}

/* Forgets an import for another one. */
void
import_again(void)
{
	config_free(run.config);
	free(run.out);
	free(run.errors);
	run.config = NULL;
	run.out = run.errors = NULL;
	unlink(run.secrets);
}

int
import_teardown(void **state)
{
	char command[128];

	import_again();
	snprintf(command, sizeof(command), "rm -r %s", run.folder);
	return system(command);
}

/* A file that is imported from the test's own folder. */
void
import_text(const char *name, const char *text)
{
	char path[TUNNEL_FILE_MAX];
	const char *files[] = { path };

	import_put(name, text);
	snprintf(path, sizeof(path), "%s/%s", run.folder, name);
	import_run(run.folder, files, 1);
	unlink(path);
}

void
import_done(enum import_result result)
{
	if (run.result != result || run.config == NULL)
		fail_msg("%d: %s\n%s", run.result, run.errors, run.out);
}

void
import_says(const char *text, const char *what)
{
	if (strstr(text, what) == NULL)
		fail_msg("does not say %s:\n%s", what, text);
}

/* What the secrets file that was made says. */
void
import_has_secret(const char *client, const char *server, const char *password)
{
	const struct secret *s;
	struct secrets *secrets;
	struct stat st;
	char error[512];

	assert_int_equal(stat(run.secrets, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	secrets = secrets_read((const char (*)[TUNNEL_FILE_MAX])&run.secrets, 1,
	    NULL, NULL, error, sizeof(error));
	if (secrets == NULL)
		fail_msg("%s", error);
	s = secrets_find(secrets, client, server);
	assert_non_null(s);
	assert_string_equal(s->password, password);
	assert_true(secrets_allow(s, 0x0a000001));
	secrets_free(secrets);
}
