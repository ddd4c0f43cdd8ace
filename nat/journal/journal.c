/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes changes as they come, and snapshots that keep the files small. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg/record/record.h"
#include "alg/record/restore.h"
#include "nat/base/log.h"
#include "nat/journal/journal.h"
#include "nat/journal/store.h"

#define BUFFER		(256 << 10)
#define SLICE		(128 << 10)	/* bytes of a snapshot per tick */
#define PACE		4		/* and for each byte of changes */
#define RETRY		10000		/* ms after a failure */
#define SMALL		(1 << 20)	/* bytes that need no snapshot */
#define GROWTH		4		/* times the last snapshot */
/*
 * Times in the files are those of our clock, which all daemons share until the
 * machine boots, and nobody sets.
 */
#define EPOCH		0

struct journal {
	char			*path;
	struct alg		*alg;
	struct store		*store;		/* or NULL: no files */
	journal_reader		 reader;	/* or NULL */
	void			*reader_arg;
	bool			 whole;		/* all of it was taken */
	bool			 failed;	/* nothing in it counts */
	bool			 told;		/* and the log says so */
	bool			 snapshotting;
	uint64_t		 retry;		/* ms, not before */
	struct record_snapshot	 snapshot;
	uint64_t		 snapshot_bytes;	/* of the last one */
	/* While the journal is read: times, and records that are refused. */
	uint64_t		 now, refused[REASON_COUNT];
	uint8_t			 buffer[BUFFER];
};

struct journal *
journal_open(const char *path, struct alg *alg, char *error, size_t size)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (j == NULL || (j->path = strdup(path)) == NULL) {
		snprintf(error, size, "journal: %s", strerror(errno));
		free(j);
		return NULL;
	}
	j->alg = alg;
	if (*path != '\0' &&
	    (j->store = store_open(path, error, size)) == NULL) {
		free(j->path);
		free(j);
		return NULL;
	}
	return j;
}

void
journal_follow(struct journal *j, journal_reader reader, void *arg)
{
	j->reader = reader;
	j->reader_arg = arg;
}

/*
 * Reading.
 */

static void
on_record(void *arg, const uint8_t *record, size_t len)
{
	struct journal *j = arg;

	j->refused[restore_record(j->alg, j->now, EPOCH, record, len)]++;
}

static bool
has_refused(const struct journal *j)
{
	int r;

	for (r = REASON_NONE + 1; r < REASON_COUNT; r++)
		if (j->refused[r] > 0)
			return true;
	return false;
}

static void
log_restored(const struct journal *j, const struct store_found *found)
{
	struct alg_counters c;
	int r;

	alg_counters(j->alg, &c);
	if (found->tail > 0)
		log_warning("journal %s: %" PRIu64 " bytes at its end were "
		    "not finished, or are damaged: ignored", j->path,
		    found->tail);
	for (r = REASON_NONE + 1; r < REASON_COUNT; r++)
		if (j->refused[r] > 0)
			log_warning("journal %s: %" PRIu64 " records not "
			    "taken: %s (%s)", j->path, j->refused[r],
			    reason_name((enum reason)r),
			    reason_text((enum reason)r));
	if (found->bytes > 0)
		log_info("journal %s: %" PRIu32 " connections with %" PRIu32
		    " calls restored, %" PRIu32 " call IDs in quarantine",
		    j->path, c.connections, c.calls, c.quarantined);
}

void
journal_restore(struct journal *j, uint64_t now)
{
	struct store_found found = { .tail = 1 };

	if (j->store == NULL)
		return;
	j->now = now;
	if (store_read(j->store, on_record, j, &found) == -1)
		log_error("journal %s: cannot be read: %s", j->path,
		    strerror(errno));
	else
		log_restored(j, &found);
	j->whole = found.tail == 0 && !has_refused(j);
}

/*
 * Writing.
 */

/* What was written is wrong from now on. */
static void
give_up(struct journal *j, uint64_t now)
{
	if (!j->told)
		log_error("journal %s: cannot be written: %s; until it can "
		    "be, calls do not survive a crash", j->path,
		    strerror(errno));
	alg_count(j->alg, REASON_JOURNAL, 1);
	store_empty(j->store, STORE_MAIN);
	store_empty(j->store, STORE_NEXT);
	j->snapshotting = false;
	j->failed = j->told = true;
	j->retry = now + RETRY;
}

/* The main file is good still; the other one could not be finished. */
static void
give_up_next(struct journal *j, uint64_t now)
{
	if (j->failed) {
		give_up(j, now);
		return;
	}
	log_warning("journal %s.2: cannot be written: %s; trying again later",
	    j->path, strerror(errno));
	store_empty(j->store, STORE_NEXT);
	j->snapshotting = false;
	j->retry = now + RETRY;
}

