/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the helper process is asked to do: one message a job. */
#ifndef NAT_PRIVSEP_JOB_H
#define NAT_PRIVSEP_JOB_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOB_TEXT	6144		/* bytes of all words */
#define JOB_WORDS	48
#define JOB_NOT_RUN	126		/* exit status, and above */

enum job_kind {
	JOB_SCRIPT,		/* run a program: file, arguments */
	JOB_WTMP,		/* write a record: line, user, host */
	JOB_RESOLVE,		/* find an address: a host's name */
	JOB_RELOAD,		/* read the configuration again */
	JOB_KINDS
};

/*
 * What the helper process is asked to do; it goes through a socket as it
 * is, cut off behind its text.
 */
struct job {
	enum job_kind	 kind;
	uint64_t	 token;		/* one after the other, if not 0 */
	bool		 wanted;	/* tell when it is done */
	uint32_t	 seconds;	/* it may take */
	uint32_t	 arguments;	/* words, the file first; then */
	uint32_t	 variables;	/* words of the environment */
	uint32_t	 len;		/* of text */
	char		 text[JOB_TEXT];	/* words, each with its NUL */
};

void	job_init(struct job *, enum job_kind, uint64_t token);

/* Adds a word; all arguments come before the first variable. */
void	job_argument(struct job *, const char *);
void	job_variable(struct job *, const char *name, const char *value);

/* How many bytes of it matter. */
size_t	job_size(const struct job *);

/* Is what came through the socket a job?  len bytes were read. */
bool	job_is_whole(const struct job *, size_t len);

/*
 * Starts the program of a JOB_SCRIPT in a process group of its own, without
 * a shell, with these variables only; what it says can be read from *output.
 * -1 with a sentence in error, also when others than root could have written
 * what would run.  A JOB_RESOLVE is a process, too, that says an address.
 */
pid_t	job_run(const struct job *, int *output, char *error, size_t size);

/* Does a JOB_WTMP. */
void	job_record(const struct job *);

#endif
