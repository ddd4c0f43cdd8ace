/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the control socket in the file system, safely: unix(7). */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nat/control/unix_socket.h"

#define BACKLOG		16

static int
explain_errno(char *error, size_t size, const char *what, const char *path)
{
	bool other = errno == EACCES && geteuid() != 0;

	snprintf(error, size, "socket %s: %s: %s%s", path, what,
	    strerror(errno), other ? "; its folder must be writable to the "
	    "daemon's user (chown)" : "");
	return -1;
}

static int
set_address(struct sockaddr_un *address, const char *path, char *error,
    size_t size)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (*path == '\0' || strlen(path) >= sizeof(address->sun_path)) {
		snprintf(error, size, "socket '%s': expected a path "
		    "of 1 to %zu bytes", path, sizeof(address->sun_path) - 1);
		return -1;
	}
	strcpy(address->sun_path, path);
	return 0;
}

/* Only the last folder, as /run/pptpalg after a boot. */
static int
make_folder(const char *path, char *error, size_t size)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char *slash;

	strcpy(folder, path);
	slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return 0;
	*slash = '\0';
	if (mkdir(folder, 0755) == -1 && errno != EEXIST)
		return explain_errno(
		    error, size, "cannot make its folder", path);
	return 0;
}

static bool
somebody_answers(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	bool answers;

	if (fd == -1)
		return true;
	answers = connect(fd, (const struct sockaddr *)address,
	    sizeof(*address)) == 0 || errno != ECONNREFUSED;
	close(fd);
	return answers;
}

/* Takes away what a killed daemon has left, and nothing else. */
static int
remove_stale(const struct sockaddr_un *address, char *error, size_t size)
{
	const char *path = address->sun_path;
	struct stat st;

	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 :
		    explain_errno(error, size, "cannot look at it", path);
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(error, size, "socket %s: there is something "
		    "else of this name: remove it or choose another name",
		    path);
		return -1;
	}
	if (somebody_answers(address)) {
		snprintf(error, size, "socket %s: another daemon "
		    "uses it: stop that one or choose another name", path);
		return -1;
	}
	if (unlink(path) == -1 && errno != ENOENT)
		return explain_errno(
		    error, size, "cannot remove the old one", path);
	return 0;
}

/* Mode 0600 from its first moment on. */
static int
bind_private(int fd, const struct sockaddr_un *address)
{
	mode_t old = umask(0177);
	int result;

	result = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	umask(old);
	return result;
}

static int
open_socket(const struct sockaddr_un *address, char *error, size_t size)
{
	int fd;

	if (make_folder(address->sun_path, error, size) == -1 ||
	    remove_stale(address, error, size) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return explain_errno(
		    error, size, "no socket", address->sun_path);
	if (bind_private(fd, address) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	explain_errno(error, size, "cannot bind", address->sun_path);
	close(fd);
	return -1;
}

/* A descriptor of its folder, to remove it from there. */
static void
keep_place(struct unix_socket *s, const char *path)
{
	char copy[UNIX_SOCKET_NAME];

	snprintf(copy, sizeof(copy), "%s", path);
	s->folder = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(s->name, sizeof(s->name), "%s", strrchr(path, '/') + 1);
}

int
unix_socket_open(struct unix_socket *s, const char *path, char *error,
    size_t size)
{
	struct sockaddr_un address;
	int fd;

	if (set_address(&address, path, error, size) == -1 ||
	    (fd = open_socket(&address, error, size)) == -1)
		return -1;
	keep_place(s, path);
	return fd;
}

void
unix_socket_remove(struct unix_socket *s)
{
	if (s->folder == -1)
		return;
	(void)unlinkat(s->folder, s->name, 0);
	close(s->folder);
	s->folder = -1;
}
