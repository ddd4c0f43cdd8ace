/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "alg/ppp/dissect_part.h"

/* Codes of PAP (RFC 1334), CHAP (RFC 1994) and EAP (RFC 3748). */
enum { PAP_REQUEST = 1 };
enum { CHAP_CHALLENGE = 1, CHAP_RESPONSE, CHAP_SUCCESS, CHAP_FAILURE };
enum { EAP_REQUEST = 1, EAP_RESPONSE };

/* RFC 2759 section 6. */
static const struct dissect_name errors[] = {
	{ 646, "restricted logon hours" }, { 647, "account disabled" },
	{ 648, "password expired" }, { 649, "no dial-in permission" },
	{ 691, "wrong user name or password" },
	{ 709, "error changing password" }, { 0 }
};

static const struct dissect_name eap_types[] = {
	{ 1, "Identity" }, { 2, "Notification" }, { 3, "Nak" },
	{ 4, "MD5-Challenge" }, { 5, "One-Time-Password" },
	{ 6, "Generic-Token-Card" }, { 13, "TLS" }, { 21, "TTLS" },
	{ 25, "PEAP" }, { 26, "MS-CHAPv2" }, { 0 }
};

const char *
dissect_chap_error(uint32_t error)
{
	return dissect_name_of(errors, error);
}

static void
add_malformed(struct line *l)
{
	line_add(l, ", malformed");
}

void
dissect_pap(struct cursor c, struct line *l, struct dissect *d)
{
	struct cursor name;
	uint8_t length;

	/* RFC 1334 wants a message in a reply; some leave all of it out. */
	if (d->code != PAP_REQUEST && c.left == 0)
		return;
	if (cursor_u8(&c, &length) == -1 ||
	    cursor_sub(&c, length, &name) == -1) {
		add_malformed(l);
		return;
	}
	line_add(l, d->code == PAP_REQUEST ? ": user" : ":");
	dissect_add_string(l, name,
	    d->code == PAP_REQUEST ? d->name : d->message,
	    d->code == PAP_REQUEST ? sizeof(d->name) : sizeof(d->message));
	if (d->code == PAP_REQUEST && cursor_u8(&c, &length) == 0)
		line_add(l, ", password of %u bytes", length);
}

/* The number after "E=", at the front (RFC 2759 section 6); 0 without. */
static uint32_t
chap_error(struct cursor c)
{
	uint32_t error = 0;
	uint8_t byte;

	if (cursor_u8(&c, &byte) == -1 || byte != 'E' ||
	    cursor_u8(&c, &byte) == -1 || byte != '=')
		return 0;
	while (error < 100000 && cursor_u8(&c, &byte) == 0 &&
	    byte >= '0' && byte <= '9')
		error = error * 10 + (byte - '0');
	return error;
}

static void
add_value_and_name(struct cursor c, struct line *l, struct dissect *d)
{
	uint8_t length;

	if (cursor_u8(&c, &length) == -1 || cursor_skip(&c, length) == -1) {
		add_malformed(l);
		return;
	}
	line_add(l, ": %u bytes, %s", length,
	    d->code == CHAP_RESPONSE ? "user" : "name");
	dissect_add_string(l, c, d->name, sizeof(d->name));
}

void
dissect_chap(struct cursor c, struct line *l, struct dissect *d)
{
	const char *meaning;

	if (d->code == CHAP_CHALLENGE || d->code == CHAP_RESPONSE) {
		add_value_and_name(c, l, d);
		return;
	}
	if (d->code != CHAP_SUCCESS && d->code != CHAP_FAILURE) {
		line_add(l, ", %zu bytes", c.left);
		return;
	}
	line_add(l, ":");
	dissect_add_string(l, c, d->message, sizeof(d->message));
	if (d->code == CHAP_FAILURE)
		d->error = chap_error(c);
	meaning = dissect_chap_error(d->error);
	if (meaning != NULL)
		line_add(l, " (%s)", meaning);
}

void
dissect_eap(struct cursor c, struct line *l, struct dissect *d)
{
	const char *name;
	uint8_t type;

	if (d->code != EAP_REQUEST && d->code != EAP_RESPONSE)
		return;
	if (cursor_u8(&c, &type) == -1) {
		add_malformed(l);
		return;
	}
	name = dissect_name_of(eap_types, type);
	if (name != NULL)
		line_add(l, ": %s", name);
	else
		line_add(l, ": type %u", type);
	if (type == 1 && d->code == EAP_RESPONSE)
		dissect_add_string(l, c, d->name, sizeof(d->name));
	else
		line_add(l, ", %zu bytes", c.left);
}
