/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The helper process: takes jobs, runs them as children, reports their end. */
#include <sys/queue.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/config.h"
#include "nat/base/clock.h"
#include "nat/net/tun.h"
#include "nat/privsep/allowlist.h"
#include "nat/privsep/job.h"
#include "nat/privsep/worker.h"

#define CHILDREN	16		/* at once */
#define WAITING		4096		/* more are not taken */
#define KILL_MS		1000		/* from SIGTERM to SIGKILL */
#define LOOK_MS		200		/* between two looks at the clock */

/* A job that waits, or that a child is doing. */
struct work {
	TAILQ_ENTRY(work)	 entry;
	pid_t			 pid;		/* 0: waits */
	int			 output;	/* of the child, or -1 */
	uint64_t		 deadline;
	bool			 warned;	/* SIGTERM was sent */
	size_t			 len;		/* of line */
	char			 line[WORKER_LINE];
	/* Only job_size() bytes of it are allocated: must be last. */
	struct job		 job;
};

TAILQ_HEAD(works, work);

struct worker {
	int		 jobs, devices, signals;
	struct works	 waiting, running;
	unsigned int	 children, nwaiting;
	struct allowlist *allowed;
	const char	*file;		/* of the configuration */
	bool		 over;		/* the daemon asks for nothing more */
	struct pollfd	 poll[3 + CHILDREN];
};

/*
 * The daemon may be gone; what it asked for is done all the same.  What a
 * script says must not hold up the rest.
 */
static void
tell_daemon(const struct worker *w, struct worker_word *word)
{
	int flags = word->kind == WORKER_LINE_SAID ? MSG_DONTWAIT : 0;

	(void)!send(w->jobs, word, sizeof(*word), MSG_NOSIGNAL | flags);
}

static void
tell_failure(const struct worker *w, uint64_t token, const char *text)
{
	struct worker_word word = { .kind = WORKER_FAILED, .token = token };

	snprintf(word.text, sizeof(word.text), "%s", text);
	tell_daemon(w, &word);
}

static void
tell_line(const struct worker *w, struct work *work)
{
	struct worker_word word = {
		.kind = WORKER_LINE_SAID, .token = work->job.token
	};

	if (work->len == 0 || work->job.kind == JOB_RESOLVE)
		return;		/* that is kept for the end */
	snprintf(word.text, sizeof(word.text), "%.160s: %.*s", work->job.text,
	    (int)work->len, work->line);
	tell_daemon(w, &word);
	work->len = 0;
}

/* A job that was not even begun. */
static void
refuse_job(const struct worker *w, const struct job *j, const char *text)
{
	struct worker_word word = {
		.kind = WORKER_DONE, .token = j->token, .status = -1
	};

	tell_failure(w, j->token, text);
	if (j->wanted)
		tell_daemon(w, &word);
}

static void
finish_job(struct worker *w, struct works *list, struct work *work, int status)
{
	struct worker_word word = {
		.kind = WORKER_DONE, .token = work->job.token,
		.status = status
	};

	snprintf(word.text, sizeof(word.text), "%.*s", (int)work->len,
	    work->line);
	if (work->job.wanted)
		tell_daemon(w, &word);
	TAILQ_REMOVE(list, work, entry);
	free(work);
}

/* Does another job of the same token run, or wait before this one? */
static bool
must_wait(const struct worker *w, const struct work *work)
{
	const struct work *other;

	if (work->job.token == 0)
		return false;
	TAILQ_FOREACH(other, &w->running, entry)
		if (other->job.token == work->job.token)
			return true;
	TAILQ_FOREACH(other, &w->waiting, entry) {
		if (other == work)
			return false;
		if (other->job.token == work->job.token)
			return true;
	}
	return false;
}

static void
start_job(struct worker *w, struct work *work)
{
	char error[WORKER_LINE];

	work->pid = job_run(&work->job, &work->output, error, sizeof(error));
	if (work->pid == -1) {
		tell_failure(w, work->job.token, error);
		w->nwaiting--;
		finish_job(w, &w->waiting, work, -1);
		return;
	}
	work->deadline = clock_ms() + (uint64_t)work->job.seconds * 1000;
	w->nwaiting--;
	TAILQ_REMOVE(&w->waiting, work, entry);
	TAILQ_INSERT_TAIL(&w->running, work, entry);
	w->children++;
}

static void
start_jobs(struct worker *w)
{
	struct work *work, *next;

	for (work = TAILQ_FIRST(&w->waiting);
	    work != NULL && w->children < CHILDREN; work = next) {
		next = TAILQ_NEXT(work, entry);
		if (!must_wait(w, work))
			start_job(w, work);
	}
}

static void
read_allowlist(struct worker *w)
{
	char text[WORKER_LINE], *why = stpcpy(text, "no new scripts: ");
	struct config *c = config_read(w->file, why, WORKER_LINE - 16);

	if (c == NULL || allowlist_add(&w->allowed, c) == -1)
		tell_failure(w, 0, text);
	config_free(c);
}

static void
queue_job(struct worker *w, const struct job *j)
{
	struct work *work;

	work = calloc(1, offsetof(struct work, job) + job_size(j));
	if (work == NULL) {
		refuse_job(w, j, "no memory for a script");
		return;
	}
	memcpy(&work->job, j, job_size(j));
	work->output = -1;
	TAILQ_INSERT_TAIL(&w->waiting, work, entry);
	w->nwaiting++;
}

