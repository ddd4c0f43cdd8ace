/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two clients that control every segment, and a server that is honest: its TCP
 * takes what a real one would, and it reads messages as RFC 2637 says.  The
 * input is a script of what the clients send (cuts, overlaps, other bytes,
 * positions of their choice, SYN, FIN, RST, URG, segments that are seen here
 * and never arrive), what the server says and what of it is lost, and when
 * time goes by, connections are lost, and the daemon is killed and comes back.
 *
 * Whatever the script, no call ID that the server takes from a client is one
 * that was not given to that client, or is another one's by now.
 */
#include "alg/record/record.h"
#include "alg/record/restore.h"
#include "tests/fuzz/stage.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define CLIENTS		2
#define PER_CLIENT	2
#define CONNECTIONS	(CLIENTS * PER_CLIENT)
#define STREAM		8192	/* bytes of each direction, about */
#define WINDOW		2048
#define LOG		(1 << 20)
#define EPOCH		1790000000000ULL
#define URG		0x20
#define FIRST_CALL	OCRQ	/* message types below have no ID */

/* Bytes in order from a sequence number on. */
struct bytes {
	uint32_t	 first, len;
	uint8_t		 at[STREAM];
};

enum server_state { CLOSED, OPENING, OPEN };

/* A connection: what its client would say, and the server's whole TCP. */
struct line {
	struct alg_flow	 flow;
	bool		 followed;	/* its acknowledgments pass unseen */
	struct bytes	 client;
	enum server_state state;
	struct bytes	 server;	/* what it says; first: its SYN's + 1 */
	uint32_t	 first, next;	/* of what it takes: RCV.NXT */
	bool		 have[STREAM], fin;
	uint8_t		 got[STREAM];
	uint32_t	 read;		/* messages up to here */
	uint16_t	 heard;		/* the last call ID that it took */
};

static struct {
	struct alg	*a;
	struct cursor	 in;
	uint64_t	 now;
	struct alg_result r;
	struct line	 line[CONNECTIONS];
	uint8_t		 owner[65536];	/* client + 1: has this ID */
	bool		 refusal[65536];
	bool		 newest;	/* it takes these where bytes overlap */
	bool		 pass;		/* malformed = pass */
	size_t		 logged;
} f;

static uint8_t log_bytes[LOG];		/* the journal */

static uint32_t
take(size_t bytes)
{
	return stage_take(&f.in, bytes);
}

/* --- The translator and its journal --- */

static void
compact_log(void)
{
	struct record_snapshot at = { 0 };
	size_t len;

	f.logged = 0;
	while ((len = record_snapshot_next(f.a, &at, EPOCH,
	    log_bytes + f.logged, LOG - f.logged)) > 0)
		f.logged += len;
}

/* As before each verdict: who has which ID, and the journal. */
static void
drain(void)
{
	struct alg_change c;
	size_t len;

	while (alg_change(f.a, &c)) {
		/* Or over again in the same segment: nobody was given it. */
		if (c.call.state == ALG_CALL_REFUSED ||
		    (c.kind == ALG_CHANGE_REFUSED &&
		    f.owner[c.call.mapped_id] == 0))
			f.refusal[c.call.mapped_id] = true;
		if (c.kind != ALG_CHANGE_REQUEST)
			continue;
		f.refusal[c.call.mapped_id] = false;
		f.owner[c.call.mapped_id] =
		    (uint8_t)(c.call.flow.inside - STAGE_CLIENT + 1);
	}
	while ((len = record_next(f.a, EPOCH, log_bytes + f.logged,
	    LOG - f.logged)) > 0)
		f.logged += len;
	if (f.logged > LOG / 2)
		compact_log();
}

static size_t
record_length(const uint8_t *record)
{
	return wire_get16(record);
}

static void
note_followed(void *arg, const struct alg_connection_info *c, bool is)
{
	for (int i = 0; i < CONNECTIONS; i++)
		if (f.line[i].flow.inside == c->flow.inside &&
		    f.line[i].flow.inside_port == c->flow.inside_port)
			f.line[i].followed = is;
}

static void
start_translator(void)
{
	struct alg_config config = stage_config(!f.pass);

	for (int i = 0; i < CONNECTIONS; i++)
		f.line[i].followed = false;
	config.followed = note_followed;
	f.a = alg_new(&config);
	CHECK(f.a != NULL);
}

/* Killed, and started again with the journal. */
static void
restart(void)
{
	size_t at = 0, len;

	alg_free(f.a);
	start_translator();
	for (; at < f.logged; at += len) {
		len = record_length(log_bytes + at);
		CHECK(restore_record(f.a, f.now, EPOCH, log_bytes + at, len) ==
		    REASON_NONE);
	}
	compact_log();
}

