/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_IMPORT_KIND_H
#define TOOLS_IMPORT_KIND_H

#include "tools/import/plan.h"

/*
 * Each reads the text of one kind of file into a plan; text ends with NUL.
 * name is the file's, without folders.
 */

/* pptpd.conf; reads the file of its "option", too. */
void	import_pptpd(struct plan *, const char *name, const char *text,
	    size_t len);

/* Options of pppd: of a server, or a peers file that runs pptp. */
void	import_options(struct plan *, const char *name, const char *text,
	    size_t len);
void	import_peer(struct plan *, const char *name, const char *text,
	    size_t len);

/* BSD ppp(8). */
void	import_ppp(struct plan *, const char *name, const char *text,
	    size_t len);
void	import_ppp_secret(struct plan *, const char *name, const char *text,
	    size_t len);
void	import_ppp_linkup(struct plan *, const char *name, const char *text,
	    size_t len);

/* NetworkManager's keyfile. */
void	import_nm(struct plan *, const char *name, const char *text,
	    size_t len);

/*
 * Reads a file that another one names, as what it is; options in it belong to
 * part.  False, with a note, if that cannot be done.
 */
bool	import_nested(struct plan *, struct plan_part *, const char *directive,
	    const char *file);

/* The words of pppd for a section, by this table. */
const struct plan_directive *import_options_table(size_t *n);
void	import_words(struct plan *, struct plan_part *, const char *text,
	    size_t len);

/* The command line of pptp(8), from pty or a device. */
void	import_pptp_command(struct plan *, struct plan_part *,
	    const char *directive, const char *command);

/* A range of addresses as pptpd and ppp write it, into remote-addresses. */
bool	import_range(struct plan *, struct plan_part *, const char *directive,
	    const char *word);

#endif
