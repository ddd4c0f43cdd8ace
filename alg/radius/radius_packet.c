/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RADIUS packets on the wire: attributes, signatures and what is hidden. */
#include "alg/radius/radius_packet.h"

#include <string.h>

#include "alg/ppp/crypto.h"

#define AT_LENGTH	2	/* of the packet's header */
#define AT_AUTHENTICATOR 4
#define ATTRIBUTE	2	/* bytes: type and length */
#define VENDOR_SPECIFIC	26
#define VENDOR_HEADER	6	/* its number, and the attribute's header */
#define BLOCK		CRYPTO_MD5
#define MPPE_KEY	16

const char *
radius_packet_fault(enum radius_fault fault)
{
	static const char *const names[] = {
#define NAME(id, name) name,
		RADIUS_FAULT_LIST(NAME)
#undef NAME
	};

	return names[fault];
}

/* --- making --------------------------------------------------------------- */

static struct writer
rest_of(struct radius_packet *p)
{
	return writer_of(p->bytes + p->len, sizeof(p->bytes) - p->len);
}

void
radius_packet_begin(struct radius_packet *p, enum radius_code code, uint8_t id,
    const uint8_t *authenticator)
{
	static const uint8_t unsigned_yet[CRYPTO_MD5];

	p->full = false;
	p->len = RADIUS_HEADER;
	memset(p->bytes, 0, RADIUS_HEADER);
	p->bytes[0] = (uint8_t)code;
	p->bytes[1] = id;
	if (authenticator != NULL)
		memcpy(p->bytes + AT_AUTHENTICATOR, authenticator,
		    RADIUS_AUTHENTICATOR);
	/* The first one: collisions cannot begin before it. */
	if (code == RADIUS_ACCESS_REQUEST)
		radius_packet_add(p, RADIUS_MESSAGE_AUTHENTICATOR,
		    unsigned_yet, sizeof(unsigned_yet));
}

void
radius_packet_add(struct radius_packet *p, uint32_t type, const void *value,
    size_t len)
{
	size_t header = type >> 16 == 0 ? ATTRIBUTE : ATTRIBUTE + VENDOR_HEADER;
	struct writer w = rest_of(p);

	if (len + header > RADIUS_VALUE_MAX + ATTRIBUTE ||
	    w.left < len + header) {
		p->full = true;
		return;
	}
	if (header > ATTRIBUTE) {
		writer_u8(&w, VENDOR_SPECIFIC);
		writer_u8(&w, (uint8_t)(len + header));
		writer_u32(&w, type >> 16);
		header = ATTRIBUTE;
	}
	writer_u8(&w, (uint8_t)type);
	writer_u8(&w, (uint8_t)(len + header));
	writer_bytes(&w, value, len);
	p->len = (size_t)(w.pos - p->bytes);
}

void
radius_packet_add_u32(struct radius_packet *p, uint32_t type, uint32_t value)
{
	uint8_t bytes[4];
	struct writer w = writer_of(bytes, sizeof(bytes));

	writer_u32(&w, value);
	radius_packet_add(p, type, bytes, sizeof(bytes));
}

void
radius_packet_add_text(struct radius_packet *p, uint32_t type,
    const char *text)
{
	size_t len = strlen(text);

	if (len > 0)
		radius_packet_add(p, type, text, len);
}

/* The keystream of a block: MD5 over secret, the block before, and salt. */
static void
draw_block(uint8_t key[BLOCK], const struct radius_secret *secret,
    const uint8_t *before, struct cursor salt)
{
	const struct crypto_piece pieces[] = {
		{ secret->bytes, secret->len }, { before, BLOCK },
		{ salt.pos, salt.left }
	};

	crypto_md5(key, pieces, 3);
}

void
radius_packet_add_password(struct radius_packet *p,
    const struct radius_secret *secret, const uint8_t *password, size_t len)
{
	uint8_t hidden[RADIUS_PASSWORD_MAX] = { 0 }, key[BLOCK];
	const uint8_t *before = p->bytes + AT_AUTHENTICATOR;
	size_t i, at = 0;

	if (len > sizeof(hidden)) {
		p->full = true;
		return;
	}
	memcpy(hidden, password, len);
	do {
		draw_block(key, secret, before, cursor_of("", 0));
		for (i = 0; i < BLOCK; i++)
			hidden[at + i] ^= key[i];
		before = hidden + at;
		at += BLOCK;
	} while (at < len);
	radius_packet_add(p, RADIUS_USER_PASSWORD, hidden, at);
	explicit_bzero(key, sizeof(key));
}

