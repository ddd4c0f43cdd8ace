/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One NFQUEUE of the kernel.  Packets come whole, a batch at a time; a
 * callback finds the verdict on each, and the verdicts of a batch go back in
 * one system call.  A packet without a verdict is dropped, never let through.
 */
#ifndef NAT_NETFILTER_QUEUE_H
#define NAT_NETFILTER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;

enum queue_verdict {
	QUEUE_DROP,
	QUEUE_ACCEPT,		/* on to the next table */
	QUEUE_REPEAT,		/* through the chain again, with its mark */
	QUEUE_STOP		/* past all other chains of this hook */
};

struct queue_packet {
	uint8_t			*bytes;		/* from the IP header */
	size_t			 len;		/* process may shorten it */
	uint32_t		 indev, outdev;	/* interface index, 0: none */
	uint32_t		 mark;		/* process may change it */
	const void		*conntrack;	/* for conntrack_of_packet */
	uint32_t		 conntrack_info;
	uint64_t		 now;		/* ms: clock_ms */
	bool			 changed;	/* by process: bytes or len */
	enum queue_verdict	 verdict;	/* by process */
};

/* Finds the verdict on a packet. */
typedef void	(*queue_process)(void *arg, struct queue_packet *);

/*
 * Binds a queue number.  NULL with a sentence in error that says what to do;
 * a number that is taken names who has it.
 */
struct queue	*queue_open(uint16_t number, queue_process, void *arg,
		    char *error, size_t size);
void		 queue_close(struct queue *);	/* NULL is fine */

/*
 * The same in two steps.  Until it is bound, packets of rules that say so
 * (--queue-bypass) pass it by.  -1 with a sentence in error.
 */
struct queue	*queue_make(uint16_t number, queue_process, void *arg,
		    char *error, size_t size);
int		 queue_bind(struct queue *, char *error, size_t size);

/*
 * Packets come with what connection tracking knows of them, from now on; -1
 * with errno where the kernel does not do that.
 */
int		 queue_want_conntrack(struct queue *);

/*
 * What is called each time when a batch has come, before its first packet is
 * worked on; and before its verdicts are sent.
 */
void		 queue_before_batch(struct queue *, void (*)(void *arg));
void		 queue_before_verdicts(struct queue *, void (*)(void *arg));

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
