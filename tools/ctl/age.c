/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "tools/ctl/age.h"

#define MINUTE	60U
#define HOUR	3600U
#define DAY	86400U

const char *
age_format(double seconds, char buf[AGE_MAX])
{
	unsigned s = seconds < 0 ? 0 :
	    seconds > UINT32_MAX ? UINT32_MAX : (unsigned)seconds;

	if (s < MINUTE)
		snprintf(buf, AGE_MAX, "%us", s);
	else if (s < HOUR)
		snprintf(buf, AGE_MAX, "%um%02us", s / MINUTE, s % MINUTE);
	else if (s < DAY)
		snprintf(buf, AGE_MAX, "%uh%02um", s / HOUR,
		    s % HOUR / MINUTE);
	else
		snprintf(buf, AGE_MAX, "%ud%02uh", s / DAY, s % DAY / HOUR);
	return buf;
}

double
age_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}
