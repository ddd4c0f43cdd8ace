/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an import makes: sections, secrets, and a note for each directive. */
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
	bool			 auth;		/* the peer has to log in */
	bool			 mppe, never_mppe;
	bool			 one_method;	/* BSD's MPPE has MS-CHAPv2 */
	bool			 unknown;	/* says what we do not know */
	uint32_t		 lengths, never_lengths; /* enum tunnel_key */
	bool			 persist;	/* pppd's client dials again */
	bool			 by_hand;	/* and is started by somebody */
	bool			 pppd;		/* whose files it uses */
	const char		*ppp_conf;	/* BSD's, or NULL */
	bool			 user_said;	/* by more than its "name" */
	bool			 any_local, any_remote;	/* addresses: wishes */
	bool			 replaces_route;	/* a default route */
	bool			 radius;	/* pppd's plugin is loaded */
	/* NetworkManager says them apart; NULL: not said. */
	const char		*nm_user, *nm_user_name, *nm_domain;
	const char		*nm_password;
};

/* What ppp(8) reads beside ppp.conf, without being told. */
enum plan_beside { PLAN_LINKUP = 1, PLAN_LINKDOWN = 2, PLAN_SECRET = 4 };

struct plan_secret {
	struct plan_secret	*next;
	const char		*client, *server, *secret, *address;
};

/* An import under way. */
struct plan {
	const struct import_options *options;
	FILE			*notes, *errors;
	size_t			 refused;
	const char		*file;	/* being read, where, and what: */
	unsigned		 line;
	const char		*directive;
	unsigned		 nested;	/* files and labels loaded */
	unsigned		 beside;	/* that were read */
	struct arena		 arena;
	struct plan_part	*parts;
	struct plan_secret	*secrets, **secrets_end;
};

/* The fate of the directive: mapped to a key, ignored, refused; and why. */
void	plan_mapped(struct plan *, const char *to);
void	plan_ignored(struct plan *, const char *why);
void	plan_refused(struct plan *, const char *why);

/* A comment about what no directive says. */
void	plan_hint(struct plan *, const char *sentence);

/* The section of that role and name; made when there is none. */
struct plan_part *plan_part(struct plan *, enum plan_role, const char *name);

/* The first section of a role, or NULL. */
struct plan_part *plan_first(const struct plan *, enum plan_role);

/*
 * Set a key, or add to a list, and note it as the directive's fate; false when
 * the value was refused.
 */
bool	plan_set(struct plan *, struct plan_part *, const char *key,
	    const char *text);
bool	plan_add(struct plan *, struct plan_part *, const char *key,
	    const char *text);

/* The same for what no directive says; reason stands in its place. */
bool	plan_set_as(struct plan *, struct plan_part *, const char *reason,
	    const char *key, const char *text);

/* Was a key set?  Forget it. */
bool	plan_has(const struct plan_part *, const char *key);
void	plan_unset(struct plan_part *, const char *key);

/* Its options of a tunnel, so far. */
const struct tunnel_options *plan_tunnel(const struct plan_part *);

/* A copy that lives as long as the plan. */
const char *plan_keep_text(struct plan *, const char *);

/* A secret that stood in a configuration.  address may be NULL: any. */
void	plan_keep_secret(struct plan *, const char *client,
	    const char *server, const char *secret, const char *address);

/* The path of a file below the root; false if it is too long. */
bool	plan_path(const struct plan *, const char *file, char *path,
	    size_t size);

#endif
