/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each call that logs in has a PPP link and an order of GRE; one raw socket is
 * for all of a process.
 */
#include <sys/random.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg/base/hash.h"
#include "alg/base/table.h"
#include "alg/endpoint/gre_sequence.h"
#include "conf/secrets.h"
#include "nat/base/loop.h"
#include "tools/load/login.h"
#include "tools/load/must.h"
#include "tools/load/process.h"
#include "tools/load/raw.h"

#define FRAMES		1024	/* that wait for others, of all tunnels */
#define WINDOW_SIZE	64
#define BATCHES		16	/* received before others get their turn */
#define MTU		1400
#define USER_MAX	256
#define ERROR		256

/* A tunnel: one call's PPP and order of GRE. */
struct ctrl_conn_end {
	struct login		*login;
	const struct dial_call	*call;
	uint32_t		 number, server;
	login_tell		*tell;
	void			*arg;
	struct watch		*timer;
	uint64_t		 due;		/* ms, for which it is set */
	bool			 over;
	struct ppp_config	 config;
	char			 user[USER_MAX];
	struct gre_sequence		 window;
	struct ppp		 ppp;
};

struct login {
	struct loop		*loop;
	const struct load_options *options;
	char			*password;
	struct raw		*in, *out;
	unsigned		 waiting;	/* packets in out */
	struct watch		*readable;
	struct gre_sequence_pool	 frames;
	struct ctrl_conn_end	**ends;		/* by call */
	struct table		 table;		/* of calls, plus 1 */
	struct hash_key		 key;
	uint64_t		 now;		/* ms */
	login_deliver		*deliver;
	void			*arg;
};

static uint64_t
clock_now(struct login *l)
{
	return l->now = process_clock() / 1000;
}

/* By addresses and call ID of our end. */
static uint64_t
end_hash(const struct login *l, uint32_t server, uint32_t local, uint16_t id)
{
	return hash_words(&l->key, server, local, id);
}

static struct ctrl_conn_end *
find_end(const struct login *l, uint32_t server, uint32_t local, uint16_t id)
{
	uint32_t i = table_first(&l->table, end_hash(l, server, local, id));
	struct ctrl_conn_end *e;

	for (; i != 0; i = table_next(&l->table, i)) {
		e = l->ends[i - 1];
		if (e->server == server && e->call->local == local &&
		    e->call->ctrl.id == id)
			return e;
	}
	return NULL;
}

void
login_flush(struct login *l)
{
	raw_send(l->out, l->waiting);
	l->waiting = 0;
}

static void
send_gre(struct ctrl_conn_end *e, const uint8_t *bytes, size_t len)
{
	struct login *l = e->login;
	struct writer w;

	if (l->waiting == RAW_BATCH)
		login_flush(l);
	w = raw_slot(l->out, l->waiting++, e->call->local, e->server,
	    RAW_IP_LEN + len);
	writer_bytes(&w, bytes, len);
}

/* Sets the timer, if something is due before the time that it is set for. */
static void
schedule(struct ctrl_conn_end *e)
{
	uint64_t due = gre_sequence_due(&e->window), ppp = ppp_due(&e->ppp);
	uint64_t now = e->login->now;

	if (ppp < due)
		due = ppp;
	if (e->over || due >= e->due)
		return;
	e->due = due;
	loop_watch_in(e->timer, due > now ? due - now : 0);
}

static void
acknowledge(struct ctrl_conn_end *e)
{
	uint8_t packet[GRE_SEQUENCE_ACK_LEN];
	size_t len = gre_sequence_ack(&e->window, e->login->now, packet);

	if (len > 0)
		send_gre(e, packet, len);
}

/*
 * What PPP asks for.
 */

static void
end_send(void *arg, uint8_t *frame, size_t len)
{
	struct ctrl_conn_end *e = arg;
	size_t header = gre_sequence_output(&e->window, frame, len,
	    e->login->now);

	send_gre(e, frame - header, header + len);
}

static void
end_secret(void *arg, const struct ppp_login *login, struct ppp_secret *s)
{
	struct ctrl_conn_end *e = arg;
	size_t len = strlen(e->login->password);

	if (len > sizeof(s->password))
		return;
	s->kind = PPP_SECRET_PASSWORD;
	memcpy(s->password, e->login->password, len);
	s->len = len;
}

static enum ppp_reason
end_grant(void *arg, const struct ppp_login *login, struct ppp_grant *grant)
{
	struct ctrl_conn_end *e = arg;

	grant->config = &e->config;
	grant->accept_local = grant->accept_remote = true;
	return PPP_OK;
}

static void
end_event(void *arg, const struct ppp_event *event)
{
	struct ctrl_conn_end *e = arg;

	if (e->over)
		return;
	if (event->type == PPP_EVENT_UP)
		e->tell(e->arg, PPP_OK);
	else if (event->type == PPP_EVENT_DOWN ||
	    event->type == PPP_EVENT_CLOSED)
		e->tell(e->arg, event->reason);
}

static void
end_random(void *arg, void *bytes, size_t n)
{
	if (getrandom(bytes, n, 0) != (ssize_t)n)
		abort();
}

static const struct ppp_host host = {
	.send = end_send, .secret = end_secret,
	.grant = end_grant, .event = end_event, .random = end_random
};

/*
 * What the loop tells.
 */

static void
take_payloads(struct ctrl_conn_end *e)
{
	struct login *l = e->login;
	struct ppp_packet packet;
	struct gre_payload p;

	while (gre_sequence_next(&e->window, &p))
		if (ppp_input(&e->ppp, p.bytes, p.len, p.late, l->now,
		    &packet) && !packet.ipv6 && l->deliver != NULL)
			l->deliver(l->arg, e->number, packet.bytes,
			    packet.len);
}

