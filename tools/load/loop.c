/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <err.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>

#include "tools/load/loop.h"

#define SIGNALS	2

struct watch {
	struct event	*event;
	loop_handler	*handler;
	void		*arg;
};

struct loop {
	struct event_base	*base;
	struct watch		*signals[SIGNALS];
};

struct loop *
loop_new(void)
{
	struct loop *loop = calloc(1, sizeof *loop);

	if (loop == NULL || (loop->base = event_base_new()) == NULL)
		errx(1, "no event loop: out of memory or descriptors");
	return loop;
}

void
loop_free(struct loop *loop)
{
	for (int i = 0; i < SIGNALS; i++)
		if (loop->signals[i] != NULL)
			watch_free(loop->signals[i]);
	event_base_free(loop->base);
	free(loop);
}

void
loop_run(struct loop *loop)
{
	event_base_dispatch(loop->base);
}

void
loop_stop(struct loop *loop)
{
	event_base_loopbreak(loop->base);
}

static void
watch_event(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;

	w->handler(what & EV_READ ? LOOP_READ :
	    what & EV_WRITE ? LOOP_WRITE : LOOP_TIMEOUT, w->arg);
}

static struct watch *
add(struct loop *loop, int fd, short what, loop_handler *handler, void *arg)
{
	struct watch *w = malloc(sizeof *w);

	if (w == NULL)
		err(1, "event");
	w->handler = handler;
	w->arg = arg;
	w->event = event_new(loop->base, fd, what, watch_event, w);
	if (w->event == NULL)
		err(1, "event");
	return w;
}

struct watch *
watch_new(struct loop *loop, int fd, enum loop_what what,
    loop_handler *handler, void *arg)
{
	static const short events[] = { [LOOP_READ] = EV_READ | EV_PERSIST,
	    [LOOP_WRITE] = EV_WRITE | EV_PERSIST, [LOOP_TIMEOUT] = 0 };

	return add(loop, fd, events[what], handler, arg);
}

void
watch_free(struct watch *w)
{
	event_free(w->event);
	free(w);
}

void
watch_start(struct watch *w, double seconds)
{
	struct timeval tv = { .tv_sec = (time_t)seconds,
	    .tv_usec = (suseconds_t)((seconds - (double)(time_t)seconds) *
	    1e6) };

	if (seconds == 0)
		event_remove_timer(w->event);
	event_add(w->event, seconds == 0 ? NULL : &tv);
}

void
watch_pause(struct watch *w)
{
	event_del(w->event);
}

void
watch_hurry(struct watch *w)
{
	event_active(w->event, EV_TIMEOUT, 0);
}

void
loop_interrupt(struct loop *loop, loop_handler *handler, void *arg)
{
	static const int numbers[SIGNALS] = { SIGINT, SIGTERM };

	for (int i = 0; i < SIGNALS; i++) {
		loop->signals[i] = add(loop, numbers[i],
		    EV_SIGNAL | EV_PERSIST, handler, arg);
		watch_start(loop->signals[i], 0);
	}
}
