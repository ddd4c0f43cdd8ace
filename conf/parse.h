/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a configuration's text to struct config; for config.c. */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include "conf/config.h"
#include "conf/key.h"

/* The keys of struct config that are not in sections with a name. */
const struct key_part *config_parts(void);

/* Beside the control socket, so that no two daemons share one. */
void	config_default_journal(struct config *);

/*
 * Fills a zeroed config from a text that text_clean has seen; name stands for
 * FILE in FILE:LINE: and a sentence in error when it returns -1.
 */
int	parse_text(struct config *, char *text, size_t len, const char *name,
	    char *error, size_t size);

#endif
