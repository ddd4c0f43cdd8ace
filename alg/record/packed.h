/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of a record without most of the zeros that are in it. */
#ifndef ALG_RECORD_PACKED_H
#define ALG_RECORD_PACKED_H

#include "alg/base/cursor.h"

/* So many bytes at most n of them become. */
#define PACKED_MAX(n)	((n) + (n) / 128 + 1)

/* Packs n bytes into PACKED_MAX(n); how many it took. */
size_t	packed_write(uint8_t *to, const uint8_t *bytes, size_t n);

/*
 * Unpacks the first size bytes; how many there are in all, which may be more,
 * or SIZE_MAX when it ends in the middle.
 */
size_t	packed_read(struct cursor packed, uint8_t *bytes, size_t size);

#endif
