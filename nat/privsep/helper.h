/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that stays root when the daemon becomes another user, to run
 * scripts, write wtmp and open the TUN device, and another one without any
 * rights that closes that device, so that traffic does not wait for it.
 */
#ifndef NAT_PRIVSEP_HELPER_H
#define NAT_PRIVSEP_HELPER_H

#include <stddef.h>
#include <stdint.h>

#include "nat/privsep/job.h"

struct account;
struct config;
struct helper;

/*
 * A job that was wanted is done: status as of waitpid(2), or -1; the text is
 * the answer of a JOB_RESOLVE.
 */
typedef void	(*helper_done)(void *arg, uint64_t token, int status,
		    const char *text);

/*
 * To be called as root, and before there are secrets: the user is whom the
 * closing process becomes.  NULL with a sentence in error.
 */
struct helper	*helper_start(const struct config *, const char *file,
		    const struct account *, char *error, size_t size);

/* Whom to tell what was wanted. */
void		 helper_report(struct helper *, helper_done, void *arg);

/* The configuration has changed, which says what the helper may run. */
void		 helper_reload(struct helper *);

/* Ends the helper; waits some seconds for jobs that it was asked for. */
void		 helper_end(struct helper *);	/* NULL is fine */

/*
 * To be watched for reading; then helper_read, which logs, too.  -1: the
 * process is gone.
 */
int		 helper_fd(const struct helper *);
int		 helper_read(struct helper *);

/* Asks for a job; -1 when that cannot be, as the log says. */
int		 helper_do(struct helper *, const struct job *);

/*
 * A descriptor of TUN_DEVICE, or -1 with errno.  Some are there already; a
 * process that hangs is waited for only once, half a second.
 */
int		 helper_device(struct helper *);

/*
 * Closes a descriptor, which is taken over, where it does not matter that
 * the kernel takes long to remove an interface.
 */
void		 helper_close(struct helper *, int fd);

#endif
