/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TCP socket of a control connection that ends here (RFC 2637, 2), between
 * the loop and alg/endpoint/ctrl_conn.c.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alg/record/session_record.h"
#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"

#define READ_MAX	2048		/* bytes */
#define READS_MAX	64		/* before close, of an endless sender */
#define REPAIR_OFF	(-1)		/* linux/tcp.h: without a probe */

static void
close_later(struct ctrl_socket *p)
{
	if (p->over)
		return;
	p->over = true;
	p->next_reaped = p->context->reaped_ctrl_sockets;
	p->context->reaped_ctrl_sockets = p;
}

void
ctrl_socket_schedule(struct ctrl_socket *p)
{
	uint64_t due, now = p->context->now;

	if (p->over || (due = ctrl_conn_due(&p->conn)) >= p->due)
		return;
	p->due = due;
	loop_watch_in(p->timer, due > now ? due - now : 0);
}

/*
 * Callbacks of the control connection (struct ctrl_conn_host).
 */

static size_t
conn_send(void *arg, const uint8_t *bytes, size_t len)
{
	struct ctrl_socket *p = arg;
	ssize_t n;

	do
		n = send(p->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n < (ssize_t)len)
		loop_watch_start(p->writable);
	return n == -1 ? 0 : (size_t)n;
}

static void
conn_opened(void *arg, const struct ctrl_conn_peer *who)
{
	struct ctrl_socket *p = arg;

	if (p->host->open != NULL)
		p->host->open(p);
}

static struct ctrl_call *
conn_make(void *arg, uint16_t peer_id)
{
	struct ctrl_socket *p = arg;
	struct session *s = session_new(p->context, p);

	return s == NULL ? NULL : &s->call;
}

static struct session *
session_of(struct ctrl_call *call)
{
	return (struct session *)(void *)
	    ((uint8_t *)call - offsetof(struct session, call));
}

static void
conn_up(void *arg, struct ctrl_call *call)
{
	session_event(session_of(call), SESSION_CALL_UP);
}

static void
conn_down(void *arg, struct ctrl_call *call, enum reason reason)
{
	session_lost(session_of(call), reason);
}

static void
conn_note(void *arg, enum reason reason)
{
	struct ctrl_socket *p = arg;

	alg_count(p->context->alg, reason, 1);
}

static void
conn_closed(void *arg, enum reason reason)
{
	struct ctrl_socket *p = arg;

	alg_count(p->context->alg, reason, 1);
	if (p->host->gone != NULL)
		p->host->gone(p, reason);
	close_later(p);
}

static const struct ctrl_conn_host conn_host = {
	.send = conn_send,
	.open = conn_opened,
	.make = conn_make,
	.up = conn_up,
	.down = conn_down,
	.note = conn_note,
	.closed = conn_closed
};

/*
 * What the loop tells.
 */

static void
socket_readable(void *arg)
{
	struct ctrl_socket *p = arg;
	struct context *x = p->context;
	uint64_t now = context_begin_turn(x);
	uint8_t bytes[READ_MAX];
	ssize_t n;

	n = recv(p->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n > 0)
		ctrl_conn_input(&p->conn, bytes, (size_t)n, now);
	else if (n == 0)
		ctrl_conn_lost(&p->conn, REASON_CLOSED, now);
	else if (errno != EAGAIN && errno != EINTR)
		ctrl_conn_lost(&p->conn, REASON_RESET, now);
	ctrl_socket_schedule(p);
	context_end_turn(x);
}

static void
socket_writable(void *arg)
{
	struct ctrl_socket *p = arg;
	struct context *x = p->context;

	context_begin_turn(x);
	ctrl_conn_flush(&p->conn);
	ctrl_socket_schedule(p);
	context_end_turn(x);
}

static void
socket_timer_due(void *arg)
{
	struct ctrl_socket *p = arg;
	struct context *x = p->context;
	uint64_t now = context_begin_turn(x);

	p->due = UINT64_MAX;
	ctrl_conn_tick(&p->conn, now);
	ctrl_socket_schedule(p);
	context_end_turn(x);
}

