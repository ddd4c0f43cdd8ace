/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capabilities and system calls that are given up: capabilities(7), seccomp(2).
 */
#include <sys/prctl.h>

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#include "nat/base/privilege.h"

#ifdef __SANITIZE_ADDRESS__
#define FILTER	false		/* the sanitizer's own calls are many */
#else
#define FILTER	true
#endif

/* All that the running daemon, its libraries and the C library use. */
static const char *const allowed[] = {
	/* packets, sockets, events; tc programs and their maps */
	"recvmmsg", "recvmsg", "recvfrom", "recv", "sendmsg", "sendmmsg",
	"sendto", "send", "read", "readv", "pread64", "write", "writev",
	"poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait",
	"epoll_pwait2", "epoll_ctl", "timerfd_settime", "ioctl",
	"bpf", "bind", "listen",
	/* control socket, syslog, readiness */
	"socket", "connect", "accept", "accept4", "getsockopt", "setsockopt",
	"getsockname", "getpeername", "shutdown", "close", "fcntl", "fcntl64",
	"unlink", "unlinkat", "rmdir",
	/* journal: its files are open already */
	"ftruncate", "ftruncate64",
	/* reload and the kernel's tables: openat is read-only, see below */
	"fstat", "fstat64", "newfstatat", "fstatat64", "stat", "stat64",
	"statx", "lstat", "lstat64", "lseek", "_llseek", "access",
	"faccessat", "faccessat2", "getdents64", "readlink", "readlinkat",
	"dup2", "dup3", "chdir",
	/* memory, time, signals, end */
	"brk", "mmap", "mmap2", "munmap", "mremap", "madvise", "mprotect",
	"clock_gettime", "clock_gettime64", "gettimeofday", "time",
	"clock_nanosleep", "clock_nanosleep_time64", "nanosleep", "getrandom",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn",
	"rt_sigpending", "restart_syscall", "futex", "sched_yield", "tgkill",
	"getpid", "gettid", "getuid", "geteuid", "getgid", "getegid",
	"uname", "sysinfo", "prlimit64", "rseq", "exit", "exit_group"
};

bool
privilege_present(void)
{
	return capng_get_caps_process() == 0 &&
	    capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN) &&
	    capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_RAW);
}

int
privilege_drop_capabilities(void)
{
	bool bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	bool maps = capng_have_capability(CAPNG_EFFECTIVE, CAP_BPF);

	capng_clear(CAPNG_SELECT_ALL);
	if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
	    CAP_NET_ADMIN, CAP_NET_RAW, -1) == -1)
		return -1;
	/* For the maps; without it the engine has found another way. */
	if (maps && capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
	    CAP_BPF) == -1)
		return -1;
	/* The bounding set needs CAP_SETPCAP, which a service may not have. */
	if (bounds && capng_apply(CAPNG_SELECT_BOUNDS) != 0)
		return -1;
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Files can be opened, but only to read. */
static int
allow_reading(scmp_filter_ctx filter)
{
	struct scmp_arg_cmp open_flags = SCMP_A1(SCMP_CMP_MASKED_EQ,
	    O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);
	struct scmp_arg_cmp openat_flags = SCMP_A2(SCMP_CMP_MASKED_EQ,
	    O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);

	if (seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
	    SCMP_SYS(open), 1, &open_flags) < 0 ||
	    seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
	    SCMP_SYS(openat), 1, &openat_flags) < 0)
		return -1;
	return 0;
}

static int
filter_calls(void)
{
	scmp_filter_ctx filter;
	int number, result = -1;
	size_t i;

	if ((filter = seccomp_init(SCMP_ACT_ERRNO(EPERM))) == NULL)
		return -1;
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		/* Not every architecture has every call. */
		number = seccomp_syscall_resolve_name(allowed[i]);
		if (number != __NR_SCMP_ERROR &&
		    seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) < 0)
			goto done;
	}
	if (allow_reading(filter) == 0 && seccomp_load(filter) == 0)
		result = 0;
done:
	seccomp_release(filter);
	return result;
}

int
privilege_drop(char *error, size_t size)
{
	if (privilege_drop_capabilities() == -1) {
		snprintf(error, size, "cannot give up capabilities: %s",
		    strerror(errno));
		return -1;
	}
	if (FILTER && filter_calls() == -1) {
		snprintf(error, size, "cannot restrict system calls: the "
		    "kernel needs CONFIG_SECCOMP_FILTER");
		return -1;
	}
	return 0;
}
