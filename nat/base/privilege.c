/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users and capabilities of the daemon's processes: capabilities(7). */
#include <sys/prctl.h>

#include <cap-ng.h>
#include <errno.h>
#include <unistd.h>

#include "nat/base/privilege.h"

#define KEPT_MAX	16
#define KEPT_END	(-1)

static const int kept[PRIVILEGE_ROLES][KEPT_MAX] = {
	/* BPF: programs and their maps; RESOURCE: more open files. */
	[PRIVILEGE_START] = { CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF, CAP_PERFMON,
	    CAP_SYS_RESOURCE, KEPT_END },
	[PRIVILEGE_DAEMON] = { CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF, KEPT_END },
	/* What a script needs for routes, rules, files and services. */
	[PRIVILEGE_HELPER] = { CAP_NET_ADMIN, CAP_NET_RAW,
	    CAP_NET_BIND_SERVICE, CAP_CHOWN, CAP_DAC_OVERRIDE,
	    CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID, CAP_KILL, CAP_SETGID,
	    CAP_SETUID, CAP_SETPCAP, CAP_SYS_RESOURCE, CAP_AUDIT_WRITE,
	    KEPT_END },
	[PRIVILEGE_CLOSER] = { KEPT_END }
};

bool
privilege_present(void)
{
	return capng_get_caps_process() == 0 &&
	    capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN) &&
	    capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_RAW);
}

bool
privilege_can_switch(void)
{
	return geteuid() == 0 && capng_get_caps_process() == 0 &&
	    capng_have_capability(CAPNG_EFFECTIVE, CAP_SETUID) &&
	    capng_have_capability(CAPNG_EFFECTIVE, CAP_SETGID);
}

/*
 * Sets up libcap-ng's state: what is there of a role's capabilities; only the
 * helper starts programs, which get no more than the bounding set.  Is that
 * set ours to change?  A service may lack CAP_SETPCAP.
 */
static bool
choose_capabilities(enum privilege_role role)
{
	const int sets = CAPNG_EFFECTIVE | CAPNG_PERMITTED |
	    (role == PRIVILEGE_HELPER ? CAPNG_BOUNDING_SET : 0);
	bool bounds, have[KEPT_MAX] = { false };
	size_t i;

	(void)capng_get_caps_process();
	bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	for (i = 0; kept[role][i] != KEPT_END; i++)
		have[i] = capng_have_capability(CAPNG_EFFECTIVE,
		    (unsigned int)kept[role][i]);
	capng_clear(CAPNG_SELECT_ALL);
	for (i = 0; kept[role][i] != KEPT_END; i++)
		if (have[i])
			(void)capng_update(CAPNG_ADD, (capng_type_t)sets,
			    (unsigned int)kept[role][i]);
	return bounds;
}

int
privilege_keep(enum privilege_role role)
{
	if (choose_capabilities(role) && capng_apply(CAPNG_SELECT_BOUNDS) != 0)
		return -1;
	if (capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) != 0)
		return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int
privilege_become(enum privilege_role role, uid_t uid, gid_t gid)
{
	int flags = CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_AMBIENT;

	if (choose_capabilities(role))
		flags |= CAPNG_CLEAR_BOUNDING;
	if (capng_change_id((int)uid, (int)gid, (capng_flags_t)flags) != 0) {
		errno = EPERM;
		return -1;
	}
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
