/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_CTL_AGE_H
#define TOOLS_CTL_AGE_H

#define AGE_MAX		24

/* Seconds as people say them: 42s, 5m07s, 1h02m, 3d04h. */
const char	*age_format(double seconds, char buf[AGE_MAX]);

/* Seconds since the epoch. */
double		 age_now(void);

#endif
