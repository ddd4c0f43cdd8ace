/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Applies the configuration, at the start and on a reload. */
#ifndef NAT_RELOAD_H
#define NAT_RELOAD_H

#include <stddef.h>

#include "alg/alg.h"
#include "conf/config.h"
#include "nat/base/log.h"

struct running;

enum log_level	reload_level(enum config_level);

/* The level that option and configuration ask for. */
enum log_level	reload_log_level(const struct running *);

/* For alg_new and alg_configure, without the key. */
void		reload_alg_config(const struct running *,
		    struct alg_config *);

/*
 * Reads the configuration again; -1 with a sentence, and all stays; else error
 * has the warnings, a line each.
 */
int		reload_config(struct running *, char *error, size_t size);

#endif
