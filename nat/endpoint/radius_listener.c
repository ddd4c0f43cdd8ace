/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads Disconnect- and CoA-Requests (RFC 5176), finds the sessions that they
 * are about, and answers.  Only who has the secret of one of the section's
 * servers, and its address, is heard.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alg/radius/radius_user.h"
#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/base/ratelimit.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/radius_listener.h"
#include "nat/endpoint/server.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_radius.h"
#include "nat/radius/radius_client.h"

#define TURN		16	/* orders read before others get a turn */
#define WINDOW		300	/* seconds: RFC 5176 section 6.3 */
#define CHANGES_BURST	20	/* lines at once, ... */
#define CHANGES_REFILL	1000	/* and until there is another one */

/* Error-Cause: RFC 5176 section 3.6. */
enum error_cause {
	CAUSE_NONE = 0, MISSING_ATTRIBUTE = 402, NO_SESSION = 503
};

struct radius_listener {
	struct server	*server;
	int		 fd;
	struct watch	*watch;
	struct ratelimit lines;
};

/* What a request says of the sessions that it is about; 0, "": nothing. */
struct target {
	char		 id[SESSION_RADIUS_ID];
	char		 user[RADIUS_VALUE_MAX + 1];
	char		 source[16];
	uint32_t	 address, nas;
	bool		 named;		/* there is one of these */
	bool		 impossible;	/* by something that nobody has */
};

static void
read_text(struct target *t, char *text, size_t size, struct cursor value)
{
	t->named = true;
	if (value.left >= size || value.left == 0 ||
	    memchr(value.pos, '\0', value.left) != NULL) {
		t->impossible = true;
		return;
	}
	memcpy(text, value.pos, value.left);
	text[value.left] = '\0';
}

static void
read_address(struct target *t, uint32_t *address, struct cursor value)
{
	if (value.left != sizeof(*address) ||
	    cursor_u32(&value, address) == -1 || *address == 0)
		t->impossible = true;
}

static void
read_target(struct target *t, const uint8_t *bytes, size_t len)
{
	struct radius_walk walk = radius_packet_walk(bytes, len);
	struct radius_attribute a;

	memset(t, 0, sizeof(*t));
	while (radius_packet_next(&walk, &a))
		switch (a.type) {
		case RADIUS_ACCT_SESSION_ID:
			read_text(t, t->id, sizeof(t->id), a.value);
			break;
		case RADIUS_USER_NAME:
			read_text(t, t->user, sizeof(t->user), a.value);
			break;
		case RADIUS_CALLING_STATION_ID:
			read_text(t, t->source, sizeof(t->source), a.value);
			break;
		case RADIUS_FRAMED_IP_ADDRESS:
			t->named = true;
			read_address(t, &t->address, a.value);
			break;
		case RADIUS_NAS_IP_ADDRESS:
			read_address(t, &t->nas, a.value);
			break;
		}
}

static bool
is_meant(const struct session *s, const struct target *t)
{
	struct in_addr peer = { htonl(s->path.peer) };
	char id[SESSION_RADIUS_ID];
	struct ppp_info info;

	session_info(s, &info);
	session_radius_id(s, id);
	return s->state < SESSION_CLOSING && info.proved &&
	    (*t->id == '\0' || strcmp(t->id, id) == 0) &&
	    (*t->user == '\0' || strcmp(t->user, info.account) == 0) &&
	    (*t->source == '\0' || strcmp(t->source, inet_ntoa(peer)) == 0) &&
	    (t->address == 0 || t->address == s->remote) &&
	    (t->nas == 0 || t->nas == s->path.local);
}

/* Does it to all sessions of the section that are meant; CAUSE_NONE: done. */
static enum error_cause
obey_order(struct server *c, const struct target *t,
    const struct radius_user *change)
{
	enum error_cause cause = NO_SESSION;
	struct session *s;
	uint32_t at = 0;

	if (!t->named)
		return MISSING_ATTRIBUTE;
	while (!t->impossible &&
	    (s = context_next_session(c->context, &at)) != NULL) {
		if (s->ctrl->arg != c || !is_meant(s, t))
			continue;
		if (change == NULL)
			session_close(s, PPP_DISCONNECTED);
		else
			session_radius_change(s, change);
		cause = CAUSE_NONE;
	}
	return cause;
}

/* Only if it says so: RFC 5176 section 3.3. */
static bool
is_too_old(const uint8_t *bytes, size_t len)
{
	struct radius_walk walk = radius_packet_walk(bytes, len);
	uint64_t now = clock_ms();
	int64_t since, here = (int64_t)((now + clock_epoch(now)) / 1000);
	struct radius_attribute a;
	uint32_t seconds;

	while (radius_packet_next(&walk, &a))
		if (a.type == RADIUS_EVENT_TIMESTAMP &&
		    cursor_u32(&a.value, &seconds) == 0) {
			since = here - (int64_t)seconds;
			return since > WINDOW || since < -WINDOW;
		}
	return false;
}

