/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/ppp/ccp.h"

#include <string.h>

#include "alg/ppp/ppp_internal.h"

/* The option's word (RFC 3078 section 2.1). */
#define STATELESS	0x01000000U
#define MPPC		0x00000001U

#define INSIST_MAX	3	/* on what the peer does not want */
#define RESET_INTERVAL	200	/* ms */
#define RESETS_MAX	50

enum { RESET_REQUEST = 14, RESET_ACK };
enum { ROW_MPPE };

/* Strongest first. */
static const struct length {
	uint8_t		 bit;		/* of enum ppp_mppe */
	uint32_t	 word;
	uint8_t		 bits, key;
} lengths[] = {
	{ PPP_MPPE_128, 0x40, 128, AUTH_KEY_128 },
	{ PPP_MPPE_56, 0x80, 56, AUTH_KEY_SHORT },
	{ PPP_MPPE_40, 0x20, 40, AUTH_KEY_SHORT },
};
#define LENGTHS	(sizeof(lengths) / sizeof(lengths[0]))

/* The strongest one of a word; NULL: none. */
static const struct length *
length_of(uint32_t word)
{
	for (size_t i = 0; i < LENGTHS; i++)
		if (lengths[i].word & word)
			return &lengths[i];
	return NULL;
}

/* All that the configuration and the login's keys allow, as a word. */
static uint32_t
allowed(const struct ppp *p)
{
	uint32_t word = 0;

	for (size_t i = 0; i < LENGTHS; i++)
		if (lengths[i].bit & p->config->mppe & p->auth.keys.lengths)
			word |= lengths[i].word;
	if (word != 0 && (p->config->mppe & PPP_MPPE_STATELESS))
		word |= STATELESS;
	return p->ccp.compress != NULL ? word | MPPC : word;
}

static bool
may_be_stateful(const struct ppp *p)
{
	return (p->config->mppe & PPP_MPPE_STATEFUL) != 0;
}

/*
 * The best that both can do: one length, the mode, compression.  yield: the
 * peer gets the stateful mode that it asked for.
 */
static uint32_t
common(const struct ppp *p, uint32_t word, bool yield)
{
	uint32_t may = allowed(p), best = word & may & MPPC;
	const struct length *l = length_of(word & may);

	if (l == NULL)
		return best;
	best |= l->word;
	if ((word & STATELESS) == 0 && yield && may_be_stateful(p))
		return best;
	return best | (may & STATELESS);
}

/* What we ask for at first. */
static uint32_t
best(const struct ppp *p)
{
	return common(p, UINT32_MAX, false);
}

static enum option_answer
mppe_asked(struct ppp *p, uint8_t type, struct cursor value,
    struct writer *nak)
{
	struct ccp *c = &p->ccp;
	bool required = p->config->mppe_required;
	uint32_t word = 0, good;

	cursor_u32(&value, &word);
	if (!c->was_offered)
		c->offered = word;
	c->was_offered = true;
	good = common(p, word, p->fsm[FSM_CCP].naks > 0);
	if (required && length_of(good) == NULL) {
		good = best(p);
		if (++c->hopeless > INSIST_MAX)
			part_end(p, PPP_MPPE_REFUSED);
	}
	c->theirs = good;
	if (good == word)
		return OPTION_ACK;
	if (good == 0)
		return OPTION_REJECT;
	option_put_u32(nak, 18, good);
	return OPTION_NAK;
}

static void
mppe_put(struct ppp *p, uint8_t type, struct writer *w)
{
	writer_u32(w, p->ccp.ours);
}

static bool
mppe_nakked(struct ppp *p, uint8_t type, struct cursor value)
{
	struct ccp *c = &p->ccp;
	uint32_t word, good;

	if (cursor_u32(&value, &word) == -1)
		return false;
	good = common(p, word, true);
	if (p->config->mppe_required && length_of(good) == NULL)
		good = c->ours;
	if (good == c->ours && ++c->insisted > INSIST_MAX)
		return false;
	c->ours = good;
	return good != 0;
}

static void
mppe_refused(struct ppp *p)
{
	p->ccp.ours = 0;
	if (p->config->mppe_required)
		part_end(p, PPP_MPPE_REFUSED);
}

/* Deflate, BSD, Predictor, Stac and all the others are rejected. */
static const struct option rows[] = {
	[ROW_MPPE] = { 18, 4, mppe_asked, mppe_put, mppe_nakked,
	    mppe_refused },
};

static void
asking(struct ppp *p)
{
	p->ccp.theirs = 0;
}

/* A peer that asks for nothing is told what it should ask for. */
static void
asked(struct ppp *p, uint16_t seen, struct writer *nak)
{
	if ((seen & 1 << ROW_MPPE) == 0 && p->config->mppe_required)
		option_put_u32(nak, 18, best(p));
}

