/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Has RADIUS servers decide about logins, gives a session what they say of
 * its user, and tells them what it has used.
 */
#include <sys/random.h>

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alg/base/line.h"
#include "alg/radius/radius_user.h"
#include "conf/address.h"
#include "conf/radius_secrets.h"
#include "conf/secrets.h"
#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/server.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_radius.h"
#include "nat/radius/radius_client.h"

#define LOGINS_MAX	1024	/* that wait for servers, of a section */
#define RECORDS_MAX	8192	/* the same, of accounting */
#define INTERIM_MIN	60	/* seconds: RFC 2869 section 2.1 */
#define ANY_ADDRESS	0xfffffffeU	/* RFC 2865 section 5.8: */
#define USER_CHOOSES	0xffffffffU

enum { SERVICE_FRAMED = 2, PROTOCOL_PPP = 1, PORT_VIRTUAL = 5, BY_RADIUS = 1,
    TUNNEL_PPTP = 1, MEDIUM_IPV4 = 1 };
enum record_kind { RECORD_START = 1, RECORD_STOP = 2, RECORD_INTERIM = 3 };

_Static_assert((int)RADIUS_SECRET_MAX == RADIUS_CLIENT_SECRET &&
    TERMINATE_RADIUS_MAX == RADIUS_CLIENT_SERVERS, "what is read must fit");

struct session_radius {
	struct radius_asked	 asked;		/* of the login under way */
	uint32_t		 waits;		/* for this request, or 0 */
	uint32_t		 delay;		/* of the answer, ms */
	struct radius_user	 user;
	struct secret		 secret;
	struct ppp_config	 config;
	struct watch		*interim;	/* or NULL */
	uint32_t		 interval;	/* of interim records, ms */
};

/*
 * Servers of a section.
 */

static int
add_servers(struct radius_client_config *config, const struct terminate *t,
    const struct terminate_endpoint *servers, size_t n, char *error,
    size_t size)
{
	for (size_t i = 0; i < n; i++) {
		config->server[i].address = servers[i].address;
		config->server[i].port = servers[i].port;
		if (radius_secrets_read(t->radius_secrets, servers[i].address,
		    config->server[i].secret, error, size) == -1)
			return -1;
	}
	config->n = n;
	return 0;
}

static int
open_client(struct server *c, const struct terminate *t,
    const struct terminate_endpoint *servers, size_t n, uint32_t capacity,
    struct radius_client **client, char *error, size_t size)
{
	struct radius_client_config config = {
		.source = t->radius_source, .timeout = t->radius_timeout * 1000,
		.tries = t->radius_tries,
		.dead_time = t->radius_dead_time * 1000,
		.unsigned_replies = t->radius_unsigned, .capacity = capacity
	};

	*client = NULL;
	if (n == 0)
		return 0;
	snprintf(config.name, sizeof(config.name), "%s", t->name);
	if (add_servers(&config, t, servers, n, error, size) == 0)
		*client = radius_client_open(c->context->loop, &config,
		    &c->context->radius, error, size);
	explicit_bzero(&config, sizeof(config));
	return *client == NULL ? -1 : 0;
}

int
session_radius_open(struct server *c, const struct terminate *t,
    struct radius_client **logins, struct radius_client **records,
    char *error, size_t size)
{
	*records = NULL;
	if (open_client(c, t, t->radius, t->nradius, LOGINS_MAX, logins,
	    error, size) == -1)
		return -1;
	if (open_client(c, t, t->radius_accounting, t->nradius_accounting,
	    RECORDS_MAX, records, error, size) == 0)
		return 0;
	radius_client_close(*logins);
	*logins = NULL;
	return -1;
}

/*
 * What all requests about a session have.
 */

void
session_radius_id(const struct session *s, char id[SESSION_RADIUS_ID])
{
	/* No other one of this host, also after a restart. */
	snprintf(id, SESSION_RADIUS_ID, "%08" PRIx64 "-%" PRIx64,
	    s->context->started, s->serial);
}

