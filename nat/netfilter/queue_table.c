/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the kernel's table of queues: who has one, and what it has lost. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nat/netfilter/queue_table.h"

#define QUEUE_TABLE	"/proc/net/netfilter/nfnetlink_queue"

/* A row of the kernel's table of queues. */
struct queue_row {
	unsigned int	number, portid;
	uint64_t	queue_dropped, user_dropped;
};

FILE *
queue_table_open(void)
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
queue_table_lost(FILE *table, uint16_t number, uint64_t *lost)
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

/* Is it taken?  By whom; "" when no process has its socket. */
static bool
queue_owner(uint16_t number, char *owner, size_t size)
{
	FILE *table = queue_table_open();
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
	owner[0] = '\0';
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

bool
queue_table_is_left(uint16_t number)
{
	char owner[128];

	return queue_owner(number, owner, sizeof(owner)) && owner[0] == '\0';
}

/* The kernel says EPERM to those without privilege and for taken queues. */
void
queue_table_explain(uint16_t number, int e, char *error, size_t size)
{
	char owner[128];

	if (e == EPERM && queue_owner(number, owner, sizeof(owner)))
		snprintf(error, size, "queue %u is taken by %s: end that "
		    "program, or choose another number in queue { } and apply "
		    "the firewall rules again", number,
		    owner[0] != '\0' ? owner : "another program");
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
