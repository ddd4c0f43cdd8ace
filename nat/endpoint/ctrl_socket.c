/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"

#define READ_MAX	2048		/* bytes */
#define READS_MAX	64		/* of who does not stop, at the end */

static void
put_aside(struct peer *p)
{
	if (p->over)
		return;
	p->over = true;
	p->next_over = p->exchange->over;
	p->exchange->over = p;
}

void
peer_schedule(struct peer *p)
{
	uint64_t due, now = p->exchange->now;

	if (p->over || (due = tunnel_due(&p->tunnel)) >= p->due)
		return;
	p->due = due;
	watch_in(p->timer, due > now ? due - now : 0);
}

/*
 * What the tunnel asks for.
 */

static size_t
tunnel_send(void *arg, const uint8_t *bytes, size_t len)
{
	struct peer *p = arg;
	ssize_t n;

	do
		n = send(p->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n < (ssize_t)len)
		watch_start(p->writable);
	return n == -1 ? 0 : (size_t)n;
}

static void
tunnel_opened(void *arg, const struct tunnel_peer *who)
{
	struct peer *p = arg;

	if (p->host->open != NULL)
		p->host->open(p);
}

static struct tunnel_call *
tunnel_make(void *arg)
{
	struct peer *p = arg;
	struct session *s = session_new(p->exchange, p);

	return s == NULL ? NULL : &s->call;
}

static struct session *
session_of(struct tunnel_call *call)
{
	return (struct session *)(void *)
	    ((uint8_t *)call - offsetof(struct session, call));
}

static void
tunnel_up(void *arg, struct tunnel_call *call)
{
	session_start(session_of(call));
}

static void
tunnel_down(void *arg, struct tunnel_call *call, enum reason reason)
{
	session_lost(session_of(call), reason);
}

static void
tunnel_note(void *arg, enum reason reason)
{
	struct peer *p = arg;

	alg_count(p->exchange->alg, reason, 1);
}

static void
tunnel_closed(void *arg, enum reason reason)
{
	struct peer *p = arg;

	alg_count(p->exchange->alg, reason, 1);
	if (p->host->gone != NULL)
		p->host->gone(p, reason);
	put_aside(p);
}

static const struct tunnel_host tunnel_host = {
	.send = tunnel_send,
	.open = tunnel_opened,
	.make = tunnel_make,
	.up = tunnel_up,
	.down = tunnel_down,
	.note = tunnel_note,
	.closed = tunnel_closed
};

/*
 * What the loop tells.
 */

static void
readable(void *arg)
{
	struct peer *p = arg;
	struct exchange *x = p->exchange;
	uint64_t now = exchange_turn(x);
	uint8_t bytes[READ_MAX];
	ssize_t n;

	n = recv(p->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n > 0)
		tunnel_input(&p->tunnel, bytes, (size_t)n, now);
	else if (n == 0)
		tunnel_lost(&p->tunnel, REASON_CLOSED, now);
	else if (errno != EAGAIN && errno != EINTR)
		tunnel_lost(&p->tunnel, REASON_RESET, now);
	peer_schedule(p);
	exchange_settle(x);
}

static void
writable(void *arg)
{
	struct peer *p = arg;
	struct exchange *x = p->exchange;

	exchange_turn(x);
	tunnel_flush(&p->tunnel);
	peer_schedule(p);
	exchange_settle(x);
}

static void
due(void *arg)
{
	struct peer *p = arg;
	struct exchange *x = p->exchange;
	uint64_t now = exchange_turn(x);

	p->due = UINT64_MAX;
	tunnel_tick(&p->tunnel, now);
	peer_schedule(p);
	exchange_settle(x);
}

/*
 * From nothing to running and back.
 */

static int
start_watches(struct peer *p)
{
	struct loop *loop = p->exchange->loop;

	p->readable = loop_read(loop, p->fd, readable, p);
	p->writable = loop_write(loop, p->fd, writable, p);
	p->timer = loop_timer(loop, due, p);
	return p->readable == NULL || p->writable == NULL ||
	    p->timer == NULL ? -1 : 0;
}

static int
find_local(struct peer *p)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int on = 1;

	if (getsockname(p->fd, (struct sockaddr *)&sin, &len) == -1)
		return -1;
	p->path.local = ntohl(sin.sin_addr.s_addr);
	/* Messages are small, and each is waited for. */
	(void)setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return 0;
}

static void
release(struct peer *p)
{
	watch_free(p->readable);
	watch_free(p->writable);
	watch_free(p->timer);
	close(p->fd);
	profile_leave(p->profile);
	pool_give(&p->exchange->peers, p->index);
}

struct peer *
peer_new(struct exchange *x, struct profile *profile, int fd,
    uint32_t address, uint16_t port, const struct peer_host *host, void *arg)
{
	uint32_t i = pool_take(&x->peers);
	struct peer *p = pool_at(&x->peers, i);

	if (i == 0) {
		close(fd);
		profile_leave(profile);
		return NULL;
	}
	*p = (struct peer){
		.exchange = x, .profile = profile, .host = host, .arg = arg,
		.index = i, .fd = fd, .path.peer = address, .port = port,
		.due = UINT64_MAX
	};
	if (find_local(p) == -1 || start_watches(p) == -1) {
		release(p);
		return NULL;
	}
	return p;
}

void
peer_bind(struct peer *p, const char *device)
{
	if (*device != '\0')
		p->path.interface = if_nametoindex(device);
}

void
peer_start(struct peer *p)
{
	tunnel_open(&p->tunnel, &p->profile->tunnel, &tunnel_host, p,
	    p->exchange->now);
	peer_schedule(p);
}

void
peer_stop(struct peer *p, enum reason reason)
{
	if (p->over)
		return;
	tunnel_stop(&p->tunnel, reason, p->exchange->now);
	peer_schedule(p);
}

/* What has come and was not read would turn our end into a reset. */
void
peer_settle(struct peer *p)
{
	uint8_t bytes[READ_MAX];
	int i;

	if (tunnel_waits(&p->tunnel) > 0)
		tunnel_flush(&p->tunnel);
	(void)shutdown(p->fd, SHUT_WR);
	for (i = 0; i < READS_MAX; i++)
		if (recv(p->fd, bytes, sizeof(bytes), MSG_DONTWAIT) <= 0)
			break;
	release(p);
}
