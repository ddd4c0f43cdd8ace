/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forwards packets of terminated sessions: GRE that comes in becomes packets
 * for a TUN device, packets out of a TUN device become GRE.  Each way is a
 * loop over what one system call brings, forward_gre and forward_tun; the
 * steps of each stand above it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/forward.h"
#include "nat/endpoint/inner_filter.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/tun_device.h"
#include "nat/net/gre_socket.h"
#include "nat/net/gro.h"
#include "nat/net/mss.h"

#define GRE_TURN	8		/* batches before others get a turn */
#define EARLY_MAX	512		/* bytes of a packet before the call */
#define TUN_TURN	64		/* reads of a device, the same */
#define ROOM		(GRE_SOCKET_SLOT - GRE_SOCKET_HEADROOM)

static_assert(GRE_SOCKET_HEADROOM >= PPP_HEADROOM, "too little headroom");

static void
clamp_mss(const struct session *s, uint8_t *packet, size_t len)
{
	if (s->profile->options->mss_clamp && packet[0] >> 4 == 4)
		mss_clamp(packet, len, s->mtu);
}

struct forward_early {
	size_t			 len;
	uint8_t			 bytes[EARLY_MAX];	/* from GRE on */
};

/*
 * From GRE to the host: receive a batch, find the session, put its payloads
 * in order, decrypt, filter, clamp the MSS, coalesce, write.
 */

/* An IP packet that came out of a session's tunnel. */
static void
write_packet(struct session *s, struct ppp_packet *p)
{
	struct context *x = s->context;
	enum reason reason;

	if (s->state != SESSION_UP || (p->ipv6 && s->remote_ipv6 == 0))
		return;
	reason = inner_filter_check(s, p->bytes, p->len, p->ipv6);
	if (reason != REASON_NONE) {
		alg_count(x->alg, reason, 1);
		return;
	}
	clamp_mss(s, p->bytes, p->len);
	gro_add(x->gro, s->device->tun, p->bytes, p->len);
	/* gro keeps a pointer: only the batch's buffers stay for so long. */
	if (!gre_socket_holds(x->gre_socket, p->bytes))
		gro_flush(x->gro);
}

/* All payloads that are in order now; then the peer hears what has come. */
static void
take_payloads(struct session *s)
{
	struct context *x = s->context;
	uint8_t ack[GRE_SEQUENCE_ACK_LEN];
	struct gre_payload payload;
	struct ppp_packet packet;
	size_t len;

	while (gre_sequence_next(&s->sequence, &payload))
		if (s->state < SESSION_CLEARING &&
		    ppp_input(&s->ppp, payload.bytes, payload.len, payload.late,
			x->now, &packet))
			write_packet(s, &packet);
	len = gre_sequence_ack(&s->sequence, x->now, ack);
	if (len > 0)
		gre_socket_send(x->gre_socket, &s->path, ack, len);
}

/* The first packet with a payload is kept until the call's reply has come. */
static void
keep_early(struct session *s, const struct gre *gre, const uint8_t *bytes,
    size_t len)
{
	if (s->early != NULL || gre->payload == 0 || len > EARLY_MAX ||
	    (s->early = malloc(sizeof(*s->early))) == NULL)
		return;
	s->early->len = len;
	memcpy(s->early->bytes, bytes, len);
}

static void
take_session_gre(struct session *s, const struct gre *gre, uint8_t *bytes)
{
	struct context *x = s->context;
	enum reason reason;

	reason = gre_sequence_input(&s->sequence, gre, bytes, x->now);
	if (reason != REASON_NONE)
		alg_count(x->alg, reason, 1);
	take_payloads(s);
	session_schedule(s);
}

static void
take_gre(struct context *x, const struct gre_socket_packet *p)
{
	struct session *s = NULL;
	enum reason reason;
	struct gre gre;

	reason = gre_sequence_parse(&gre, p->bytes, p->len);
	if (reason == REASON_NONE && (s = session_table_find_call(
	    &x->session_table, p->peer, p->local, gre.call_id)) == NULL)
		reason = REASON_GRE_UNKNOWN;
	if (reason != REASON_NONE)
		alg_count(x->alg, reason, 1);
	else if (s->has_ppp)
		take_session_gre(s, &gre, p->bytes);
	else
		keep_early(s, &gre, p->bytes, p->len);
}

