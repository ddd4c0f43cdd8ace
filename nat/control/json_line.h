/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line of a control reply: a flat JSON object, put together by hand
 * because tens of thousands of calls are listed at once.
 */
#ifndef NAT_CONTROL_JSON_LINE_H
#define NAT_CONTROL_JSON_LINE_H

#include <stddef.h>
#include <stdint.h>

#define JSON_LINE_MAX	8192

/* What does not fit is left out whole. */
struct json_line {
	size_t	 len;
	char	 text[JSON_LINE_MAX];
};

void	json_line_open(struct json_line *);
void	json_line_number(struct json_line *, const char *key, uint64_t);
void	json_line_bool(struct json_line *, const char *key, int);
void	json_line_null(struct json_line *, const char *key);
/* NULL becomes null; what is not ASCII or not printable becomes '?'. */
void	json_line_text(struct json_line *, const char *key, const char *);
/* Host byte order. */
void	json_line_address(struct json_line *, const char *key, uint32_t);
/* Milliseconds, written as seconds with three decimals. */
void	json_line_time(struct json_line *, const char *key, uint64_t);
/* The time so many ms after an epoch; null for 0 ms: never. */
void	json_line_since(struct json_line *, const char *key, uint64_t epoch,
	    uint64_t ms);
/* Ends the object and the line. */
void	json_line_close(struct json_line *);

#endif
