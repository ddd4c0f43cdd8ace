/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames in and out: the protocol field and who handles it, and IP packets
 * with their encryption, counters and the traffic limit.
 */
#include "alg/ppp/frame.h"

#include <assert.h>
#include <string.h>

#include "alg/ppp/ppp_internal.h"

#define ADDRESS		0xff	/* RFC 1662 section 3.1 */
#define CONTROL		0x03
#define MPPE_GROWTH	4	/* MPPE's header, the inner protocol field */

enum { IN, OUT };

void
frame_drop(struct ppp *p, enum ppp_drop kind)
{
	p->drops[kind]++;
}

/* The protocol field, of one byte or two (RFC 1661 section 2, 6.5). */
static int
read_protocol(struct cursor *c, uint16_t *protocol)
{
	uint8_t first, second;

	if (cursor_u8(c, &first) == -1)
		return -1;
	*protocol = first;
	if (first & 1)
		return 0;
	if (cursor_u8(c, &second) == -1 || (second & 1) == 0)
		return -1;
	*protocol = (uint16_t)(first << 8 | second);
	return 0;
}

static void
put_protocol(const struct ppp *p, uint8_t **frame, uint16_t protocol)
{
	*--*frame = (uint8_t)protocol;
	if (protocol > UINT8_MAX || !p->lcp.send_pfc)
		*--*frame = (uint8_t)(protocol >> 8);
	if (!p->lcp.send_acfc || protocol == DISSECT_LCP) {
		*--*frame = CONTROL;
		*--*frame = ADDRESS;
	}
}

void
frame_send_control(struct ppp *p, uint16_t protocol, uint8_t code, uint8_t id,
    const uint8_t *data, size_t len)
{
	uint8_t buffer[PPP_HEADROOM + 4 + PPP_CONTROL_MAX];
	uint8_t *frame = buffer + PPP_HEADROOM;
	size_t most = p->lcp.peer_mru < LCP_MRU_DEFAULT ?
	    p->lcp.peer_mru - 4U : PPP_CONTROL_MAX;
	struct writer w = writer_of(frame, 4 + PPP_CONTROL_MAX);

	if (len > most)
		len = most;
	writer_u8(&w, code);
	writer_u8(&w, id);
	writer_u16(&w, (uint16_t)(len + 4));
	writer_bytes(&w, data, len);
	put_protocol(p, &frame, protocol);
	p->host->send(p->arg, frame, (size_t)(w.pos - frame));
	explicit_bzero(buffer, sizeof(buffer));
}

static bool
is_over_limit(const struct ppp *p)
{
	uint64_t in = p->bytes[IN], out = p->bytes[OUT], n = in + out;

	if (p->config->octets == 0)
		return false;
	if (p->config->octets_of == PPP_OCTETS_IN)
		n = in;
	else if (p->config->octets_of == PPP_OCTETS_OUT)
		n = out;
	else if (p->config->octets_of == PPP_OCTETS_MAX)
		n = in > out ? in : out;
	return n >= p->config->octets;
}

static void
count_packet(struct ppp *p, int direction, size_t len)
{
	p->packets[direction]++;
	p->bytes[direction] += len;
	p->last_packet = p->now;
	if (is_over_limit(p))
		ppp_end_link(p, PPP_OCTET_LIMIT);
}

/* The protocol of an IP packet, if its control protocol is open; else 0. */
static uint16_t
protocol_of(const struct ppp *p, const uint8_t *packet, size_t len)
{
	uint8_t version = len > 0 ? packet[0] >> 4 : 0;

	if (version == 4 && p->fsm[FSM_IPCP].state == FSM_OPENED)
		return DISSECT_IPV4;
	if (version == 6 && p->fsm[FSM_IPV6CP].state == FSM_OPENED)
		return DISSECT_IPV6;
	return 0;
}

static void
deliver_ip(struct ppp *p, uint8_t *packet, size_t len, uint16_t protocol)
{
	count_packet(p, IN, len);
	p->packet->bytes = packet;
	p->packet->len = len;
	p->packet->ipv6 = protocol == DISSECT_IPV6;
}

/*
 * Of what was decrypted only IP is delivered.  Never negotiation, which
 * somebody without the keys could have made by flipping bits.
 */
static void
deliver_decrypted(struct ppp *p, uint8_t *inner, size_t len)
{
	struct cursor c = cursor_of(inner, len);
	uint16_t protocol;

	if (read_protocol(&c, &protocol) == -1 ||
	    protocol_of(p, c.pos, c.left) != protocol)
		frame_drop(p, PPP_DROP_UNDECODED);
	else
		deliver_ip(p, inner + (len - c.left), c.left, protocol);
}

static void
decrypt_frame(struct ppp *p, uint8_t *frame, size_t len)
{
	uint8_t *room = p->packet->room;
	size_t size = len;
	int n;

	if (p->ccp.receiver.mppc != NULL && len <= PPP_EXPANDED_MAX) {
		memcpy(room, frame, len);
		frame = room;
		size = PPP_EXPANDED_MAX;
	}
	n = mppe_decrypt(&p->ccp.receiver, frame, len, size, p->now);
	if (n >= 0) {
		ccp_found(p);
		deliver_decrypted(p, frame + MPPE_HEADER, (size_t)n);
		return;
	}
	if (n == -MPPE_DEAD)
		ppp_end_link(p, PPP_KEYS_DIFFER);
	if (n == -MPPE_LOST)
		ccp_lost(p);
	frame_drop(p, PPP_DROP_UNDECODED);
}

