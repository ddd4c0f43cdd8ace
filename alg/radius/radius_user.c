/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of a RADIUS server about a login, and read in its reply. */
#include "alg/radius/radius_user.h"

#include <string.h>

#include "alg/ppp/chap.h"
#include "alg/ppp/mschap_failure.h"

#define MSCHAP1_KEYS		32	/* bytes of MS-CHAP-MPPE-Keys */
#define LM_KEY			8
#define PROOF			42	/* "S=" and 40 digits */

/* --- asking --------------------------------------------------------------- */

/* RFC 2548 sections 2.1.3 and 2.3.2: identifier, flags, what is before them. */
static void
add_ms_response(struct radius_packet *p, const struct ppp_login *login,
    const struct ppp_proof *proof)
{
	bool v2 = login->method == PPP_MSCHAP2;
	uint8_t value[1 + CHAP_MS_VALUE];

	value[0] = proof->id;
	value[1] = v2 ? 0 : proof->value[CHAP_MS_FLAGS];
	memcpy(value + 2, proof->value, CHAP_MS_FLAGS);
	radius_packet_add(p, RADIUS_MS_CHAP_CHALLENGE, proof->challenge,
	    proof->challenge_len);
	radius_packet_add(p, v2 ? RADIUS_MS_CHAP2_RESPONSE :
	    RADIUS_MS_CHAP_RESPONSE, value, sizeof(value));
}

static void
add_md5_response(struct radius_packet *p, const struct ppp_proof *proof)
{
	uint8_t value[1 + RADIUS_AUTHENTICATOR];

	value[0] = proof->id;
	memcpy(value + 1, proof->value, RADIUS_AUTHENTICATOR);
	radius_packet_add(p, RADIUS_CHAP_PASSWORD, value, sizeof(value));
	radius_packet_add(p, RADIUS_CHAP_CHALLENGE, proof->challenge,
	    proof->challenge_len);
}

void
radius_user_ask(struct radius_packet *p, const struct ppp_login *login,
    const struct ppp_proof *proof)
{
	radius_packet_add_text(p, RADIUS_USER_NAME, login->account);
	if (login->method == PPP_CHAP_MD5)
		add_md5_response(p, proof);
	else if (login->method != PPP_PAP)
		add_ms_response(p, login, proof);
}

/* --- reading -------------------------------------------------------------- */

/* What came with the request that is being answered. */
struct user_reading {
	struct radius_user	*user;
	const struct radius_packet *request;
	const struct radius_secret *secret;
	const struct radius_asked *asked;
	bool			 sends, receives;	/* keys were there */
};

/* Decimal, up to 9 digits; -1 if there is none. */
static int
read_number(struct cursor *c, uint32_t *number)
{
	int digits = 0;

	for (*number = 0; c->left > 0 && *c->pos >= '0' && *c->pos <= '9' &&
	    digits < 9; digits++) {
		*number = *number * 10 + (uint32_t)(*c->pos - '0');
		(void)cursor_skip(c, 1);
	}
	return digits == 0 ? -1 : 0;
}

static bool
skip_byte(struct cursor *c, uint8_t byte)
{
	return c->left > 0 && *c->pos == byte && cursor_skip(c, 1) == 0;
}

static int
read_address(struct cursor *c, uint32_t *address)
{
	uint32_t byte;

	*address = 0;
	for (int i = 0; i < 4; i++) {
		if ((i > 0 && !skip_byte(c, '.')) ||
		    read_number(c, &byte) == -1 || byte > 255)
			return -1;
		*address = *address << 8 | byte;
	}
	return 0;
}

/*
 * Framed-Route (RFC 2865 section 5.22): "NETWORK/BITS GATEWAY METRIC"; -1 if
 * it is none.  What goes into a tunnel has no gateway in it: it is left out.
 */
