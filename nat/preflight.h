/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for what would keep the daemon from working, before it starts. */
#ifndef NAT_PREFLIGHT_H
#define NAT_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
 * Reads the secrets that the daemon will read, with no more privilege than it
 * will have: capabilities are given up for good.  Logs what is wrong with
 * them; -1 when a section could not work.
 */
int	preflight_secrets(const struct config *);

/*
 * Why a queue could not be bound, by the error number, and what to do; a
 * queue that is taken is told with the name of the process that has it.
 */
void	preflight_explain_queue(uint16_t number, int error_number, char *error,
	    size_t size);

/*
 * Packets that the kernel dropped because a queue or its socket was full,
 * since it was bound.  -1 when the kernel's table cannot be read.
 */
int	preflight_queue_lost(uint16_t number, uint64_t *lost);

#endif