static void
receive_job(struct worker *w)
{
	struct job job;
	ssize_t n;

	n = recv(w->jobs, &job, sizeof(job), MSG_DONTWAIT);
	if (n == 0)
		w->over = true;
	if (n <= 0 || !job_is_whole(&job, (size_t)n))
		return;
	if (job.kind == JOB_WTMP)
		job_record(&job);
	else if (job.kind == JOB_RELOAD)
		read_allowlist(w);
	else if (job.kind == JOB_SCRIPT && !allowlist_has(w->allowed, &job))
		refuse_job(w, &job, "not run: the configuration names no such "
		    "script");
	else
		queue_job(w, &job);
}

int
worker_send(int socket, char byte, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec piece = { &byte, 1 };
	struct msghdr m = { .msg_iov = &piece, .msg_iovlen = 1 };
	struct cmsghdr *header;

	if (fd != -1) {
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		header = CMSG_FIRSTHDR(&m);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	return sendmsg(socket, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : -1;
}

int
worker_receive(int socket, char *byte, int *fd)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec piece = { byte, 1 };
	struct msghdr m = {
		.msg_iov = &piece, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *header;
	ssize_t n;

	*fd = -1;
	n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n == 1 && (header = CMSG_FIRSTHDR(&m)) != NULL &&
	    header->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(header), sizeof(*fd));
	return (int)n;
}

static void
send_device(struct worker *w)
{
	char byte;
	int fd;

	if (worker_receive(w->devices, &byte, &fd) != 1)
		return;
	fd = open(TUN_DEVICE, O_RDWR | O_CLOEXEC);
	(void)worker_send(w->devices, fd == -1 ? (char)errno : 0, fd);
	if (fd != -1)
		close(fd);
}

/* What a script says goes to the daemon's log, line by line. */
static void
read_output(struct worker *w, struct work *work)
{
	char bytes[1024];
	ssize_t i, n;

	n = read(work->output, bytes, sizeof(bytes));
	if (n == -1 && errno == EAGAIN)
		return;
	for (i = 0; i < n; i++)
		if (bytes[i] == '\n' || work->len == WORKER_LINE - 200)
			tell_line(w, work);
		else if (work->len < WORKER_LINE - 200)
			work->line[work->len++] =
			    bytes[i] < ' ' || bytes[i] == 0x7f ? '?' : bytes[i];
	if (n <= 0) {
		tell_line(w, work);
		close(work->output);
		work->output = -1;
	}
}

static void
reap_child(struct worker *w, pid_t pid, int status)
{
	struct work *work;

	TAILQ_FOREACH(work, &w->running, entry)
		if (work->pid == pid)
			break;
	if (work == NULL)
		return;
	/* As much as fits into a pipe; its own children may go on. */
	for (int n = 0; n < 64 && work->output != -1; n++)
		read_output(w, work);
	if (work->output != -1) {
		tell_line(w, work);
		close(work->output);
	}
	w->children--;
	finish_job(w, &w->running, work, work->warned ? -1 : status);
}

static void
reap_children(struct worker *w)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(w->signals, &info, sizeof(info)) == sizeof(info))
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		reap_child(w, pid, status);
}

static void
check_deadlines(struct worker *w)
{
	uint64_t now = clock_ms();
	struct work *work;
	char text[WORKER_LINE];

	TAILQ_FOREACH(work, &w->running, entry) {
		if (now < work->deadline)
			continue;
		if (!work->warned) {
			snprintf(text, sizeof(text), "script %.160s: still "
			    "running after %u s, ended", work->job.text,
			    work->job.seconds);
			tell_failure(w, work->job.token, text);
		}
		(void)kill(-work->pid, work->warned ? SIGKILL : SIGTERM);
		work->warned = true;
		work->deadline = now + KILL_MS;
	}
}

static void
wait_for_work(struct worker *w)
{
	struct work *work, *next;
	nfds_t n = 3, i;

	w->poll[0] = (struct pollfd){
		w->over || w->nwaiting >= WAITING ? -1 : w->jobs, POLLIN, 0
	};
	w->poll[1] = (struct pollfd){ w->over ? -1 : w->devices, POLLIN, 0 };
	w->poll[2] = (struct pollfd){ w->signals, POLLIN, 0 };
	TAILQ_FOREACH(work, &w->running, entry)
		w->poll[n++] = (struct pollfd){ work->output, POLLIN, 0 };
	(void)poll(w->poll, n, w->children > 0 ? LOOK_MS : -1);
	i = 3;
	for (work = TAILQ_FIRST(&w->running); work != NULL; work = next, i++) {
		next = TAILQ_NEXT(work, entry);
		if (w->poll[i].revents != 0)
			read_output(w, work);
	}
	if (w->poll[0].revents != 0)
		receive_job(w);
	if (w->poll[1].revents != 0)
		send_device(w);
	if (w->poll[2].revents != 0)
		reap_children(w);
}

void
worker_run(int jobs, int devices, const struct config *config,
    const char *file)
{
	struct worker w = { .jobs = jobs, .devices = devices, .file = file };
	sigset_t child;

	if (allowlist_add(&w.allowed, config) == -1)
		return;
	TAILQ_INIT(&w.waiting);
	TAILQ_INIT(&w.running);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	w.signals = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
	while (!w.over || w.children > 0 || !TAILQ_EMPTY(&w.waiting)) {
		wait_for_work(&w);
		check_deadlines(&w);
		start_jobs(&w);
	}
}
