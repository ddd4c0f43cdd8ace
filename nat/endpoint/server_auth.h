/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may log in at a section "terminate", and with which address; the arg
 * of its control connections is the struct server.
 */
#ifndef NAT_ENDPOINT_SERVER_AUTH_H
#define NAT_ENDPOINT_SERVER_AUTH_H

#include "nat/endpoint/ctrl_socket.h"

const struct ctrl_socket_host	*server_auth_host(void);

#endif