static void
add_address(struct radius_packet *p, uint32_t type, uint32_t address)
{
	char text[16];
	struct line l = line_of(text, sizeof(text));

	line_add_ipv4(&l, address);
	radius_packet_add_text(p, type, text);
}

static void
add_nas(struct radius_packet *p, const struct terminate *t)
{
	char name[RADIUS_VALUE_MAX + 1] = "";

	snprintf(name, sizeof(name), "%.253s", t->nas_identifier);
	if (*name == '\0')
		(void)gethostname(name, sizeof(name) - 1);
	radius_packet_add_text(p, RADIUS_NAS_IDENTIFIER, name);
}

static void
add_session(struct radius_packet *p, const struct session *s)
{
	char id[SESSION_RADIUS_ID];

	session_radius_id(s, id);
	radius_packet_add_text(p, RADIUS_ACCT_SESSION_ID, id);
	add_nas(p, &s->profile->terminate);
	radius_packet_add_u32(p, RADIUS_NAS_IP_ADDRESS, s->path.local);
	radius_packet_add_u32(p, RADIUS_NAS_PORT, s->index);
	radius_packet_add_u32(p, RADIUS_NAS_PORT_TYPE, PORT_VIRTUAL);
	radius_packet_add_u32(p, RADIUS_SERVICE_TYPE, SERVICE_FRAMED);
	radius_packet_add_u32(p, RADIUS_FRAMED_PROTOCOL, PROTOCOL_PPP);
	add_address(p, RADIUS_CALLING_STATION_ID, s->path.peer);
	add_address(p, RADIUS_CALLED_STATION_ID, s->path.local);
	radius_packet_add_u32(p, RADIUS_TUNNEL_TYPE, TUNNEL_PPTP);
	radius_packet_add_u32(p, RADIUS_TUNNEL_MEDIUM_TYPE, MEDIUM_IPV4);
	add_address(p, RADIUS_TUNNEL_CLIENT_ENDPOINT, s->path.peer);
	add_address(p, RADIUS_TUNNEL_SERVER_ENDPOINT, s->path.local);
}

/*
 * Logins.
 */

static uint32_t
shorter(uint32_t ms, uint32_t seconds)
{
	uint32_t other = seconds > UINT32_MAX / 1000 ? UINT32_MAX :
	    seconds * 1000;

	return other != 0 && (ms == 0 || other < ms) ? other : ms;
}

/* Never less encryption than the section says. */
static bool
set_user_encryption(struct ppp_config *c, const struct radius_user *u)
{
	uint8_t lengths = c->mppe & PPP_MPPE_LENGTHS & u->mppe;

	c->mppe_required |= u->mppe_required;
	c->mppe = lengths == 0 ? 0 :
	    (uint8_t)((c->mppe & ~PPP_MPPE_LENGTHS) | lengths);
	return lengths != 0 || !c->mppe_required;
}

static void
set_servers(uint32_t ours[2], const uint32_t theirs[2])
{
	if (theirs[0] != 0 || theirs[1] != 0)
		memcpy(ours, theirs, 2 * sizeof(*ours));
}

/* The section's configuration, as far as the server does not say else. */
static bool
configure_ppp(struct session *s)
{
	const struct radius_user *u = &s->radius->user;
	struct ppp_config *c = &s->radius->config;

	*c = s->profile->ppp;
	c->session = shorter(c->session, u->session);
	c->idle = shorter(c->idle, u->idle);
	if (u->mtu >= 128 && u->mtu < c->mtu)
		c->mtu = (uint16_t)u->mtu;
	set_servers(c->dns, u->dns);
	set_servers(c->wins, u->wins);
	return set_user_encryption(c, u);
}

static void
set_secret(struct session *s)
{
	const struct radius_user *u = &s->radius->user;

	s->radius->secret = (struct secret){ .client = "", .server = "",
	    .password = "" };
	if (u->address != ANY_ADDRESS && u->address != USER_CHOOSES)
		s->radius->secret.address = u->address;
}

