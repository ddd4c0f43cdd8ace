/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How sections with a name are read: the tables of their keys, and checks. */
#ifndef CONF_SECTION_H
#define CONF_SECTION_H

#include "conf/config.h"
#include "conf/key.h"

/* The tables of keys. */
const struct key	*tunnel_options_keys(size_t *n);
const struct key_part	*terminate_parts(void);
const struct key_part	*dial_parts(void);

/*
 * Complete a section whose values are all set, and check that they go
 * together; -1 with a sentence in error.
 */
int	tunnel_options_check(const struct tunnel_options *, char *error,
	    size_t size);
int	terminate_check(struct terminate *, char *error, size_t size);
int	dial_check(struct dial *, char *error, size_t size);

/* What only all sections together can tell. */
int	section_check_all(const struct config *, char *error, size_t size);

/* Could this be the name of a section? */
bool	section_name_is_valid(const char *);

#endif
