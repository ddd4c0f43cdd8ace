/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the translator's state in a file, so that calls survive the daemon: a
 * restart, an upgrade, a crash.  It survives the process, not the machine:
 * nothing is forced onto a disk.
 */
#ifndef NAT_JOURNAL_JOURNAL_H
#define NAT_JOURNAL_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "alg/alg.h"

/* To write into NULL does nothing. */
struct journal;

/* Reads what is written, some whole records at a time. */
typedef void (*journal_reader)(void *arg, const uint8_t *records, size_t len);

/*
 * Opens and locks the files of a journal; with an empty path there are none,
 * and only a reader hears what would be in them.  The translator is borrowed;
 * it has been told to record.  NULL with a sentence in error.
 */
struct journal	*journal_open(const char *path, struct alg *, char *error,
		    size_t size);

void		 journal_follow(struct journal *, journal_reader, void *arg);

/* Brings back into the translator, which is empty, what the files hold. */
void		 journal_restore(struct journal *, uint64_t now);

/* Goes on from there, with what the translator knows now; once. */
void		 journal_start(struct journal *, uint64_t now);

/*
 * Writes what has changed: to be called before the verdict on any packet is
 * sent that has changed something.  When that fails, it is logged and counted,
 * the old records are removed, since they are wrong now, and later calls do
 * nothing until there is room again.
 */
void		 journal_write(struct journal *, uint64_t now);

/* Bytes in the file that is in use; 0 without a journal. */
uint64_t	 journal_size(const struct journal *);

/* To be called some times a second: keeps the files small, a slice a time. */
void		 journal_tick(struct journal *, uint64_t now);

/* Writes all for the next daemon. */
void		 journal_close(struct journal *, uint64_t now);

#endif
