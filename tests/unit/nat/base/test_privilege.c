/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "nat/base/privilege.h"
#include "nat/base/syscall_filter.h"

/* What a process of the daemon can still do once somebody else runs it. */

#define NOBODY	65534

static char folder[] = "/tmp/test_privilege.XXXXXX";
static char secret[64], mine[64];
static int folder_fd;
static void *page;

/* An attempt: what it gave, with errno. */
struct attempt {
	const char	*what;
	long		 (*try)(void);
};

#define ATTEMPT(name, expression)					\
static long try_##name(void) { return (long)(expression); }
#define ROW(name)	{ #name, try_##name }

ATTEMPT(read_of_root, open(secret, O_RDONLY))
ATTEMPT(read_of_shadow, open("/etc/shadow", O_RDONLY))
ATTEMPT(new_file, open(mine, O_WRONLY | O_CREAT, 0600))
ATTEMPT(write, open(mine, O_RDWR))
ATTEMPT(truncation, truncate(mine, 0))
ATTEMPT(unlink, unlink(mine))
ATTEMPT(unlinkat, unlinkat(AT_FDCWD, mine, 0))
ATTEMPT(rename, rename(mine, secret))
ATTEMPT(mkdir, mkdir(mine, 0700))
ATTEMPT(rmdir, rmdir(folder))
ATTEMPT(chmod, chmod(mine, 0777))
ATTEMPT(symlink, symlink(secret, mine))
ATTEMPT(unix_stream, socket(AF_UNIX, SOCK_STREAM, 0))
ATTEMPT(unix_packets, socket(AF_UNIX, SOCK_SEQPACKET, 0))
ATTEMPT(packet_socket, socket(AF_PACKET, SOCK_RAW, 0))
ATTEMPT(raw_socket, socket(AF_INET, SOCK_RAW, IPPROTO_RAW))
ATTEMPT(ipv6_socket, socket(AF_INET6, SOCK_STREAM, 0))
ATTEMPT(generic_netlink, socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC))
ATTEMPT(vsock, socket(AF_VSOCK, SOCK_STREAM, 0))
ATTEMPT(pair, socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){ 0, 0 }))
ATTEMPT(signal, kill(getppid(), 0))
ATTEMPT(thread_signal, syscall(SYS_tgkill, getppid(), getppid(), 0))
ATTEMPT(trace, ptrace(PTRACE_ATTACH, getppid(), NULL, NULL))
ATTEMPT(exec, execl("/bin/true", "true", NULL))
ATTEMPT(fork, fork())
ATTEMPT(namespace, unshare(CLONE_NEWUSER))
ATTEMPT(another_user, setuid(0))
ATTEMPT(typed_terminal, ioctl(STDIN_FILENO, TIOCSTI, "x"))
ATTEMPT(kept_device, ioctl(STDIN_FILENO, TUNSETPERSIST, 1))
ATTEMPT(new_program, syscall(SYS_bpf, BPF_PROG_LOAD, NULL, 0))
ATTEMPT(new_map, syscall(SYS_bpf, BPF_MAP_CREATE, NULL, 0))
ATTEMPT(limit, setrlimit(RLIMIT_CORE, &(struct rlimit){ 1, 1 }))
ATTEMPT(mount, mount("none", folder, "tmpfs", 0, NULL))
ATTEMPT(execution, mprotect(page, 4096, PROT_READ | PROT_EXEC))

