/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_LOAD_LOOP_H
#define TOOLS_LOAD_LOOP_H

/* The event loop; out of memory ends the program with a message. */
struct loop;
struct watch;

enum loop_what { LOOP_READ, LOOP_WRITE, LOOP_TIMEOUT };

typedef void	 loop_handler(enum loop_what, void *arg);

struct loop	*loop_new(void);
void		 loop_free(struct loop *);
/* Until a handler calls loop_stop. */
void		 loop_run(struct loop *);
void		 loop_stop(struct loop *);

/*
 * Calls the handler each time that fd is ready for one thing, or that a time
 * has passed without it; LOOP_TIMEOUT and fd -1 for the time alone.
 */
struct watch	*watch_new(struct loop *loop, int fd, enum loop_what what,
		    loop_handler *handler, void *arg);
void		 watch_free(struct watch *);
/* Starts, or starts the time anew; seconds 0: wait for ever. */
void		 watch_start(struct watch *, double seconds);
void		 watch_pause(struct watch *);
/* Makes the time pass at once, on the loop's next turn. */
void		 watch_hurry(struct watch *);

/* Calls the handler on SIGINT and SIGTERM. */
void		 loop_interrupt(struct loop *loop, loop_handler *handler,
		    void *arg);

#endif
