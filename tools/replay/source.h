/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A capture as the one firewall between both ends would have seen it. */
#ifndef TOOLS_REPLAY_SOURCE_H
#define TOOLS_REPLAY_SOURCE_H

#include "tools/replay/capture.h"

/*
 * The IPv4 packets of a capture as one firewall would have seen them: put
 * together from fragments, each once.
 */
struct source {
	struct capture		*capture;
	struct fragments	*fragments;
	struct source_seen	*seen;
	uint64_t		 first, last;	/* microseconds */
	unsigned long		 packets;	/* records read */
	unsigned long		 other;		/* not IPv4 */
	unsigned long		 twice;		/* copies, left out */
	unsigned long		 cut;		/* by the snap length */
	unsigned long		 too_long;	/* by their IP header */
};

/* -1 with errno; the capture stays the caller's. */
int	source_init(struct source *, struct capture *);
void	source_free(struct source *);

/* As capture_next; the packet's time never goes back. */
int	source_next(struct source *, struct capture_packet **);

#endif
