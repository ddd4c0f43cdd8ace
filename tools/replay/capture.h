/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures: pcap and pcapng files, packet by packet, and a file of our own. */
#ifndef TOOLS_REPLAY_CAPTURE_H
#define TOOLS_REPLAY_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAPTURE_IP_MAX		65535
#define CAPTURE_LINK_MAX	64	/* the longest that link_skip skips */

/* One record of a capture; ip is a copy that may be changed. */
struct capture_packet {
	uint64_t	 number;	/* 1, 2, ... as other tools count */
	uint64_t	 time;		/* microseconds since the epoch */
	uint8_t		*ip;		/* IPv4 packet, NULL: none in it */
	size_t		 len;		/* bytes; the header may say more */
	bool		 cut;		/* more were on the wire */
	uint8_t		 link[CAPTURE_LINK_MAX];
	size_t		 link_len;
};

struct capture;
struct capture_writer;

/*
 * Opens a pcap or pcapng file, "-" for standard input (which is copied to a
 * temporary file first).  NULL with a sentence in error.
 */
struct capture	*capture_open(const char *path, char *error, size_t size);

/* No more packets than this can be in it, nor more than most. */
uint32_t	 capture_room(const struct capture *, uint32_t most);

/* 1: *packet is valid until the next call; 0: the end, or a broken file. */
int		 capture_next(struct capture *, struct capture_packet **);

/* What is wrong with the file, NULL when it was read to its proper end. */
const char	*capture_error(const struct capture *);

/* Starts again with the first packet; -1 with a sentence in error. */
int		 capture_rewind(struct capture *, char *error, size_t size);
void		 capture_close(struct capture *);

/* A new pcap file of the same link type. */
struct capture_writer *capture_create(const struct capture *,
		    const char *path, char *error, size_t size);
void		 capture_write(struct capture_writer *,
		    const struct capture_packet *);
/* Writes what is left; -1 with a sentence in error, also for earlier ones. */
int		 capture_finish(struct capture_writer *, char *error,
		    size_t size);

#endif
