/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_NETFILTER_QUEUE_H
#define NAT_NETFILTER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One NFQUEUE of the kernel.  Packets come whole, a batch at a time; each is
 * judged by a callback, and the verdicts of a batch go back in one system
 * call.  A packet that is not judged is dropped, never let through.
 */
struct queue;

enum queue_verdict {
	QUEUE_DROP,
	QUEUE_ACCEPT,		/* on to the next table */
	QUEUE_REPEAT		/* through the chain again, with its mark */
};

struct queue_packet {
	uint8_t			*bytes;		/* from the IP header */
	size_t			 len;		/* the judge may shorten it */
	uint32_t		 indev, outdev;	/* interface index, 0: none */
	uint32_t		 mark;		/* the judge may change it */
	uint64_t		 now;		/* ms: clock_ms */
	bool			 changed;	/* by the judge: bytes or len */
	enum queue_verdict	 verdict;	/* by the judge */
};

typedef void	(*queue_judge)(void *arg, struct queue_packet *);

/*
 * Binds a queue number.  NULL with a sentence in error that says what to do;
 * a number that is taken names who has it.
 */
struct queue	*queue_open(uint16_t number, queue_judge, void *arg,
		    char *error, size_t size);
void		 queue_close(struct queue *);	/* NULL is fine */

/* Before verdicts are sent, and with them packets let go: settle(arg). */
void		 queue_settle(struct queue *, void (*settle)(void *arg));

/* To be watched for reading; then queue_read does a bounded amount of work. */
int		 queue_fd(const struct queue *);
void		 queue_read(struct queue *);

/* Since queue_open. */
struct queue_counters {
	uint16_t	number;
	uint64_t	packets, batches;
	uint64_t	lost;		/* never seen, or verdict refused */
};
void		 queue_counters(const struct queue *, struct queue_counters *);

/*
 * Asks the kernel what it dropped because the queue or its socket was full;
 * returns how many packets were lost since the last call.
 */
uint64_t	 queue_lost(struct queue *);

#endif