/*
 * Started without a journal.  Connections that were there are picked up, but
 * for those where the server has half of a message already: nobody can know.
 */
static void
restart_anew(void)
{
	alg_free(f.a);
	start_translator();
	f.logged = 0;
	for (int i = 0; i < CONNECTIONS; i++) {
		const struct line *l = &f.line[i];

		if (l->state == OPEN && l->read == l->next - l->first)
			alg_expect(f.a, &l->flow);
	}
}

/* --- The server --- */

static void
close_server(struct line *l)
{
	l->state = CLOSED;
}

/* A message of which all is there: whose call ID does it give? */
static void
hear_message(struct line *l, const uint8_t *m, size_t len)
{
	uint16_t type = wire_get16(m + 8), id = wire_get16(m + 12);
	bool reply = type == OCRP || type == ICRP;
	uint32_t client = l->flow.inside - STAGE_CLIENT;

	if (len < 17 || (type != OCRQ && type != ICRQ && !reply) ||
	    (reply && m[16] != 1))
		return;
	l->heard = id;
	CHECK(f.refusal[id] || f.owner[id] == client + 1);
}

static void
read_server(struct line *l)
{
	uint32_t left, len;
	const uint8_t *m;

	for (;; l->read += len) {
		left = l->next - l->first - l->read;
		m = l->got + l->read;
		if (left < 16)
			return;
		len = wire_get16(m);
		if (len < 16 || wire_get16(m + 2) != 1 ||
		    wire_get32(m + 4) != 0x1A2B3C4D) {
			close_server(l);
			return;
		}
		if (left < len)
			return;
		hear_message(l, m, len);
	}
}

/* Bytes that lie in its window, in whatever order they come. */
static void
take_data(struct line *l, uint32_t seq, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint32_t at = seq + (uint32_t)i - l->first;

		if (seq + (uint32_t)i - l->next >= WINDOW || at >= STREAM ||
		    (l->have[at] && !f.newest))
			continue;
		l->have[at] = true;
		l->got[at] = data[i];
	}
	while (l->next - l->first < STREAM && l->have[l->next - l->first])
		l->next++;
	if (l->next - l->first == STREAM)
		close_server(l);
}

static void	send_server(struct line *, uint8_t flags, uint32_t from,
		    uint32_t len, bool lost);

static void
hear_syn(struct line *l, uint32_t seq)
{
	uint32_t first = take(2);

	if (l->state == CLOSED) {
		memset(l->have, 0, sizeof(l->have));
		l->server = (struct bytes){ .first = first << 16 | 0xFFF0 };
		l->first = l->next = seq + 1;
		l->read = 0;
		l->fin = false;
		l->state = OPENING;
	}
	send_server(l, l->state == OPENING ? SYN | ACK : ACK,
	    l->state == OPENING ? (uint32_t)-1 : l->server.len, 0,
	    take(1) % 8 == 7);
}

/* A segment arrives at the server (RFC 9293 section 3.10.7). */
static void
hear(struct line *l, const uint8_t *p, size_t len)
{
	uint32_t seq = wire_get32(p + 24), ack = wire_get32(p + 28);
	uint8_t flags = p[33];
	size_t n = len - STAGE_HEADERS;

	CHECK(!(flags & URG));
	if (flags & RST) {
		if (l->state != CLOSED && seq == l->next)
			close_server(l);
		return;
	}
	if (flags & SYN && !(flags & ACK)) {
		hear_syn(l, seq);
		return;
	}
	if (l->state == CLOSED || !(flags & ACK) || flags & SYN ||
	    ack - l->server.first > l->server.len)
		return;
	l->state = OPEN;
	if (l->fin)
		return;
	take_data(l, seq, p + STAGE_HEADERS, n);
	if (flags & FIN && seq + (uint32_t)n == l->next)
		l->fin = true;
	read_server(l);
}

/* --- The way between them --- */

/* The daemon resets both ends; the server hears it, or not. */
static void
reset_both(struct line *l)
{
	struct alg_connection_info c;

	if (!alg_connection(f.a, &l->flow, &c))
		return;
	alg_reset(f.a, &l->flow, REASON_ADMIN, f.now);
	drain();
	if (take(1) % 4 != 3 && (c.outside_expects == l->next ||
	    c.inside_sends == l->next))
		close_server(l);
}

