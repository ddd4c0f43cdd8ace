/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forks the helper processes, and talks with them for the daemon. */
#include <sys/prctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/base/account.h"
#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/base/privilege.h"
#include "nat/base/syscall_filter.h"
#include "nat/privsep/helper.h"
#include "nat/privsep/worker.h"

#define SOCKET_BUFFER	(8 << 20)	/* bytes of jobs not yet taken */
#define START_MS	10000		/* to wait for the first descriptor */
#define DEVICE_MS	500		/* for another one, once */
#define DEVICES		8		/* asked for ahead */
#define COMPLAIN_MS	1000
#define END_MS		10000		/* to wait for the last scripts */

struct helper {
	int		 jobs, devices, closes;
	bool		 late;		/* with a descriptor */
	helper_done	 done;
	void		*arg;
	uint64_t	 lost;		/* jobs */
	uint64_t	 complained;	/* ms, of that */
};

/* What the daemon has open is not ours: queues, the control socket. */
static void
close_others(int a, int b)
{
	unsigned int low = (unsigned int)(a < b ? a : b);
	unsigned int high = (unsigned int)(a < b ? b : a);

	if (low > 3)
		(void)close_range(3, low - 1, 0);
	if (high > low + 1)
		(void)close_range(low + 1, high - 1, 0);
	(void)close_range(high + 1, UINT_MAX, 0);
}

/* In a new process: it ends when the daemon closes its ends. */
static void
become_helper(const char *name, int a, int b)
{
	int null = open("/dev/null", O_RDWR);

	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	(void)prctl(PR_SET_NAME, name);
	/* A parent of the daemon may wait for EOF on these. */
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 || dup2(null, STDERR_FILENO) == -1)
		_exit(EXIT_FAILURE);
	close_others(a, b);
}

/*
 * The last one of an interface takes the kernel some 10 ms.  That must be
 * ours: each waits for the next word, which comes when the daemon's is closed.
 */
static void
close_all(int socket)
{
	struct pollfd p = { .fd = socket, .events = POLLIN };
	int fd, before = -1;
	char byte;

	while (poll(&p, 1, -1) == 1 && worker_receive(socket, &byte,
	    &fd) == 1) {
		if (before != -1)
			close(before);
		before = fd;
	}
}

static int
make_pair(int ends[2])
{
	int bytes = SOCKET_BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
		return -1;
	(void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &bytes,
	    sizeof(bytes));
	return 0;
}

static void
run_worker(int jobs, int devices, const struct config *config,
    const char *file)
{
	become_helper("pptpalg-helper", jobs, devices);
	if (privilege_keep(PRIVILEGE_HELPER) == 0 &&
	    syscall_filter_helper() == 0)
		worker_run(jobs, devices, config, file);
	_exit(EXIT_SUCCESS);
}

static void
run_closer(int socket, const struct account *a)
{
	become_helper("pptpalg-closer", socket, socket);
	if ((a->is_other ? privilege_become(PRIVILEGE_CLOSER, a->uid, a->gid) :
	    privilege_keep(PRIVILEGE_CLOSER)) == 0 &&
	    syscall_filter_closer() == 0)
		close_all(socket);
	_exit(EXIT_SUCCESS);
}

static int
start_processes(struct helper *h, const struct config *config,
    const char *file, const struct account *account)
{
	int jobs[2] = { -1, -1 }, devices[2] = { -1, -1 };
	int closes[2] = { -1, -1 };
	pid_t worker = -1, closer = -1;

	if (make_pair(jobs) == 0 && make_pair(devices) == 0 &&
	    make_pair(closes) == 0 && (worker = fork()) > 0)
		closer = fork();
	if (worker == 0)
		run_worker(jobs[1], devices[1], config, file);
	if (closer == 0)
		run_closer(closes[1], account);
	close(jobs[1]);
	close(devices[1]);
	close(closes[1]);
	h->jobs = jobs[0];
	h->devices = devices[0];
	h->closes = closes[0];
	return closer == -1 ? -1 : 0;
}

/*
 * Nobody else waits for us before we are ready; on a slow or busy machine the
 * new process is longer on its way than those who are served could wait.
 */
