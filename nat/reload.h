/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_RELOAD_H
#define NAT_RELOAD_H

#include "alg/alg.h"
#include "conf/config.h"
#include "nat/base/log.h"

/* From the operator's words to those of the brain and the log. */
enum log_level	reload_log_level(enum config_level);

/* All but the key, which is left zero. */
void		reload_alg(const struct config *, struct alg_config *);

/*
 * What a running daemon cannot change stays as it was in a new
 * configuration; the log says so.
 */
void		reload_keep_fixed(const struct config *old,
		    struct config *new);

#endif
