/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads files that hold secrets, and refuses those that others can reach. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/config.h"
#include "conf/private.h"

static bool
is_ours(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

/* A daemon that is not root may read by its group what root keeps for it. */
static bool
is_of_reader(const struct stat *st)
{
	const struct passwd *user;

	if (getegid() != 0)
		return st->st_gid == getegid();
	user = getpwnam(CONFIG_DEFAULT_USER);
	return user != NULL && st->st_gid == user->pw_gid && st->st_gid != 0;
}

bool
private_is_open(const struct stat *st)
{
	return (st->st_mode & 037) != 0 ||
	    ((st->st_mode & 040) != 0 && !is_of_reader(st));
}

static int
check_file(const struct stat *st, const char *file, size_t max, char *error,
    size_t size)
{
	if (!S_ISREG(st->st_mode))
		snprintf(error, size, "%s: expected a regular file", file);
	else if (!is_ours(st))
		snprintf(error, size, "%s: belongs to somebody else; run "
		    "chown root %s", file, file);
	else if (private_is_open(st))
		snprintf(error, size, "%s: others than its owner can read or "
		    "write it; run chmod 600 %s", file, file);
	else if ((uintmax_t)st->st_size > max)
		snprintf(error, size, "%s: expected at most %zu KiB", file,
		    max / 1024);
	else
		return 0;
	return -1;
}

/* Could others put another file in its place? */
static int
check_folder(const char *path, const char *file, char *error, size_t size)
{
	char folder[PATH_MAX];
	struct stat st;

	snprintf(folder, sizeof(folder), "%s", path);
	if (stat(dirname(folder), &st) == -1) {
		snprintf(error, size, "%s: %s", file, strerror(errno));
		return -1;
	}
	if (is_ours(&st) && ((st.st_mode & 022) == 0 ||
	    (st.st_mode & S_ISVTX) != 0))
		return 0;
	snprintf(error, size, "%s: others can replace it; run chown root and "
	    "chmod go-w for its folder", file);
	return -1;
}

static char *
read_all(int fd, size_t max, size_t *len)
{
	char *text = malloc(max + 1);
	ssize_t n = -1;

	*len = 0;
	while (text != NULL && (n = read(fd, text + *len, max - *len)) > 0)
		*len += (size_t)n;
	if (n == -1) {
		private_free(text, *len);
		return NULL;
	}
	text[*len] = '\0';
	return text;
}

static void
explain_open(const char *file, char *error, size_t size)
{
	if (errno == EACCES && geteuid() != 0)
		snprintf(error, size, "%s: the daemon's user (%u) may not "
		    "read it; run chgrp %u %s and chmod 640 %s", file,
		    (unsigned int)geteuid(), (unsigned int)getegid(), file,
		    file);
	else
		snprintf(error, size, "%s: %s", file, strerror(errno));
}

char *
private_read(const char *file, size_t max, size_t *len, char *error,
    size_t size)
{
	char path[PATH_MAX], *text = NULL;
	struct stat st;
	int fd = -1;

	*len = 0;
	if (realpath(file, path) == NULL ||
	    (fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1 ||
	    fstat(fd, &st) == -1)
		explain_open(file, error, size);
	else if (check_file(&st, file, max, error, size) == 0 &&
	    check_folder(path, file, error, size) == 0) {
		text = read_all(fd, (size_t)st.st_size, len);
		if (text == NULL)
			snprintf(error, size, "%s: %s", file,
			    strerror(errno));
	}
	if (fd != -1)
		close(fd);
	return text;
}

void
private_free(char *text, size_t len)
{
	if (text != NULL)
		explicit_bzero(text, len);
	free(text);
}
