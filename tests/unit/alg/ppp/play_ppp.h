/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PPP links for the tests: one end on its own, or two by a line that loses. */
#ifndef TESTS_UNIT_ALG_PPP_PLAY_PPP_H
#define TESTS_UNIT_ALG_PPP_PLAY_PPP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/ppp/ppp.h"

#define PP_SERVER_IP	0x0A000001U	/* 10.0.0.1 */
#define PP_CLIENT_IP	0x0A000064U	/* 10.0.0.100 */

#define PP_FRAME_MAX	1700
#define PP_OUT_MAX	128

struct pp_frame {
	size_t		 len;
	uint64_t	 at;		/* on the line: when it arrives */
	int		 to;
	unsigned	 number;	/* as sent in this direction */
	uint8_t		 bytes[PP_FRAME_MAX];
};

/* One end, and what its callbacks saw. */
struct pp_end {
	struct ppp	 ppp;
	struct ppp_config config;
	struct ppp_grant grant;
	enum ppp_reason	 grant_answer;
	const char	*account, *password;	/* what it knows */
	bool		 whole_name;	/* ... that it is the name as sent */
	const uint8_t	*nt_hash;		/* instead of the password */
	uint32_t	 delay;			/* of its answer */
	struct pp_frame out[PP_OUT_MAX];	/* sent, not yet taken */
	unsigned	 sent, taken;
	uint64_t	 random;
	const char	*challenge;	/* hexadecimal: the 16 random bytes of
					   the next one; or NULL */
	bool		 open;		/* PPP_EVENT_UP was the last of those */
	int		 ups, downs, closes, logins, refusals, secrets, grants;
	int		 asks;		/* with ask_elsewhere */
	enum ppp_reason	 ask_answer;
	enum ppp_reason	 reason, refused;	/* of CLOSED, of REFUSED */
	bool		 proved;	/* ... though the password was right */
	char		 user[300], account_asked[300], text[300];
	uint64_t	 closed_at, refused_at;
	unsigned	 packets, packet_len;	/* delivered */
	uint8_t		 packet[PP_FRAME_MAX];
	bool		 no_mppc;
	struct mppc_compressor compress;
	struct mppc_expander expand;
};

/* Defaults of a server that asks, or of a client that answers, by MS-CHAPv2. */
void	 pp_server(struct pp_end *);
void	 pp_client(struct pp_end *);
void	 pp_start(struct pp_end *, uint64_t now);

/* Frames in hexadecimal, blanks anywhere, from FF03 or the protocol on. */
size_t	 pp_bytes(const char *hex, uint8_t *bytes, size_t size);
void	 pp_feed(struct pp_end *, const char *hex, uint64_t now);
/* As ppp_input() and ppp_output(): its packets and frames are noted; -1: none.
 */
void	 pp_input(struct pp_end *, uint8_t *frame, size_t, bool late,
	    uint64_t now);
int	 pp_send(struct pp_end *, uint8_t *packet, size_t, uint64_t now);
void	 pp_feed_bytes(struct pp_end *, const uint8_t *, size_t,
	    uint64_t now);

/* The next frame that was sent; NULL: none. */
const struct pp_frame *pp_take(struct pp_end *);
void	 pp_drain(struct pp_end *);

/*
 * The next frame has to be this one: "xx" stands for any byte, a last "*" for
 * any rest; FF03 is left out.  With the frame's bytes if that is wanted.
 */
#define pp_expect(end, hex) pp_expect_at(end, hex, __FILE__, __LINE__)
const struct pp_frame *pp_expect_at(struct pp_end *, const char *hex,
	    const char *file, int line);
#define pp_expect_nothing(end)					\
	pp_expect_nothing_at(end, __FILE__, __LINE__)
void	 pp_expect_nothing_at(struct pp_end *, const char *file,
	    int line);

/*
 * The peer, for one end on its own: agrees to the end's request of that
 * protocol, whatever it asks for; opens LCP, with these options of its own;
 * logs in by MS-CHAPv2 (to a server that asked for that).
 */
void	 pp_agree(struct pp_end *, const char *protocol, uint64_t now);
void	 pp_open_lcp(struct pp_end *, const char *options, uint64_t now);
void	 pp_log_in(struct pp_end *, const char *user, const char *password,
	    uint64_t now);

/* Lets time go by, a tick at a time as it asks for them. */
void	 pp_wait(struct pp_end *, uint64_t *now, uint64_t ms);

/*
 * Two ends and what is under way between them.  As GRE does, the line tells a
 * frame that comes after one that was sent later.
 */
#define PP_LINE_MAX	256
struct pp_line {
	struct pp_end	 end[2];	/* server, client */
	struct pp_frame flight[PP_LINE_MAX];
	unsigned	 flying, number[2], highest[2];
	uint64_t	 now, random;
	unsigned	 loss, copies, jitter;	/* percent, percent, ms */
	void		(*tap)(struct pp_line *, struct pp_frame *);
	unsigned	 carried;
};
enum { PP_SERVER, PP_CLIENT };

void	 pp_line_init(struct pp_line *);
void	 pp_line_open(struct pp_line *);
void	 pp_line_run(struct pp_line *, uint64_t ms);
/* Until both are up, or one is closed, or so long at most. */
bool	 pp_line_up(struct pp_line *, uint64_t ms);
/* An IPv4 packet of that many bytes from one end; whether it was taken. */
bool	 pp_line_packet(struct pp_line *, int from, size_t len);

#endif
