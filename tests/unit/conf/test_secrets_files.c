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

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

void	explicit_bzero(void *, size_t);
void	__explicit_bzero_chk(void *, size_t, size_t);

static const char *wanted;	/* to be seen when memory is wiped */
static unsigned wiped;

static void
wipe(uintptr_t at, size_t n)
{
	volatile char *c = (volatile char *)at;

	if (wanted != NULL && n > 0 &&
	    memmem((const void *)at, n, wanted, strlen(wanted)) != NULL)
		wiped++;
	while (n-- > 0)
		*c++ = 0;
}

/* In place of libc's: sees what is wiped. */
void
explicit_bzero(void *p, size_t n)
{
	wipe((uintptr_t)p, n);
}

void
__explicit_bzero_chk(void *p, size_t n, size_t size)
{
	wipe((uintptr_t)p, n);
}

struct files {
	char	folder[64], file[2][TUNNEL_FILE_MAX], indirect[80];
};

static void
put(const char *file, const char *text, mode_t mode)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(file, mode), 0);
}

static void
make_files(struct files *files)
{
	memset(files, 0, sizeof(*files));
	strcpy(files->folder, "/tmp/test_secrets.XXXXXX");
	assert_non_null(mkdtemp(files->folder));
	snprintf(files->file[0], TUNNEL_FILE_MAX, "%s/one", files->folder);
	snprintf(files->file[1], TUNNEL_FILE_MAX, "%s/two", files->folder);
	snprintf(files->indirect, sizeof(files->indirect), "%s/three",
	    files->folder);
}

static void
remove_files(const struct files *files)
{
	unlink(files->file[0]);
	unlink(files->file[1]);
	unlink(files->indirect);
	assert_int_equal(rmdir(files->folder), 0);
}

static void
test_files(void **state)
{
	char error[512], text[256];
	struct files files;
	struct secrets *s;

	make_files(&files);
	snprintf(text, sizeof(text), "a * one *\nc * @%s *\n", files.indirect);
	put(files.file[0], text, 0600);
	put(files.file[1], "a * two *\nb * two *\n", 0400);
	put(files.indirect, "# key\n'the secret' more\n", 0600);
	s = secrets_read((const char (*)[TUNNEL_FILE_MAX])files.file, 2, NULL,
	    NULL, error, sizeof(error));
	assert_non_null(s);
	assert_string_equal(secrets_find(s, "a", "x")->password, "one");
	assert_string_equal(secrets_find(s, "b", "x")->password, "two");
	assert_string_equal(secrets_find(s, "b", "x")->file, files.file[1]);
	assert_string_equal(secrets_find(s, "c", "x")->password,
	    "the secret");
	secrets_free(s);
	remove_files(&files);
}

static void
refused(const struct files *files, const char *what)
{
	char error[512];

	assert_null(secrets_read((const char (*)[TUNNEL_FILE_MAX])files->file,
	    1, NULL, NULL, error, sizeof(error)));
	if (strstr(error, what) == NULL ||
	    strncmp(error, files->file[0], strlen(files->file[0])) != 0)
		fail_msg("%s does not say %s", error, what);
}

static void
test_refused(void **state)
{
	static const mode_t modes[] = { 0640, 0620, 0604, 0602, 0644, 0660 };
	struct files files;
	size_t i;

	make_files(&files);
	refused(&files, "No such file");
	for (i = 0; i < NELEM(modes); i++) {
		put(files.file[0], "a * b *\n", modes[i]);
		refused(&files, "run chmod 600 /tmp/test_secrets");
	}
	chmod(files.file[0], 0600);
	chmod(files.folder, 0777);
	refused(&files, "others can replace it");
	chmod(files.folder, 01777);	/* like /tmp */
	assert_int_equal(chown(files.file[0], 1234, 0), 0);
	refused(&files, "chown root");
	assert_int_equal(chown(files.file[0], 0, 0), 0);
	assert_int_equal(truncate(files.file[0], 40 << 20), 0);
	refused(&files, "at most");
	unlink(files.file[0]);
	mkdir(files.file[0], 0700);
	refused(&files, "regular file");
	rmdir(files.file[0]);
	remove_files(&files);
}

static void
test_password(void **state)
{
	struct files files;
	char error[512], *password, line[SECRET_MAX + 2] = "";

	make_files(&files);
	put(files.file[0], "pass word \r\nmore\n", 0600);
	password = secrets_password(files.file[0], error, sizeof(error));
	assert_string_equal(password, "pass word ");
	wanted = "pass word";
	wiped = 0;
	secrets_password_free(password);
	assert_int_equal(wiped, 1);
	put(files.file[0], "\nx\n", 0600);
	assert_null(secrets_password(files.file[0], error, sizeof(error)));
	assert_non_null(strstr(error, "expected a password"));
	memset(line, 'x', SECRET_MAX + 1);
	put(files.file[0], line, 0600);
	assert_null(secrets_password(files.file[0], error, sizeof(error)));
	assert_non_null(strstr(error, "at most 256 bytes"));
	chmod(files.file[0], 0644);
	assert_null(secrets_password(files.file[0], error, sizeof(error)));
	assert_non_null(strstr(error, "chmod 600"));
	remove_files(&files);
	wanted = NULL;
}

/* Every copy: of the file, of the word, and the one that is kept. */
static void
test_wiped(void **state)
{
	char error[512];
	struct files files;
	struct secrets *s;

	make_files(&files);
	put(files.file[0], "a * 0penSesame *\n", 0600);
	wanted = "0penSesame";
	wiped = 0;
	s = secrets_read((const char (*)[TUNNEL_FILE_MAX])files.file, 1, NULL,
	    NULL, error, sizeof(error));
	assert_non_null(s);
	assert_int_equal(wiped, 1);
	secrets_free(s);
	assert_int_equal(wiped, 2);
	wanted = NULL;
	remove_files(&files);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
