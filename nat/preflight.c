/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Explains what keeps the daemon from working: rights, rules, secrets. */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <errno.h>
#include <fcntl.h>
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

#define INITIAL_USERNS	4026531837U	/* PROC_USER_INIT_INO */

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