/* A mask that is not all of the address: the client's network is there. */
static void
add_network(struct radius_user *u)
{
	uint32_t mask = u->netmask;
	struct radius_user_route *r = &u->routes[u->nroutes];

	if (mask == 0 || mask == UINT32_MAX || (~mask & (~mask + 1)) != 0 ||
	    u->address == 0 || u->address >= ANY_ADDRESS ||
	    u->nroutes == RADIUS_USER_ROUTES)
		return;
	*r = (struct radius_user_route){ .to = u->address & mask,
	    .bits = (uint8_t)__builtin_popcount(mask) };
	u->nroutes++;
}

const struct radius_user_route *
session_radius_routes(const struct session *s, size_t *n)
{
	*n = s->radius == NULL ? 0 : s->radius->user.nroutes;
	return *n == 0 ? NULL : s->radius->user.routes;
}

bool
session_radius_reaches(const struct session *s, uint32_t address)
{
	size_t i, n;
	const struct radius_user_route *r = session_radius_routes(s, &n);

	for (i = 0; i < n; i++)
		if (address_is_in(address, &(struct terminate_net){ r[i].to,
		    r[i].bits }))
			return true;
	return false;
}

/* A server may ask for records, but not for a flood of them. */
static void
set_interval(struct session *s)
{
	uint32_t seconds = s->radius->user.interim;

	if (seconds == 0)
		seconds = s->profile->terminate.radius_interim;
	else if (seconds < INTERIM_MIN)
		seconds = INTERIM_MIN;
	s->radius->interval = shorter(0, seconds);
}

/* To a new challenge of a user who is in, nothing but yes or no counts. */
static enum ppp_reason
read_answer(struct session *s, const struct radius_client_reply *reply,
    struct radius_user *u)
{
	enum ppp_reason reason;

	if (reply == NULL)
		return PPP_RADIUS_SILENT;
	reason = radius_user_read(u, &s->radius->asked, reply->bytes,
	    reply->len, reply->request, &reply->secret);
	if (reason != PPP_OK || s->logged_in != 0)
		return reason;
	s->radius->user = *u;
	explicit_bzero(&s->radius->user.keys, sizeof(u->keys));
	add_network(&s->radius->user);
	set_secret(s);
	return configure_ppp(s) ? PPP_OK : PPP_RADIUS_REPLY;
}

static void
on_answer(void *arg, const struct radius_client_reply *reply)
{
	struct session *s = arg;
	struct context *x = s->context;
	struct ppp_answer answer = { .delay = s->radius->delay };
	struct radius_user u = { .mtu = 0 };

	context_begin_turn(x);
	s->radius->waits = 0;
	answer.reason = read_answer(s, reply, &u);
	answer.error = u.error;
	answer.keys = u.keys;
	memcpy(answer.success, u.success, sizeof(answer.success));
	ppp_answer(&s->ppp, &answer, x->now);
	explicit_bzero(&answer, sizeof(answer));
	explicit_bzero(&u, sizeof(u));
	session_schedule(s);
	context_end_turn(x);
}

static int
get_room(struct session *s)
{
	if (s->radius == NULL)
		s->radius = calloc(1, sizeof(*s->radius));
	if (s->radius == NULL)
		return -1;
	/* The link has begun anew since the last request. */
	radius_client_forget(server_of_session(s)->logins, s->radius->waits);
	s->radius->waits = 0;
	return 0;
}

static void
begin_request(struct radius_client_request *q, enum radius_code code)
{
	uint8_t authenticator[RADIUS_AUTHENTICATOR];

	q->password_len = 0;
	if (getrandom(authenticator, sizeof(authenticator), 0) !=
	    (ssize_t)sizeof(authenticator))
		abort();
	radius_packet_begin(&q->packet, code, 0, authenticator);
}