/* MD5 over the packet and the secret: of a request without random bytes, and,
   with the request's authenticator in its place, of a reply. */
static void
sum_packet(uint8_t sum[CRYPTO_MD5], const uint8_t *bytes, size_t len,
    const struct radius_secret *secret)
{
	const struct crypto_piece pieces[] = {
		{ bytes, len }, { secret->bytes, secret->len }
	};

	crypto_md5(sum, pieces, 2);
}

void
radius_packet_sign(struct radius_packet *p, const struct radius_secret *secret,
    uint8_t id)
{
	uint8_t sum[CRYPTO_MD5];

	p->bytes[1] = id;
	writer_put_u16(p->bytes + AT_LENGTH, (uint16_t)p->len);
	if (p->bytes[0] == RADIUS_ACCESS_REQUEST) {
		/* It stands first: see radius_packet_begin(). */
		memset(p->bytes + RADIUS_HEADER + ATTRIBUTE, 0, sizeof(sum));
		crypto_hmac_md5(sum, secret->bytes, secret->len, p->bytes,
		    p->len);
		memcpy(p->bytes + RADIUS_HEADER + ATTRIBUTE, sum, sizeof(sum));
		return;
	}
	if (p->bytes[0] == RADIUS_ACCOUNTING_REQUEST)
		memset(p->bytes + AT_AUTHENTICATOR, 0, RADIUS_AUTHENTICATOR);
	sum_packet(sum, p->bytes, p->len, secret);
	memcpy(p->bytes + AT_AUTHENTICATOR, sum, sizeof(sum));
}

/* --- reading -------------------------------------------------------------- */

struct radius_walk
radius_packet_walk(const uint8_t *bytes, size_t len)
{
	struct radius_walk w = { .vendor = cursor_of("", 0) };

	w.all = cursor_of(bytes, len);
	(void)cursor_skip(&w.all, RADIUS_HEADER);
	return w;
}

/* One attribute: -1 if its length does not fit. */
static int
read_attribute(struct cursor *c, struct radius_attribute *a)
{
	uint8_t type, len;

	if (cursor_u8(c, &type) == -1 || cursor_u8(c, &len) == -1 ||
	    len < ATTRIBUTE ||
	    cursor_sub(c, (size_t)(len - ATTRIBUTE), &a->value) == -1)
		return -1;
	a->type = type;
	return 0;
}

/* Goes into a vendor's attribute; numbers above 16 bits are of no use here. */
static void
enter_vendor(struct radius_walk *w, struct cursor value)
{
	uint32_t number;

	if (cursor_u32(&value, &number) == -1 || number > UINT16_MAX)
		return;
	w->number = (uint16_t)number;
	w->vendor = value;
}

bool
radius_packet_next(struct radius_walk *w, struct radius_attribute *a)
{
	for (;;) {
		if (w->vendor.left > 0) {
			if (read_attribute(&w->vendor, a) == 0) {
				a->type |= RADIUS_VENDOR(w->number, 0);
				return true;
			}
			w->vendor.left = 0;
		}
		if (read_attribute(&w->all, a) == -1)
			return false;
		if (a->type != VENDOR_SPECIFIC)
			return true;
		enter_vendor(w, a->value);
	}
}

/* Where the value of Message-Authenticator is; NULL: there is none. */
static uint8_t *
find_signature(uint8_t *bytes, size_t len)
{
	struct cursor c = cursor_of(bytes, len);
	struct radius_attribute a;

	(void)cursor_skip(&c, RADIUS_HEADER);
	while (read_attribute(&c, &a) == 0)
		if (a.type == RADIUS_MESSAGE_AUTHENTICATOR &&
		    a.value.left == CRYPTO_MD5)
			return bytes + (a.value.pos - bytes);
	return NULL;
}