static int
parse_route(struct radius_user_route *r, struct cursor c)
{
	uint32_t bits = 32, gateway;

	*r = (struct radius_user_route){ 0 };
	if (read_address(&c, &r->to) == -1 ||
	    (skip_byte(&c, '/') && read_number(&c, &bits) == -1) ||
	    bits > 32 || (c.left > 0 && *c.pos != ' '))
		return -1;
	r->bits = (uint8_t)bits;
	while (skip_byte(&c, ' '))
		;
	if (c.left > 0 && read_address(&c, &gateway) == -1)
		return -1;
	while (skip_byte(&c, ' '))
		;
	if (c.left > 0 && read_number(&c, &r->metric) == -1)
		return -1;
	return bits == 0 || (bits < 32 && r->to << bits != 0) ? -1 : 0;
}

static void
keep_class(struct radius_user *u, struct cursor value)
{
	struct radius_user_class *class;

	if (u->nclasses == RADIUS_USER_CLASSES)
		return;
	class = &u->classes[u->nclasses++];
	class->len = (uint8_t)value.left;
	memcpy(class->bytes, value.pos, value.left);
}

static void
keep_route(struct radius_user *u, struct cursor value)
{
	if (u->nroutes < RADIUS_USER_ROUTES &&
	    parse_route(&u->routes[u->nroutes], value) == 0)
		u->nroutes++;
}

/* Numbers of four bytes. */
static const struct {
	uint32_t	 type;
	size_t		 member;
} numbers[] = {
#define NUMBER(type, member)						\
	{ RADIUS_##type, offsetof(struct radius_user, member) }
	NUMBER(FRAMED_IP_ADDRESS, address),
	NUMBER(FRAMED_IP_NETMASK, netmask),
	NUMBER(FRAMED_MTU, mtu),
	NUMBER(SESSION_TIMEOUT, session),
	NUMBER(IDLE_TIMEOUT, idle),
	NUMBER(ACCT_INTERIM_INTERVAL, interim),
	NUMBER(MS_PRIMARY_DNS, dns[0]),
	NUMBER(MS_SECONDARY_DNS, dns[1]),
	NUMBER(MS_PRIMARY_NBNS, wins[0]),
	NUMBER(MS_SECONDARY_NBNS, wins[1]),
#undef NUMBER
};

static void
read_plain(struct radius_user *u, const struct radius_attribute *a)
{
	struct cursor c = a->value;
	uint32_t number;

	if (a->type == RADIUS_CLASS)
		keep_class(u, a->value);
	else if (a->type == RADIUS_FRAMED_ROUTE)
		keep_route(u, a->value);
	if (c.left != sizeof(number) || cursor_u32(&c, &number) == -1)
		return;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].type == a->type)
			memcpy((char *)u + numbers[i].member, &number,
			    sizeof(number));
}

/* RFC 2548 sections 2.4.4 and 2.4.5. */
static void
read_encryption(struct radius_user *u, const struct radius_attribute *a)
{
	struct cursor c = a->value;
	uint32_t number;

	if (c.left != sizeof(number) || cursor_u32(&c, &number) == -1)
		return;
	if (a->type == RADIUS_MS_MPPE_POLICY)
		u->mppe_required = number == 2;
	else
		u->mppe = (uint8_t)(((number & 2) != 0 ? PPP_MPPE_40 : 0) |
		    ((number & 8) != 0 ? PPP_MPPE_56 : 0) |
		    ((number & 4) != 0 ? PPP_MPPE_128 : 0));
}

/* One direction's key; both must come. */
static void
read_key(struct user_reading *r, const struct radius_attribute *a)
{
	bool sends = a->type == RADIUS_MS_MPPE_SEND_KEY;
	struct auth_keys *k = &r->user->keys;
	uint8_t (*keys)[MSCHAP_KEY] = sends ? k->send : k->receive;

	if (!radius_packet_key(keys[AUTH_KEY_128], a->value, r->request,
	    r->secret))
		return;
	memcpy(keys[AUTH_KEY_SHORT], keys[AUTH_KEY_128], MSCHAP_KEY);
	*(sends ? &r->sends : &r->receives) = true;
	if (r->sends && r->receives)
		k->lengths = PPP_MPPE_LENGTHS;
}

