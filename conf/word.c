/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Splits a text into words: quotes, escapes, comments. */
#include <ctype.h>
#include <string.h>

#include "conf/word.h"

#define END	(-1)

void
word_start(struct word_reader *words, const char *text, size_t len)
{
	words->pos = text;
	words->end = text + len;
	words->line = 1;
	words->started = false;
}

static int
peek_byte(const struct word_reader *words)
{
	return words->pos < words->end ? (unsigned char)*words->pos : END;
}

static int
take_byte(struct word_reader *words)
{
	int c = peek_byte(words);

	if (c == '\n')
		words->line++;
	if (c != END)
		words->pos++;
	return c;
}

/* Joined lines: \ and a line end. */
static bool
take_joint(struct word_reader *words)
{
	if (words->end - words->pos < 2 || words->pos[0] != '\\' ||
	    words->pos[1] != '\n')
		return false;
	take_byte(words);
	take_byte(words);
	return true;
}

/* White space and comments before a word; was there a line end? */
static bool
skip_space(struct word_reader *words)
{
	bool newline = false, comment = false;
	int c;

	while ((c = peek_byte(words)) != END) {
		if (!comment && take_joint(words))
			continue;
		if (c == '\n') {
			newline = true;
			comment = false;
		} else if (c == '#')
			comment = true;
		else if (!comment && !isspace(c))
			break;
		take_byte(words);
	}
	return newline;
}

static int
digit_of(int c, int base)
{
	int value = c >= '0' && c <= '9' ? c - '0' :
	    c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	    c >= 'A' && c <= 'F' ? c - 'A' + 10 : base;

	return value < base ? value : END;
}

static int
take_digits(struct word_reader *words, int base, int most)
{
	int value = 0, digit;

	while (most-- > 0 &&
	    (digit = digit_of(peek_byte(words), base)) != END) {
		value = value * base + digit;
		take_byte(words);
	}
	return value & 0xff;
}

/* The byte that an escape stands for; the \ is taken. */
static int
take_escape(struct word_reader *words)
{
	static const char letters[] = "abfnrst", bytes[] = "\a\b\f\n\r \t";
	const char *found;
	int c = peek_byte(words);

	if (digit_of(c, 8) != END)
		return take_digits(words, 8, 3);
	take_byte(words);
	if (c == 'x')
		return take_digits(words, 16, 2);
	if (c == END || c == '\0')
		return c;
	found = strchr(letters, c);
	return found != NULL ? bytes[found - letters] : c;
}

static void
append_byte(struct word *word, size_t *len, int c)
{
	if (c == '\0')
		word->problem = "a word with a zero byte";
	else if (*len == WORD_MAX - 1)
		word->problem = "a word of more than 1023 bytes";
	else if (c != END)
		word->text[(*len)++] = (char)c;
}

static void
take_word(struct word_reader *words, struct word *word)
{
	int c, quote = 0;
	size_t len = 0;

	while ((c = peek_byte(words)) != END) {
		if (take_joint(words))
			continue;
		if (quote == 0 && (isspace(c) || c == '#'))
			break;
		take_byte(words);
		if (c == '\\')
			append_byte(word, &len, take_escape(words));
		else if (quote != 0 && c == quote)
			quote = 0;
		else if (quote == 0 && (c == '"' || c == '\''))
			quote = c;
		else
			append_byte(word, &len, c);
	}
	word->text[len] = '\0';
	if (quote != 0)
		word->problem = "a quote that is not closed";
}

bool
word_next(struct word_reader *words, struct word *word)
{
	word->first = skip_space(words) || !words->started;
	words->started = true;
	word->line = words->line;
	word->problem = NULL;
	if (peek_byte(words) == END)
		return false;
	take_word(words, word);
	return true;
}
