/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel tells of NFQUEUEs: owner, lost packets. */
#ifndef NAT_NETFILTER_QUEUE_TABLE_H
#define NAT_NETFILTER_QUEUE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The kernel's table of queues, which only root can open; NULL with errno.
 * Close with fclose.
 */
FILE	*queue_table_open(void);

/*
 * Packets that the kernel dropped because a queue or its socket was full,
 * since it was bound.  -1 when there is no table, or no such queue.
 */
int	queue_table_lost(FILE *table, uint16_t number, uint64_t *lost);

/*
 * Is it taken, but by no process that we can see?  One that ends closes its
 * files a moment after it has them no more.
 */
bool	queue_table_is_left(uint16_t number);

/*
 * Why a queue could not be bound, by the error number, and what to do; a
 * queue that is taken is told with the name of the process that has it.
 */
void	queue_table_explain(uint16_t number, int error_number, char *error,
	    size_t size);

#endif