/* As the tc programs see it: it passes, and is told then. */
static bool
is_only_ack(const struct line *l, const uint8_t *packet, size_t len)
{
	return l->followed && len == STAGE_HEADERS &&
	    (packet[33] & 0x3F) == ACK;
}

static void
pass_ack(struct line *l, enum alg_dir dir, const uint8_t *packet)
{
	const struct alg_ack ack = { l->flow, dir, wire_get32(packet + 24),
	    wire_get32(packet + 28) };

	alg_acknowledged(f.a, &ack, f.now, &f.r);
	f.r.keep = STAGE_HEADERS;
	drain();
	if (f.r.action == ALG_RESET)
		reset_both(l);
}

/* false when the packet does not go on. */
static bool
translate(struct line *l, enum alg_dir dir, uint8_t *packet, size_t len)
{
	if (is_only_ack(l, packet, len)) {
		pass_ack(l, dir, packet);
		return true;
	}
	alg_packet(f.a, dir, packet, len, f.now, &f.r);
	if (f.r.action == ALG_ASK) {
		alg_tell_public(f.a, &l->flow, STAGE_PUBLIC,
		    l->flow.inside_port);
		alg_packet(f.a, dir, packet, len, f.now, &f.r);
	}
	drain();
	if (f.r.action == ALG_RESET)
		reset_both(l);
	return f.r.action == ALG_PASS;
}

/* What the server says: what is lost on its way is not seen here either. */
static void
send_server(struct line *l, uint8_t flags, uint32_t from, uint32_t len,
    bool lost)
{
	uint8_t packet[STAGE_MAX];
	size_t n;

	if (lost)
		return;
	n = stage_tcp(packet, &l->flow, ALG_INBOUND, l->server.first + from,
	    l->next + l->fin, flags, l->server.at + (len > 0 ? from : 0), len);
	translate(l, ALG_INBOUND, packet, n);
}

/* What a client sends: it may die behind the firewall, or with the daemon. */
static void
send_client(struct line *l, uint32_t seq, uint32_t ack, uint8_t flags,
    const uint8_t *data, size_t len)
{
	uint8_t packet[STAGE_MAX];
	uint32_t fate = take(1);

	len = stage_tcp(packet, &l->flow, ALG_OUTBOUND, seq, ack, flags, data,
	    len);
	if (!translate(l, ALG_OUTBOUND, packet, len))
		return;
	if (fate % 8 == 6)
		restart();
	if (fate % 8 < 6)
		hear(l, packet, f.r.keep);
}

/* --- The script --- */

static void
say(struct bytes *b, const uint8_t *bytes, size_t len)
{
	if (len > STREAM - b->len)
		return;
	memcpy(b->at + b->len, bytes, len);
	b->len += (uint32_t)len;
}

static uint16_t
any_id(const struct line *l)
{
	uint32_t n = take(1);

	return n < 0x40 ? l->heard : n < 0x80 ? f.line[n % CONNECTIONS].heard :
	    (uint16_t)((n & 3) * 0x0101);
}

static size_t
make_message(const struct line *l, uint8_t m[256])
{
	int type = 1 + (int)(take(1) % SLI);

	uint16_t id, peer;

	if (take(1) % 4 != 3)
		type = FIRST_CALL + type % (SLI - FIRST_CALL + 1);
	id = any_id(l);
	peer = any_id(l);
	return wire_message(m, type, id, peer, take(1) % 4 ? 1 : 2);
}

/* A message, which may have another one where there is text in it. */
static void
say_message(const struct line *l, struct bytes *b)
{
	uint8_t m[256], hidden[256];
	size_t len = make_message(l, m), inside;

	inside = take(1);
	if (inside >= 0x80 && len > 40) {
		make_message(l, hidden);
		inside = 16 + inside % (len - 16);
		memcpy(m + inside, hidden, len - inside);
	}
	if (take(1) == 0xFF)
		m[take(1) % 16] ^= (uint8_t)(1 << take(1) % 8);
	say(b, m, len);
}

/* The beginning, the end, where the server is, and near them. */
static uint32_t
any_place(const struct line *l, uint32_t len)
{
	uint32_t n = take(1), near = n % 8, back = take(1);

	switch (n / 8 % 4) {
	case 0: return l->next - l->client.first + near;
	case 1: return l->next - l->client.first - near * 4;
	case 2: return len - (back < len ? back : len);
	default: return back * 8;
	}
}

