/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP segmentation offload (TSO): what one read of a TUN device brings, a
 * packet, or one large TCP segment that stands for many packets and has to be
 * cut, with checksums to be done.
 */
#ifndef NAT_NET_TSO_H
#define NAT_NET_TSO_H

#include <stddef.h>
#include <stdint.h>

#include <linux/virtio_net.h>

#define TSO_MAX	65536

struct tso {
	struct virtio_net_hdr	 how;		/* as the kernel says */
	uint8_t			 bytes[TSO_MAX];
	size_t			 len;
	size_t			 at;		/* of the payload: cut so far */
	unsigned int		 cuts;
};

/* The bytes were just read, len of them: how is set, too. */
void	tso_start(struct tso *, size_t len);

/*
 * Writes the next packet to a place with room for that many bytes; its
 * length, or 0 when there is no more (or it is none that we understand).
 */
size_t	tso_next(struct tso *, uint8_t *to, size_t room);

#endif
