/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/config.h"
#include "nat/privsep/allowlist.h"
#include "nat/privsep/job.h"

/* What the helper process does for a daemon that cannot be trusted. */

static struct terminate section;
static struct dial dial;
static struct config config = { .terminate = &section, .dial = &dial };

static struct allowlist *
permits(void)
{
	struct allowlist *all = NULL;

	strcpy(section.tunnel.script[TUNNEL_IP_UP], "/etc/up");
	strcpy(dial.dns_script, "/etc/dns");
	assert_int_equal(allowlist_add(&all, &config), 0);
	return all;
}

static void
forget(struct allowlist *all)
{
	struct allowlist *next;

	for (; all != NULL; all = next) {
		next = all->next;
		free(all);
	}
}

static struct job
script(const char *file, const char *variable)
{
	struct job j;

	job_init(&j, JOB_SCRIPT, 7);
	job_argument(&j, file);
	job_argument(&j, "LD_PRELOAD=/tmp/x");	/* no more than a word */
	job_variable(&j, variable, "1");
	return j;
}

static bool
runs(const struct allowlist *all, const char *file, const char *variable)
{
	struct job j = script(file, variable);

	assert_true(job_is_whole(&j, job_size(&j)));
	return allowlist_has(all, &j);
}

static void
only_scripts_of_the_configuration(void **state)
{
	struct allowlist *all = permits();

	assert_true(runs(all, "/etc/up", "IFNAME"));
	assert_true(runs(all, "/etc/dns", "DNS1"));
	assert_false(runs(all, "/bin/sh", "IFNAME"));
	assert_false(runs(all, "/etc/up2", "IFNAME"));
	assert_false(runs(all, "", "IFNAME"));
	forget(all);
}

static void
only_known_variables(void **state)
{
	struct allowlist *all = permits();

	assert_false(runs(all, "/etc/up", "LD_PRELOAD"));
	assert_false(runs(all, "/etc/up", "BASH_ENV"));
	assert_false(runs(all, "/etc/up", "DNS"));
	assert_false(runs(all, "/etc/up", ""));
	forget(all);
}

/* Tunnels of before a reload are still to be ended. */
static void
scripts_of_before_stay(void **state)
{
	struct allowlist *all = permits();

	strcpy(section.tunnel.script[TUNNEL_IP_UP], "/etc/new");
	assert_int_equal(allowlist_add(&all, &config), 0);
	assert_true(runs(all, "/etc/up", "IFNAME"));
	assert_true(runs(all, "/etc/new", "IFNAME"));
	forget(all);
}

static void
odd_jobs_are_none(void **state)
{
	struct job j = script("/etc/up", "IFNAME"), odd = j;
	size_t size = job_size(&j);

	assert_true(job_is_whole(&j, size));
	assert_false(job_is_whole(&j, size - 1));
	odd.kind = JOB_KINDS;
	assert_false(job_is_whole(&odd, size));
	odd = j;
	odd.arguments = UINT32_MAX;
	odd.variables = 4;		/* three in all, if it overflows */
	assert_false(job_is_whole(&odd, size));
	odd = j;
	odd.arguments = 4;
	assert_false(job_is_whole(&odd, size));
	odd = j;
	odd.arguments = 0;
	odd.variables = 3;
	assert_false(job_is_whole(&odd, size));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_scripts_of_the_configuration),
		cmocka_unit_test(only_known_variables),
		cmocka_unit_test(scripts_of_before_stay),
		cmocka_unit_test(odd_jobs_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
