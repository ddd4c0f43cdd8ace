/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon answers to the requests of the control socket. */
#ifndef NAT_REQUESTS_H
#define NAT_REQUESTS_H

#include "nat/control/control.h"

struct running;

/* For control_open; what it is about is borrowed. */
struct control_host	 requests_control(struct running *);

#endif
