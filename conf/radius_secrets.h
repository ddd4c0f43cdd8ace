/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this host shares with RADIUS servers, from a file of its own. */
#ifndef CONF_RADIUS_SECRETS_H
#define CONF_RADIUS_SECRETS_H

#include <stddef.h>
#include <stdint.h>

#define RADIUS_SECRET_MAX	128	/* bytes, NUL and all */

/*
 *	server secret
 *
 * a line, as radiusclient's file "servers" has them: the server is an IPv4
 * address, # begins a comment.  The file must be as those of secrets.h are.
 * -1 with a sentence in error if it is not, or does not name this address.
 * To be wiped by who asked.
 */
int	radius_secrets_read(const char *file, uint32_t address,
	    char secret[RADIUS_SECRET_MAX], char *error, size_t size);

#endif
