/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Child processes, their two pipes, and memory that they share. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools/load/must.h"
#include "tools/load/process.h"

/* The parent alone decides when to stop: signals are its business. */
static void
run_child(process_main *child, void *arg, uint32_t index, const int ready[2],
    const int stop[2])
{
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	close(ready[0]);
	close(stop[1]);
	child(arg, index, ready[1], stop[0]);
	_exit(0);
}

int
process_start(struct processes *p, uint32_t n, process_main *child,
    void *arg)
{
	int ready[2], stop[2];

	if (pipe2(ready, O_CLOEXEC) == -1 || pipe2(stop, O_CLOEXEC) == -1)
		return -1;
	for (p->n = 0; p->n < n; p->n++) {
		p->pids[p->n] = fork();
		if (p->pids[p->n] == 0)
			run_child(child, arg, p->n, ready, stop);
		if (p->pids[p->n] == -1)
			break;
	}
	close(ready[1]);
	close(stop[0]);
	p->ready = ready[0];
	p->stop = stop[1];
	if (p->n == n)
		return 0;
	process_stop(p);
	return -1;
}

void
process_stop(struct processes *p)
{
	close(p->stop);
	for (uint32_t i = 0; i < p->n; i++)
		waitpid(p->pids[i], NULL, 0);
	close(p->ready);
}

void *
process_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return must_have(memory == MAP_FAILED ? NULL : memory);
}

uint64_t
process_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
