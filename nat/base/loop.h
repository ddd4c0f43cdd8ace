/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop.  Each thing that it watches is a struct watch, owned by
 * who made it; its callback may end any watch, its own too.
 */
#ifndef NAT_BASE_LOOP_H
#define NAT_BASE_LOOP_H

#include <stdint.h>

struct event_base;

struct loop;
struct watch;

struct loop	*loop_open(void);		/* NULL: out of memory */
void		 loop_close(struct loop *);	/* NULL is fine */

/* Until loop_end; -1 with errno when it cannot go on. */
int		 loop_run(struct loop *);
void		 loop_end(struct loop *);

/* For what makes events of its own, as bufferevents do. */
struct event_base *loop_base(struct loop *);

/* Calls while fd can be read.  NULL: out of memory. */
struct watch	*loop_read(struct loop *, int fd, void (*)(void *arg),
		    void *arg);

/* Calls once after each loop_watch_start, when fd takes more. */
struct watch	*loop_write(struct loop *, int fd, void (*)(void *arg),
		    void *arg);

/* Calls on a signal, which is ignored afterwards. */
struct watch	*loop_signal(struct loop *, int number, void (*)(void *arg),
		    void *arg);

/* Calls once after each loop_watch_in. */
struct watch	*loop_timer(struct loop *, void (*)(void *arg), void *arg);
void		 loop_watch_in(struct watch *, uint64_t ms);

/* Nothing is called until it is started again. */
void		 loop_watch_stop(struct watch *);
void		 loop_watch_start(struct watch *);

void		 loop_watch_free(struct watch *);	/* NULL is fine */

#endif