static void
await_first_device(struct helper *h)
{
	struct pollfd p = { .fd = h->devices, .events = POLLIN };

	(void)poll(&p, 1, START_MS);
}

struct helper *
helper_start(const struct config *config, const char *file,
    const struct account *account, char *error, size_t size)
{
	struct helper *h;
	int i;

	if ((h = calloc(1, sizeof(*h))) == NULL ||
	    start_processes(h, config, file, account) == -1) {
		snprintf(error, size, "no helper process: %s",
		    strerror(errno));
		helper_end(h);
		return NULL;
	}
	for (i = 0; i < DEVICES; i++)
		(void)worker_send(h->devices, 0, -1);
	await_first_device(h);
	return h;
}

void
helper_report(struct helper *h, helper_done done, void *arg)
{
	h->done = done;
	h->arg = arg;
}

/* Until the process has closed its end, or it takes too long. */
static void
end_process(struct helper *h, int socket)
{
	uint64_t now = clock_ms(), end = now + END_MS;
	struct pollfd p = { .fd = socket, .events = POLLIN };

	if (socket == -1)
		return;
	(void)shutdown(socket, SHUT_WR);
	for (; now < end && (p.revents & POLLHUP) == 0; now = clock_ms())
		if (poll(&p, 1, (int)(end - now)) > 0 && socket == h->jobs)
			(void)helper_read(h);
	close(socket);
}

void
helper_end(struct helper *h)
{
	if (h == NULL)
		return;
	h->done = NULL;
	if (h->devices != -1)
		close(h->devices);
	end_process(h, h->jobs);
	end_process(h, h->closes);
	free(h);
}

int
helper_fd(const struct helper *h)
{
	return h->jobs;
}

int
helper_read(struct helper *h)
{
	struct worker_word word;
	ssize_t n;

	while ((n = recv(h->jobs, &word, sizeof(word), MSG_DONTWAIT)) ==
	    (ssize_t)sizeof(word)) {
		word.text[WORKER_LINE - 1] = '\0';
		if (word.kind == WORKER_LINE_SAID)
			log_info("%s", word.text);
		else if (word.kind == WORKER_FAILED)
			log_error("%s", word.text);
		else if (h->done != NULL)
			h->done(h->arg, word.token, word.status,
			    word.text);
	}
	return n == -1 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

int
helper_do(struct helper *h, const struct job *j)
{
	uint64_t now = clock_ms();

	if (send(h->jobs, j, job_size(j), MSG_DONTWAIT | MSG_NOSIGNAL) != -1)
		return 0;
	h->lost++;
	if (now - h->complained >= COMPLAIN_MS) {
		log_error("not done for lack of a helper: %.200s: %s (%" PRIu64
		    " in all)", j->text, strerror(errno), h->lost);
		h->complained = now;
	}
	return -1;
}

void
helper_reload(struct helper *h)
{
	struct job j;

	job_init(&j, JOB_RELOAD, 0);
	job_argument(&j, "");
	(void)helper_do(h, &j);
}

static int
next_device(struct helper *h)
{
	struct pollfd p = { .fd = h->devices, .events = POLLIN };
	char error = EIO;
	int fd = -1;

	/* Asks for the next descriptor; one that was asked for before comes. */
	if (!h->late && worker_send(h->devices, 0, -1) == -1)
		return -1;
	h->late = poll(&p, 1, h->late ? 0 : DEVICE_MS) != 1;
	if (h->late)
		errno = ETIMEDOUT;
	else if (worker_receive(h->devices, &error, &fd) != 1 || fd == -1)
		errno = error;
	return fd;
}

/* Answers to earlier requests may be errors of then: tries past them. */
int
helper_device(struct helper *h)
{
	int fd, i = 0;

	do
		fd = next_device(h);
	while (fd == -1 && !h->late && i++ < DEVICES);
	return fd;
}

void
helper_close(struct helper *h, int fd)
{
	(void)worker_send(h->closes, 0, fd);
	close(fd);
	(void)worker_send(h->closes, 0, -1);
}
