/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_LOGIN_H
#define NAT_LOGIN_H

#include "nat/peer.h"

/*
 * Who may log in at a section "terminate", and with which address; the arg
 * of its control connections is the struct section.
 */
const struct peer_host	*login_host(void);

#endif
