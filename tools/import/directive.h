/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One table of the options of all other programs, and what becomes of each. */
#ifndef TOOLS_IMPORT_DIRECTIVE_H
#define TOOLS_IMPORT_DIRECTIVE_H

#include "tools/import/plan.h"

/* Where an option stands: the same name may mean something else elsewhere. */
enum directive_place {
	IN_PPPD = 1,		/* files of pppd(8) */
	IN_PPTPD = 2,		/* pptpd.conf(5) */
	IN_PPTP = 4,		/* the command line of pptp(8) */
	IN_PPP = 8,		/* commands of BSD's ppp(8) */
	IN_PPP_SET = 16,	/* variables of its "set" */
	IN_PPP_ENABLE = 32,	/* switches of its "enable" etc. */
	IN_NM = 64,		/* [vpn] of NetworkManager's keyfile */
	IN_NM_ELSE = 128,	/* SECTION.KEY of its other sections */
	IN_PLUGIN = 256,	/* pppd's plugins, without folder and .so */
	IN_RADIUS = 512		/* radiusclient.conf */
};

/* A row: options that share a fate. */
struct directive {
	unsigned	 places;
	const char	*names;		/* with spaces between */
	unsigned	 roles;		/* enum plan_role; 0: both */
	unsigned	 args;		/* that must follow: 0 or 1 */
	/* One of: a key with its value (NULL: the argument), */
	const char	*key, *value;
	bool		 adds;		/* all arguments, to a list */
	/* a function that tells the fate itself, by all the row says, */
	void		(*map)(struct plan *, struct plan_part *,
			    const struct directive *, char **args);
	size_t		 bit;		/* for map */
	/* or why ignoring it changes nothing, or it is refused. */
	const char	*ignored, *refused;
};

/* Is it one of the names (letters of any case), which have spaces between? */
bool		 directive_has_name(const char *names, const char *name);

/* The row for a name (letters of any case) and a role, or NULL. */
const struct directive *directive_find(enum directive_place, const char *name,
		    enum plan_role);

/* Does what the row says.  A NULL ends the arguments. */
void		 directive_apply(struct plan *, struct plan_part *,
		    const struct directive *, const char *name, char **args);

/* Both; what is unknown, or lacks its argument, is refused. */
void		 directive_read(struct plan *, struct plan_part *,
		    enum directive_place, const char *name, char **args);

#endif
