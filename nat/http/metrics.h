/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's numbers as OpenMetrics text, for Prometheus and its like. */
#ifndef NAT_HTTP_METRICS_H
#define NAT_HTTP_METRICS_H

#include <stdio.h>

#include "nat/control/control.h"

#define METRICS_TYPE	\
	"application/openmetrics-text; version=1.0.0; charset=utf-8"

/* The names are stable: pptpalgd(8). */
void	metrics_write(const struct control_host *, FILE *);

#endif
