/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What translates the GRE of calls that are up.  The queue can always do it;
 * where the kernel can, tc programs do, and the queue gets what they leave.
 */
#ifndef NAT_BPF_ENGINE_H
#define NAT_BPF_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/alg.h"
#include "conf/config.h"
#include "nat/bpf/pptpalg.bpf.h"

struct interface;

struct engine;

/*
 * By the configuration; auto goes without BPF where the kernel lacks it, and
 * says why.  The interfaces are borrowed.  What a former daemon has left goes
 * on until engine_start.  NULL with a sentence in error.
 */
struct engine	*engine_open(const struct config *, uint32_t calls,
		    struct interface *, char *error, size_t size);

/* GRE of calls that are up goes on passing, if tc programs translate it. */
void		 engine_close(struct engine *);

/* Leaves nothing in the kernel. */
void		 engine_purge(struct engine *);

/* "bpf" or "nfqueue"; how packets go on, and why not bpf, or NULL. */
const char	*engine_name(const struct engine *);
const char	*engine_forward(const struct engine *);
const char	*engine_lack(const struct engine *);

/*
 * Brings what a former daemon has left in line with the translator: its calls
 * that are up pass on without a gap, others no longer.  Then the programs go to the
 * interfaces.  How many calls have to go without the tc programs.
 */
uint32_t	 engine_start(struct engine *, const struct alg *);

/* Interfaces, or what they are to us, have changed. */
void		 engine_interfaces(struct engine *);

/*
 * A call has come up or gone down: before the verdict on the packet that says
 * so.  REASON_MAP_FULL when it has to go without the tc programs.
 */
enum reason	 engine_change(struct engine *, const struct alg_change *);

/*
 * A call that ends at this host, by its GRE's source, destination (host byte
 * order) and call ID: its packets go on as they are, marked, past the queue.
 * Without an engine (NULL), or room in it, they are queued.
 */
void		 engine_local(struct engine *, uint32_t peer, uint32_t local,
		    uint16_t id, bool up);

/* For struct alg_config: what has passed in the kernel; arg is the engine. */
void		 engine_beside(void *arg, const struct alg_call_info *,
		    struct alg_traffic *);

/* All zero without BPF. */
void		 engine_counters(struct engine *, uint64_t [FAST_COUNTERS]);

#endif
