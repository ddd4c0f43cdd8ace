/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal's two files: opened and locked once, read, appended, swapped. */
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alg/record/record_header.h"
#include "nat/base/log.h"
#include "nat/journal/store.h"

#define PATH_SIZE	256
#define FILES		2

struct journal_file {
	int		 fd;
	uint64_t	 size;
};

struct store {
	struct journal_file	 file[FILES];
	int		 main;		/* which of them */
	uint64_t	 number;	/* of the last commit in any */
};

static int
explain_open(char *error, size_t size, const char *path, const char *what)
{
	snprintf(error, size, "journal %s: %s", path, what);
	return -1;
}

static int
open_file(struct journal_file *f, const char *path, char *error, size_t size)
{
	struct stat st;

	f->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK, 0600);
	if (f->fd == -1 || fstat(f->fd, &st) == -1)
		return explain_open(error, size, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return explain_open(error, size, path,
		    "there is something else of "
		    "this name: remove it or choose another name");
	if (flock(f->fd, LOCK_EX | LOCK_NB) == -1)
		return explain_open(error, size, path, errno == EWOULDBLOCK ?
		    "another daemon uses it: stop that one or choose another "
		    "name" : strerror(errno));
	f->size = (uint64_t)st.st_size;
	return 0;
}

struct store *
store_open(const char *path, char *error, size_t size)
{
	struct store *s = calloc(1, sizeof(*s));
	char second[PATH_SIZE];

	if (s == NULL) {
		explain_open(error, size, path, strerror(errno));
		return NULL;
	}
	s->file[0].fd = s->file[1].fd = -1;
	snprintf(second, sizeof(second), "%s.2", path);
	if (open_file(&s->file[0], path, error, size) == -1 ||
	    open_file(&s->file[1], second, error, size) == -1) {
		store_close(s);
		return NULL;
	}
	return s;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < FILES; i++) {
		if (s->file[i].fd != -1)
			close(s->file[i].fd);
	}
	free(s);
}

static struct journal_file *
file_of(const struct store *s, enum store_file which)
{
	int i = which == STORE_MAIN ? s->main : 1 - s->main;

	return (struct journal_file *)(uintptr_t)&s->file[i];
}

/* A file in memory, and how much of it counts. */
struct view {
	uint8_t		*bytes;		/* NULL: empty */
	uint64_t	 size, counts;
	uint64_t	 number;	/* of its last commit */
};

static void
find_commits(struct view *v)
{
	enum record_kind kind;
	struct cursor body;
	uint64_t number;
	size_t at, len;

	for (at = 0; (len = record_header_open(v->bytes + at, v->size - at,
	    &kind, &body)) > 0; at += len) {
		if (kind != RECORD_COMMIT)
			continue;
		/* Commits count up: a number that does not is damage. */
		if (cursor_u64(&body, &number) == -1 || number <= v->number)
			break;
		v->number = number;
		v->counts = at + len;
	}
}

static int
view_open(struct view *v, const struct journal_file *f)
{
	*v = (struct view){ .size = f->size };
	if (v->size == 0)
		return 0;
	v->bytes = mmap(NULL, v->size, PROT_READ, MAP_PRIVATE, f->fd, 0);
	if (v->bytes == MAP_FAILED)
		return -1;
	find_commits(v);
	return 0;
}

static void
view_close(struct view *v)
{
	if (v->bytes != NULL)
		munmap(v->bytes, v->size);
}

static void
show_records(const struct view *v,
    void (*each)(void *, const uint8_t *, size_t), void *arg)
{
	enum record_kind kind;
	size_t at, len;

	for (at = 0; (len = record_header_peek(v->bytes + at, v->counts - at,
	    &kind)) > 0; at += len)
		if (kind != RECORD_COMMIT)
			each(arg, v->bytes + at, len);
}

int
store_read(struct store *s, void (*each)(void *, const uint8_t *, size_t),
    void *arg, struct store_found *found)
{
	struct view first, second, *v;

	if (view_open(&first, &s->file[0]) == -1)
		return -1;
	if (view_open(&second, &s->file[1]) == -1) {
		view_close(&first);
		return -1;
	}
	s->main = second.number > first.number;
	v = s->main == 0 ? &first : &second;
	s->number = v->number;
	show_records(v, each, arg);
	found->bytes = v->counts;
	found->tail = v->size - v->counts;
	view_close(&first);
	view_close(&second);
	return 0;
}

int
store_append(struct store *s, enum store_file which, const uint8_t *bytes,
    size_t len)
{
	struct journal_file *f = file_of(s, which);
	ssize_t n;

	while (len > 0) {
		n = write(f->fd, bytes, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		f->size += (uint64_t)n;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

void
store_commit(struct store *s, uint8_t bytes[STORE_COMMIT])
{
	struct writer w = writer_of(bytes + RECORD_HEADER,
	    STORE_COMMIT - RECORD_HEADER);

	writer_u64(&w, ++s->number);
	record_header_seal(bytes, STORE_COMMIT, RECORD_COMMIT);
}

void
store_turn(struct store *s)
{
	s->main = 1 - s->main;
	store_empty(s, STORE_NEXT);
}

void
store_empty(struct store *s, enum store_file which)
{
	struct journal_file *f = file_of(s, which);

	if (ftruncate(f->fd, 0) == -1)
		log_error("journal: cannot be emptied: %s", strerror(errno));
	else
		f->size = 0;
}

uint64_t
store_size(const struct store *s, enum store_file which)
{
	return file_of(s, which)->size;
}
