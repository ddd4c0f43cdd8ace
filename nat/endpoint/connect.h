/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_ENDPOINT_CONNECT_H
#define NAT_ENDPOINT_CONNECT_H

#include <stdint.h>

#include "conf/dial.h"

/*
 * Begins to connect to the server of a section, at this address.  A socket
 * that does not block, or -1 with errno.
 */
int	connect_server(const struct dial *, uint32_t address);

/* How that has ended, when the socket takes data: an errno, or 0. */
int	connect_result(int fd);

#endif