static void
set_up(struct ppp *p)
{
	struct ccp *c = &p->ccp;
	const struct auth_keys *k = &p->auth.keys;
	const struct length *in = length_of(c->ours);
	const struct length *out = length_of(c->theirs);

	mppe_receiver_init(&c->receiver, in != NULL ? in->bits : 0,
	    (c->ours & STATELESS) != 0, in != NULL ? k->receive[in->key] :
	    NULL, c->ours & MPPC ? c->expand : NULL);
	mppe_sender_init(&c->sender, out != NULL ? out->bits : 0,
	    (c->theirs & STATELESS) != 0, out != NULL ? k->send[out->key] :
	    NULL, c->theirs & MPPC ? c->compress : NULL);
	if (in != NULL || out != NULL)
		explicit_bzero(&p->auth.keys, sizeof(p->auth.keys));
}

static void
up(struct ppp *p)
{
	struct ccp *c = &p->ccp;

	if (p->config->mppe_required && (length_of(c->ours) == NULL ||
	    length_of(c->theirs) == NULL)) {
		part_end(p, PPP_MPPE_REFUSED);
		return;
	}
	set_up(p);
	part_ccp_settled(p);
}

/* Encryption that was on is never turned off while the link lives. */
static void
down(struct ppp *p)
{
	struct ccp *c = &p->ccp;

	if (p->fsm[FSM_LCP].state == FSM_OPENED &&
	    (length_of(c->ours) != NULL || length_of(c->theirs) != NULL))
		part_end(p, PPP_MPPE_DOWN);
	ccp_wipe(p);
}

static void
came_to_nothing(struct ppp *p, enum ppp_reason reason)
{
	if (p->config->mppe_required)
		part_end(p, reason);
	else
		part_ccp_settled(p);
}

static void
finished(struct ppp *p, enum fsm_trouble trouble)
{
	came_to_nothing(p, trouble == FSM_SILENT ? PPP_MPPE_SILENT :
	    PPP_MPPE_REFUSED);
}

static void
disagreed(struct ppp *p)
{
	fsm_event(p, &p->fsm[FSM_CCP], FSM_CLOSE);
	came_to_nothing(p, PPP_MPPE_REFUSED);
}

static void
ended(struct ppp *p, struct cursor text)
{
	if (p->fsm[FSM_CCP].state != FSM_OPENED)
		came_to_nothing(p, PPP_MPPE_REFUSED);
}

static bool
extra(struct ppp *p, const struct fsm_packet *k)
{
	if (k->code == RESET_REQUEST && ccp_out(p) != 0) {
		mppe_reset(&p->ccp.sender);
		part_send(p, DISSECT_CCP, RESET_ACK, k->id, NULL, 0);
	}
	return k->code == RESET_REQUEST || k->code == RESET_ACK;
}

static const struct fsm_protocol protocol = {
	.number = DISSECT_CCP, .index = FSM_CCP,
	.options = { rows, sizeof(rows) / sizeof(rows[0]) },
	.asking = asking, .asked = asked, .up = up, .down = down,
	.finished = finished, .disagreed = disagreed, .extra = extra,
	.ended = ended,
};

void
ccp_init(struct ppp *p)
{
	memset(&p->ccp, 0, sizeof(p->ccp));
	fsm_init(&p->fsm[FSM_CCP], &protocol, 1 << ROW_MPPE);
}

bool
ccp_start(struct ppp *p)
{
	struct ccp *c = &p->ccp;

	ccp_init(p);
	if (p->config->mppc && p->host->mppc != NULL &&
	    !p->host->mppc(p->arg, &c->compress, &c->expand))
		c->compress = NULL;
	c->ours = best(p);
	if (c->ours == 0)
		return false;
	fsm_event(p, &p->fsm[FSM_CCP], FSM_OPEN);
	fsm_event(p, &p->fsm[FSM_CCP], FSM_UP);
	return true;
}

uint8_t
ccp_bits(uint32_t word)
{
	const struct length *l = length_of(word);

	if (l == NULL)
		return 0;
	return l->bit | (word & STATELESS ? PPP_MPPE_STATELESS :
	    PPP_MPPE_STATEFUL);
}

uint32_t
ccp_in(const struct ppp *p)
{
	return p->fsm[FSM_CCP].state == FSM_OPENED ? p->ccp.ours : 0;
}

uint32_t
ccp_out(const struct ppp *p)
{
	return p->fsm[FSM_CCP].state == FSM_OPENED ? p->ccp.theirs : 0;
}

void
ccp_lost(struct ppp *p)
{
	struct ccp *c = &p->ccp;

	if (p->now < c->reset_at)
		return;
	if (++c->unanswered > RESETS_MAX) {
		part_end(p, PPP_RESET_UNANSWERED);
		return;
	}
	c->resets++;
	c->reset_at = p->now + RESET_INTERVAL;
	part_send(p, DISSECT_CCP, RESET_REQUEST, ++p->fsm[FSM_CCP].id, NULL, 0);
}

void
ccp_found(struct ppp *p)
{
	p->ccp.unanswered = 0;
	p->ccp.reset_at = 0;
}

void
ccp_wipe(struct ppp *p)
{
	explicit_bzero(&p->ccp.sender, sizeof(p->ccp.sender));
	explicit_bzero(&p->ccp.receiver, sizeof(p->ccp.receiver));
}
