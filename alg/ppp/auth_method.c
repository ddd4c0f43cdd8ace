/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/ppp/ppp_internal.h"

/* Strongest first. */
static const struct {
	uint8_t		 method;
	uint16_t	 protocol;
	int16_t		 algorithm;	/* of CHAP; -1: no such byte */
} methods[] = {
	{ PPP_MSCHAP2, DISSECT_CHAP, 0x81 },
	{ PPP_MSCHAP, DISSECT_CHAP, 0x80 },
	{ PPP_CHAP_MD5, DISSECT_CHAP, 5 },
	{ PPP_PAP, DISSECT_PAP, -1 },
	{ 0, 0, -1 },
};
#define METHODS	(sizeof(methods) / sizeof(methods[0]) - 1)

static size_t
find(uint8_t method)
{
	size_t i = 0;

	while (i < METHODS && methods[i].method != method)
		i++;
	return i;
}

uint16_t
auth_protocol(uint8_t method)
{
	return methods[find(method)].protocol;
}

uint8_t
auth_method(struct cursor c)
{
	uint16_t protocol;
	uint8_t byte;
	int algorithm;

	if (cursor_u16(&c, &protocol) == -1)
		return 0;
	algorithm = cursor_u8(&c, &byte) == 0 ? byte : -1;
	for (size_t i = 0; i < METHODS; i++)
		if (methods[i].protocol == protocol && c.left == 0 &&
		    methods[i].algorithm == algorithm)
			return methods[i].method;
	return 0;
}

void
auth_put_value(struct writer *w, uint8_t method)
{
	size_t i = find(method);

	writer_u16(w, methods[i].protocol);
	if (methods[i].algorithm >= 0)
		writer_u8(w, (uint8_t)methods[i].algorithm);
}

void
auth_put_option(struct writer *nak, uint8_t method)
{
	uint8_t value[3];
	struct writer w = writer_of(value, sizeof(value));

	auth_put_value(&w, method);
	option_put(nak, 3, value, (uint8_t)(w.pos - value));
}

uint8_t
auth_strongest(uint8_t bits)
{
	size_t i = 0;

	while (i < METHODS && (methods[i].method & bits) == 0)
		i++;
	return methods[i].method;
}
