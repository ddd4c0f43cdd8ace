/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests under way to RADIUS servers.  All wait equally long for a reply,
 * so that the one that is due first is the first in a queue.
 */
#include <sys/queue.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alg/base/pool.h"
#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/base/ratelimit.h"
#include "nat/radius/radius_client.h"

#define IDS		256	/* requests to one server at once */
#define TURN		64	/* replies read before others get a turn */
#define BURST		20	/* lines at once, ... */
#define REFILL_MS	1000	/* and until there is another one */

struct pending {
	TAILQ_ENTRY(pending)	 entry;
	uint32_t		 number;	/* in the pool */
	struct radius_client_request asked;
	struct radius_packet	 sent;		/* signed for its server */
	struct server_state	*server;	/* NULL: waits for a number */
	uint32_t		 tried;		/* servers, as bits */
	uint32_t		 tries;		/* of this server */
	uint64_t		 due;
	radius_client_done	 done;		/* NULL: forgotten */
	void			*arg;
};
TAILQ_HEAD(pending_queue, pending);

struct server_state {
	struct radius_client	*client;
	const struct radius_client_server *server;
	char			 name[32];
	int			 fd;
	struct watch		*watch;
	bool			 connected;
	uint64_t		 dead_until;	/* 0: alive */
	uint8_t			 next_id;
	struct pending		*by_id[IDS];
};

struct radius_client {
	struct radius_client_config config;
	struct radius_client_counters *counters;
	struct server_state	 server[RADIUS_CLIENT_SERVERS];
	struct pool		 requests;
	struct pending_queue	 sent, waiting;
	struct watch		*timer;
	struct ratelimit	 lines;
	bool			 retired;	/* closes itself */
};

static struct radius_secret
secret_of(const struct server_state *s)
{
	return (struct radius_secret){ s->server->secret,
	    strlen(s->server->secret) };
}

static bool
may_log(struct radius_client *c)
{
	uint32_t suppressed;

	return ratelimit_take(&c->lines, BURST, REFILL_MS, clock_ms(),
	    &suppressed);
}

/*
 * Sending.
 */

/* A host that is on its way up may have no route yet: tried again. */
static void
connect_server(struct server_state *s)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(s->server->address),
		.sin_port = htons(s->server->port)
	};

	if (!s->connected)
		s->connected = connect(s->fd, (struct sockaddr *)&sin,
		    sizeof(sin)) == 0;
}

/* What cannot be sent is as what got lost: it is sent again. */
static void
send_request(struct pending *r)
{
	struct server_state *s = r->server;
	struct radius_client *c = s->client;

	connect_server(s);
	(void)send(s->fd, r->sent.bytes, r->sent.len, MSG_DONTWAIT);
	r->tries++;
	r->due = clock_ms() + c->config.timeout;
	TAILQ_INSERT_TAIL(&c->sent, r, entry);
	if (TAILQ_FIRST(&c->sent) == r)
		loop_watch_in(c->timer, c->config.timeout);
}

/* An identifier that no request of the server has; -1: all are in use. */
static int
take_id(struct server_state *s)
{
	for (int i = 0; i < IDS; i++)
		if (s->by_id[s->next_id++] == NULL)
			return (uint8_t)(s->next_id - 1);
	return -1;
}

static void
make_packet(struct pending *r, uint8_t id)
{
	struct radius_secret secret = secret_of(r->server);

	r->sent = r->asked.packet;
	if (r->asked.password_len > 0)
		radius_packet_add_password(&r->sent, &secret,
		    r->asked.password, r->asked.password_len);
	radius_packet_sign(&r->sent, &secret, id);
}

/* Of those not tried yet: the first that is not dead, else the first. */
static struct server_state *
next_server(struct radius_client *c, const struct pending *r)
{
	struct server_state *first = NULL;
	uint64_t now = clock_ms();

	for (size_t i = 0; i < c->config.n; i++) {
		if ((r->tried & 1U << i) != 0)
			continue;
		if (c->server[i].dead_until <= now)
			return &c->server[i];
		if (first == NULL)
			first = &c->server[i];
	}
	return first;
}

static void
free_request(struct radius_client *c, struct pending *r)
{
	explicit_bzero(&r->asked, sizeof(r->asked));
	pool_give(&c->requests, r->number);
}

static void
finish_request(struct radius_client *c, struct pending *r,
    const struct radius_client_reply *reply)
{
	radius_client_done done = r->done;
	void *arg = r->arg;

	/* Who is told may ask at once, but not for this one. */
	r->done = NULL;
	if (done != NULL)
		done(arg, reply);
	free_request(c, r);
	if (c->retired)
		loop_watch_in(c->timer, 0);
}

