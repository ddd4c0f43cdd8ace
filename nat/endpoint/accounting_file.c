/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Appends lines to the accounting file.  It is opened once, before rights are
 * given up: who rotates it copies and truncates.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nat/base/log.h"
#include "nat/control/json_line.h"
#include "nat/endpoint/accounting_file.h"

int
accounting_file_open(const char *path, char *error, size_t size)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW, 0640);

	if (fd == -1)
		snprintf(error, size, "accounting: %s: %s", path,
		    strerror(errno));
	return fd;
}

/* Whole or not at all: a reader of lines must not find half of one. */
void
accounting_file_write(int fd, const struct json_line *line)
{
	ssize_t n = write(fd, line->text, line->len);

	if (n == (ssize_t)line->len)
		return;
	log_error("accounting: not written: %s: %.*s", n == -1 ?
	    strerror(errno) : "no space left", (int)line->len - 1, line->text);
	if (n > 0)
		(void)!write(fd, "\n", 1);
}