static void
client_segment(struct line *l)
{
	static const uint8_t odd[] = { FIN | ACK, RST, RST | ACK, URG | ACK,
	    0, SYN | ACK, FIN | URG | ACK, SYN | FIN };
	uint32_t from = any_place(l, l->client.len), how = take(1);
	uint32_t len = take(1), shift = take(1);
	uint32_t ack = l->server.first + l->server.len;
	uint8_t flags = how < 0xE0 ? ACK : odd[how % 8];

	if (from > l->client.len)
		from = l->client.len;
	if (len > 0xC0)
		len = (len - 0xC0) * 16;
	if (len > l->client.len - from)
		len = l->client.len - from;
	if (how % 16 == 15)
		ack += (take(1) - 0x80) * 4;
	/* Bytes of one place at another. */
	send_client(l, l->client.first + from + (shift > 0xF0 ?
	    (shift - 0xF8) * 4 : 0), ack, flags, l->client.at + from, len);
}

/* In order, what the server does not have yet. */
static void
client_goes_on(struct line *l)
{
	uint32_t from = l->next - l->client.first, len;

	if (from > l->client.len)
		return;
	len = l->client.len - from;
	if (len > 1400)
		len = 1400;
	send_client(l, l->next, l->server.first + l->server.len, ACK,
	    l->client.at + from, len);
}

/* A SYN; the client's bytes follow it, or go on where the server is. */
static void
client_opens(struct line *l)
{
	uint32_t how = take(1), seq = take(2) << 16 | 0xFFE0;

	if (how & 1)
		seq = l->next - 1 - (how >> 1) % 64 * 4;
	l->client = (struct bytes){ .first = seq + 1 };
	send_client(l, seq, 0, SYN, NULL, 0);
	if (how & 0x80)
		send_client(l, seq + 1, l->server.first, ACK, NULL, 0);
}

/* The server says nothing before the handshake is done. */
static void
server_speaks(struct line *l)
{
	uint32_t before = l->server.len;

	if (l->state != OPEN)
		return;
	say_message(l, &l->server);
	send_server(l, ACK, before, l->server.len - before, take(1) % 8 == 7);
}

static void
server_acknowledges(struct line *l)
{
	if (l->state == OPEN)
		send_server(l, ACK, l->server.len, 0, false);
	else if (l->state == OPENING)
		send_server(l, SYN | ACK, (uint32_t)-1, 0, false);
}

/* By FIN or RST, or without a word. */
static void
server_closes(struct line *l)
{
	static const uint8_t how[] = { FIN | ACK, RST | ACK, 0 };
	uint8_t flags = how[take(1) % 3];

	if (l->state == OPEN && flags != 0)
		send_server(l, flags, l->server.len, 0, false);
	if (!(flags & FIN))
		close_server(l);
}

static void
client_speaks(struct line *l)
{
	say_message(l, &l->client);
}

static void
client_babbles(struct line *l)
{
	static const uint8_t nothing[8];

	say(&l->client, nothing, 1 + take(1) % 7);
}

/* Other bytes from here on. */
static void
client_forgets(struct line *l)
{
	l->client.len = 0;
	l->client.first = l->next;
}

static void
time_passes(struct line *l)
{
	alg_tick(f.a, f.now += take(1) * 1000);
}

static void
conntrack_forgets(struct line *l)
{
	alg_lost(f.a, &l->flow, f.now);
}

static void
daemon_dies(struct line *l)
{
	if (take(1) < 0xC0)
		restart();
	else
		restart_anew();
}

static void (*const steps[])(struct line *) = {
	client_opens, client_opens, client_speaks, client_speaks,
	client_speaks, client_speaks, client_babbles, client_segment,
	client_segment, client_segment, client_segment, client_goes_on,
	client_goes_on, client_goes_on, client_goes_on, client_forgets,
	server_speaks, server_speaks, server_speaks, server_acknowledges,
	server_acknowledges, server_closes, time_passes, time_passes,
	time_passes, conntrack_forgets, daemon_dies, daemon_dies,
};

static void
step(void)
{
	uint32_t who = take(1), what = take(1);

	f.now += 10;
	steps[what % (sizeof(steps) / sizeof(steps[0]))](
	    &f.line[who % CONNECTIONS]);
	drain();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	uint32_t how;

	memset(&f, 0, sizeof(f));
	f.in = cursor_of(bytes, len);
	f.now = 1000;
	how = take(1);
	f.newest = how & 1;
	f.pass = how & 2;
	start_translator();
	for (uint32_t i = 0; i < CONNECTIONS; i++)
		f.line[i].flow = (struct alg_flow){ STAGE_CLIENT +
		    i / PER_CLIENT, STAGE_SERVER, (uint16_t)(2000 + i),
		    1723, 0 };
	while (f.in.left > 0)
		step();
	stage_end(f.a, f.now);
	return 0;
}
