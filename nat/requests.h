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

struct terminator;

enum { HOST_CONTROL, HOST_GRE, HOST_QUEUES };

/* What the control socket's requests are about; only config is its own. */
struct host {
	struct config		*config;
	const char		*file;
	bool			 verbose;	/* whatever config says */
	uint64_t		 started;	/* ms */
	struct judge		*judge;
	struct terminator	*terminator;	/* or NULL */
	struct queue		*queues[HOST_QUEUES];	/* or NULL */
	bool			 ending;	/* as asked for, soon */
};

/* For control_open; borrows the host. */
struct control_host	 host_control(struct host *);

/* The level that option and configuration ask for. */
enum log_level		 host_log_level(const struct host *);

/* For alg_new and alg_configure, without the key. */
void			 host_alg(const struct host *, struct alg_config *);

/* Reads the configuration again; -1 with a sentence, and all stays. */
int			 host_reload(struct host *, char *error, size_t size);

#endif
