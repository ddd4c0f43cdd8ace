/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decides whether an address is inside: networks that the user names, or the
 * private ones.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tools/replay/side.h"

int
side_address(const char *word, uint32_t *address)
{
	struct in_addr in;

	if (inet_pton(AF_INET, word, &in) != 1)
		return -1;
	*address = ntohl(in.s_addr);
	return 0;
}

int
side_add(struct side *s, const char *word)
{
	char copy[INET_ADDRSTRLEN] = "";
	size_t n = strcspn(word, "/");
	unsigned long bits = 32;
	char *end;

	if (n >= sizeof(copy) || s->n == SIDE_NETS_MAX)
		return -1;
	memcpy(copy, word, n);
	if (word[n] == '/') {
		bits = strtoul(word + n + 1, &end, 10);
		if (!isdigit((unsigned char)word[n + 1]) || *end != '\0' ||
		    bits > 32)
			return -1;
	}
	if (side_address(copy, &s->nets[s->n].address) == -1)
		return -1;
	s->nets[s->n].mask = bits == 0 ? 0 : UINT32_MAX << (32 - bits);
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
		if (((a ^ s->nets[i].address) & s->nets[i].mask) == 0)
			return true;
	return false;
}
