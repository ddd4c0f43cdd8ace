/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/prctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alg/base/log.h"
#include "nat/clock.h"
#include "nat/helper.h"
#include "nat/worker.h"

#define SOCKET_BUFFER	(8 << 20)	/* bytes of jobs not yet taken */
#define DEVICE_MS	2000		/* to wait for a descriptor */
#define END_MS		10000		/* to wait for the last scripts */

struct helper {
	int		 jobs, devices;
	helper_done	 done;
	void		*arg;
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

/* In the new process: it ends when the daemon closes its ends. */
static void
become_worker(int jobs, int devices)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	(void)prctl(PR_SET_NAME, "pptpalg-helper");
	close_others(jobs, devices);
	worker_run(jobs, devices);
	_exit(EXIT_SUCCESS);
}

static int
start(struct helper *h)
{
	int jobs[2] = { -1, -1 }, devices[2] = { -1, -1 };
	int bytes = SOCKET_BUFFER;
	pid_t pid = -1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    jobs) == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    devices) == 0)
		pid = fork();
	if (pid == 0) {
		close(jobs[0]);
		close(devices[0]);
		become_worker(jobs[1], devices[1]);
	}
	close(jobs[1]);
	close(devices[1]);
	h->jobs = jobs[0];
	h->devices = devices[0];
	(void)setsockopt(h->jobs, SOL_SOCKET, SO_SNDBUFFORCE, &bytes,
	    sizeof(bytes));
	return pid == -1 ? -1 : 0;
}

struct helper *
helper_start(helper_done done, void *arg, char *error, size_t size)
{
	struct helper *h;

	if ((h = calloc(1, sizeof(*h))) == NULL || start(h) == -1) {
		snprintf(error, size, "no helper process: %s",
		    strerror(errno));
		helper_end(h);
		return NULL;
	}
	h->done = done;
	h->arg = arg;
	return h;
}

/* Until the process has closed its end, or it takes too long. */
static void
wait_for_end(struct helper *h)
{
	uint64_t now = clock_ms(), end = now + END_MS;
	struct pollfd p = { .fd = h->jobs, .events = POLLIN };

	(void)shutdown(h->jobs, SHUT_WR);
	for (; now < end && (p.revents & POLLHUP) == 0; now = clock_ms())
		if (poll(&p, 1, (int)(end - now)) > 0)
			helper_read(h);
}

void
helper_end(struct helper *h)
{
	if (h == NULL)
		return;
	h->done = NULL;
	if (h->devices != -1)
		close(h->devices);
	if (h->jobs != -1) {
		wait_for_end(h);
		close(h->jobs);
	}
	free(h);
}

int
helper_fd(const struct helper *h)
{
	return h->jobs;
}

void
helper_read(struct helper *h)
{
	struct worker_word word;

	while (recv(h->jobs, &word, sizeof(word), MSG_DONTWAIT) ==
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
}

void
helper_do(struct helper *h, const struct job *j)
{
	if (send(h->jobs, j, job_size(j), MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
		log_error("not done for lack of a helper: %.200s: %s", j->text,
		    strerror(errno));
}

int
helper_device(struct helper *h)
{
	struct pollfd p = { .fd = h->devices, .events = POLLIN };
	char error = EIO;
	int fd = -1;

	if (worker_send(h->devices, 0, -1) == -1 ||
	    poll(&p, 1, DEVICE_MS) != 1 ||
	    worker_receive(h->devices, &error, &fd) != 1 || fd == -1)
		errno = error;
	return fd;
}

void
helper_close(struct helper *h, int fd)
{
	(void)worker_send(h->devices, 0, fd);
	close(fd);
}