static enum error_cause
read_order(struct server *c, const uint8_t *bytes, size_t len)
{
	struct radius_user change = { .mtu = 0 };
	struct target target;

	read_target(&target, bytes, len);
	if (bytes[0] == RADIUS_DISCONNECT_REQUEST)
		return obey_order(c, &target, NULL);
	radius_user_change(&change, bytes, len);
	if (change.session == 0 && change.idle == 0 && change.interim == 0)
		return MISSING_ATTRIBUTE;
	return obey_order(c, &target, &change);
}

/* ACK is the request's code and one more, NAK two. */
static void
answer_order(const struct radius_listener *l, const uint8_t *bytes, size_t len,
    enum error_cause cause, const struct radius_secret *secret,
    const struct sockaddr_in *from)
{
	struct radius_walk walk = radius_packet_walk(bytes, len);
	struct radius_attribute a;
	struct radius_packet p;

	radius_packet_begin(&p, (enum radius_code)(bytes[0] +
	    (cause == CAUSE_NONE ? 1 : 2)), bytes[1], bytes + 4);
	if (cause != CAUSE_NONE)
		radius_packet_add_u32(&p, RADIUS_ERROR_CAUSE, cause);
	while (radius_packet_next(&walk, &a))
		if (a.type == RADIUS_PROXY_STATE)
			radius_packet_add(&p, a.type, a.value.pos,
			    a.value.left);
	radius_packet_sign(&p, secret, bytes[1]);
	(void)sendto(l->fd, p.bytes, p.len, MSG_DONTWAIT,
	    (const struct sockaddr *)from, sizeof(*from));
}

static void
refuse_order(struct radius_listener *l, const struct sockaddr_in *from,
    const char *reason)
{
	struct context *x = l->server->context;
	uint32_t suppressed;

	x->radius.orders_refused++;
	if (ratelimit_take(
		&l->lines, CHANGES_BURST, CHANGES_REFILL, x->now, &suppressed))
		log_warning("radius: %s: request of %s dropped: reason=%s",
		    l->server->profile->name, inet_ntoa(from->sin_addr),
		    reason);
}

static void
take_order(struct radius_listener *l, uint8_t *bytes, size_t len,
    const struct sockaddr_in *from)
{
	struct server *c = l->server;
	uint32_t address = ntohl(from->sin_addr.s_addr);
	struct radius_secret secret;
	enum radius_fault fault;

	if (!radius_client_secret(c->logins, address, &secret) &&
	    !radius_client_secret(c->records, address, &secret)) {
		refuse_order(l, from, "unknown-server");
		return;
	}
	fault = radius_packet_check(bytes, &len, NULL, &secret);
	if (fault != RADIUS_FAULT_NONE)
		refuse_order(l, from, radius_packet_fault(fault));
	else if (bytes[0] != RADIUS_DISCONNECT_REQUEST &&
	    bytes[0] != RADIUS_COA_REQUEST)
		refuse_order(l, from, "unknown-code");
	else if (is_too_old(bytes, len))
		refuse_order(l, from, "too-old");
	else {
		c->context->radius.orders++;
		answer_order(l, bytes, len, read_order(c, bytes, len),
		    &secret, from);
	}
}

static void
read_orders(void *arg)
{
	struct radius_listener *l = arg;
	struct context *x = l->server->context;
	uint8_t bytes[RADIUS_PACKET_MAX];
	struct sockaddr_in from;
	socklen_t size;
	ssize_t n;

	context_begin_turn(x);
	for (int i = 0; i < TURN; i++) {
		size = sizeof(from);
		n = recvfrom(l->fd, bytes, sizeof(bytes), MSG_DONTWAIT,
		    (struct sockaddr *)&from, &size);
		if (n == -1)
			break;
		take_order(l, bytes, (size_t)n, &from);
	}
	context_end_turn(x);
}

struct radius_listener *
radius_listener_open(struct server *c, char *error, size_t size)
{
	const struct terminate_endpoint *at =
	    &c->profile->terminate.radius_listen[0];
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(at->address),
		.sin_port = htons(at->port)
	};
	struct radius_listener *l = calloc(1, sizeof(*l));

	snprintf(error, size, "out of memory");
	if (l == NULL)
		return NULL;
	l->server = c;
	l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd == -1 ||
	    bind(l->fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    (l->watch = loop_read(c->context->loop, l->fd, read_orders, l)) ==
	    NULL) {
		snprintf(error, size, "radius-listen %s:%u: %s",
		    inet_ntoa(sin.sin_addr), at->port, strerror(errno));
		radius_listener_close(l);
		return NULL;
	}
	return l;
}

void
radius_listener_close(struct radius_listener *l)
{
	if (l == NULL)
		return;
	loop_watch_free(l->watch);
	if (l->fd != -1)
		close(l->fd);
	free(l);
}
