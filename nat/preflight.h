/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for what would keep the daemon from working, before it starts. */
#ifndef NAT_PREFLIGHT_H
#define NAT_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/config.h"

struct firewall;

/*
 * No privilege, a kernel that refuses to change packets here, the kernel's own
 * pptp helper on the same traffic (the last two with the ALG and the rules
 * that were read; NULL: without).  0, or -1 with a sentence in error that says
 * what is wrong and what to do.
 */
int	preflight_all(const struct firewall *, char *error, size_t size);

/*
 * Reads the secrets that the daemon will read, as the user that it will be and
 * with no more rights than it will have: root's are given up for good.  Logs
 * what is wrong with them; -1 when a section could not work.
 */
int	preflight_secrets(const struct config *);

/*
 * Why a queue could not be bound, by the error number, and what to do; a
 * queue that is taken is told with the name of the process that has it.
 */
void	preflight_explain_queue(uint16_t number, int error_number, char *error,
	    size_t size);

/*
 * The kernel's table of queues, which only root can open; NULL with errno.
 * Close with fclose.
 */
FILE	*preflight_queue_table(void);

/*
 * Packets that the kernel dropped because a queue or its socket was full,
 * since it was bound.  -1 when there is no table, or no such queue.
 */
int	preflight_queue_lost(FILE *table, uint16_t number, uint64_t *lost);

#endif