static void
input_compressed(struct ppp *p, uint8_t *frame, size_t len)
{
	if (ccp_in(p) == 0)
		frame_drop(p, PPP_DROP_EARLY);
	else
		decrypt_frame(p, frame, len);
}

static void
input_plain(struct ppp *p, uint8_t *packet, size_t len)
{
	uint16_t protocol = protocol_of(p, packet, len);

	if (p->config->mppe_required || ccp_bits(ccp_in(p)) != 0)
		frame_drop(p, PPP_DROP_PLAIN);
	else if (protocol == 0)
		frame_drop(p, PPP_DROP_EARLY);
	else
		deliver_ip(p, packet, len, protocol);
}

/*
 * From which phase on a protocol is accepted.  Before, its frames are dropped,
 * not rejected: the peer may be ahead, and retransmits.
 */
static const struct {
	uint16_t	 protocol;
	uint8_t		 phase;
	int		 fsm;		/* enum fsm_index; -1: none */
	void		(*input)(struct ppp *, uint8_t *, size_t);
} framed_protocols[] = {
	{ DISSECT_COMPRESSED, PPP_ENCRYPT, FSM_CCP, input_compressed },
	{ DISSECT_IPV4, PPP_NETWORK, FSM_IPCP, input_plain },
	{ DISSECT_IPV6, PPP_NETWORK, FSM_IPV6CP, input_plain },
	{ DISSECT_LCP, PPP_ESTABLISH, FSM_LCP, NULL },
	{ DISSECT_CCP, PPP_ENCRYPT, FSM_CCP, NULL },
	{ DISSECT_IPCP, PPP_NETWORK, FSM_IPCP, NULL },
	{ DISSECT_IPV6CP, PPP_NETWORK, FSM_IPV6CP, NULL },
};

/* Known or not, the protocol is not in use here. */
static void
input_unknown(struct ppp *p, uint16_t protocol, const uint8_t *bytes,
    size_t len)
{
	frame_drop(p, PPP_DROP_UNKNOWN);
	lcp_reject(p, protocol, bytes, len);
}

static void
dispatch_frame(struct ppp *p, uint16_t protocol, uint8_t *bytes, size_t len)
{
	size_t i = 0,
	       n = sizeof(framed_protocols) / sizeof(framed_protocols[0]);

	while (i < n && framed_protocols[i].protocol != protocol)
		i++;
	if (i < n && p->phase < framed_protocols[i].phase)
		frame_drop(p, PPP_DROP_EARLY);
	else if (i == n || p->fsm[framed_protocols[i].fsm].state == FSM_INITIAL)
		input_unknown(p, protocol, bytes, len);
	else if (framed_protocols[i].input != NULL)
		framed_protocols[i].input(p, bytes, len);
	else
		fsm_input(p, &p->fsm[framed_protocols[i].fsm], bytes, len);
}

void
frame_input(struct ppp *p, uint8_t *frame, size_t len, bool late)
{
	struct cursor c = cursor_of(frame, len);
	uint16_t protocol;

	if (len >= 2 && frame[0] == ADDRESS && frame[1] == CONTROL)
		cursor_skip(&c, 2);
	if (read_protocol(&c, &protocol) == -1) {
		frame_drop(p, PPP_DROP_MALFORMED);
		return;
	}
	lcp_heard(p);
	frame += len - c.left;
	p->late = late;
	if (protocol == DISSECT_LCP)
		fsm_input(p, &p->fsm[FSM_LCP], frame, c.left);
	else if (p->fsm[FSM_LCP].state != FSM_OPENED)
		frame_drop(p, PPP_DROP_EARLY);
	else if ((protocol != DISSECT_PAP && protocol != DISSECT_CHAP) ||
	    !auth_input(p, protocol, frame, c.left))
		dispatch_frame(p, protocol, frame, c.left);
}

uint16_t
frame_mtu(const struct ppp *p)
{
	size_t most = p->lcp.peer_mru;

	if (ccp_out(p) != 0)
		most -= MPPE_GROWTH;
	return (uint16_t)(p->config->mtu < most ? p->config->mtu : most);
}

uint8_t *
frame_output(struct ppp *p, uint8_t *packet, size_t *len)
{
	uint16_t protocol = protocol_of(p, packet, *len);
	uint32_t word = ccp_out(p);
	uint8_t *frame = packet;

	if (p->ending || protocol == 0 || *len > frame_mtu(p) ||
	    (p->config->mppe_required && ccp_bits(word) == 0)) {
		frame_drop(p, PPP_DROP_SEND);
		return NULL;
	}
	count_packet(p, OUT, *len);
	if (word != 0) {
		*--frame = (uint8_t)protocol;
		*--frame = 0;
		*len = mppe_encrypt(&p->ccp.sender, frame, *len + 2);
		frame -= MPPE_HEADER;
		protocol = DISSECT_COMPRESSED;
	}
	packet = frame;
	put_protocol(p, &frame, protocol);
	*len += (size_t)(packet - frame);
	return frame;
}
