/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All sessions that end here: the sections "terminate" and "dial" of the
 * configuration in use.  NULL, where there are none, is fine everywhere.
 */
#ifndef NAT_ENDPOINT_ENDPOINT_H
#define NAT_ENDPOINT_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/config.h"

struct alg;
struct client;
struct cluster;
struct context;
struct control;
struct engine;
struct helper;
struct loop;
struct session_pair;

struct endpoint;

/*
 * How many call IDs and descriptors a configuration takes; 0: there are no
 * sections.
 */
uint32_t	 endpoint_sessions(const struct config *);
uint64_t	 endpoint_descriptors(const struct config *);

/*
 * Before system calls are restricted.  Takes the helper over, also when it
 * fails.  NULL with a sentence in error.
 */
struct endpoint *endpoint_open(const struct config *, struct helper *,
		    struct loop *, struct alg *, struct engine *, char *error,
		    size_t size);

/* Ends all sessions without telling the peers; scripts are still run. */
void		 endpoint_close(struct endpoint *);

/* The other firewall's sessions, and who hears of ours; both may be NULL. */
void		 endpoint_pair(struct endpoint *, struct session_pair *,
		    struct cluster *);

/* The control socket whose followers are told of events. */
void		 endpoint_control(struct endpoint *, struct control *);

/* Takes over a changed configuration; what cannot be is logged. */
void		 endpoint_reload(struct endpoint *,
		    const struct config *);

/* Ends all sessions and connections; idle when that is done. */
void		 endpoint_stop(struct endpoint *);
bool		 endpoint_idle(const struct endpoint *);

/* Is there a session that this GRE is for? */
bool		 endpoint_owns(const struct endpoint *, uint32_t peer,
		    uint32_t local, uint16_t call_id);

/* What its sessions share; NULL: there are none. */
const struct context *endpoint_context(const struct endpoint *);

/* A walk through all sections dial: *at starts at 0; NULL at the end. */
const struct client *endpoint_next_client(const struct endpoint *,
		    uint32_t *at);

/* -1 with a sentence in error. */
int		 endpoint_dial(struct endpoint *, const char *name,
		    bool up, char *error, size_t size);

#endif
