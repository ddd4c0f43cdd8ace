/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several processes that work as one, and the clock they have in common. */
#ifndef TOOLS_LOAD_PROCESS_H
#define TOOLS_LOAD_PROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESSES_MAX	64

/*
 * Several processes under one parent, which is told that all are ready and
 * tells all to stop, both by the end of file on a pipe: a death counts, too.
 */
struct processes {
	uint32_t	 n;
	pid_t		 pids[PROCESSES_MAX];
	int		 ready;		/* parent: EOF when all are ready */
	int		 stop;		/* parent: close to stop all */
};

/* A process's main: close ready when ready, end at EOF of stop. */
typedef void	 process_main(void *arg, uint32_t index, int ready, int stop);

/* -1 with errno. */
int		 process_start(struct processes *, uint32_t n,
		    process_main *, void *arg);
/* Waits for their end. */
void		 process_stop(struct processes *);

/* Zeroed memory that all processes see, or the end of the program. */
void		*process_memory(size_t);

/* Any clock that all processes share, in microseconds. */
uint64_t	 process_clock(void);

#endif
