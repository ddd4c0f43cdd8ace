/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds, makes, shares and empties the folder of what is pinned. */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nat/bpf/pins.h"

#define BPFFS		"/sys/fs/bpf"
/*
 * The systemd unit has the same file system here, too: where the kernel's
 * settings are protected, systemd makes the usual place read-only.
 */
#define BPFFS_BOUND	"/run/pptpalg-bpf"

/* The folder, and the one that it is in; -1 until they are claimed. */
static int pins_folder = -1, pins_above = -1;

/* A network namespace is known by the inode that stands for it. */
static void
name_folder(char name[PINS_NAME])
{
	struct stat st = { .st_ino = 0 };

	(void)stat("/proc/self/ns/net", &st);
	snprintf(name, PINS_NAME, "pptpalg-%lu", (unsigned long)st.st_ino);
}

static int
open_bpffs(bool make, char *error, size_t size)
{
	struct statfs fs;

	if (statfs(BPFFS_BOUND, &fs) == 0 && fs.f_type == BPF_FS_MAGIC)
		pins_above = open(BPFFS_BOUND, O_PATH | O_DIRECTORY |
		    O_CLOEXEC);
	else if (statfs(BPFFS, &fs) == 0 && (fs.f_type == BPF_FS_MAGIC ||
	    !make || mount("bpf", BPFFS, "bpf", MS_NOSUID | MS_NODEV |
	    MS_NOEXEC, "mode=0700") == 0))
		pins_above = open(BPFFS, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (pins_above != -1)
		return 0;
	snprintf(error, size, "no BPF file system at " BPFFS ", and it cannot "
	    "be mounted (%s): mount -t bpf bpf " BPFFS, strerror(errno));
	return -1;
}

static DIR *
list_pins(void)
{
	int fd = openat(pins_folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd == -1 ? NULL : fdopendir(fd);

	if (list == NULL && fd != -1)
		close(fd);
	return list;
}

/* The owner may, if the group is its own: no capability is needed for it. */
static void
share_name(int folder, const char *name, gid_t group, mode_t mode)
{
	if (fchownat(folder, name, (uid_t)-1, group, 0) == 0)
		(void)!fchmodat(folder, name, mode, 0);
}

static void
share_folder(const char *name, gid_t group)
{
	gid_t before = getegid();
	struct dirent *entry;
	DIR *list;

	if (group == (gid_t)-1 || setegid(group) == -1)
		return;
	share_name(pins_above, name, group, 0770);
	if ((list = list_pins()) != NULL) {
		while ((entry = readdir(list)) != NULL)
			if (entry->d_name[0] != '.')
				share_name(pins_folder, entry->d_name, group,
				    0660);
		closedir(list);
	}
	(void)!setegid(before);
}

int
pins_claim(bool make, gid_t group, char *error, size_t size)
{
	char name[PINS_NAME];

	if (pins_folder != -1)
		return 0;
	if (pins_above == -1 && open_bpffs(make, error, size) == -1)
		return -1;
	name_folder(name);
	if ((make && mkdirat(pins_above, name, 0700) == -1 &&
	    errno != EEXIST) || (pins_folder = openat(pins_above, name,
	    O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1) {
		snprintf(error, size, BPFFS "/%s: %s", name, strerror(errno));
		return -1;
	}
	share_folder(name, group);
	return 0;
}

void
pins_path(const char *name, char path[PINS_PATH])
{
	snprintf(path, PINS_PATH, "/proc/self/fd/%d/%s", pins_folder, name);
}

int
pins_unlink(const char *name)
{
	return unlinkat(pins_folder, name, 0);
}

void
pins_remove(void)
{
	char name[PINS_NAME];
	struct dirent *entry;
	DIR *list;

	if (pins_folder == -1 || (list = list_pins()) == NULL)
		return;
	while ((entry = readdir(list)) != NULL)
		if (entry->d_name[0] != '.')
			(void)pins_unlink(entry->d_name);
	closedir(list);
	name_folder(name);
	(void)unlinkat(pins_above, name, AT_REMOVEDIR);
}

void
pins_folders(int fds[PINS_FOLDERS])
{
	fds[0] = pins_folder;
	fds[1] = pins_above;
}