/*
 * Changes go into both files, once they are part of the snapshot; a commit
 * behind them is for the main one alone, the other is not complete yet.
 */
static void
append_changes(struct journal *j, size_t n, size_t commit, uint64_t now)
{
	if (j->reader != NULL && n > 0)
		j->reader(j->reader_arg, j->buffer, n);
	if (j->store == NULL)
		return;
	if (!j->failed && store_append(j->store, STORE_MAIN, j->buffer,
	    n + commit) == -1)
		give_up(j, now);
	if (j->snapshotting &&
	    j->snapshot.kind >= RECORD_SNAPSHOT_CONNECTIONS &&
	    store_append(j->store, STORE_NEXT, j->buffer, n) == -1)
		give_up_next(j, now);
}

static void
begin_snapshot(struct journal *j)
{
	store_empty(j->store, STORE_NEXT);
	j->snapshot = (struct record_snapshot){ 0 };
	j->snapshotting = true;
}

static void
finish_snapshot(struct journal *j, uint64_t now)
{
	store_commit(j->store, j->buffer);
	if (store_append(j->store, STORE_NEXT, j->buffer, STORE_COMMIT) ==
	    -1) {
		give_up_next(j, now);
		return;
	}
	store_turn(j->store);
	j->snapshot_bytes = store_size(j->store, STORE_MAIN);
	if (j->told)
		log_info("journal %s: can be written again", j->path);
	j->snapshotting = j->failed = j->told = false;
}

/* Records of the snapshot into the buffer; how many bytes. */
static size_t
fill_buffer(struct journal *j, size_t want)
{
	size_t n = 0, len;

	while (n < want && n + RECORD_MAX <= BUFFER) {
		len = record_snapshot_next(j->alg, &j->snapshot, EPOCH,
		    j->buffer + n, BUFFER - n);
		if (len == 0)
			break;
		n += len;
	}
	return n;
}

/* A piece of the snapshot; all changes so far have been written. */
static void
write_snapshot(struct journal *j, size_t budget, uint64_t now)
{
	size_t n;

	while (j->snapshotting && budget > 0) {
		n = fill_buffer(j, budget);
		if (store_append(j->store, STORE_NEXT, j->buffer, n) == -1)
			give_up_next(j, now);
		else if (j->snapshot.kind == RECORD_SNAPSHOT_DONE)
			finish_snapshot(j, now);
		budget -= n < budget ? n : budget;
	}
}

/*
 * Records follow what was read, and the snapshot is written meanwhile; at once
 * where that ends in the middle, was not all taken, or a reader knows more.
 */
void
journal_start(struct journal *j, uint64_t now)
{
	if (j->store == NULL)
		return;
	begin_snapshot(j);
	j->failed = !j->whole || j->reader != NULL;
	if (j->failed)
		write_snapshot(j, SIZE_MAX, now);
}

void
journal_write(struct journal *j, uint64_t now)
{
	size_t n = 0, total = 0, len;

	if (j == NULL)
		return;
	while ((len = record_next(j->alg, EPOCH, j->buffer + n,
	    BUFFER - n)) > 0) {
		n += len;
		total += len;
		if (n + RECORD_MAX > BUFFER) {
			append_changes(j, n, 0, now);
			n = 0;
		}
	}
	if (total == 0)
		return;
	if (j->store != NULL)
		store_commit(j->store, j->buffer + n);
	append_changes(j, n, STORE_COMMIT, now);
	write_snapshot(j, PACE * total, now);
}

static bool
too_large(const struct journal *j)
{
	return store_size(j->store, STORE_MAIN) >
	    SMALL + GROWTH * j->snapshot_bytes;
}

void
journal_tick(struct journal *j, uint64_t now)
{
	if (j == NULL)
		return;
	journal_write(j, now);
	if (j->store == NULL)
		return;
	if (!j->snapshotting && now >= j->retry && (j->failed || too_large(j)))
		begin_snapshot(j);
	write_snapshot(j, SLICE, now);
}

uint64_t
journal_size(const struct journal *j)
{
	return j == NULL || j->store == NULL ? 0 :
	    store_size(j->store, STORE_MAIN);
}

void
journal_close(struct journal *j, uint64_t now)
{
	if (j == NULL)
		return;
	journal_write(j, now);
	if (j->store != NULL) {
		begin_snapshot(j);
		write_snapshot(j, SIZE_MAX, now);
	}
	store_close(j->store);
	free(j->path);
	free(j);
}