/*
 * Opening and closing.
 */

static int
start_watches(struct ctrl_socket *p)
{
	struct loop *loop = p->context->loop;

	p->readable = loop_read(loop, p->fd, socket_readable, p);
	p->writable = loop_write(loop, p->fd, socket_writable, p);
	p->timer = loop_timer(loop, socket_timer_due, p);
	return p->readable == NULL || p->writable == NULL ||
	    p->timer == NULL ? -1 : 0;
}

static int
prepare_socket(struct ctrl_socket *p)
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
free_ctrl_socket(struct ctrl_socket *p)
{
	loop_watch_free(p->readable);
	loop_watch_free(p->writable);
	loop_watch_free(p->timer);
	close(p->fd);
	profile_leave(p->profile);
	pool_give(&p->context->ctrl_sockets, p->index);
}

struct ctrl_socket *
ctrl_socket_new(struct context *x, struct profile *profile, int fd,
    uint32_t address, uint16_t port, const struct ctrl_socket_host *host,
    void *arg)
{
	uint32_t i = pool_take(&x->ctrl_sockets);
	struct ctrl_socket *p = pool_at(&x->ctrl_sockets, i);

	if (i == 0) {
		close(fd);
		profile_leave(profile);
		return NULL;
	}
	*p = (struct ctrl_socket){
		.context = x, .profile = profile, .host = host, .arg = arg,
		.index = i, .fd = fd, .path.peer = address, .port = port,
		.due = UINT64_MAX
	};
	if (prepare_socket(p) == -1 || start_watches(p) == -1) {
		free_ctrl_socket(p);
		return NULL;
	}
	return p;
}

void
ctrl_socket_bind(struct ctrl_socket *p, const char *device)
{
	if (*device != '\0')
		p->path.interface = if_nametoindex(device);
}

void
ctrl_socket_start(struct ctrl_socket *p)
{
	ctrl_conn_open(&p->conn, &p->profile->ctrl, &conn_host, p,
	    p->context->now);
	ctrl_socket_schedule(p);
}

void
ctrl_socket_stop(struct ctrl_socket *p, enum reason reason)
{
	if (p->over)
		return;
	ctrl_conn_stop(&p->conn, reason, p->context->now);
	ctrl_socket_schedule(p);
}

static int
set_repair(int fd, int option, int value)
{
	return setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value));
}

/* The next number of one direction, while the socket is in repair. */
static uint32_t
queue_number(int fd, int queue)
{
	uint32_t number = 0;
	socklen_t len = sizeof(number);

	if (set_repair(fd, TCP_REPAIR_QUEUE, queue) == -1 ||
	    getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &number, &len) == -1)
		return 0;
	return number;
}

/* After that the kernel forgets that the port may be used again. */
void
ctrl_socket_numbers(const struct ctrl_socket *p, struct session_record *r)
{
	struct sockaddr_in sin = { .sin_port = 0 };
	socklen_t len = sizeof(sin);
	int on = 1;

	(void)getsockname(p->fd, (struct sockaddr *)&sin, &len);
	r->local_port = ntohs(sin.sin_port);
	r->peer_port = p->port;
	if (set_repair(p->fd, TCP_REPAIR, 1) == -1)
		return;
	r->expects = queue_number(p->fd, TCP_RECV_QUEUE);
	r->sends = queue_number(p->fd, TCP_SEND_QUEUE);
	(void)set_repair(p->fd, TCP_REPAIR, REPAIR_OFF);
	(void)setsockopt(p->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

/* Reads what is left: closing with unread bytes would send a RST. */
void
ctrl_socket_reap(struct ctrl_socket *p)
{
	uint8_t bytes[READ_MAX];
	int i;

	if (ctrl_conn_waits(&p->conn) > 0)
		ctrl_conn_flush(&p->conn);
	(void)shutdown(p->fd, SHUT_WR);
	for (i = 0; i < READS_MAX; i++)
		if (recv(p->fd, bytes, sizeof(bytes), MSG_DONTWAIT) <= 0)
			break;
	free_ctrl_socket(p);
}
