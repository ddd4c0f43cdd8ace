/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which addresses are inside of the firewall. */
#ifndef TOOLS_REPLAY_SIDE_H
#define TOOLS_REPLAY_SIDE_H

#include "conf/address.h"

#define SIDE_NETS_MAX	64

/* Which addresses are inside; host byte order. */
struct side {
	struct terminate_net	 nets[SIDE_NETS_MAX];
	size_t			 n;	/* 0: the private ones */
};

/* "10.0.0.0/8" or an address; -1 when it is neither, or one too many. */
int	side_add(struct side *, const char *word);

bool	side_inside(const struct side *, uint32_t address);

/* Private (RFC 1918) or shared (RFC 6598) address. */
bool	side_private(uint32_t address);

#endif
