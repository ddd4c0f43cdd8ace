/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_IMPORT_PLAN_H
#define TOOLS_IMPORT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/arena.h"
#include "conf/key.h"
#include "conf/tunnel_options.h"
#include "tools/import/import.h"

#define PLAN_NAME_MAX	32
#define PLAN_NESTED_MAX	64	/* so that loops end */

enum plan_role { PLAN_SERVER = 1, PLAN_CLIENT = 2 };

/* A section of the result. */
struct plan_part {
	struct plan_part	*next;
	enum plan_role		 role;
	char			 name[PLAN_NAME_MAX];
	const struct key_part	*keys;
	void			*object;	/* struct terminate or dial */
	bool			 seen[KEYS_MAX];

	/* What methods and encryption are made of in the end. */
	uint32_t		 want, refuse;	/* enum tunnel_method */
	bool			 mppe, never_mppe;
	uint32_t		 lengths, never_lengths; /* enum tunnel_key */
	bool			 persist;	/* pppd's client dials again */
	bool			 by_hand;	/* and is started by somebody */
	bool			 pppd;		/* whose files it uses */
	bool			 bsd;		/* whose MPPE has one method */
};

struct plan_secret {
	struct plan_secret	*next;
	const char		*client, *server, *secret, *address;
};

/* An import under way. */
struct plan {
	const struct import_options *options;
	FILE			*notes, *errors;
	size_t			 refused;
	const char		*file;	/* being read, and where */
	unsigned		 line;
	unsigned		 nested;	/* files and labels loaded */
	struct arena		 arena;
	struct plan_part	*parts;
	struct plan_secret	*secrets, **secrets_end;
};

/* The fate of a directive: mapped to a key, ignored, refused; and why. */
void	plan_mapped(struct plan *, const char *directive, const char *to);
void	plan_ignored(struct plan *, const char *directive, const char *why);
void	plan_refused(struct plan *, const char *directive, const char *why);

/* The section of that role and name; made when there is none. */
struct plan_part *plan_part(struct plan *, enum plan_role, const char *name);

/* The first section of a role, or NULL. */
struct plan_part *plan_first(const struct plan *, enum plan_role);

/*
 * Set a key, or add to a list, for a directive, and note its fate; false when
 * the value was refused.
 */
bool	plan_set(struct plan *, struct plan_part *, const char *directive,
	    const char *key, const char *text);
bool	plan_add(struct plan *, struct plan_part *, const char *directive,
	    const char *key, const char *text);

/* Was a key set? */
bool	plan_has(const struct plan_part *, const char *key);

/* A secret that stood in a configuration.  address may be NULL: any. */
void	plan_keep_secret(struct plan *, const char *client,
	    const char *server, const char *secret, const char *address);

/* The path of a file below the root; false if it is too long. */
bool	plan_path(const struct plan *, const char *file, char *path,
	    size_t size);

/*
 * Directives come in tables.  args of them are taken; those of one name may
 * stand there once for each role.
 */
struct plan_directive {
	const char	*name;
	unsigned	 roles;		/* enum plan_role */
	unsigned	 args;
	/* One of: a key with its value (NULL: the argument), */
	const char	*key, *value;
	bool		 adds;		/* to a list */
	/* a function that tells the fate itself, */
	void		(*map)(struct plan *, struct plan_part *,
			    const struct plan_directive *, char **args);
	uint32_t	 bit;		/* for map */
	/* or why it is ignored or refused. */
	const char	*ignored, *refused;
};

/* The directive of that name for a role, or NULL. */
const struct plan_directive *plan_find(const struct plan_directive *, size_t n,
	    const char *name, enum plan_role);

/* Does what the table says. */
void	plan_apply(struct plan *, struct plan_part *,
	    const struct plan_directive *, char **args);

#endif