/* To the server that is next; no one is left: that is the answer. */
static void
try_server(struct radius_client *c, struct pending *r)
{
	struct server_state *s = next_server(c, r);
	int id;

	if (s == NULL) {
		c->counters->silent++;
		finish_request(c, r, NULL);
		return;
	}
	if ((id = take_id(s)) == -1) {
		r->server = NULL;
		TAILQ_INSERT_TAIL(&c->waiting, r, entry);
		return;
	}
	r->tried |= 1U << (s - c->server);
	r->server = s;
	r->tries = 0;
	s->by_id[id] = r;
	make_packet(r, (uint8_t)id);
	send_request(r);
}

/* It is with no server any more; its identifier is another's. */
static void
leave_server(struct radius_client *c, struct pending *r)
{
	struct pending *next = TAILQ_FIRST(&c->waiting);

	TAILQ_REMOVE(&c->sent, r, entry);
	r->server->by_id[r->sent.bytes[1]] = NULL;
	r->server = NULL;
	if (next != NULL) {
		TAILQ_REMOVE(&c->waiting, next, entry);
		try_server(c, next);
	}
}

/*
 * Replies, and none.
 */

static void
mark_dead(struct server_state *s)
{
	struct radius_client *c = s->client;
	uint64_t now = clock_ms();

	if (s->dead_until <= now && may_log(c))
		log_warning("radius: %s: server %s does not answer", c->config.
		    name, s->name);
	s->dead_until = now + c->config.dead_time;
}

static void
mark_alive(struct server_state *s)
{
	if (s->dead_until != 0)
		log_info("radius: %s: server %s answers again",
		    s->client->config.name, s->name);
	s->dead_until = 0;
}

static void
refuse_reply(struct server_state *s, enum radius_fault fault)
{
	static const char *const sentences[RADIUS_FAULTS] = {
		[RADIUS_FAULT_MALFORMED] = "it is malformed",
		[RADIUS_FAULT_UNASKED] = "nobody waits for it",
		[RADIUS_FAULT_UNSIGNED] = "it has no Message-Authenticator: "
		    "update the server, or see radius-unsigned in "
		    "pptpalg-terminate(5)",
		[RADIUS_FAULT_FORGED] = "its signature is wrong: another "
		    "secret than the server's, or forged"
	};
	struct radius_client *c = s->client;

	c->counters->faults[fault]++;
	if (may_log(c))
		log_warning("radius: %s: reply of %s dropped: reason=%s: %s",
		    c->config.name, s->name, radius_packet_fault(fault),
		    sentences[fault]);
}

/* May a server reply to what was asked by that? */
static bool
fits_request(const struct pending *r, uint8_t code)
{
	if (r->sent.bytes[0] == RADIUS_ACCOUNTING_REQUEST)
		return code == RADIUS_ACCOUNTING_RESPONSE;
	return code == RADIUS_ACCESS_ACCEPT || code == RADIUS_ACCESS_REJECT ||
	    code == RADIUS_ACCESS_CHALLENGE;
}

static void
take_reply(struct server_state *s, uint8_t *bytes, size_t len)
{
	struct radius_client *c = s->client;
	struct radius_client_reply reply = { .bytes = bytes, .len = len,
	    .secret = secret_of(s) };
	struct pending *r = len < 2 ? NULL : s->by_id[bytes[1]];
	enum radius_fault fault;

	if (r == NULL || !fits_request(r, bytes[0])) {
		refuse_reply(s, len < 2 ? RADIUS_FAULT_MALFORMED :
		    RADIUS_FAULT_UNASKED);
		return;
	}
	fault = radius_packet_check(bytes, &reply.len, &r->sent,
	    &reply.secret);
	if (fault != RADIUS_FAULT_NONE && (fault != RADIUS_FAULT_UNSIGNED ||
	    !c->config.unsigned_replies)) {
		refuse_reply(s, fault);
		return;
	}
	mark_alive(s);
	c->counters->answered++;
	leave_server(c, r);
	reply.request = &r->sent;
	finish_request(c, r, &reply);
}

/* The host says that nothing listens there: all go to the next one. */
static void
give_up_server(struct server_state *s)
{
	struct radius_client *c = s->client;
	struct pending *r;

	mark_dead(s);
	for (int i = 0; i < IDS; i++)
		if ((r = s->by_id[i]) != NULL && r->tries > 0) {
			leave_server(c, r);
			try_server(c, r);
		}
}

static void
read_replies(void *arg)
{
	struct server_state *s = arg;
	uint8_t bytes[RADIUS_PACKET_MAX];
	ssize_t n = 0;

	for (int i = 0; i < TURN; i++) {
		n = recv(s->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n == -1)
			break;
		take_reply(s, bytes, (size_t)n);
	}
	if (n == -1 && errno == ECONNREFUSED)
		give_up_server(s);
}

