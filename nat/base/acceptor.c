/* SPDX-License-Identifier: GPL-2.0-or-later */
/* accept(2) in turns, and its failures, which would come again at once. */
#include <sys/socket.h>

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/base/acceptor.h"
#include "nat/base/log.h"

#define TURN		64		/* accepted before others get a turn */
#define PAUSE_MS	500		/* when there are no descriptors left */

struct acceptor {
	int		 fd;
	struct event	*ready, *pause;
	bool		 failing;	/* which has been said */
	acceptor_call	 call;
	void		*arg;
};

static void
resume_accepting(evutil_socket_t fd, short what, void *arg)
{
	struct acceptor *a = arg;

	(void)event_add(a->ready, NULL);
}

static void
pause_accepting(struct acceptor *a)
{
	const struct timeval pause = { .tv_usec = PAUSE_MS * 1000 };

	if (!a->failing)
		log_error("a new connection has to wait: %s",
		    strerror(errno));
	a->failing = true;
	(void)event_del(a->ready);
	(void)event_add(a->pause, &pause);
}

static void
accept_more(evutil_socket_t listening, short what, void *arg)
{
	struct acceptor *a = arg;
	struct sockaddr_storage from;
	socklen_t len;
	int i, fd;

	for (i = 0; i < TURN; i++) {
		len = sizeof(from);
		fd = accept4(a->fd, (struct sockaddr *)&from, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd == -1 && errno != ECONNABORTED && errno != EINTR)
			break;
		if (fd == -1)
			continue;
		a->failing = false;
		a->call(a->arg, fd, (struct sockaddr *)&from);
	}
	if (i < TURN && errno != EAGAIN)
		pause_accepting(a);
}

struct acceptor *
acceptor_open(struct event_base *base, int fd, acceptor_call call, void *arg)
{
	struct acceptor *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->fd = -1;
	a->call = call;
	a->arg = arg;
	a->ready = event_new(base, fd, EV_READ | EV_PERSIST, accept_more, a);
	a->pause = evtimer_new(base, resume_accepting, a);
	if (a->ready == NULL || a->pause == NULL ||
	    event_add(a->ready, NULL) == -1) {
		acceptor_close(a);
		return NULL;
	}
	a->fd = fd;
	return a;
}

void
acceptor_close(struct acceptor *a)
{
	if (a == NULL)
		return;
	if (a->ready != NULL)
		event_free(a->ready);
	if (a->pause != NULL)
		event_free(a->pause);
	if (a->fd != -1)
		close(a->fd);
	free(a);
}
