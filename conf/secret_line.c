/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the lines of chap-secrets and pap-secrets. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/address.h"
#include "conf/private.h"
#include "conf/secret_line.h"
#include "conf/utf8.h"
#include "conf/word.h"

#define INDIRECT_MAX	(64 * 1024)
#define WORDS_MAX	64	/* in a line */

/* A text under way, and the words of a line. */
struct reader {
	const struct secret_lines *how;
	const char	*file;
	unsigned	 line;
	const char	*problem;	/* why the line is no use, or NULL */
	char		*word[WORDS_MAX];
	size_t		 n;
};

static void
warn_left_out(const struct reader *r, const char *problem)
{
	char sentence[1024];

	if (r->how->warn == NULL)
		return;
	snprintf(sentence, sizeof(sentence), "%s:%u: left out: %s", r->file,
	    r->line, problem);
	r->how->warn(r->how->warn_arg, sentence);
}

/* The first word of another file, for @/FILE. */
static const char *
read_indirect(struct reader *r, const char *file)
{
	char error[512], *text, *copy = NULL;
	struct word_reader words;
	struct word word;
	size_t len;

	text = private_read(file, INDIRECT_MAX, &len, error, sizeof(error));
	if (text == NULL) {
		warn_left_out(r, error);
		r->problem = "";
		return NULL;
	}
	word_start(&words, text, len);
	if (word_next(&words, &word) && word.problem == NULL)
		copy = arena_text(r->how->arena, word.text);
	else
		r->problem = "no secret in the file behind @";
	explicit_bzero(&word, sizeof(word));
	private_free(text, len);
	return copy;
}

/* A/n+ is a subnet out of which pppd takes one by its interface's number. */
static bool
read_rule(const char *word, struct secret_rule *rule)
{
	struct terminate_net net;
	char copy[64];
	size_t len;

	rule->permit = *word != '!';
	if (!rule->permit)
		word++;
	len = strlen(word);
	if (len == 0 || len >= sizeof(copy))
		return false;
	memcpy(copy, word, len + 1);
	if (copy[len - 1] == '+' && strchr(copy, '/') != NULL)
		copy[len - 1] = '\0';
	if (strcmp(copy, "*") == 0)
		strcpy(copy, "0.0.0.0/0");
	if (!address_read_net(copy, &net))
		return false;
	rule->mask = address_mask(net.bits);
	rule->address = net.address & rule->mask;
	return true;
}

/* Words from the fourth to --; the first plain address is the user's own. */
static void
read_rules(struct reader *r, struct secret *s, size_t from, size_t to)
{
	struct secret_rule *rules;
	size_t i, n = 0;

	rules = arena_take(r->how->arena, (to - from) * sizeof(*rules));
	if (rules == NULL) {
		r->problem = strerror(errno);
		return;
	}
	for (i = from; i < to && strcmp(r->word[i], "-") != 0; i++) {
		if (!read_rule(r->word[i], &rules[n])) {
			r->problem = "a word behind the secret is no IPv4 "
			    "address, network, *, - or !ADDRESS";
			return;
		}
		if (rules[n].permit && rules[n].mask == UINT32_MAX &&
		    s->address == 0)
			s->address = rules[n].address;
		if (rules[n++].mask == 0)
			break;
	}
	s->rules = rules;
	s->nrules = n;
	s->denied = n == 0 && from < to;
}

static void
read_options(struct reader *r, struct secret *s, size_t from)
{
	const char **options;
	size_t i;

	if (from >= r->n)
		return;
	options = arena_take(r->how->arena, (r->n - from) * sizeof(*options));
	if (options == NULL) {
		r->problem = strerror(errno);
		return;
	}
	for (i = from; i < r->n; i++)
		options[i - from] = r->word[i];
	s->options = options;
	s->noptions = r->n - from;
}

static void
fill_secret(struct reader *r, struct secret *s)
{
	size_t options = 3;

	s->client = r->word[0];
	s->server = r->word[1];
	s->password = r->word[2];
	s->file = r->file;
	s->line = r->line;
	if (s->password[0] == '@' && s->password[1] == '/')
		s->password = read_indirect(r, s->password + 1);
	if (r->problem != NULL || s->password == NULL)
		return;
	s->length = strlen(s->password);
	while (options < r->n && strcmp(r->word[options], "--") != 0)
		options++;
	read_rules(r, s, 3, options);
	read_options(r, s, options + 1);
	if (s->length == 0)
		r->problem = "an empty secret lets nobody in";
	else if (s->length > SECRET_MAX)
		r->problem = "a secret has at most 256 bytes";
	else if (!utf8_is_valid(s->password) || !utf8_is_valid(s->client))
		r->problem = "not UTF-8; if the file is Latin-1, convert it: "
		    "iconv -f latin1 -t utf8";
}

/* At a line's end: keeps it if it is of use.  -1: no memory. */
static int
end_line(struct reader *r)
{
	struct secret *s;

	if (r->n == 0 && r->problem == NULL)
		return 0;
	if (r->problem == NULL && r->n < 3)
		r->problem = "expected client, server, secret, addresses";
	s = arena_take(r->how->arena, sizeof(*s));
	if (s == NULL)
		return -1;
	if (r->problem == NULL)
		fill_secret(r, s);
	if (r->problem == NULL && r->how->keep(r->how->keep_arg, s) == -1)
		return -1;
	if (r->problem != NULL && *r->problem != '\0')
		warn_left_out(r, r->problem);
	r->n = 0;
	r->problem = NULL;
	return 0;
}

static int
add_word(struct reader *r, const struct word *word)
{
	if (word->problem != NULL)
		r->problem = word->problem;
	else if (r->n == WORDS_MAX)
		r->problem = "more than 64 words";
	else {
		r->word[r->n] = arena_text(r->how->arena, word->text);
		if (r->word[r->n] == NULL)
			return -1;
		r->n++;
	}
	return 0;
}

int
secret_lines(const struct secret_lines *how, const char *text, size_t len,
    const char *name)
{
	struct reader r = { .how = how };
	struct word_reader words;
	struct word word;
	int result = 0;

	r.file = arena_text(how->arena, name);
	if (r.file == NULL)
		return -1;
	word_start(&words, text, len);
	while (result == 0 && word_next(&words, &word)) {
		if (word.first) {
			result = end_line(&r);
			r.line = word.line;
		}
		if (result == 0)
			result = add_word(&r, &word);
	}
	if (result == 0)
		result = end_line(&r);
	explicit_bzero(&word, sizeof(word));
	return result;
}
