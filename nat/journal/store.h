/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two files that take turns: records are appended to the main one, and what
 * still counts of them is written to the other one now and then, which then
 * becomes the main one.  Records count up to the last commit, so that a write
 * that was cut off leaves the state before it.  Both files are opened, and
 * locked, once: later no file name is needed any more.
 */
#ifndef NAT_JOURNAL_STORE_H
#define NAT_JOURNAL_STORE_H

#include <stddef.h>
#include <stdint.h>

struct store;

enum store_file { STORE_MAIN, STORE_NEXT };

#define STORE_COMMIT	16		/* bytes of a commit */

/* The second file has .2 behind its name.  NULL with a sentence in error. */
struct store	*store_open(const char *path, char *error, size_t size);
void		 store_close(struct store *);	/* NULL is fine */

/* What store_read found. */
struct store_found {
	uint64_t	 bytes;		/* of records that count */
	uint64_t	 tail;		/* behind them: unfinished or damaged */
};

/*
 * Finds out which file is the main one, and shows each record in it that
 * counts, in order.  -1 with errno when it cannot be read.
 */
int		 store_read(struct store *, void (*each)(void *arg,
		    const uint8_t *record, size_t len), void *arg,
		    struct store_found *);

/* -1 with errno; then a part may have been written. */
int		 store_append(struct store *, enum store_file,
		    const uint8_t *bytes, size_t len);

/* Makes the next commit, to be appended behind a batch of records. */
void		 store_commit(struct store *, uint8_t bytes[STORE_COMMIT]);

/* The next file, complete and with a commit, is the main one; empties that. */
void		 store_turn(struct store *);
void		 store_empty(struct store *, enum store_file);
uint64_t	 store_size(const struct store *, enum store_file);

#endif
