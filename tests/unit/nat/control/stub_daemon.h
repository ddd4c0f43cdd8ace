/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_NAT_CONTROL_STUB_DAEMON_H
#define TESTS_UNIT_NAT_CONTROL_STUB_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/alg.h"
#include "nat/control/control.h"

/*
 * A daemon without a network, for tests of its control socket: a made-up
 * translator with as many calls as wanted, one connection for each, the event
 * loop turned by hand, and clients in the same process that never wait.
 */
struct loop;

struct stub {
	struct loop		*loop;
	struct control		*control;
	char			 folder[64], path[80];
	uint32_t		 calls;
	uint32_t		 looked_at;	/* calls, set back by tests */
	struct alg_flow		 reset[4];	/* asked to be reset */
	unsigned		 resets;
	bool			 fails;		/* whatever is asked of it */
};

/* The one daemon of this process. */
struct stub	*stub_new(uint32_t calls);
void		 stub_free(void);

/* Once round the event loop. */
void		 stub_turn(void);

/* Something happened to call number i. */
void		 stub_change(uint32_t i, enum alg_change_kind, enum reason);

/* A connected, non-blocking socket. */
int		 stub_connect(void);
void		 stub_send(int fd, const void *bytes, size_t len);

/*
 * Turns the loop and reads until the reply ends (a line with "ok"), the
 * daemon closes, or, if count is not 0, there are count lines.  The text ends
 * with NUL; free it.  Fails the test after ten seconds.
 */
char		*stub_receive(int fd, unsigned count);

/* Asks on a connection of its own, and closes it. */
char		*stub_ask(const char *line);

/* Turns the loop until the daemon closes; false after ten seconds. */
bool		 stub_closed(int fd);

uint64_t	 stub_now(void);	/* ms */

#endif