void
forward_take_early(struct session *s)
{
	struct forward_early *early = s->early;
	struct gre gre;

	s->early = NULL;
	if (early != NULL &&
	    gre_sequence_parse(&gre, early->bytes, early->len) == REASON_NONE)
		take_session_gre(s, &gre, early->bytes);
	free(early);
}

void
forward_gre(void *context)
{
	struct gre_socket_packet batch[GRE_SOCKET_BATCH];
	struct context *x = context;
	bool more = true;
	size_t i, n;
	int turn;

	context_begin_turn(x);
	for (turn = 0; turn < GRE_TURN && more; turn++) {
		n = gre_socket_receive(x->gre_socket, batch, &more);
		for (i = 0; i < n; i++)
			take_gre(x, &batch[i]);
		/* Their bytes are gone with the next batch. */
		gro_flush(x->gro);
	}
	context_end_turn(x);
}

void
forward_tick(struct session *s)
{
	gre_sequence_tick(&s->sequence, s->context->now);
	take_payloads(s);
}

/*
 * From the host to GRE: read a packet, or a large segment to be cut into
 * some, find the session, clamp the MSS, encrypt, number, send in batches.
 */

void
forward_frame(void *session, uint8_t *frame, size_t len)
{
	struct session *s = session;
	struct context *x = s->context;
	size_t header;

	header = gre_sequence_output(&s->sequence, frame, len, x->now);
	gre_socket_send(x->gre_socket, &s->path, frame - header,
	    header + len);
	session_wake_at(s, gre_sequence_due(&s->sequence));
}

/* Whose packet it is; NULL, and counted, if it may not go. */
static struct session *
find_session(const struct tun_device *d, const uint8_t *packet, size_t len)
{
	struct context *x = d->context;
	enum reason reason = REASON_NONE;
	struct session *s = d->session;
	uint32_t from, to;

	/* IPv6 that many share the device of is the host's own noise. */
	if (inner_filter_ipv4(packet, len, &from, &to) == -1)
		return s != NULL && s->remote_ipv6 != 0 &&
		    s->state == SESSION_UP ? s : NULL;
	if (s == NULL)
		s = session_table_find_address(&x->session_table, d, to);
	if (s == NULL || s->state != SESSION_UP)
		reason = REASON_NO_TUNNEL;
	else if (to == s->path.peer)
		reason = REASON_IN_ITSELF;
	if (reason == REASON_NONE)
		return s;
	alg_count(x->alg, reason, 1);
	return NULL;
}

static void
send_packet(const struct tun_device *d, uint8_t *packet, size_t len)
{
	struct session *s = find_session(d, packet, len);
	uint8_t *frame;

	if (s == NULL)
		return;
	clamp_mss(s, packet, len);
	frame = ppp_output(&s->ppp, packet, &len, s->context->now);
	if (frame != NULL)
		forward_frame(s, frame, len);
}

/* A session of its own ends with it; a shared one needs a restart. */
static void
lose_device(struct tun_device *d)
{
	log_error("interface %s: somebody has deleted it%s",
	    tun_name(d->tun), d->session == NULL ?
	    "; restart pptpalgd to have it again" : "");
	loop_watch_stop(d->watch);
	if (d->session != NULL)
		session_close(d->session, PPP_NO_INTERFACE);
}

void
forward_tun(void *device)
{
	struct tun_device *d = device;
	struct context *x = d->context;
	uint8_t *slot;
	size_t len;
	int turn;

	context_begin_turn(x);
	for (turn = 0; turn < TUN_TURN; turn++) {
		if (!tun_read(d->tun, &x->tso)) {
			if (turn == 0 && tun_is_gone(d->tun))
				lose_device(d);
			break;
		}
		for (;;) {
			slot = gre_socket_slot(x->gre_socket) +
			    GRE_SOCKET_HEADROOM;
			if ((len = tso_next(&x->tso, slot, ROOM)) == 0)
				break;
			send_packet(d, slot, len);
		}
	}
	context_end_turn(x);
}
