/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A job as it goes through a socket, and how the helper process does it. */
#include <sys/socket.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utmp.h>

#include "nat/privsep/job.h"

#define NOBODY	65534

void
job_init(struct job *j, enum job_kind kind, uint64_t token)
{
	memset(j, 0, offsetof(struct job, text));
	j->kind = kind;
	j->token = token;
}

static bool
add_word(struct job *j, const char *word, char end)
{
	size_t len = strlen(word);

	if (len >= JOB_TEXT - j->len ||
	    j->arguments + j->variables >= JOB_WORDS)
		return false;
	memcpy(j->text + j->len, word, len);
	j->len += (uint32_t)len;
	j->text[j->len++] = end;
	return true;
}

void
job_argument(struct job *j, const char *word)
{
	if (add_word(j, word, '\0'))
		j->arguments++;
}

void
job_variable(struct job *j, const char *name, const char *value)
{
	uint32_t len = j->len;

	if (add_word(j, name, '=') && add_word(j, value, '\0'))
		j->variables++;
	else
		j->len = len;
}

size_t
job_size(const struct job *j)
{
	return offsetof(struct job, text) + j->len;
}

bool
job_is_whole(const struct job *j, size_t len)
{
	uint32_t i, words = 0;

	if (len < offsetof(struct job, text) || j->len > JOB_TEXT ||
	    len != job_size(j) || (unsigned int)j->kind >= JOB_KINDS ||
	    j->arguments > JOB_WORDS || j->variables > JOB_WORDS - j->arguments)
		return false;
	for (i = 0; i < j->len; i++)
		words += j->text[i] == '\0';
	return words == j->arguments + j->variables && j->arguments > 0;
}

/* Could only root have put this here? */
static bool
is_owned_by_root(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && (st.st_uid == 0) &&
	    (S_ISLNK(st.st_mode) || (st.st_mode & 022) == 0 ||
	    (S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX) != 0));
}

/* The path and every folder on the way. */
static bool
path_is_owned_by_root(const char *path)
{
	char part[JOB_TEXT];
	size_t i;

	for (i = 0; path[i] != '\0'; i++) {
		part[i] = path[i];
		part[i + 1] = '\0';
		if (path[i + 1] == '/' && !is_owned_by_root(part))
			return false;
	}
	return is_owned_by_root(path);
}

static int
check_script(const char *file, char *error, size_t size)
{
	char *real;
	int result = -1;

	if ((real = realpath(file, NULL)) == NULL || access(real, X_OK) == -1)
		snprintf(error, size, "script %s: %s", file, strerror(errno));
	else if (!path_is_owned_by_root(file) || !path_is_owned_by_root(real))
		snprintf(error, size, "script %s: not run, because others "
		    "than root can write it or a folder on its way: chown "
		    "root, chmod go-w", file);
	else
		result = 0;
	free(real);
	return result;
}

/* In a child: a process group of its own, and all signals as by default. */
static void
start_anew(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	if (setsid() == -1)
		_exit(JOB_NOT_RUN);
}

/*
 * In the child, which never returns.  What name servers answer is none of
 * root's business.
 */
static void
resolve_name(const struct job *j, int output)
{
	struct addrinfo hints = {
		.ai_family = AF_INET, .ai_socktype = SOCK_STREAM
	}, *list;
	char text[INET_ADDRSTRLEN];
	int error;

	start_anew();
	/* The helper may have no right to end a process of nobody's. */
	alarm(j->seconds + 1);
	if (geteuid() == 0 && (setgroups(0, NULL) == -1 ||
	    setgid(NOBODY) == -1 || setuid(NOBODY) == -1))
		_exit(JOB_NOT_RUN);
	error = getaddrinfo(j->text, NULL, &hints, &list);
	if (error == 0 && inet_ntop(AF_INET, &((struct sockaddr_in *)
	    (void *)list->ai_addr)->sin_addr, text, sizeof(text)) != NULL)
		dprintf(output, "%s\n", text);
	else
		dprintf(output, "%s\n", gai_strerror(error));
	_exit(error != 0);
}

/* The same. */
static void
run_script(const struct job *j, int output)
{
	char *words[JOB_WORDS + 2], *at = (char *)(uintptr_t)j->text;
	uint32_t i, n = 0;
	char **variables = words + j->arguments + 1;
	int null;

	for (i = 0; i < j->arguments + j->variables; i++) {
		words[n++] = at;
		at += strlen(at) + 1;
		if (n == j->arguments)
			words[n++] = NULL;
	}
	words[n] = NULL;
	start_anew();
	if (chdir("/") == -1 ||
	    (null = open("/dev/null", O_RDONLY)) == -1 ||
	    dup2(null, 0) == -1 || dup2(output, 1) == -1 ||
	    dup2(output, 2) == -1)
		_exit(JOB_NOT_RUN);
	closefrom(3);
	execve(words[0], words, variables);
	_exit(JOB_NOT_RUN + 1);
}

pid_t
job_run(const struct job *j, int *output, char *error, size_t size)
{
	int ends[2];
	pid_t pid;

	if (j->kind == JOB_SCRIPT && check_script(j->text, error, size) == -1)
		return -1;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1) {
		snprintf(error, size, "script %s: %s", j->text,
		    strerror(errno));
		return -1;
	}
	if ((pid = fork()) == 0 && j->kind == JOB_RESOLVE)
		resolve_name(j, ends[1]);
	if (pid == 0)
		run_script(j, ends[1]);
	close(ends[1]);
	*output = ends[0];
	if (pid == -1) {
		snprintf(error, size, "script %s: %s", j->text,
		    strerror(errno));
		close(ends[0]);
	}
	return pid;
}

void
job_record(const struct job *j)
{
	const char *line = j->text, *user = line + strlen(line) + 1;

	if (j->arguments == 3)
		logwtmp(line, user, user + strlen(user) + 1);
}
