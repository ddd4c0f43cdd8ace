/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks for status, calls and failures, and compares with the time before. */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/address.h"
#include "tools/ctl/client.h"
#include "tools/ctl/members.h"
#include "tools/ctl/snapshot.h"

#define FAILURES	64	/* that are kept, the latest */
#define ERROR_MAX	256

static double
time_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
copy_text(struct members *line, const char *key, char *text, size_t size)
{
	members_text(line, key, text, size);
	if (*text == '\0' && size > 1)
		strcpy(text, "-");
}

/* An end's text, and its address as a number. */
static uint32_t
copy_end(struct members *line, const char *key, char text[SNAPSHOT_TEXT])
{
	uint32_t address = 0;

	copy_text(line, key, text, SNAPSHOT_TEXT);
	(void)address_read(text, &address);
	return address;
}

static void
read_call(struct members *line, struct snapshot_call *c)
{
	c->number = (uint64_t)members_number(line, "call");
	c->inside_at = copy_end(line, "inside", c->inside);
	c->outside_at = copy_end(line, "outside", c->outside);
	(void)copy_end(line, "public", c->public);
	copy_text(line, "state", c->state, sizeof(c->state));
	c->since = members_number(line, "since");
	c->bytes[0] = (uint64_t)members_number(line, "bytes_in");
	c->bytes[1] = (uint64_t)members_number(line, "bytes_out");
	c->seen = members_number(line, "last_seen");
	copy_text(line, "user", c->user, sizeof(c->user));
	copy_text(line, "way_in", c->way, sizeof(c->way));
	members_text(line, "trouble", c->trouble, sizeof(c->trouble));
}

static void
add_call(struct snapshot *s, struct members *line)
{
	if (s->ncalls == s->size) {
		s->size = s->size == 0 ? 1024 : 2 * s->size;
		s->calls = reallocarray(s->calls, s->size, sizeof(*s->calls));
		if (s->calls == NULL)
			err(1, NULL);
	}
	memset(&s->calls[s->ncalls], 0, sizeof(*s->calls));
	read_call(line, &s->calls[s->ncalls]);
	s->troubled += s->calls[s->ncalls++].trouble[0] != '\0';
}

/* Asks for lines of one kind; -1 when they do not come, which is said. */
static int
ask_for(const char *socket, const char *command, bool trouble,
    struct snapshot *s, void (*take)(struct snapshot *, const char *, size_t))
{
	char error[ERROR_MAX];
	struct request request;
	struct client *client;
	const char *line;
	size_t len;
	int more;

	if (request_start(&request, command, error, sizeof(error)) == -1 ||
	    (trouble && request_add(&request, REQUEST_TROUBLE, "true", error,
	    sizeof(error)) == -1)) {
		warnx("%s", error);
		return -1;
	}
	if ((client = client_open(socket, &request)) == NULL)
		return -1;
	while ((more = client_next(client, &line, &len)) == 1)
		take(s, line, len);
	client_close(client);
	return more;
}

static void
take_status(struct snapshot *s, const char *line, size_t len)
{
	json_doc_free(s->status);
	s->status = json_doc_read(line, len);
}

static void
take_call(struct snapshot *s, const char *line, size_t len)
{
	struct members members;

	if (members_read(&members, line, len))
		add_call(s, &members);
}

/* They come in no order: the oldest one makes room. */
static void
keep_failure(struct snapshot *s, struct document *line)
{
	double began = json_doc_get_number(line, "began");
	size_t i;

	if (s->nfailures == FAILURES &&
	    json_doc_get_number(s->failures[0], "began") > began) {
		json_doc_free(line);
		return;
	}
	if (s->nfailures == FAILURES) {
		json_doc_free(s->failures[0]);
		memmove(s->failures, s->failures + 1,
		    --s->nfailures * sizeof(*s->failures));
	}
	for (i = s->nfailures; i > 0 && json_doc_get_number(
	    s->failures[i - 1], "began") > began; i--)
		s->failures[i] = s->failures[i - 1];
	s->failures[i] = line;
	s->nfailures++;
}

