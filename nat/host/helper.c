/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for rules and settings that give PPTP to the kernel's own helper. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nat/host/helper.h"

static int
check_rules(const struct firewall *f, char *error, size_t size)
{
	if (f->helper[0] == '\0')
		return 0;
	snprintf(error, size, "the kernel's own pptp helper is "
	    "assigned to PPTP and would translate call IDs a "
	    "second time: remove this rule (%s): %s",
	    f->helper_way_out, f->helper);
	return -1;
}

/* Before Linux 6.0 helpers could be assigned to a port without a rule. */
static int
check_sysctl(char *error, size_t size)
{
	FILE *f = fopen("/proc/sys/net/netfilter/nf_conntrack_helper", "re");
	bool on = f != NULL && fgetc(f) == '1';

	if (f != NULL)
		fclose(f);
	if (!on || access("/sys/module/nf_conntrack_pptp", F_OK) == -1)
		return 0;
	snprintf(error, size, "the kernel assigns its own pptp helper to every "
	    "PPTP connection: sysctl net.netfilter.nf_conntrack_helper=0, or "
	    "modprobe -r nf_nat_pptp nf_conntrack_pptp");
	return -1;
}

int
helper_check(const struct firewall *f, char *error, size_t size)
{
	return check_rules(f, error, size) == -1 ||
	    check_sysctl(error, size) == -1 ? -1 : 0;
}
