/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_TOOLS_IMPORT_IMPORT_RUN_H
#define TESTS_UNIT_TOOLS_IMPORT_IMPORT_RUN_H

#include "conf/config.h"
#include "tools/import/import.h"

/* What an import gave. */
extern struct import_run {
	char			*out, *errors;
	enum import_result	 result;
	struct config		*config;	/* NULL: does not parse */
	char			 folder[64], secrets[TUNNEL_FILE_MAX];
} run;

/* Around each test. */
int	import_setup(void **state);
int	import_teardown(void **state);

void	import_run(const char *root, const char *const *files, size_t n);

/* The same for files of a copy of a folder in tests/import. */
void	import_tree(const char *tree, const char *const *files, size_t n);

/* Makes a file in the test's own folder, which only its owner can read. */
void	import_put(const char *name, const char *text);

/* A file that is imported from the test's own folder. */
void	import_text(const char *name, const char *text);

/* Forgets an import for another one. */
void	import_again(void);

/* It gave this, and a configuration. */
void	import_done(enum import_result);

/* A text has these words in it. */
void	import_says(const char *text, const char *what);

/* What the secrets file that was made says. */
void	import_has_secret(const char *client, const char *server,
	    const char *password);

#define IMPORT_TEST(f)							\
	cmocka_unit_test_setup_teardown(f, import_setup, import_teardown)

#endif
