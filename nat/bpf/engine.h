/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The GRE engine: who translates the GRE of calls that are up.  tc programs do
 * where the kernel has them, and leave the rest to the queue; else the queue
 * does it all.
 */
#ifndef NAT_BPF_ENGINE_H
#define NAT_BPF_ENGINE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/alg.h"
#include "conf/config.h"
#include "nat/bpf/frame_ring.h"
#include "nat/bpf/pptpalg.bpf.h"

struct interface;

struct engine;

/*
 * To be called as root where others than root open the engine: gives to their
 * group ((gid_t)-1: nobody's) what is pinned.
 */
void		 engine_prepare(const struct config *, gid_t);

/*
 * Loads the tc programs, if the configuration says so; engine = auto does
 * without where the kernel lacks BPF, and logs why.  The interfaces are
 * borrowed.  Programs that a former daemon has left go on until engine_start.
 * NULL with a sentence in error.
 */
struct engine	*engine_open(const struct config *, uint32_t calls,
		    struct interface *, char *error, size_t size);

/* The tc programs stay, and translate the GRE of calls that are up. */
void		 engine_close(struct engine *);

/* Leaves nothing in the kernel. */
void		 engine_purge(struct engine *);

/* "bpf" or "nfqueue"; how packets go on, and why not bpf, or NULL. */
const char	*engine_name(const struct engine *);
const char	*engine_forward(const struct engine *);
const char	*engine_lack(const struct engine *);

/*
 * Brings what a former daemon has left in line with the translator: its calls
 * that are up pass on without a gap, others no longer.  Then the programs go to
 * the interfaces.  How many calls have to go without the tc programs.
 */
uint32_t	 engine_start(struct engine *, const struct alg *);

/* To be watched for reading, then engine_interfaces; -1: not needed. */
int		 engine_fd(const struct engine *);

/* Interfaces, or what they are to us, have changed. */
void		 engine_interfaces(struct engine *);

/* Do its programs learn ways (forward = auto), so that changes matter? */
bool		 engine_learns(const struct engine *);

/* What the stack does with packets may have changed: ways are learned anew. */
void		 engine_forget_ways(struct engine *);

/* To be called each second: may packets come by IPsec?  They have no way. */
void		 engine_ipsec(struct engine *, bool);

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
void		 engine_offloaded(void *arg, const struct alg_call_info *,
		    struct alg_traffic *);

/*
 * For struct alg_config: segments of this connection that only acknowledge may
 * pass the queue, or may not; arg is the engine.
 */
void		 engine_followed(void *arg, const struct alg_connection_info *,
		    bool);

/* Those that may from now on; before the verdicts on what made them so. */
void		 engine_commit(struct engine *);

/* Tells what PPP frames of calls the tc programs have copied. */
void		 engine_read_frames(struct engine *, frame_ring_heard,
		    void *arg);

/* Tells which of them have. */
void		 engine_read_acks(struct engine *,
		    void (*heard)(void *arg, const struct alg_ack *),
		    void *arg);

/*
 * Who carries a call's packets in a direction: "queue", "stack", "direct", or
 * "fast": past the stack, as it was confirmed at that time (ms; else 0).
 */
const char	*engine_way(struct engine *, const struct alg_call_info *,
		    enum alg_dir, uint64_t *confirmed);

/*
 * What the tc programs have counted; all zero without BPF.  What went past the
 * stack by auto is not in FAST_IN and FAST_OUT.
 */
void		 engine_counters(struct engine *,
		    struct fast_count [FAST_COUNTERS]);

#endif
