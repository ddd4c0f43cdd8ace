/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The accounting file: a line of JSON for each tunnel that has ended. */
#ifndef NAT_ENDPOINT_ACCOUNTING_FILE_H
#define NAT_ENDPOINT_ACCOUNTING_FILE_H

#include <stddef.h>

struct json_line;

/*
 * Opens a file to append to, and makes it if need be.  -1 with a sentence in
 * error.
 */
int	accounting_file_open(const char *path, char *error, size_t size);

/* Appends a line that is complete; the log says when that cannot be. */
void	accounting_file_write(int fd, const struct json_line *);

#endif
