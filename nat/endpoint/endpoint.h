/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_ENDPOINT_ENDPOINT_H
#define NAT_ENDPOINT_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/config.h"
#include "conf/request.h"
#include "nat/control/json_line.h"

struct alg;
struct control;
struct engine;
struct loop;

/*
 * All tunnels that end here: the sections "terminate" and "dial" of the
 * configuration at work.  NULL, where there are none, is fine everywhere.
 */
struct endpoint;

/*
 * How many call IDs and descriptors a configuration takes; 0: there are no
 * sections.
 */
uint32_t	 endpoint_sessions(const struct config *);
uint64_t	 endpoint_descriptors(const struct config *);

/* Before privileges are given up.  NULL with a sentence in error. */
struct endpoint *endpoint_open(const struct config *, const char *file,
		    struct loop *, struct alg *, struct engine *, char *error,
		    size_t size);

/* Ends everything hard; scripts are still run. */
void		 endpoint_close(struct endpoint *);

/* Who is told of events. */
void		 endpoint_control(struct endpoint *, struct control *);

/* Takes over a changed configuration; what cannot be is logged. */
void		 endpoint_reload(struct endpoint *,
		    const struct config *);

/* Says good-bye to everybody; idle when all are gone. */
void		 endpoint_stop(struct endpoint *);
bool		 endpoint_idle(const struct endpoint *);

/* Does this GRE belong to a tunnel that ends here? */
bool		 endpoint_owns(const struct endpoint *, uint32_t peer,
		    uint32_t local, uint16_t call_id);

/*
 * Control requests.  Lists: *at starts at 0; false at the end; the item has
 * length 0 when this one does not fit.
 */
bool		 endpoint_sessions_item(const struct endpoint *,
		    const struct request *, uint32_t *at, uint64_t epoch,
		    struct json_line *);
bool		 endpoint_dials_item(const struct endpoint *,
		    const struct request *, uint32_t *at, uint64_t epoch,
		    struct json_line *);

/* Looks at one more session; *kicked counts those that fit and end. */
bool		 endpoint_kick(struct endpoint *, const struct request *,
		    uint32_t *at, uint32_t *kicked);

/* -1 with a sentence in error. */
int		 endpoint_dial(struct endpoint *, const char *name,
		    bool up, char *error, size_t size);

/* Into an item that is open. */
void		 endpoint_counters(const struct endpoint *, struct json_line *);

#endif
