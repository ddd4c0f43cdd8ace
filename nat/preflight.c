/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Explains what keeps the daemon from working: rights, rules, secrets. */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/radius_secrets.h"
#include "conf/secrets.h"
#include "nat/base/account.h"
#include "nat/base/log.h"
#include "nat/base/privilege.h"
#include "nat/host/helper.h"
#include "nat/preflight.h"

#define QUEUE_TABLE	"/proc/net/netfilter/nfnetlink_queue"
#define INITIAL_USERNS	4026531837U	/* PROC_USER_INIT_INO */

/* A row of the kernel's table of queues. */
struct queue_row {
	unsigned int	number, portid;
	uint64_t	queue_dropped, user_dropped;
};

FILE *
preflight_queue_table(void)
{
	return fopen(QUEUE_TABLE, "re");
}

static int
find_queue(FILE *table, uint16_t number, struct queue_row *row)
{
	char line[256];
	int found = 0;

	if (table == NULL)
		return -1;
	rewind(table);
	/* queue portid waiting mode range dropped user_dropped id 1 */
	while (!found && fgets(line, sizeof(line), table) != NULL)
		found = sscanf(line, "%u %u %*u %*u %*u %" SCNu64 " %" SCNu64,
		    &row->number, &row->portid, &row->queue_dropped,
		    &row->user_dropped) == 4 && row->number == number;
	return found ? 0 : -1;
}

int
preflight_queue_lost(FILE *table, uint16_t number, uint64_t *lost)
{
	struct queue_row row;

	if (find_queue(table, number, &row) == -1)
		return -1;
	*lost = row.queue_dropped + row.user_dropped;
	return 0;
}

/* The inode of the netlink socket with a port number; 0 if there is none. */
static unsigned long
socket_inode(unsigned int portid)
{
	unsigned long inode, found = 0;
	unsigned int protocol, pid;
	char line[256];
	FILE *f;

	if ((f = fopen("/proc/net/netlink", "re")) == NULL)
		return 0;
	/* sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode */
	while (found == 0 && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%*s %u %u %*s %*s %*s %*s %*s %*s %lu",
		    &protocol, &pid, &inode) == 3 &&
		    protocol == NETLINK_NETFILTER && pid == portid)
			found = inode;
	fclose(f);
	return found;
}

static bool
has_socket(const char *pid, unsigned long inode)
{
	char path[600], wanted[64], link[64];
	struct dirent *entry;
	bool found = false;
	ssize_t n;
	DIR *dir;

	snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	if ((dir = opendir(path)) == NULL)
		return false;
	while (!found && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid,
		    entry->d_name);
		n = readlink(path, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		found = strcmp(link, wanted) == 0;
	}
	closedir(dir);
	return found;
}

