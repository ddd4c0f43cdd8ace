/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of sections against each other. */
#include <stdio.h>
#include <string.h>

#include "conf/address.h"
#include "conf/section.h"

bool
section_name_is_valid(const char *name)
{
	static const char letters[] = "0123456789._-"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t len = strspn(name, letters);

	return len > 0 && len < TERMINATE_NAME_MAX && name[len] == '\0';
}

static bool
listens_alike(const struct terminate *a, const struct terminate *b)
{
	const struct terminate_endpoint *x, *y;
	size_t i, j;

	for (i = 0; i < a->nlisten; i++)
		for (j = 0; j < b->nlisten; j++) {
			x = &a->listen[i];
			y = &b->listen[j];
			if (x->port == y->port && (x->address == y->address ||
			    x->address == 0 || y->address == 0) &&
			    strcmp(a->bind_device, b->bind_device) == 0)
				return true;
		}
	return false;
}

static bool
pools_overlap(const struct terminate *a, const struct terminate *b)
{
	size_t i, j;

	for (i = 0; i < a->nremote; i++)
		for (j = 0; j < b->nremote; j++)
			if (a->remote[i].first <= b->remote[j].last &&
			    b->remote[j].first <= a->remote[i].last)
				return true;
	return false;
}

/* Both want the interface of this name? */
static bool
interfaces_alike(const struct tunnel_options *a, const struct tunnel_options *b)
{
	return strchr(a->interface, '%') == NULL &&
	    strcmp(a->interface, b->interface) == 0;
}

static int
check_pair(const struct terminate *a, const struct terminate *b, char *error,
    size_t size)
{
	const char *what = NULL;

	if (listens_alike(a, b))
		what = "listen: the same address and port are";
	else if (pools_overlap(a, b))
		what = "remote-addresses: some of them are";
	else if (interfaces_alike(&a->tunnel, &b->tunnel))
		what = "interface: the same name is";
	else
		return 0;
	snprintf(error, size, "terminate %s: %s in terminate %s, too",
	    b->name, what, a->name);
	return -1;
}

static int
check_dial(const struct config *config, const struct dial *d, char *error,
    size_t size)
{
	const struct terminate *t;
	const struct dial *other;

	for (t = config->terminate; t != NULL; t = t->next)
		if (interfaces_alike(&t->tunnel, &d->tunnel)) {
			snprintf(error, size, "dial %s: interface: the same "
			    "name is in terminate %s, too", d->name, t->name);
			return -1;
		}
	for (other = config->dial; other != d; other = other->next)
		if (interfaces_alike(&other->tunnel, &d->tunnel)) {
			snprintf(error, size, "dial %s: interface: the same "
			    "name is in dial %s, too", d->name, other->name);
			return -1;
		}
	if (d->mark != 0 && (d->mark & config->mark) != 0) {
		snprintf(error, size, "dial %s: mark: expected a number "
		    "without the bit 0x%x, by which the firewall rules know "
		    "packets of pptpalgd", d->name, config->mark);
		return -1;
	}
	return 0;
}

/* ADDRESS:PORT, with commas between: to look up a name could take long. */
static bool
are_servers(const char *list)
{
	struct terminate_endpoint endpoint;
	char word[CONFIG_STORE_MAX];
	size_t len;

	for (;; list += len + 1) {
		len = strcspn(list, ",");
		snprintf(word, sizeof(word), "%.*s", (int)len, list);
		if (!address_read_endpoint(word, 0, &endpoint) ||
		    endpoint.address == 0)
			return false;
		if (list[len] == '\0')
			return true;
	}
}

static int
check_cluster(const struct config_cluster *c, char *error, size_t size)
{
	const size_t len = strlen(CONFIG_SENTINEL);
	bool by_sentinel = strncmp(c->store, CONFIG_SENTINEL, len) == 0;

	if (by_sentinel && are_servers(c->store + len)) {
		if (c->master[0] != '\0')
			return 0;
		snprintf(error, size, "cluster: master: expected the name by "
		    "which the sentinels know the store");
		return -1;
	}
	if (c->store[0] != '\0' && strncmp(c->store, "unix:/", 6) != 0 &&
	    (strchr(c->store, ',') != NULL || !are_servers(c->store))) {
		snprintf(error, size, "cluster: store: expected unix:/PATH, "
		    "ADDRESS:PORT or " CONFIG_SENTINEL "ADDRESS:PORT,..., not "
		    "'%s'", c->store);
		return -1;
	}
	if (c->master[0] == '\0')
		return 0;
	snprintf(error, size, "cluster: master: expected store = \""
	    CONFIG_SENTINEL "ADDRESS:PORT,...\"");
	return -1;
}

int
section_check_all(const struct config *config, char *error, size_t size)
{
	const struct terminate *a, *b;
	const struct dial *d;

	if (check_cluster(&config->cluster, error, size) == -1)
		return -1;
	for (b = config->terminate; b != NULL; b = b->next)
		for (a = config->terminate; a != b; a = a->next)
			if (check_pair(a, b, error, size) == -1)
				return -1;
	for (d = config->dial; d != NULL; d = d->next)
		if (check_dial(config, d, error, size) == -1)
			return -1;
	return 0;
}
