/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds the filters of system calls from tables of calls and of what their
 * arguments may be.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <termios.h>
#include <unistd.h>

#include "nat/base/syscall_filter.h"

#ifdef __SANITIZE_ADDRESS__
#define FILTER	false		/* the sanitizer's own calls are many */
#else
#define FILTER	true
#endif

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define ARGUMENTS	3

/* All that the daemon, its libraries and the C library use as they like. */
static const char *const daemon_calls[] = {
	/* packets, sockets, events */
	"recvmmsg", "recvmmsg_time64", "recvmsg", "recvfrom", "recv",
	"sendmsg", "sendmmsg", "sendto", "send", "read", "readv", "pread64",
	"write", "writev", "poll", "ppoll", "ppoll_time64", "select",
	"pselect6", "pselect6_time64", "epoll_wait", "epoll_pwait",
	"epoll_pwait2", "epoll_ctl", "timerfd_settime", "timerfd_settime64",
	"bind", "listen", "accept", "accept4", "getsockopt", "setsockopt",
	"getsockname", "getpeername", "shutdown", "close", "fcntl", "fcntl64",
	/* journal: its files are open already */
	"ftruncate", "ftruncate64",
	/* reload and the kernel's tables */
	"fstat", "fstat64", "newfstatat", "fstatat64", "stat", "stat64",
	"statx", "statfs", "statfs64", "lstat", "lstat64", "lseek", "_llseek",
	"access", "faccessat", "faccessat2", "getdents64", "readlink",
	"readlinkat", "dup2", "dup3", "chdir",
	/* memory, time, signals, end */
	"brk", "munmap", "mremap", "madvise",
	"clock_gettime", "clock_gettime64", "gettimeofday", "time",
	"clock_nanosleep", "clock_nanosleep_time64", "nanosleep", "getrandom",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn",
	"rt_sigpending", "restart_syscall", "futex", "futex_time64",
	"sched_yield",
	"getpid", "gettid", "getuid", "geteuid", "getgid", "getegid",
	"uname", "sysinfo", "rseq", "exit", "exit_group"
};

/* A call, and what its arguments must be for it to pass. */
struct call_rule {
	const char		*name;
	struct scmp_arg_cmp	 arg[ARGUMENTS];	/* op 0: no more */
};

#define BITS(n, mask, value)	{ n, SCMP_CMP_MASKED_EQ, mask, value }
#define IS(n, value)		BITS(n, UINT32_MAX, value)
#define NO_CHANGE(n)	BITS(n, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY)
#define KIND(n, type)		BITS(n, 0xF, type)	/* without flags */
#define IOCTL(request)		{ "ioctl", { IS(1, request) } }
#define BPF(command)		{ "bpf", { IS(0, command) } }

static const struct call_rule daemon_rules[] = {
	{ "open", { NO_CHANGE(1) } },
	{ "openat", { NO_CHANGE(2) } },
	/* dial, questions to the kernel; syslog and readiness */
	{ "socket", { IS(0, AF_INET), KIND(1, SOCK_STREAM) } },
	{ "socket", { IS(0, AF_INET), KIND(1, SOCK_DGRAM) } },
	{ "socket", { IS(0, AF_UNIX), KIND(1, SOCK_DGRAM) } },
	{ "socket", { IS(0, AF_NETLINK), KIND(1, SOCK_RAW),
	    IS(2, NETLINK_ROUTE) } },
	{ "socket", { IS(0, AF_NETLINK), KIND(1, SOCK_RAW),
	    IS(2, NETLINK_NETFILTER) } },
	{ "connect", { IS(2, sizeof(struct sockaddr_in)) } },
	{ "connect", { IS(2, sizeof(struct sockaddr_un)) } },
	IOCTL(TUNSETIFF), IOCTL(TUNGETIFF), IOCTL(TUNSETOFFLOAD),
	IOCTL(TUNSETVNETHDRSZ), IOCTL(SIOCGIFHWADDR), IOCTL(SIOCGIFINDEX),
	IOCTL(SIOCGIFNAME), IOCTL(SIOCGIFFLAGS), IOCTL(FIONREAD),
	IOCTL(TCGETS),
	/* maps, and what is attached; nothing is loaded any more */
	BPF(BPF_MAP_LOOKUP_ELEM), BPF(BPF_MAP_UPDATE_ELEM),
	BPF(BPF_MAP_UPDATE_BATCH), BPF(BPF_MAP_DELETE_ELEM),
	BPF(BPF_MAP_GET_NEXT_KEY),
	BPF(BPF_OBJ_GET_INFO_BY_FD), BPF(BPF_OBJ_PIN), BPF(BPF_OBJ_GET),
	BPF(BPF_LINK_CREATE), BPF(BPF_LINK_UPDATE),
	{ "mmap", { BITS(2, PROT_EXEC, 0) } },
	{ "mmap2", { BITS(2, PROT_EXEC, 0) } },
	{ "mprotect", { BITS(2, PROT_EXEC, 0) } },
	/* to read a limit, not to change one */
	{ "prlimit64", { { 2, SCMP_CMP_EQ, 0, 0 } } }
};

