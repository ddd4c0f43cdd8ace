/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names by which maps and links outlive the daemon: the folder of this
 * network namespace in the BPF file system, for a user who may not be able to
 * get there by its path.
 */
#ifndef NAT_BPF_PINS_H
#define NAT_BPF_PINS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#define PINS_PATH	64
#define PINS_NAME	32
#define PINS_FOLDERS	2

/*
 * Opens the folder, or makes it, as root; what is in it is the group's, too
 * ((gid_t)-1: nobody's).  Once is enough.  -1 with a sentence in error.
 */
int	pins_claim(bool make, gid_t group, char *error, size_t size);

/* Where something is pinned, or would be. */
void	pins_path(const char *name, char path[PINS_PATH]);

/* Forgets a name; -1 with errno. */
int	pins_unlink(const char *name);

/* Forgets all, and the folder where that is allowed. */
void	pins_remove(void);

/* What is removed is named from these descriptors; -1: not claimed. */
void	pins_folders(int fds[PINS_FOLDERS]);

#endif