/* Lengths: the packet's, and all attributes' to its very end. */
static bool
is_whole(const uint8_t *bytes, size_t *len)
{
	struct cursor c = cursor_of(bytes, *len);
	struct radius_attribute a;
	uint16_t own;

	if (cursor_skip(&c, AT_LENGTH) == -1 || cursor_u16(&c, &own) == -1 ||
	    own < RADIUS_HEADER || own > *len || own > RADIUS_PACKET_MAX)
		return false;
	*len = own;
	c = cursor_of(bytes, own);
	(void)cursor_skip(&c, RADIUS_HEADER);
	while (c.left > 0)
		if (read_attribute(&c, &a) == -1)
			return false;
	return true;
}

static bool
is_access(uint8_t code)
{
	return code == RADIUS_ACCESS_ACCEPT || code == RADIUS_ACCESS_REJECT ||
	    code == RADIUS_ACCESS_CHALLENGE;
}

/* The authenticator that signatures are over is in its place. */
static enum radius_fault
check_signature(uint8_t *bytes, size_t len, const struct radius_secret *secret)
{
	uint8_t *at = find_signature(bytes, len);
	uint8_t sent[CRYPTO_MD5], right[CRYPTO_MD5];

	if (at == NULL)
		return is_access(bytes[0]) ? RADIUS_FAULT_UNSIGNED :
		    RADIUS_FAULT_NONE;
	memcpy(sent, at, sizeof(sent));
	memset(at, 0, sizeof(sent));
	crypto_hmac_md5(right, secret->bytes, secret->len, bytes, len);
	memcpy(at, sent, sizeof(sent));
	return crypto_equal(sent, right, sizeof(sent)) ? RADIUS_FAULT_NONE :
	    RADIUS_FAULT_FORGED;
}

enum radius_fault
radius_packet_check(uint8_t *bytes, size_t *len,
    const struct radius_packet *request, const struct radius_secret *secret)
{
	uint8_t sent[RADIUS_AUTHENTICATOR], right[CRYPTO_MD5];
	enum radius_fault fault;

	if (!is_whole(bytes, len))
		return RADIUS_FAULT_MALFORMED;
	memcpy(sent, bytes + AT_AUTHENTICATOR, sizeof(sent));
	if (request != NULL)
		memcpy(bytes + AT_AUTHENTICATOR, request->bytes +
		    AT_AUTHENTICATOR, sizeof(sent));
	else
		memset(bytes + AT_AUTHENTICATOR, 0, sizeof(sent));
	sum_packet(right, bytes, *len, secret);
	fault = crypto_equal(sent, right, sizeof(sent)) ?
	    check_signature(bytes, *len, secret) : RADIUS_FAULT_FORGED;
	memcpy(bytes + AT_AUTHENTICATOR, sent, sizeof(sent));
	return fault;
}

/* Undoes hiding; len is a multiple of the block. */
static void
reveal_blocks(uint8_t *plain, const uint8_t *hidden, size_t len,
    const struct radius_packet *request, const struct radius_secret *secret,
    struct cursor salt)
{
	const uint8_t *before = request->bytes + AT_AUTHENTICATOR;
	uint8_t key[BLOCK];
	size_t i, at;

	for (at = 0; at < len; at += BLOCK) {
		draw_block(key, secret, before, salt);
		for (i = 0; i < BLOCK; i++)
			plain[at + i] = hidden[at + i] ^ key[i];
		before = hidden + at;
		salt = cursor_of("", 0);
	}
	explicit_bzero(key, sizeof(key));
}

bool
radius_packet_key(uint8_t key[MPPE_KEY], struct cursor value,
    const struct radius_packet *request, const struct radius_secret *secret)
{
	uint8_t plain[2 * BLOCK];
	struct cursor salt;
	bool found;

	/* A byte says how long the key is; it takes two blocks. */
	if (cursor_sub(&value, 2, &salt) == -1 || value.left != sizeof(plain))
		return false;
	reveal_blocks(plain, value.pos, sizeof(plain), request, secret, salt);
	if ((found = plain[0] == MPPE_KEY))
		memcpy(key, plain + 1, MPPE_KEY);
	explicit_bzero(plain, sizeof(plain));
	return found;
}

bool
radius_packet_keys(uint8_t keys[2 * BLOCK], struct cursor value,
    const struct radius_packet *request, const struct radius_secret *secret)
{
	if (value.left != 2 * BLOCK)
		return false;
	reveal_blocks(keys, value.pos, 2 * BLOCK, request, secret,
	    cursor_of("", 0));
	return true;
}