/* A store of the cluster's that listens on a path is connected to again. */
static const struct call_rule store_rule = {
	"socket", { IS(0, AF_UNIX), KIND(1, SOCK_STREAM) }
};

/* What neither the helper nor a script has to do with. */
static const char *const helper_refused[] = {
	"mount", "umount", "umount2", "pivot_root", "chroot", "move_mount",
	"open_tree", "fsopen", "fsconfig", "fsmount", "fspick",
	"mount_setattr", "swapon", "swapoff", "quotactl", "quotactl_fd",
	"acct", "init_module", "finit_module", "delete_module", "kexec_load",
	"kexec_file_load", "reboot", "syslog", "settimeofday",
	"clock_settime", "clock_settime64", "adjtimex", "clock_adjtime",
	"clock_adjtime64", "iopl", "ioperm", "ptrace", "process_vm_readv",
	"process_vm_writev", "kcmp", "pidfd_getfd", "perf_event_open", "bpf",
	"userfaultfd", "add_key", "request_key", "keyctl",
	"open_by_handle_at", "io_uring_setup", "io_uring_enter",
	"io_uring_register", "mknod", "mknodat", "setns", "unshare"
};

/* Namespaces of its own are none of a script's needs, either. */
static const uint32_t helper_clone[] = {
	CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
	CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET
};

static const char *const closer_calls[] = {
	"recvmsg", "poll", "ppoll", "ppoll_time64", "close", "rt_sigreturn",
	"restart_syscall", "exit", "exit_group"
};

/* Not every architecture has every call. */
static int
add_call(scmp_filter_ctx filter, uint32_t action, const char *name,
    unsigned int n, const struct scmp_arg_cmp *arg)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR)
		return 0;
	return seccomp_rule_add_array(filter, action, number, n, arg) < 0 ?
	    -1 : 0;
}

static int
add_calls(scmp_filter_ctx filter, uint32_t action, const char *const *names,
    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (add_call(filter, action, names[i], 0, NULL) == -1)
			return -1;
	return 0;
}

static int
add_rule(scmp_filter_ctx filter, const struct call_rule *rule)
{
	unsigned int n = 0;

	while (n < ARGUMENTS && rule->arg[n].op != 0)
		n++;
	return add_call(filter, SCMP_ACT_ALLOW, rule->name, n, rule->arg);
}

static int
add_daemon_rules(scmp_filter_ctx filter, const int folders[], size_t n,
    bool unix_store)
{
	const struct call_rule signals = {
		"tgkill", { IS(0, (scmp_datum_t)getpid()) }
	};
	size_t i;

	for (i = 0; i < NELEM(daemon_rules); i++)
		if (add_rule(filter, &daemon_rules[i]) == -1)
			return -1;
	for (i = 0; i < n; i++) {
		const struct call_rule removal = {
			"unlinkat", { IS(0, (scmp_datum_t)folders[i]) }
		};

		if (folders[i] != -1 && add_rule(filter, &removal) == -1)
			return -1;
	}
	if (unix_store && add_rule(filter, &store_rule) == -1)
		return -1;
	return add_rule(filter, &signals);
}

static int
add_helper_rules(scmp_filter_ctx filter)
{
	size_t i;

	for (i = 0; i < NELEM(helper_clone); i++) {
		const struct scmp_arg_cmp new = BITS(0, helper_clone[i],
		    helper_clone[i]);

		if (add_call(filter, SCMP_ACT_ERRNO(EPERM), "clone", 1,
		    &new) == -1)
			return -1;
	}
	/* Its flags are out of sight: the C library takes clone instead. */
	if (add_call(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3", 0, NULL) == -1)
		return -1;
	return add_calls(filter, SCMP_ACT_ERRNO(EPERM), helper_refused,
	    NELEM(helper_refused));
}

/* Takes the filter over, which may be NULL. */
static int
load_filter(scmp_filter_ctx filter, int result)
{
	if (filter == NULL)
		return -1;
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	if (result == 0 && seccomp_load(filter) != 0)
		result = -1;
	seccomp_release(filter);
	return result;
}

int
syscall_filter_daemon(const int folders[], size_t n, bool unix_store)
{
	scmp_filter_ctx filter;

	if (!FILTER)
		return 0;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	return load_filter(filter, filter == NULL ||
	    add_calls(filter, SCMP_ACT_ALLOW, daemon_calls,
	    NELEM(daemon_calls)) == -1 ||
	    add_daemon_rules(filter, folders, n, unix_store) == -1 ? -1 : 0);
}

int
syscall_filter_helper(void)
{
	scmp_filter_ctx filter;

	if (!FILTER)
		return 0;
	filter = seccomp_init(SCMP_ACT_ALLOW);
	return load_filter(filter, filter == NULL ? -1 :
	    add_helper_rules(filter));
}

int
syscall_filter_closer(void)
{
	scmp_filter_ctx filter;

	if (!FILTER)
		return 0;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	return load_filter(filter, filter == NULL ? -1 : add_calls(filter,
	    SCMP_ACT_ALLOW, closer_calls, NELEM(closer_calls)));
}
