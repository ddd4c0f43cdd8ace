/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "alg/endpoint/tunnel_part.h"

/* Appends a code with its meaning, if it says anything. */
static size_t
append(char *text, size_t size, size_t at, uint16_t type, const char *field,
    uint32_t value)
{
	int n;

	if (value == 0 || at >= size)
		return at;
	n = snprintf(text + at, size - at, "%s%s (%s %u)", at > 0 ? ", " : "",
	    ctrl_message_code(type, field, value), field, value);
	return at + (size_t)n;
}

static size_t
explain(char *text, size_t size, uint16_t type, uint8_t result, uint8_t error)
{
	size_t at = append(text, size, 0, type, "Result Code", result);

	return append(text, size, at, type, "Error Code", error);
}

const char *
ctrl_conn_explain_start(const struct ctrl_conn *t, char *text, size_t size)
{
	text[0] = '\0';
	if (t->reason == REASON_START_REFUSED)
		explain(text, size, MESSAGE_SCCRP, t->result, t->error);
	return text;
}

const char *
ctrl_conn_explain_call(const struct ctrl_call *c, char *text, size_t size)
{
	size_t at;

	text[0] = '\0';
	if (c->told == 0)
		return text;
	at = explain(text, size, c->told, c->result, c->error);
	append(text, size, at, c->told, "Cause Code", c->cause);
	return text;
}
