/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_ENDPOINT_SESSION_PPP_H
#define NAT_ENDPOINT_SESSION_PPP_H

#include "alg/ppp/ppp.h"

/* What PPP asks of a session and tells it; the arg is the struct session. */
const struct ppp_host	*session_ppp_host(void);

#endif
