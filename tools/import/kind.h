/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of files that are imported: a reader for each. */
#ifndef TOOLS_IMPORT_KIND_H
#define TOOLS_IMPORT_KIND_H

#include "tools/import/plan.h"

/*
 * Reads the text of a file, which ends with NUL, into a plan.  name is the
 * file's, without folders.
 */
typedef void kind_read(struct plan *, const char *name, const char *text,
	    size_t len);

/* pptpd.conf; reads the file of its "option", too. */
kind_read	pptpd_read;

/* Options of pppd: of a server, or a peers file that runs pptp. */
kind_read	pppd_read_options, pppd_read_peer;

/* BSD's ppp.conf, ppp.secret, and ppp.linkup or ppp.linkdown. */
kind_read	ppp_read, ppp_read_secret, ppp_read_link;

/*
 * radiusclient.conf; and, when all was read, what pppd's plugin has by
 * default.
 */
void	map_radius_read(struct plan *, struct plan_part *, const char *text);
void	map_radius_finish(struct plan *, struct plan_part *);

/* NetworkManager's keyfile. */
kind_read	nm_read;

/*
 * Reads a file that the directive names, as what it is; options in it belong
 * to part.  False, with a note, if that cannot be done.
 */
bool	import_nested(struct plan *, struct plan_part *, const char *file);

/* What pppd reads before all other files. */
void	pppd_read_system(struct plan *, struct plan_part *);

/* The words of pppd for a section. */
void	pppd_read_words(struct plan *, struct plan_part *, const char *text,
	    size_t len);

/* The command line of pptp(8), from pppd's pty or ppp's device. */
void	pppd_read_pptp(struct plan *, struct plan_part *, const char *command);

/* A range as pptpd and ppp write it ("10.0.0.5-9"), into remote-addresses. */
bool	pptpd_read_range(struct plan *, struct plan_part *, const char *word);

/* The first address of a range, and whether it has more; false: no range. */
bool	pptpd_first_address(const char *word, char *text, size_t size,
	    bool *more);

#endif