static void
take_failure(struct snapshot *s, const char *line, size_t len)
{
	struct document *failure = json_doc_read(line, len);

	if (failure != NULL)
		keep_failure(s, failure);
}

static int
compare_numbers(const void *left, const void *right)
{
	const struct snapshot_call *a = left, *b = right;

	return a->number < b->number ? -1 : a->number > b->number;
}

static void
sort_numbers(struct snapshot *s)
{
	if (s->ncalls > 0)
		qsort(s->calls, s->ncalls, sizeof(*s->calls), compare_numbers);
}

/* A call's counters never go back; one that is new has its whole life. */
static void
set_rates(struct snapshot_call *c, const struct snapshot_call *before,
    double seconds)
{
	for (int i = 0; i < 2; i++) {
		uint64_t from = before == NULL ? 0 : before->bytes[i];

		if (c->bytes[i] > from && seconds > 0)
			c->rate[i] = (double)(c->bytes[i] - from) / seconds;
	}
}

/* Both are in the order of their numbers. */
static void
compare_with(struct snapshot *s, const struct snapshot *before)
{
	double seconds = s->when - before->when;
	size_t i, at = 0;

	for (i = 0; i < s->ncalls; i++) {
		struct snapshot_call *c = &s->calls[i];
		bool known;

		while (at < before->ncalls &&
		    before->calls[at].number < c->number)
			at++;
		known = at < before->ncalls &&
		    before->calls[at].number == c->number;
		set_rates(c, known ? &before->calls[at] : NULL, seconds);
		s->rate[0] += c->rate[0];
		s->rate[1] += c->rate[1];
	}
}

struct snapshot *
snapshot_take(const char *socket, struct snapshot *before)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	if (s == NULL ||
	    (s->failures = calloc(FAILURES, sizeof(*s->failures))) == NULL)
		err(1, NULL);
	s->when = time_now();
	if (ask_for(socket, "status", false, s, take_status) == -1 ||
	    ask_for(socket, "calls", false, s, take_call) == -1 ||
	    ask_for(socket, "history", true, s, take_failure) == -1) {
		snapshot_free(s);
		return NULL;
	}
	sort_numbers(s);
	if (before != NULL) {
		sort_numbers(before);
		compare_with(s, before);
	}
	s->took = time_now() - s->when;
	return s;
}

void
snapshot_free(struct snapshot *s)
{
	if (s == NULL)
		return;
	json_doc_free(s->status);
	for (size_t i = 0; i < s->nfailures; i++)
		json_doc_free(s->failures[i]);
	free(s->failures);
	free(s->calls);
	free(s);
}

/*
 * The order: what a call is sorted by, and then its number.
 */

static double
key_of(const struct snapshot_call *c, enum snapshot_order order)
{
	switch (order) {
	case SNAPSHOT_BY_RATE:
		return -(c->rate[0] + c->rate[1]);
	case SNAPSHOT_BY_INSIDE:
		return c->inside_at;
	case SNAPSHOT_BY_OUTSIDE:
		return c->outside_at;
	case SNAPSHOT_BY_AGE:
		return c->since;
	case SNAPSHOT_BY_SEEN:
		return -c->seen;
	case SNAPSHOT_BY_CALL:
	case SNAPSHOT_ORDERS:
		break;
	}
	return (double)c->number;
}

struct sort_by {
	enum snapshot_order	order;
	bool			backwards;
};

static int
compare_calls(const void *left, const void *right, void *arg)
{
	const struct snapshot_call *a = left, *b = right;
	const struct sort_by *by = arg;
	double x = key_of(a, by->order), y = key_of(b, by->order);

	if ((a->trouble[0] != '\0') != (b->trouble[0] != '\0'))
		return a->trouble[0] != '\0' ? -1 : 1;
	if (x != y)
		return (x < y) == by->backwards ? 1 : -1;
	return compare_numbers(a, b);
}

void
snapshot_sort(struct snapshot *s, enum snapshot_order order, bool backwards)
{
	struct sort_by by = { order, backwards };

	if (s->ncalls > 0)
		qsort_r(s->calls, s->ncalls, sizeof(*s->calls), compare_calls,
		    &by);
}
