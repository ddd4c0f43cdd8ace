/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libevent behind the few calls that this project needs of it. */
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>

#include "nat/base/loop.h"

struct loop {
	struct event_base	*base;
};

struct watch {
	struct event		*event;
	void			(*call)(void *arg);
	void			*arg;
};

struct loop *
loop_open(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (l == NULL || (l->base = event_base_new()) == NULL) {
		free(l);
		return NULL;
	}
	return l;
}

void
loop_close(struct loop *l)
{
	if (l == NULL)
		return;
	event_base_free(l->base);
	free(l);
}

int
loop_run(struct loop *l)
{
	return event_base_dispatch(l->base);
}

void
loop_end(struct loop *l)
{
	event_base_loopbreak(l->base);
}

struct event_base *
loop_base(struct loop *l)
{
	return l->base;
}

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;

	w->call(w->arg);
}

static struct watch *
watch_new(struct loop *l, int fd, short what, void (*call)(void *), void *arg)
{
	struct watch *w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return NULL;
	w->call = call;
	w->arg = arg;
	if ((w->event = event_new(l->base, fd, what, on_event, w)) == NULL ||
	    ((what & EV_PERSIST) != 0 && event_add(w->event, NULL) == -1)) {
		loop_watch_free(w);
		return NULL;
	}
	return w;
}

struct watch *
loop_read(struct loop *l, int fd, void (*call)(void *), void *arg)
{
	return watch_new(l, fd, EV_READ | EV_PERSIST, call, arg);
}

struct watch *
loop_write(struct loop *l, int fd, void (*call)(void *), void *arg)
{
	return watch_new(l, fd, EV_WRITE, call, arg);
}

struct watch *
loop_signal(struct loop *l, int number, void (*call)(void *), void *arg)
{
	/* What libevent brings back at the end, when it may come twice. */
	signal(number, SIG_IGN);
	return watch_new(l, number, EV_SIGNAL | EV_PERSIST, call, arg);
}

struct watch *
loop_timer(struct loop *l, void (*call)(void *), void *arg)
{
	return watch_new(l, -1, 0, call, arg);
}

void
loop_watch_in(struct watch *w, uint64_t ms)
{
	struct timeval tv = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000 * 1000)
	};

	(void)event_add(w->event, &tv);
}

void
loop_watch_stop(struct watch *w)
{
	(void)event_del(w->event);
}

void
loop_watch_start(struct watch *w)
{
	(void)event_add(w->event, NULL);
}

void
loop_watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	if (w->event != NULL)
		event_free(w->event);
	free(w);
}