static long
map(int how)
{
	return mmap(NULL, 4096, how, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	    MAP_FAILED ? -1 : 0;
}

ATTEMPT(writable_code, map(PROT_READ | PROT_WRITE | PROT_EXEC))
ATTEMPT(code, map(PROT_READ | PROT_EXEC))

/* Its address is as long as none of those that are dialled or logged to. */
static long
try_connect(void)
{
	struct sockaddr_un to = { AF_UNIX, "/run/x" };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	return fd == -1 ? 0 : connect(fd, (struct sockaddr *)&to, 9);
}

ATTEMPT(reading, open("/etc/passwd", O_RDONLY))
ATTEMPT(dialling, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
ATTEMPT(routes, socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE))
ATTEMPT(memory, map(PROT_READ | PROT_WRITE))
ATTEMPT(own_signal, syscall(SYS_tgkill, getpid(), gettid(), 0))
ATTEMPT(removal, unlinkat(folder_fd, "own", 0))

static const struct attempt daemon_cannot[] = {
	ROW(read_of_root), ROW(read_of_shadow), ROW(new_file), ROW(write),
	ROW(truncation), ROW(unlink), ROW(unlinkat), ROW(rename), ROW(mkdir),
	ROW(rmdir), ROW(chmod), ROW(symlink), ROW(unix_stream),
	ROW(unix_packets), ROW(packet_socket), ROW(raw_socket),
	ROW(ipv6_socket), ROW(generic_netlink), ROW(vsock), ROW(pair),
	ROW(connect), ROW(signal), ROW(thread_signal), ROW(trace), ROW(exec),
	ROW(fork), ROW(namespace), ROW(another_user), ROW(typed_terminal),
	ROW(kept_device), ROW(new_program), ROW(new_map), ROW(limit),
	ROW(mount), ROW(execution), ROW(writable_code), ROW(code)
};
static const struct attempt daemon_can[] = {
	ROW(reading), ROW(dialling), ROW(routes), ROW(memory),
	ROW(own_signal), ROW(removal)
};
static const struct attempt helper_cannot[] = {
	ROW(mount), ROW(namespace), ROW(trace), ROW(new_program), ROW(new_map)
};
static const struct attempt helper_can[] = {
	ROW(reading), ROW(read_of_root), ROW(new_file), ROW(unlink),
	ROW(signal), ROW(fork)
};
static const struct attempt closer_cannot[] = {
	ROW(reading), ROW(read_of_root), ROW(new_file), ROW(unlink),
	ROW(unix_stream), ROW(dialling), ROW(routes), ROW(signal),
	ROW(thread_signal), ROW(exec), ROW(fork), ROW(memory), ROW(code)
};

#define N(table)	(sizeof(table) / sizeof((table)[0]))

/* In a child: the first row that was not as it must be, from 1; or 0. */
static int
first_wrong(const struct attempt *table, size_t n, bool possible)
{
	size_t i;

	for (i = 0; i < n; i++) {
		errno = 0;
		if ((table[i].try() != -1) != possible ||
		    (!possible && errno != EPERM && errno != EACCES))
			return (int)i + 1;
	}
	return 0;
}

struct role {
	int		 (*enter)(void);
	const struct attempt *cannot, *can;
	size_t		 ncannot, ncan;
};

static int
enter_daemon(void)
{
	return privilege_become(PRIVILEGE_DAEMON, NOBODY, NOBODY) == -1 ||
	    syscall_filter_daemon(&folder_fd, 1, false) == -1 ? -1 : 0;
}

static int
enter_helper(void)
{
	return privilege_keep(PRIVILEGE_HELPER) == -1 ||
	    syscall_filter_helper() == -1 ? -1 : 0;
}

static int
enter_closer(void)
{
	return privilege_become(PRIVILEGE_CLOSER, NOBODY, NOBODY) == -1 ||
	    syscall_filter_closer() == -1 ? -1 : 0;
}

static const struct role
    role_daemon = { enter_daemon, daemon_cannot, daemon_can,
	N(daemon_cannot), N(daemon_can) },
    role_helper = { enter_helper, helper_cannot, helper_can,
	N(helper_cannot), N(helper_can) },
    role_closer = { enter_closer, closer_cannot, NULL, N(closer_cannot), 0 };

#define REFUSED		100	/* exit status: this, and the row */
#define NOT_ENTERED	255

static void
run_role(const struct role *role)
{
	int wrong;

	if (role->enter() == -1)
		_exit(NOT_ENTERED);
	if ((wrong = first_wrong(role->cannot, role->ncannot, false)) != 0)
		_exit(wrong);
	wrong = first_wrong(role->can, role->ncan, true);
	_exit(wrong != 0 ? wrong + REFUSED : 0);
}

static void
check(const struct role *role)
{
	int status, code;
	pid_t pid;

	if (geteuid() != 0)
		skip();
#ifdef __SANITIZE_ADDRESS__
	skip();			/* the filters are off */
#endif
	if ((pid = fork()) == 0)
		run_role(role);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	code = WEXITSTATUS(status);
	assert_int_not_equal(code, NOT_ENTERED);
	if (code > REFUSED)
		fail_msg("refused: %s", role->can[code - REFUSED - 1].what);
	if (code > 0)
		fail_msg("possible: %s", role->cannot[code - 1].what);
}

static void
serving_process(void **state)
{
	check(&role_daemon);
}

static void
helper_process(void **state)
{
	check(&role_helper);
}

static void
closing_process(void **state)
{
	check(&role_closer);
}

static void
put_file(const char *name, uid_t owner)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	if (geteuid() == 0)
		assert_int_equal(fchown(fd, owner, owner), 0);
	close(fd);
}

static int
make_files(void **state)
{
	char own[64];

	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0777), 0);
	snprintf(secret, sizeof(secret), "%s/secret", folder);
	snprintf(mine, sizeof(mine), "%s/mine", folder);
	snprintf(own, sizeof(own), "%s/own", folder);
	put_file(secret, 0);
	put_file(mine, NOBODY);
	put_file(own, NOBODY);
	folder_fd = open(folder, O_PATH | O_DIRECTORY);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return folder_fd == -1 || page == MAP_FAILED ? -1 : 0;
}

static int
remove_files(void **state)
{
	char own[64];

	snprintf(own, sizeof(own), "%s/own", folder);
	(void)unlink(secret);
	(void)unlink(mine);
	(void)unlink(own);
	(void)rmdir(folder);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serving_process),
		cmocka_unit_test(helper_process),
		cmocka_unit_test(closing_process),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