/* The hash of the NT hash, and the start of the LM hash, if there is one. */
static void
read_keys_v1(struct user_reading *r, const struct radius_attribute *a)
{
	static const uint8_t none[LM_KEY];
	uint8_t bytes[MSCHAP1_KEYS];

	if (r->asked->method != PPP_MSCHAP ||
	    !radius_packet_keys(bytes, a->value, r->request, r->secret))
		return;
	auth_keys_hashed(&r->user->keys, memcmp(bytes, none, LM_KEY) == 0 ?
	    NULL : bytes, bytes + LM_KEY, r->asked->challenge);
	explicit_bzero(bytes, sizeof(bytes));
}

static void
read_success(struct radius_user *u, struct cursor value)
{
	const uint8_t *text;

	/* Behind the response's identifier; a message may follow. */
	if (cursor_skip(&value, 1) == 0 &&
	    cursor_bytes(&value, PROOF, &text) == 0 &&
	    memcmp(text, "S=", 2) == 0) {
		memcpy(u->success, text, PROOF);
		u->success[PROOF] = '\0';
	}
}

/* MS-CHAP-Error (RFC 2548 section 2.1.5): an identifier, then "E=...". */
static void
read_error(struct radius_user *u, struct cursor value)
{
	struct mschap_failure f;

	if (cursor_skip(&value, 1) == 0 && mschap_failure_parse(&f,
	    (const char *)value.pos, value.left) == 0)
		u->error = f.error;
}

static void
apply_attribute(struct user_reading *r, const struct radius_attribute *a)
{
	switch (a->type) {
	case RADIUS_MS_MPPE_POLICY:
	case RADIUS_MS_MPPE_TYPES:
		read_encryption(r->user, a);
		break;
	case RADIUS_MS_MPPE_SEND_KEY:
	case RADIUS_MS_MPPE_RECV_KEY:
		read_key(r, a);
		break;
	case RADIUS_MS_CHAP_MPPE_KEYS:
		read_keys_v1(r, a);
		break;
	case RADIUS_MS_CHAP_ERROR:
		read_error(r->user, a->value);
		break;
	case RADIUS_MS_CHAP2_SUCCESS:
		read_success(r->user, a->value);
		break;
	default:
		read_plain(r->user, a);
	}
}

enum ppp_reason
radius_user_read(struct radius_user *u, const struct radius_asked *asked,
    const uint8_t *reply, size_t len, const struct radius_packet *request,
    const struct radius_secret *secret)
{
	struct user_reading r = { .user = u, .request = request,
	    .secret = secret, .asked = asked };
	struct radius_walk walk = radius_packet_walk(reply, len);
	struct radius_attribute a;

	memset(u, 0, sizeof(*u));
	u->mppe = PPP_MPPE_LENGTHS;
	while (radius_packet_next(&walk, &a))
		apply_attribute(&r, &a);
	if (reply[0] != RADIUS_ACCESS_ACCEPT)
		return PPP_REJECTED;
	return asked->method == PPP_MSCHAP2 && *u->success == '\0' ?
	    PPP_RADIUS_REPLY : PPP_OK;
}

void
radius_user_change(struct radius_user *u, const uint8_t *bytes, size_t len)
{
	struct radius_walk walk = radius_packet_walk(bytes, len);
	struct radius_attribute a;

	while (radius_packet_next(&walk, &a))
		if (a.type == RADIUS_SESSION_TIMEOUT ||
		    a.type == RADIUS_IDLE_TIMEOUT ||
		    a.type == RADIUS_ACCT_INTERIM_INTERVAL)
			read_plain(u, &a);
}