static void
end_tick(void *arg)
{
	struct ctrl_conn_end *e = arg;
	uint64_t now = clock_now(e->login);

	e->due = UINT64_MAX;
	gre_sequence_tick(&e->window, now);
	take_payloads(e);
	acknowledge(e);
	ppp_tick(&e->ppp, now);
	schedule(e);
	login_flush(e->login);
}

static void
take(struct login *l, unsigned at)
{
	struct ctrl_conn_end *e;
	struct packet ip;
	struct gre gre;

	if (raw_packet(l->in, at, &ip) == -1 ||
	    gre_sequence_parse(&gre, ip.bytes + ip.header,
	    (size_t)ip.length - ip.header) != REASON_NONE)
		return;
	e = find_end(l, ip.src, ip.dst, gre.call_id);
	if (e == NULL)
		return;
	gre_sequence_input(&e->window, &gre, ip.bytes + ip.header, l->now);
	take_payloads(e);
	acknowledge(e);
	schedule(e);
}

static void
readable(void *arg)
{
	struct login *l = arg;
	unsigned n = RAW_BATCH;

	clock_now(l);
	for (int batch = 0; batch < BATCHES && n == RAW_BATCH; batch++) {
		n = raw_receive(l->in);
		for (unsigned i = 0; i < n; i++)
			take(l, i);
	}
	login_flush(l);
}

/*
 * From nothing to running and back.
 */

static void
read_password(struct login *l)
{
	char error[ERROR];

	l->password = secrets_password(l->options->password_file, error,
	    sizeof(error));
	if (l->password == NULL)
		errx(2, "%s", error);
}

struct login *
login_open(struct loop *loop, const struct load_options *o)
{
	struct login *l = calloc(1, sizeof(*l));

	if (l == NULL)
		err(1, "logins");
	l->loop = loop;
	l->options = o;
	read_password(l);
	l->ends = calloc(o->calls, sizeof(l->ends[0]));
	if (l->ends == NULL || table_init(&l->table, o->calls) == -1 ||
	    gre_sequence_pool_init(&l->frames, FRAMES) == -1)
		err(1, "logins");
	if ((l->in = raw_open(0)) == NULL || (l->out = raw_again(l->in)) ==
	    NULL)
		err(1, "raw GRE socket (--login needs root)");
	l->readable = must_have(loop_read(loop, l->in->fd, readable, l));
	return l;
}

void
login_listen(struct login *l, login_deliver *deliver, void *arg)
{
	l->deliver = deliver;
	l->arg = arg;
}

/* A % in the user's name stands for the number of the call. */
static void
set_user(struct ctrl_conn_end *e, const char *user)
{
	const char *percent = strchr(user, '%');

	if (percent == NULL)
		snprintf(e->user, sizeof(e->user), "%s", user);
	else
		snprintf(e->user, sizeof(e->user), "%.*s%u%s",
		    (int)(percent - user), user, e->number, percent + 1);
}

static void
set_config(struct ctrl_conn_end *e, const struct load_options *o)
{
	struct ppp_config *c = &e->config;

	set_user(e, o->user);
	ppp_config_default(c);
	c->name = c->user = e->user;
	c->answer = PPP_MSCHAP2;
	c->mppe = o->plain ? 0 : PPP_MPPE_128 | PPP_MPPE_STATELESS;
	c->mppe_required = !o->plain;
	c->mru = c->mtu = MTU;
	c->auth_timeout = (uint32_t)(o->timeout * 1e3);
	c->echo_interval = 0;
}

void
login_begin(struct login *l, uint32_t number, const struct dial_call *call,
    login_tell *tell, void *arg)
{
	struct ctrl_conn_end *e = calloc(1, sizeof(*e));

	if (e == NULL)
		err(1, "call %u", number);
	*e = (struct ctrl_conn_end){ .login = l, .call = call, .number = number,
	    .server = options_server(l->options, number), .tell = tell,
	    .arg = arg, .due = UINT64_MAX };
	l->ends[number] = e;
	e->timer = must_have(loop_timer(l->loop, end_tick, e));
	table_insert(&l->table, end_hash(l, e->server, call->local,
	    call->ctrl.id), number + 1);
	set_config(e, l->options);
	gre_sequence_init(
	    &e->window, &l->frames, call->ctrl.peer_id, WINDOW_SIZE);
	ppp_init(&e->ppp, &e->config, &host, e);
	ppp_open(&e->ppp, clock_now(l));
	schedule(e);
	login_flush(l);
}

void
login_end(struct login *l, uint32_t number)
{
	struct ctrl_conn_end *e = l->ends[number];

	if (e == NULL || e->over)
		return;
	e->over = true;
	ppp_close(&e->ppp, PPP_ADMIN, clock_now(l));
	login_flush(l);
}

/* May be called by what it has told: its memory stays. */
void
login_drop(struct login *l, uint32_t number)
{
	struct ctrl_conn_end *e = l->ends[number];

	if (e == NULL)
		return;
	e->over = true;
	loop_watch_stop(e->timer);
}

bool
login_addresses(const struct login *l, uint32_t number, uint32_t *local,
    uint32_t *remote)
{
	const struct ctrl_conn_end *e = l->ends[number];
	struct ppp_info info;

	if (e == NULL || e->over)
		return false;
	ppp_info(&e->ppp, &info);
	*local = info.local;
	*remote = info.remote;
	return info.phase == PPP_UP;
}

int
login_send(struct login *l, uint32_t number, uint8_t *packet, size_t len)
{
	struct ctrl_conn_end *e = l->ends[number];

	packet = ppp_output(&e->ppp, packet, &len, clock_now(l));
	if (packet == NULL)
		return -1;
	end_send(e, packet, len);
	return 0;
}
