/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text for a line of a log or a list, cut when it does not fit. */
#ifndef ALG_BASE_LINE_H
#define ALG_BASE_LINE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Text put together in a buffer of the caller's: always ends with a NUL, and
 * what does not fit is left out.
 */
struct line {
	char	*pos;
	size_t	 left;		/* with the NUL; 0 for a buffer of size 0 */
};

struct line	 line_of(char *buffer, size_t size);
void		 line_add(struct line *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/*
 * Bytes that a peer chose: printable ASCII as it is, the rest, the quote and
 * the backslash as \xNN, so that no terminal can be played with.
 */
void		 line_add_peer(struct line *, const uint8_t *, size_t);

/* The same, but of at most so many characters; then an ellipsis. */
void		 line_add_peer_cut(struct line *, const uint8_t *, size_t,
		    size_t most);

/* Hexadecimal digits of the first most bytes, then an ellipsis. */
void		 line_add_hex(struct line *, const uint8_t *, size_t,
		    size_t most);

/* An IPv4 address in host byte order. */
void		 line_add_ipv4(struct line *, uint32_t);

#endif
