/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of interfaces, and patterns of names that end in +. */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "conf/ifnames.h"

/* Kernel names, less those that would need quoting in firewall rules. */
bool
ifnames_is_valid(const char *name)
{
	static const char letters[] = "0123456789._-@"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t len = strspn(name, letters);

	if (name[len] == '+')
		len++;
	return len > 0 && len < IFNAMSIZ && name[len] == '\0' &&
	    strchr("+.-@", name[0]) == NULL;
}

static bool
name_is_wild(const char *name)
{
	return name[0] != '\0' && name[strlen(name) - 1] == '+';
}

/* Does an interface name, or a pattern's common part, match a pattern? */
static bool
name_matches(const char *pattern, const char *name)
{
	if (name_is_wild(pattern))
		return strncmp(pattern, name, strlen(pattern) - 1) == 0;
	return strcmp(pattern, name) == 0;
}

bool
ifnames_match(const struct config_names *names, const char *ifname)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (name_matches(names->name[i], ifname))
			return true;
	return false;
}

const char *
ifnames_overlap(const struct config_names *names, const char *name)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (name_matches(names->name[i], name) ||
		    name_matches(name, names->name[i]))
			return names->name[i];
	return NULL;
}

int
ifnames_add(struct config_names *names, const char *name)
{
	char **more, *copy = strdup(name);

	more = reallocarray(names->name, names->n + 1, sizeof(*more));
	if (more != NULL)
		names->name = more;
	if (copy == NULL || more == NULL) {
		free(copy);
		return -1;
	}
	names->name[names->n++] = copy;
	return 0;
}

void
ifnames_free(struct config_names *names)
{
	while (names->n > 0)
		free(names->name[--names->n]);
	free(names->name);
}

bool
ifnames_is_vrf(unsigned int flags)
{
	return flags & IFF_MASTER && flags & IFF_NOARP;
}