static void
repeat_request(struct radius_client *c, struct pending *r)
{
	if (r->tries < c->config.tries) {
		c->counters->repeated++;
		TAILQ_REMOVE(&c->sent, r, entry);
		send_request(r);
		return;
	}
	mark_dead(r->server);
	leave_server(c, r);
	try_server(c, r);
}

static void
timer_due(void *arg)
{
	struct radius_client *c = arg;
	uint64_t now = clock_ms();
	struct pending *r;

	while ((r = TAILQ_FIRST(&c->sent)) != NULL && r->due <= now)
		repeat_request(c, r);
	if (c->retired && radius_client_idle(c))
		radius_client_close(c);
	else if (r != NULL)
		loop_watch_in(c->timer, r->due - now);
}

/*
 * What others call.
 */

uint32_t
radius_client_ask(struct radius_client *c,
    const struct radius_client_request *asked, radius_client_done done,
    void *arg)
{
	uint32_t number = pool_take(&c->requests);
	struct pending *r = pool_at(&c->requests, number);

	if (number == 0) {
		c->counters->full++;
		return 0;
	}
	*r = (struct pending){ .number = number, .asked = *asked,
	    .done = done, .arg = arg };
	c->counters->asked++;
	try_server(c, r);
	return number;
}

void
radius_client_forget(struct radius_client *c, uint32_t number)
{
	if (c != NULL && number != 0)
		((struct pending *)pool_at(&c->requests, number))->done = NULL;
}

bool
radius_client_secret(const struct radius_client *c, uint32_t address,
    struct radius_secret *secret)
{
	for (size_t i = 0; c != NULL && i < c->config.n; i++)
		if (c->config.server[i].address == address) {
			*secret = secret_of(&c->server[i]);
			return true;
		}
	return false;
}

bool
radius_client_idle(const struct radius_client *c)
{
	return c == NULL || c->requests.used == 0;
}

static int
open_server(struct loop *loop, struct radius_client *c, size_t i,
    char *error, size_t size)
{
	struct server_state *s = &c->server[i];
	struct in_addr address;
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(c->config.source)
	};

	s->client = c;
	s->server = &c->config.server[i];
	address.s_addr = htonl(s->server->address);
	snprintf(s->name, sizeof(s->name), "%s:%u", inet_ntoa(address),
	    s->server->port);
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd == -1 ||
	    bind(s->fd, (struct sockaddr *)&from, sizeof(from)) == -1 ||
	    (s->watch = loop_read(loop, s->fd, read_replies, s)) == NULL) {
		snprintf(error, size, "radius %s: %s", s->name,
		    strerror(errno));
		return -1;
	}
	connect_server(s);
	return 0;
}

struct radius_client *
radius_client_open(struct loop *loop, const struct radius_client_config *config,
    struct radius_client_counters *counters, char *error, size_t size)
{
	struct radius_client *c = calloc(1, sizeof(*c));

	snprintf(error, size, "out of memory");
	if (c == NULL)
		return NULL;
	c->config = *config;
	c->counters = counters;
	TAILQ_INIT(&c->sent);
	TAILQ_INIT(&c->waiting);
	for (size_t i = 0; i < RADIUS_CLIENT_SERVERS; i++)
		c->server[i].fd = -1;
	if (pool_init(&c->requests, config->capacity,
	    sizeof(struct pending)) == -1 ||
	    (c->timer = loop_timer(loop, timer_due, c)) == NULL)
		goto fail;
	for (size_t i = 0; i < config->n; i++)
		if (open_server(loop, c, i, error, size) == -1)
			goto fail;
	return c;
fail:
	radius_client_close(c);
	return NULL;
}

void
radius_client_retire(struct radius_client *c)
{
	uint32_t i = 0;

	if (c == NULL)
		return;
	while ((i = pool_next(&c->requests, i + 1)) != 0)
		radius_client_forget(c, i);
	c->retired = true;
	loop_watch_in(c->timer, 0);
}

static void
end_all(struct radius_client *c)
{
	struct pending *r;
	uint32_t i = 0;

	while ((i = pool_next(&c->requests, i + 1)) != 0) {
		r = pool_at(&c->requests, i);
		finish_request(c, r, NULL);
	}
}

void
radius_client_close(struct radius_client *c)
{
	if (c == NULL)
		return;
	end_all(c);
	loop_watch_free(c->timer);
	for (size_t i = 0; i < RADIUS_CLIENT_SERVERS; i++) {
		loop_watch_free(c->server[i].watch);
		if (c->server[i].fd != -1)
			close(c->server[i].fd);
	}
	pool_free(&c->requests);
	explicit_bzero(&c->config, sizeof(c->config));
	free(c);
}
