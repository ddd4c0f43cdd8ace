/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The main function of the helper process, and its messages to the daemon. */
#ifndef NAT_PRIVSEP_WORKER_H
#define NAT_PRIVSEP_WORKER_H

#include <stdint.h>

struct config;

#define WORKER_LINE	512		/* bytes of a line, NUL and all */

/* What the helper process tells the daemon. */
struct worker_word {
	enum { WORKER_DONE, WORKER_LINE_SAID, WORKER_FAILED } kind;
	uint64_t	 token;
	int		 status;	/* DONE: as of waitpid(2), or -1 */
	char		 text[WORKER_LINE];	/* what a script said, why it
						 * failed; the address */
};

/*
 * The helper process: does the jobs that come through the one socket, as far
 * as a configuration wants them (this one, and its file when that has
 * changed), and answers each byte on the other by a descriptor of the TUN
 * device.  Returns when the daemon has closed its ends and all is done.
 */
void	worker_run(int jobs, int devices, const struct config *,
	    const char *file);

/* Sends a byte through a socket, with a descriptor or -1; -1 with errno. */
int	worker_send(int socket, char byte, int fd);

/* The other end of it: 1 for a byte, 0 at the end, -1 with errno. */
int	worker_receive(int socket, char *byte, int *fd);

#endif
