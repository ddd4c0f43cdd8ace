/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the daemon's user, gives it its files, and becomes it. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/config.h"
#include "nat/base/account.h"
#include "nat/base/log.h"
#include "nat/base/privilege.h"

int
account_find(struct account *a, const struct config *c, char *error,
    size_t size)
{
	const struct passwd *entry;

	memset(a, 0, sizeof(*a));
	if (*c->user == '\0' || geteuid() != 0)
		return 0;
	if ((entry = getpwnam(c->user)) == NULL) {
		if (strcmp(c->user, CONFIG_DEFAULT_USER) != 0) {
			snprintf(error, size, "user %s: there is none: "
			    "useradd --system %s", c->user, c->user);
			return -1;
		}
		log_warning("there is no user %s: the daemon stays root "
		    "(useradd --system %s; or user = \"nobody\")", c->user,
		    c->user);
		return 0;
	}
	if (entry->pw_uid == 0)
		return 0;
	if (!privilege_can_switch()) {
		log_warning("no rights to become user %s (CAP_SETUID, "
		    "CAP_SETGID): the daemon stays root", c->user);
		return 0;
	}
	*a = (struct account){ true, entry->pw_uid, entry->pw_gid };
	return 0;
}

/* One that there is may be others': /run, /tmp. */
static void
give_folder(const struct account *a, const char *path)
{
	char copy[CONFIG_JOURNAL_MAX], *folder, *name;
	struct stat st;
	bool is_new;

	snprintf(copy, sizeof(copy), "%s", path);
	folder = dirname(copy);
	is_new = mkdir(folder, 0755) == 0;
	name = strrchr(folder, '/');
	if (is_new || (name != NULL && lstat(folder, &st) == 0 &&
	    S_ISDIR(st.st_mode) && st.st_uid == 0 &&
	    strcmp(name + 1, CONFIG_DEFAULT_USER) == 0))
		(void)!lchown(folder, a->uid, a->gid);
}

/*
 * Made, or left by a daemon that ran as root.  Where no file can be given
 * away, as in the unit, it is the user who makes it, or cannot.
 */
static void
give_file(const struct account *a, const char *path)
{
	const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = open(path, flags | O_CREAT | O_EXCL, 0600);
	bool is_new = fd != -1;
	struct stat st;

	if (fd == -1 && (fd = open(path, flags)) == -1)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 &&
	    st.st_nlink == 1 && fchown(fd, a->uid, a->gid) == -1 && is_new)
		(void)unlink(path);
	close(fd);
}

void
account_prepare(const struct account *a, const struct config *c)
{
	char second[CONFIG_JOURNAL_MAX + 2];

	if (!a->is_other)
		return;
	give_folder(a, c->control_socket);
	if (c->metrics[0] == '/')
		give_folder(a, c->metrics);
	if (c->accounting[0] != '\0')
		give_file(a, c->accounting);
	if (!config_has_alg(c) || c->journal[0] == '\0')
		return;
	give_folder(a, c->journal);
	give_file(a, c->journal);
	snprintf(second, sizeof(second), "%s.2", c->journal);
	give_file(a, second);
}

int
account_become(const struct account *a, char *error, size_t size)
{
	if (!a->is_other || privilege_become(PRIVILEGE_START, a->uid,
	    a->gid) == 0)
		return 0;
	snprintf(error, size, "cannot become user %u: %s",
	    (unsigned int)a->uid, strerror(errno));
	return -1;
}
