/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encrypted frames on a path that loses, repeats, reorders and forges.  What
 * comes out is either what went in or nothing, and it never stays so.
 */
#ifndef TESTS_UNIT_ALG_PPP_PLAY_PATH_H
#define TESTS_UNIT_ALG_PPP_PLAY_PATH_H

#include "alg/ppp/mppe.h"
#include "tests/unit/hex.h"

#define PATH_START	"8B7CDC149B993A1BA118CB153F56DCCB"
#define PATH_FRAME	512
#define PATH_HELD	64	/* frames that are under way for longer */

/* How the other end does it. */
enum path_style {
	PATH_OURS,
	PATH_RFC,		/* after a Reset-Request the key stays */
	PATH_LINUX,		/* bit A always changes the key */
	PATH_NO_BIT_A,	/* none on regular changes, as on old FreeBSD */
};

struct path_frame {
	uint8_t		 bytes[PATH_FRAME];
	size_t		 len;
	uint32_t	 serial;	/* 0: forged */
	int		 left;		/* sends until it comes */
};

struct path {
	struct mppe_sender	 s;
	struct mppe_receiver	 m;
	struct mppc_compressor	 c;
	struct mppc_expander	 e;
	enum path_style		 style;
	struct path_frame	 held[PATH_HELD];
	uint64_t		 seed, now;
	uint32_t		 sent, arrived, opened, last_opened, gap;
	int			 reset;		/* sends until it arrives */
	int			 loss, repeat, late, forge;	/* in 1000 */
	int			 late_most;
};

/* For free(). */
struct path *path_new(enum path_style, int bits, bool stateless, bool mppc);

/*
 * An IP packet that tells which one it is, with the serial at byte 22; half of
 * it is easy to compress.  Its length.
 */
size_t	path_make(uint8_t *frame, uint32_t serial);

/* Sends so many frames over the path; lose: all of them are lost. */
void	path_run(struct path *, uint32_t frames);
void	path_lose(struct path *, uint32_t frames);

/* On a path without faults everything gets through again; frees it. */
void	path_run_well(struct path *);

#endif
