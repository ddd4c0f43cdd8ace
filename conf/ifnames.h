/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONF_IFNAMES_H
#define CONF_IFNAMES_H

#include "conf/config.h"

/* Could this be an interface, or a pattern of interfaces? */
bool		 ifnames_is_valid(const char *);

/* The first of the names that shares an interface with this one, or NULL. */
const char	*ifnames_overlap(const struct config_names *, const char *name);

/* Copies the name.  -1 with errno when there is no memory. */
int		 ifnames_add(struct config_names *, const char *name);
void		 ifnames_free(struct config_names *);

#endif
