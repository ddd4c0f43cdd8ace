/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tc programs in the kernel, and their maps, which are pinned: they and
 * the calls in them outlive the daemon.  Each network namespace has its own.
 */
#ifndef NAT_BPF_PROGRAM_H
#define NAT_BPF_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/config.h"
#include "nat/bpf/pptpalg.bpf.h"

struct program;
struct call_map;

/* Where an interface runs one. */
enum program_hook {
	PROGRAM_FROM_OUTSIDE,	/* ingress */
	PROGRAM_FROM_INSIDE,	/* ingress */
	PROGRAM_TO_OUTSIDE,	/* egress */
	PROGRAM_TO_INSIDE,	/* egress, for forward = auto */
	PROGRAM_HOOKS
};

enum program_map {
	PROGRAM_OUTBOUND, PROGRAM_INBOUND,	/* enum alg_dir: the calls */
	PROGRAM_FRAGMENTS, PROGRAM_TRACES, PROGRAM_COUNTERS,
	PROGRAM_PINNED,
	PROGRAM_CONTROLS = PROGRAM_PINNED, PROGRAM_ACKS, /* this daemon's */
	PROGRAM_FRAMES,					/* the same */
	PROGRAM_MAPS
};

struct program_options {
	uint32_t	mark;
	enum config_forward forward;
	uint32_t	calls;		/* room in the maps */
	uint32_t	connections;	/* the same */
};

/* What libbpf says goes to the debug log, from now on. */
void		 program_log(void);

/*
 * Loads the programs, and takes over the maps of a former daemon.  NULL with
 * a sentence in error that says what is missing and what helps.
 */
struct program	*program_open(const struct program_options *, char *error,
		    size_t size);

/* The maps stay pinned, and so do programs that are attached. */
void		 program_close(struct program *);

/* The descriptor of a program, for attaching it. */
int		 program_fd(const struct program *, enum program_hook,
		    bool ethernet);

/* The calls of a direction. */
struct call_map	*program_calls(struct program *, enum program_map);

/* The descriptor of a map. */
int		 program_map(const struct program *, enum program_map);

/* The ways past the stack that are known are known no longer. */
void		 program_forget_ways(struct program *);

/*
 * Whether packets may come by IPsec.  That they do not holds for some seconds:
 * without a daemon that watches it is taken that they do.
 */
void		 program_ipsec(struct program *, bool);

/* What all processors have counted since the maps were made. */
void		 program_counters(struct program *,
		    struct fast_count sum[FAST_COUNTERS]);

#endif
