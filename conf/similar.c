/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many letters two words are apart, and which word is nearest. */
#include <stdio.h>
#include <string.h>

#include "conf/similar.h"

static unsigned
least_of(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/*
 * Letters that are missing, too many, wrong, or the other way round (optimal
 * string alignment), by rows of the usual table.
 */
static unsigned
count_distance(const char *a, const char *b)
{
	unsigned rows[3][SIMILAR_MAX + 1], *before = rows[0], *last = rows[1];
	unsigned *row = rows[2], *oldest, i, j, wrong;

	for (j = 0; j <= strlen(b); j++)
		last[j] = before[j] = j;
	for (i = 1; i <= strlen(a); i++) {
		row[0] = i;
		for (j = 1; j <= strlen(b); j++) {
			wrong = a[i - 1] != b[j - 1];
			row[j] = least_of(last[j] + 1, row[j - 1] + 1,
			    last[j - 1] + wrong);
			if (i > 1 && j > 1 && wrong && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		oldest = before;
		before = last;
		last = row;
		row = oldest;
	}
	return last[strlen(b)];
}

struct similar
similar_to(const char *word)
{
	size_t len = strlen(word);

	/* Every third letter may be wrong. */
	return (struct similar){ .word = len > SIMILAR_MAX ? "" : word,
		.distance = len < 3 ? 1 : (unsigned)len / 3 + 1 };
}

void
similar_offer(struct similar *s, const char *candidate)
{
	size_t len = strlen(s->word);
	unsigned distance;

	if (len < 2 || strlen(candidate) > SIMILAR_MAX)
		return;
	distance = strncmp(candidate, s->word, len) == 0 ? 1 :
	    count_distance(s->word, candidate);
	if (distance >= s->distance)
		return;
	s->best = candidate;
	s->distance = distance;
}

void
similar_add(const struct similar *s, char *text, size_t size)
{
	size_t len = strlen(text);

	if (s->best != NULL && len < size)
		snprintf(text + len, size - len, "; did you mean '%s'?",
		    s->best);
}
