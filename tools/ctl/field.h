/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_CTL_FIELD_H
#define TOOLS_CTL_FIELD_H

#include "conf/request.h"

enum show {
	FIELD_TEXT, FIELD_STATE, FIELD_NUMBER, FIELD_ADDRESS, FIELD_ENDPOINT,
	FIELD_AGE
};

/* A field of an item, by which a list can be sorted. */
struct message_field {
	const char	*key;
	enum show	 show;
	const char	*heading;	/* NULL: not a column of its own */
	const char	*port;		/* of an ENDPOINT, behind : */
};

/* The fields of a command's items, the last with key NULL; NULL: no list. */
const struct message_field *field_table(enum request_command);

#endif
