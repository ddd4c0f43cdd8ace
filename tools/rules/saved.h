/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of iptables that are there already. */
#ifndef TOOLS_RULES_SAVED_H
#define TOOLS_RULES_SAVED_H

#include <stdbool.h>
#include <stdio.h>

/*
 * The rules that are there, as iptables-save prints them.  What is ours has
 * names that start with SAVED_PREFIX, or is a rule of another chain that
 * SAVED_DIRECT in the same table has as well.
 */
struct saved;

#define SAVED_PREFIX	"PPTPALG-"
#define SAVED_DIRECT	SAVED_PREFIX "DIRECT"

/* Runs the command.  NULL when it fails or is not there. */
struct saved	*saved_read(const char *command);
void		 saved_free(struct saved *);		/* NULL is fine */

/* Any rule at all?  Any chain of ours?  NULL has neither. */
bool		 saved_has_rules(const struct saved *);
bool		 saved_has_ours(const struct saved *);

/* Has a table ("raw") this line ("-A OUTPUT -j PPTPALG-OUTPUT")? */
bool		 saved_has(const struct saved *, const char *table,
		    const char *line);

/*
 * Writes the lines for iptables-restore that remove our chains from a table,
 * with all jumps to them, and our rules in other chains.  Those declared in
 * kept (lines up to "COMMIT" or NULL) are emptied only; of their jumps those go
 * that a chain has to ours of the same name, and of our rules all, unless kept
 * has them ("-I").
 */
void		 saved_drop(const struct saved *, const char *table,
		    const char *const *kept, FILE *);

#endif
