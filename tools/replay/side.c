/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decides whether an address is inside: networks that the user names, or the
 * private ones.
 */
#include "tools/replay/side.h"

int
side_add(struct side *s, const char *word)
{
	if (s->n == SIDE_NETS_MAX || !address_read_net(word, &s->nets[s->n]))
		return -1;
	s->n++;
	return 0;
}

bool
side_private(uint32_t a)
{
	return (a & 0xff000000) == 0x0a000000 ||	/* 10.0.0.0/8 */
	    (a & 0xfff00000) == 0xac100000 ||		/* 172.16.0.0/12 */
	    (a & 0xffff0000) == 0xc0a80000 ||		/* 192.168.0.0/16 */
	    (a & 0xffc00000) == 0x64400000;		/* 100.64.0.0/10 */
}

bool
side_inside(const struct side *s, uint32_t a)
{
	if (s->n == 0)
		return side_private(a);
	for (size_t i = 0; i < s->n; i++)
		if (address_is_in(a, &s->nets[i]))
			return true;
	return false;
}
