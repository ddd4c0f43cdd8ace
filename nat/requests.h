/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_REQUESTS_H
#define NAT_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/config.h"
#include "nat/base/log.h"
#include "nat/control/control.h"
#include "nat/netfilter/queue.h"
#include "nat/netfilter/verdict.h"

struct endpoint;

enum { REQUESTS_CONTROL, REQUESTS_GRE, REQUESTS_QUEUES };

/* What the control socket's requests are about; only config is its own. */
struct requests {
	struct config		*config;
	const char		*file;
	bool			 verbose;	/* whatever config says */
	uint64_t		 started;	/* ms */
	struct verdict		*judge;
	struct endpoint	*terminator;	/* or NULL */
	struct queue		*queues[REQUESTS_QUEUES];	/* or NULL */
	bool			 ending;	/* as asked for, soon */
};

/* For control_open; borrows the host. */
struct control_host	 requests_control(struct requests *);

/* The level that option and configuration ask for. */
enum log_level		 host_log_level(const struct requests *);

/* For alg_new and alg_configure, without the key. */
void			 host_alg(const struct requests *, struct alg_config *);

/* Reads the configuration again; -1 with a sentence, and all stays. */
int host_reload(struct requests *, char *error, size_t size);

#endif