enum ppp_reason
session_radius_ask(struct session *s, const struct ppp_login *login,
    const struct ppp_proof *proof, uint32_t delay)
{
	struct radius_client_request q;
	struct session_radius *r;

	if (server_of_session(s)->logins == NULL || get_room(s) == -1)
		return PPP_RADIUS_SILENT;
	if (login->method == PPP_PAP && proof->len > sizeof(q.password))
		return PPP_REJECTED;
	r = s->radius;
	r->delay = delay;
	r->asked.method = login->method;
	memcpy(r->asked.challenge, proof->challenge,
	    login->method == PPP_PAP ? 0 : proof->challenge_len);
	begin_request(&q, RADIUS_ACCESS_REQUEST);
	radius_user_ask(&q.packet, login, proof);
	/* Such a long name is nobody's there. */
	if (q.packet.full)
		return PPP_REJECTED;
	if (login->method == PPP_PAP) {
		q.password_len = proof->len;
		memcpy(q.password, proof->value, proof->len);
	}
	add_session(&q.packet, s);
	r->waits =
	    radius_client_ask(server_of_session(s)->logins, &q, on_answer, s);
	explicit_bzero(&q, sizeof(q));
	return r->waits == 0 ? PPP_RADIUS_BUSY : PPP_OK;
}

const struct secret *
session_radius_secret(const struct session *s)
{
	return s->radius == NULL ? NULL : &s->radius->secret;
}

const struct ppp_config *
session_radius_config(const struct session *s)
{
	return s->radius == NULL ? &s->profile->ppp : &s->radius->config;
}

/*
 * Accounting.
 */

/* RFC 2866 section 5.10; what is not here is NAS Request. */
static const struct {
	uint8_t	 reason;	/* enum ppp_reason */
	uint8_t	 cause;
} causes[] = {
	{ PPP_PEER, 1 }, { PPP_LOST, 2 }, { PPP_ECHO_LOST, 2 },
	{ PPP_IDLE, 4 }, { PPP_SESSION_LIMIT, 5 }, { PPP_OCTET_LIMIT, 5 },
	{ PPP_ADMIN, 6 }, { PPP_DISCONNECTED, 6 }, { PPP_SHUTDOWN, 7 },
	{ PPP_REPLACED, 13 }, { PPP_KEYS_DIFFER, 8 },
	{ PPP_RESET_UNANSWERED, 8 }, { PPP_NO_INTERFACE, 9 },
	{ PPP_SCRIPT_FAILED, 9 },
};

static uint32_t
cause_of(uint8_t reason)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (causes[i].reason == reason)
			return causes[i].cause;
	return 10;
}

static void
add_traffic(struct radius_packet *p, const struct session *s,
    const struct ppp_info *info)
{
	radius_packet_add_u32(p, RADIUS_ACCT_SESSION_TIME,
	    (uint32_t)((s->context->now - s->up_since) / 1000));
	radius_packet_add_u32(p, RADIUS_ACCT_INPUT_OCTETS,
	    (uint32_t)info->bytes_in);
	radius_packet_add_u32(p, RADIUS_ACCT_OUTPUT_OCTETS,
	    (uint32_t)info->bytes_out);
	radius_packet_add_u32(p, RADIUS_ACCT_INPUT_GIGAWORDS,
	    (uint32_t)(info->bytes_in >> 32));
	radius_packet_add_u32(p, RADIUS_ACCT_OUTPUT_GIGAWORDS,
	    (uint32_t)(info->bytes_out >> 32));
	radius_packet_add_u32(p, RADIUS_ACCT_INPUT_PACKETS,
	    (uint32_t)info->packets_in);
	radius_packet_add_u32(p, RADIUS_ACCT_OUTPUT_PACKETS,
	    (uint32_t)info->packets_out);
}

