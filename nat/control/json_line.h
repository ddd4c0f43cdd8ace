/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_CONTROL_JSON_LINE_H
#define NAT_CONTROL_JSON_LINE_H

#include <stddef.h>
#include <stdint.h>

#define ITEM_MAX	8192

/*
 * One line of a control reply: a flat JSON object, put together by hand
 * because tens of thousands of calls are listed at once.  What does not fit
 * is left out whole.
 */
struct item {
	size_t	 len;
	char	 text[ITEM_MAX];
};

void	item_open(struct item *);
void	item_number(struct item *, const char *key, uint64_t);
void	item_bool(struct item *, const char *key, int);
void	item_null(struct item *, const char *key);
/* NULL becomes null; what is not ASCII or not printable becomes '?'. */
void	item_text(struct item *, const char *key, const char *);
/* Host byte order. */
void	item_address(struct item *, const char *key, uint32_t);
/* Milliseconds, written as seconds with three decimals. */
void	item_time(struct item *, const char *key, uint64_t);
/* Ends the object and the line. */
void	item_close(struct item *);

#endif
