/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that only their owner, or who it keeps them for, can read. */
#ifndef CONF_PRIVATE_H
#define CONF_PRIVATE_H

#include <sys/stat.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * The bytes of a file that nobody but its owner (root or the user of the
 * process) can write or replace, and nobody but these two and the group of the
 * daemon's user can read; NULL with a sentence in error, which
 * also says what to do, if it is not like this or bigger than max.  Nothing
 * of it stays in other memory.  Free with private_free, which wipes it.
 */
char	*private_read(const char *file, size_t max, size_t *len, char *error,
	    size_t size);
void	 private_free(char *text, size_t len);

/* Can others read or write it than private_read allows? */
bool	 private_is_open(const struct stat *);

#endif
