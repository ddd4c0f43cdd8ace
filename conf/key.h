/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of a file's keys: which member of a struct each one sets, and to what.
 */
#ifndef CONF_KEY_H
#define CONF_KEY_H

#include "conf/value.h"

#define KEYS_MAX	96	/* of an object */

/* A key of a configuration file, and the member where its value goes. */
struct key {
	const char	*name;
	const char	*section;	/* that it stands in, or NULL */
	struct value	 value;
	size_t		 offset;	/* of the value, or of the first one */
	const char	*standard;	/* for who does not say, or NULL */
	/* Lists: the most values, and where their number (size_t) is. */
	size_t		 room, count;
};

/* A table of keys for a part of an object.  The last one has keys NULL. */
struct key_part {
	const struct key *keys;
	size_t		  n;
	size_t		  offset;	/* of the part in the object */
};

/* Members of a row in a table of keys. */
#define KEY_TYPE(t)		.value.type = VALUE_##t
#define KEY_NUMBER(a, b)						\
	KEY_TYPE(NUMBER), .value.min = (a), .value.max = (b)
#define KEY_WORD(w)		KEY_TYPE(WORD), .value.words = (w)
#define KEY_NO_YES		KEY_WORD(((const char *const []){	\
				    "no", "yes", NULL }))
#define KEY_FLAGS(w)		KEY_TYPE(FLAGS), .value.words = (w)
#define KEY_MEMBER(s, m)						\
	.offset = offsetof(struct s, m),				\
	.value.size = sizeof(((struct s *)NULL)->m)
#define KEY_LIST(s, m, n)						\
	.offset = offsetof(struct s, m),				\
	.value.size = sizeof(((struct s *)NULL)->m[0]),			\
	.room = sizeof(((struct s *)NULL)->m) /				\
	    sizeof(((struct s *)NULL)->m[0]),				\
	.count = offsetof(struct s, n)

/* The key of that number in its parts, or NULL behind the last one. */
const struct key *key_at(const struct key_part *, size_t number);

/* The number of a key by its name; KEYS_MAX if there is none. */
size_t	key_find(const struct key_part *, const char *name);

/* Is it a list? */
bool	key_is_list(const struct key *);

/* Sets a value, or adds one to a list; -1 with NAME: and a sentence. */
int	key_set(const struct key_part *, size_t number, void *object,
	    const char *text, char *error, size_t size);

/* Gives all keys that were not seen their standard values. */
void	key_defaults(const struct key_part *, void *object,
	    const bool seen[KEYS_MAX]);

/* Forgets what a key was set to, for another value. */
void	key_clear(const struct key_part *, size_t number, void *object);

/* All keys with their sections, as a file has them; or those of only. */
void	key_print(const struct key_part *, const void *object,
	    const bool *only, const char *indent, FILE *);

#endif
