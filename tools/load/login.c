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
#define BATCHES		16	/* received before others get their turn */
#define MTU		1400
#define USER_MAX	256
#define ERROR		256

/* A call that logs in: its PPP link, and the order of its GRE. */
struct login_call {
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
	struct gre_sequence	 gre;
	struct ppp		 ppp;
};

struct login {
	struct loop		*loop;
	const struct load_options *options;
	char			*password;
	struct raw		*in, *out;
	unsigned		 waiting;	/* packets in out */
	struct watch		*readable;
	struct gre_sequence_pool frames;
	struct login_call	**calls;	/* by number */
	struct table		 table;		/* of calls, plus 1 */
	struct hash_key		 key;
	uint64_t		 now;		/* ms */
	login_deliver		*deliver;
	void			*arg;
};

static uint64_t
read_clock(struct login *l)
{
	return l->now = process_clock() / 1000;
}

/* By addresses and call ID of our end. */
static uint64_t
hash_call(const struct login *l, uint32_t server, uint32_t local, uint16_t id)
{
	return hash_words(&l->key, server, local, id);
}

static struct login_call *
find_call(const struct login *l, uint32_t server, uint32_t local, uint16_t id)
{
	uint32_t i = table_first(&l->table, hash_call(l, server, local, id));
	struct login_call *c;

	for (; i != 0; i = table_next(&l->table, i)) {
		c = l->calls[i - 1];
		if (c->server == server && c->call->local == local &&
		    c->call->ctrl.id == id)
			return c;
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
send_gre(struct login_call *c, const uint8_t *bytes, size_t len)
{
	struct login *l = c->login;
	struct writer w;

	if (l->waiting == RAW_BATCH)
		login_flush(l);
	w = raw_slot(l->out, l->waiting++, c->call->local, c->server,
	    RAW_IP_LEN + len);
	writer_bytes(&w, bytes, len);
}

/* Sets the timer, if something is due before the time that it is set for. */
static void
set_timer(struct login_call *c)
{
	uint64_t due = gre_sequence_due(&c->gre), ppp = ppp_due(&c->ppp);
	uint64_t now = c->login->now;

	if (ppp < due)
		due = ppp;
	if (c->over || due >= c->due)
		return;
	c->due = due;
	loop_watch_in(c->timer, due > now ? due - now : 0);
}

static void
acknowledge_gre(struct login_call *c)
{
	uint8_t packet[GRE_SEQUENCE_ACK_LEN];
	size_t len = gre_sequence_ack(&c->gre, c->login->now, packet);

	if (len > 0)
		send_gre(c, packet, len);
}

/*
 * What PPP asks for.
 */

static void
ppp_send_frame(void *arg, uint8_t *frame, size_t len)
{
	struct login_call *c = arg;
	size_t header = gre_sequence_output(&c->gre, frame, len,
	    c->login->now);

	send_gre(c, frame - header, header + len);
}

static void
ppp_ask_secret(void *arg, const struct ppp_login *login, struct ppp_secret *s)
{
	struct login_call *c = arg;
	size_t len = strlen(c->login->password);

	if (len > sizeof(s->password))
		return;
	s->kind = PPP_SECRET_PASSWORD;
	memcpy(s->password, c->login->password, len);
	s->len = len;
}

static enum ppp_reason
ppp_ask_grant(void *arg, const struct ppp_login *login, struct ppp_grant *grant)
{
	struct login_call *c = arg;

	grant->config = &c->config;
	grant->accept_local = grant->accept_remote = true;
	return PPP_OK;
}

static void
ppp_tell_event(void *arg, const struct ppp_event *event)
{
	struct login_call *c = arg;

	if (c->over)
		return;
	if (event->type == PPP_EVENT_UP)
		c->tell(c->arg, PPP_OK);
	else if (event->type == PPP_EVENT_DOWN ||
	    event->type == PPP_EVENT_CLOSED)
		c->tell(c->arg, event->reason);
}

static void
ppp_ask_random(void *arg, void *bytes, size_t n)
{
	if (getrandom(bytes, n, 0) != (ssize_t)n)
		abort();
}

static const struct ppp_host host = {
	.send = ppp_send_frame, .secret = ppp_ask_secret,
	.grant = ppp_ask_grant, .event = ppp_tell_event,
	.random = ppp_ask_random
};

/*
 * What the loop tells.
 */

static void
take_payloads(struct login_call *c)
{
	struct login *l = c->login;
	struct ppp_packet packet;
	struct gre_payload p;

	while (gre_sequence_next(&c->gre, &p))
		if (ppp_input(&c->ppp, p.bytes, p.len, p.late, l->now,
		    &packet) && !packet.ipv6 && l->deliver != NULL)
			l->deliver(l->arg, c->number, packet.bytes,
			    packet.len);
}

static void
call_due(void *arg)
{
	struct login_call *c = arg;
	uint64_t now = read_clock(c->login);

	c->due = UINT64_MAX;
	gre_sequence_tick(&c->gre, now);
	take_payloads(c);
	acknowledge_gre(c);
	ppp_tick(&c->ppp, now);
	set_timer(c);
	login_flush(c->login);
}

static void
take_packet(struct login *l, unsigned at)
{
	struct login_call *c;
	struct packet ip;
	struct gre gre;

	if (raw_packet(l->in, at, &ip) == -1 ||
	    gre_sequence_parse(&gre, ip.bytes + ip.header,
	    (size_t)ip.length - ip.header) != REASON_NONE)
		return;
	c = find_call(l, ip.src, ip.dst, gre.call_id);
	if (c == NULL)
		return;
	gre_sequence_input(&c->gre, &gre, ip.bytes + ip.header, l->now);
	take_payloads(c);
	acknowledge_gre(c);
	set_timer(c);
}

static void
read_packets(void *arg)
{
	struct login *l = arg;
	unsigned n = RAW_BATCH;

	read_clock(l);
	for (int batch = 0; batch < BATCHES && n == RAW_BATCH; batch++) {
		n = raw_receive(l->in);
		for (unsigned i = 0; i < n; i++)
			take_packet(l, i);
	}
	login_flush(l);
}

/*
 * Opening and closing.
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
	struct login *l = must_have(calloc(1, sizeof(*l)));

	l->loop = loop;
	l->options = o;
	read_password(l);
	l->calls = must_have(calloc(o->calls, sizeof(l->calls[0])));
	if (table_init(&l->table, o->calls) == -1 ||
	    gre_sequence_pool_init(&l->frames, FRAMES) == -1)
		err(1, "logins");
	if ((l->in = raw_open(0)) == NULL || (l->out = raw_again(l->in)) ==
	    NULL)
		err(1, "raw GRE socket (--login needs root)");
	l->readable = must_have(loop_read(loop, l->in->fd, read_packets, l));
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
set_user(struct login_call *c, const char *user)
{
	const char *percent = strchr(user, '%');

	if (percent == NULL)
		snprintf(c->user, sizeof(c->user), "%s", user);
	else
		snprintf(c->user, sizeof(c->user), "%.*s%u%s",
		    (int)(percent - user), user, c->number, percent + 1);
}

static void
set_config(struct login_call *c, const struct load_options *o)
{
	struct ppp_config *p = &c->config;

	set_user(c, o->user);
	ppp_config_default(p);
	p->name = p->user = c->user;
	p->answer = PPP_MSCHAP2;
	p->mppe = o->plain ? 0 : PPP_MPPE_128 | PPP_MPPE_STATELESS;
	p->mppe_required = !o->plain;
	p->mru = p->mtu = MTU;
	p->auth_timeout = (uint32_t)(o->timeout * 1e3);
	p->echo_interval = 0;
}

void
login_begin(struct login *l, uint32_t number, const struct dial_call *call,
    login_tell *tell, void *arg)
{
	struct login_call *c = must_have(calloc(1, sizeof(*c)));

	*c = (struct login_call){ .login = l, .call = call, .number = number,
	    .server = options_server(l->options, number), .tell = tell,
	    .arg = arg, .due = UINT64_MAX };
	l->calls[number] = c;
	c->timer = must_have(loop_timer(l->loop, call_due, c));
	table_insert(&l->table, hash_call(l, c->server, call->local,
	    call->ctrl.id), number + 1);
	set_config(c, l->options);
	gre_sequence_init(&c->gre, &l->frames, call->ctrl.peer_id,
	    OPTIONS_WINDOW);
	ppp_init(&c->ppp, &c->config, &host, c);
	ppp_open(&c->ppp, read_clock(l));
	set_timer(c);
	login_flush(l);
}

void
login_end(struct login *l, uint32_t number)
{
	struct login_call *c = l->calls[number];

	if (c == NULL || c->over)
		return;
	c->over = true;
	ppp_close(&c->ppp, PPP_ADMIN, read_clock(l));
	login_flush(l);
}

/* May be called by what it has told: its memory stays. */
void
login_drop(struct login *l, uint32_t number)
{
	struct login_call *c = l->calls[number];

	if (c == NULL)
		return;
	c->over = true;
	loop_watch_stop(c->timer);
}

bool
login_addresses(const struct login *l, uint32_t number, uint32_t *local,
    uint32_t *remote)
{
	const struct login_call *c = l->calls[number];
	struct ppp_info info;

	if (c == NULL || c->over)
		return false;
	ppp_info(&c->ppp, &info);
	*local = info.local;
	*remote = info.remote;
	return info.phase == PPP_UP;
}

int
login_send(struct login *l, uint32_t number, uint8_t *packet, size_t len)
{
	struct login_call *c = l->calls[number];

	packet = ppp_output(&c->ppp, packet, &len, read_clock(l));
	if (packet == NULL)
		return -1;
	ppp_send_frame(c, packet, len);
	return 0;
}