static void
name_process(const char *pid, char *owner, size_t size)
{
	char path[300], name[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	if ((f = fopen(path, "re")) != NULL) {
		if (fgets(name, sizeof(name), f) == NULL)
			name[0] = '\0';
		fclose(f);
	}
	name[strcspn(name, "\n")] = '\0';
	snprintf(owner, size, "%s (process %.16s)", name, pid);
}

static bool
queue_owner(uint16_t number, char *owner, size_t size)
{
	FILE *table = preflight_queue_table();
	struct dirent *entry;
	unsigned long inode;
	struct queue_row row;
	bool found = find_queue(table, number, &row) == 0;
	DIR *dir;

	if (table != NULL)
		fclose(table);
	if (!found)
		return false;
	found = false;
	snprintf(owner, size, "another program");
	if ((inode = socket_inode(row.portid)) == 0 ||
	    (dir = opendir("/proc")) == NULL)
		return true;
	while (!found && (entry = readdir(dir)) != NULL)
		if (strspn(entry->d_name, "0123456789") ==
		    strlen(entry->d_name) &&
		    (found = has_socket(entry->d_name, inode)))
			name_process(entry->d_name, owner, size);
	closedir(dir);
	return true;
}

/* The kernel says EPERM to those without privilege and for taken queues. */
void
preflight_explain_queue(uint16_t number, int e, char *error, size_t size)
{
	char owner[128];

	if (e == EPERM && queue_owner(number, owner, sizeof(owner)))
		snprintf(error, size, "queue %u is taken by %s: end that "
		    "program, or choose another number in queue { } and apply "
		    "the firewall rules again", number, owner);
	else if (e == EPERM)
		snprintf(error, size, "not allowed to bind queue %u: run as "
		    "root, or with CAP_NET_ADMIN in the user namespace that "
		    "owns this network namespace", number);
	else if (e == EPROTONOSUPPORT || e == EINVAL || e == EOPNOTSUPP)
		snprintf(error, size, "this kernel has no NFQUEUE: modprobe "
		    "nfnetlink_queue, or use a kernel with "
		    "CONFIG_NETFILTER_NETLINK_QUEUE");
	else
		snprintf(error, size, "queue %u: %s", number, strerror(e));
}

static int
check_privilege(char *error, size_t size)
{
	if (privilege_present())
		return 0;
	snprintf(error, size, "not enough privilege: start it as root, or "
	    "with CAP_NET_ADMIN and CAP_NET_RAW");
	return -1;
}

/* Is our network namespace owned by another than the first user namespace? */
static bool
foreign_network(void)
{
	struct stat st;
	bool foreign = false;
	int fd, owner;

	if ((fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) == -1)
		return false;
	if ((owner = ioctl(fd, NS_GET_USERNS)) != -1) {
		foreign = fstat(owner, &st) == 0 &&
		    st.st_ino != INITIAL_USERNS;
		close(owner);
	}
	close(fd);
	return foreign;
}

/* Linux 7.1: "netfilter: disable payload mangling in userns". */
static int
check_mangling(char *error, size_t size)
{
	struct utsname u;
	int major, minor;

	if (uname(&u) == -1 ||
	    sscanf(u.release, "%d.%d", &major, &minor) != 2 ||
	    major < 7 || (major == 7 && minor < 1) || !foreign_network())
		return 0;
	snprintf(error, size, "kernel %s refuses to change packets in a "
	    "network namespace that belongs to a user namespace: run in the "
	    "host's network namespace, or in one made by the real root "
	    "(not by unshare -U or a rootless container)", u.release);
	return -1;
}

int
preflight_all(const struct firewall *f, char *error, size_t size)
{
	if (check_privilege(error, size) == -1)
		return -1;
	if (f == NULL)
		return 0;
	return check_mangling(error, size) == -1 ||
	    helper_check(f, error, size) == -1 ? -1 : 0;
}

static void
log_sentence(void *arg, const char *sentence)
{
	log_warning("%s", sentence);
}

static int
check_files(const char *section, const char (*files)[TUNNEL_FILE_MAX],
    size_t nfiles)
{
	struct secrets *secrets;
	char error[512];

	secrets = secrets_read(files, nfiles, log_sentence, NULL, error,
	    sizeof(error));
	if (secrets == NULL)
		log_error("terminate %s: %s", section, error);
	secrets_free(secrets);
	return secrets == NULL ? -1 : 0;
}

static int
check_radius(const struct terminate *t,
    const struct terminate_endpoint *servers, size_t n)
{
	char error[512], secret[RADIUS_SECRET_MAX];
	int result = 0;

	for (size_t i = 0; i < n && result == 0; i++)
		result = radius_secrets_read(t->radius_secrets,
		    servers[i].address, secret, error, sizeof(error));
	explicit_bzero(secret, sizeof(secret));
	if (result == -1)
		log_error("terminate %s: %s", t->name, error);
	return result;
}

/* The files of users are not read where RADIUS servers know them. */
static int
check_users(const struct terminate *t)
{
	if (check_radius(t, t->radius, t->nradius) == -1 ||
	    check_radius(t, t->radius_accounting, t->nradius_accounting) == -1)
		return -1;
	if (t->nradius > 0)
		return 0;
	return check_files(t->name, t->secrets, t->nsecrets) == -1 ||
	    check_files(t->name, t->pap_secrets, t->npap_secrets) == -1 ?
	    -1 : 0;
}

static int
check_password(const struct dial *d)
{
	char error[512], *password = dial_password(d, error, sizeof(error));

	if (password == NULL)
		log_error("dial %s: %s", d->name, error);
	secrets_password_free(password);
	return password == NULL ? -1 : 0;
}

static int
check_store(const struct config_cluster *c)
{
	char error[512], *password;

	if (c->password_file[0] == '\0')
		return 0;
	password = secrets_password(c->password_file, error, sizeof(error));
	if (password == NULL)
		log_error("cluster: %s", error);
	secrets_password_free(password);
	return password == NULL ? -1 : 0;
}

/* With no more rights than the daemon will have; for good. */
static int
become_daemon(const struct config *config)
{
	struct account account;
	char error[512];

	if (account_find(&account, config, error, sizeof(error)) == -1 ||
	    account_become(&account, error, sizeof(error)) == -1) {
		log_error("%s", error);
		return -1;
	}
	if (!privilege_present() || privilege_keep(PRIVILEGE_DAEMON) == 0)
		return 0;
	log_error("cannot give up capabilities: %s", strerror(errno));
	return -1;
}

int
preflight_secrets(const struct config *config)
{
	const struct terminate *t;
	const struct dial *d;
	int result;

	if (become_daemon(config) == -1)
		return -1;
	result = check_store(&config->cluster);
	for (t = config->terminate; t != NULL; t = t->next)
		if (check_users(t) == -1)
			result = -1;
	for (d = config->dial; d != NULL; d = d->next)
		if (check_password(d) == -1)
			result = -1;
	return result;
}