static void
fill_record(struct radius_packet *p, const struct session *s,
    enum record_kind kind)
{
	const struct radius_user *u = s->radius == NULL ? NULL :
	    &s->radius->user;
	struct ppp_info info;
	uint64_t now = s->context->now;

	ppp_info(&s->ppp, &info);
	radius_packet_add_u32(p, RADIUS_ACCT_STATUS_TYPE, kind);
	radius_packet_add_text(p, RADIUS_USER_NAME, info.account);
	add_session(p, s);
	radius_packet_add_u32(p, RADIUS_FRAMED_IP_ADDRESS, s->remote);
	radius_packet_add_u32(p, RADIUS_ACCT_AUTHENTIC, u == NULL ? 2 :
	    BY_RADIUS);
	radius_packet_add_u32(p, RADIUS_EVENT_TIMESTAMP,
	    (uint32_t)((now + clock_epoch(now)) / 1000));
	for (size_t i = 0; u != NULL && i < u->nclasses; i++)
		radius_packet_add(p, RADIUS_CLASS, u->classes[i].bytes,
		    u->classes[i].len);
	if (kind != RECORD_START)
		add_traffic(p, s, &info);
	if (kind == RECORD_STOP)
		radius_packet_add_u32(p, RADIUS_ACCT_TERMINATE_CAUSE,
		    cause_of(s->reason));
}

/* A server that is closed stays as long as there are records to be taken. */
static void
record_taken(void *arg, const struct radius_client_reply *reply)
{
	server_left(arg);
}

static void
send_record(struct session *s, enum record_kind kind)
{
	struct radius_client *records = server_of_session(s)->records;
	struct radius_client_request q = { .password_len = 0 };

	if (records == NULL)
		return;
	radius_packet_begin(&q.packet, RADIUS_ACCOUNTING_REQUEST, 0, NULL);
	fill_record(&q.packet, s, kind);
	if (q.packet.full)
		log_warning("session %" PRIu64 ": radius: the record for "
		    "accounting is cut short", s->serial);
	(void)radius_client_ask(
	    records, &q, record_taken, server_of_session(s));
}

static void
interim_due(void *arg)
{
	struct session *s = arg;

	context_begin_turn(s->context);
	send_record(s, RECORD_INTERIM);
	loop_watch_in(s->radius->interim, s->radius->interval);
	context_end_turn(s->context);
}

void
session_radius_up(struct session *s)
{
	struct context *x = s->context;

	if (server_of_session(s)->records == NULL || get_room(s) == -1)
		return;
	send_record(s, RECORD_START);
	set_interval(s);
	if (s->radius->interval != 0 &&
	    (s->radius->interim = loop_timer(x->loop, interim_due, s)) != NULL)
		loop_watch_in(s->radius->interim, s->radius->interval);
}

void
session_radius_down(struct session *s)
{
	if (s->radius == NULL)
		return;
	loop_watch_free(s->radius->interim);
	s->radius->interim = NULL;
	send_record(s, RECORD_STOP);
}

/* PPP goes by the configuration that it was given at the login. */
void
session_radius_change(struct session *s, const struct radius_user *change)
{
	struct session_radius *r = s->radius;

	if (r == NULL)
		return;
	if (change->session != 0)
		r->config.session = shorter(0, change->session);
	if (change->idle != 0)
		r->config.idle = shorter(0, change->idle);
	if (change->interim != 0) {
		r->user.interim = change->interim;
		set_interval(s);
		if (r->interim != NULL)
			loop_watch_in(r->interim, r->interval);
	}
	session_schedule(s);
}

bool
session_radius_waits(const struct session *s)
{
	return s->radius != NULL && s->radius->waits != 0;
}

void
session_radius_free(struct session *s)
{
	if (s->radius == NULL)
		return;
	radius_client_forget(server_of_session(s)->logins, s->radius->waits);
	loop_watch_free(s->radius->interim);
	explicit_bzero(s->radius, sizeof(*s->radius));
	free(s->radius);
	s->radius = NULL;
}
