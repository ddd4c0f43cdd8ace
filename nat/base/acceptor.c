/* SPDX-License-Identifier: GPL-2.0-or-later */
/* accept(2) in turns, and its failures, which would come again at once. */
#include <sys/socket.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/base/acceptor.h"
#include "nat/base/log.h"
#include "nat/base/loop.h"

#define TURN		64		/* accepted before others get a turn */
#define PAUSE_MS	500		/* when there are no descriptors left */

struct acceptor {
	int		 fd;
	struct watch	*ready, *pause;
	bool		 failing;	/* which has been said */
	acceptor_call	 call;
	void		*arg;
};

static void
resume_accepting(void *arg)
{
	struct acceptor *a = arg;

	loop_watch_start(a->ready);
}

static void
pause_accepting(struct acceptor *a)
{
	if (!a->failing)
		log_error("a new connection has to wait: %s",
		    strerror(errno));
	a->failing = true;
	loop_watch_stop(a->ready);
	loop_watch_in(a->pause, PAUSE_MS);
}

static void
accept_more(void *arg)
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
acceptor_open(struct loop *loop, int fd, acceptor_call call, void *arg)
{
	struct acceptor *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->fd = -1;
	a->call = call;
	a->arg = arg;
	a->pause = loop_timer(loop, resume_accepting, a);
	a->ready = loop_read(loop, fd, accept_more, a);
	if (a->ready == NULL || a->pause == NULL) {
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
	loop_watch_free(a->ready);
	loop_watch_free(a->pause);
	if (a->fd != -1)
		close(a->fd);
	free(a);
}
