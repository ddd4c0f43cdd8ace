/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and sentences of the reasons. */
#include "alg/reason.h"

static const struct {
	const char	*name, *text;
} reasons[REASON_COUNT] = {
#define X(id, name, text) [REASON_##id] = { name, text },
	REASON_LIST(X)
#undef X
};

const char *
reason_name(enum reason r)
{
	return reasons[r].name;
}

const char *
reason_text(enum reason r)
{
	return reasons[r].text;
}
