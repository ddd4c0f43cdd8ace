/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a section "dial", and which of them go together. */
#include <stdio.h>
#include <string.h>

#include "conf/secrets.h"
#include "conf/section.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define DIAL(m)	KEY_MEMBER(dial, m)
#define DIAL_LIST(m)		KEY_LIST(dial, m, n##m)
#define SECRETS		"/etc/pptpalg/chap-secrets"

/* In the order of pptpalg-terminate(5). */
static const struct key dial_keys[] = {
	{ "server", KEY_TYPE(TEXT), DIAL(server) },
	{ "port", KEY_NUMBER(1, 65535), DIAL(port), .standard = "1723" },
	{ "phone", KEY_TYPE(TEXT), DIAL(phone), .value.empty = true,
	    .standard = "" },
	{ "user", KEY_TYPE(TEXT), DIAL(user) },
	{ "password-file", KEY_TYPE(PATH), DIAL(password_file),
	    .value.empty = true, .standard = "" },
	{ "secrets", KEY_TYPE(PATH), DIAL_LIST(secrets) },
	{ "remote-name", KEY_TYPE(TEXT), DIAL(remote_name),
	    .value.empty = true, .standard = "" },
	{ "automatic", KEY_NO_YES, DIAL(automatic),
	    .standard = "yes" },
	{ "local-address", KEY_TYPE(ADDRESS), DIAL(local_address),
	    .standard = "0.0.0.0" },
	{ "remote-address", KEY_TYPE(ADDRESS), DIAL(remote_address),
	    .standard = "0.0.0.0" },
	{ "routes", KEY_TYPE(NET), DIAL_LIST(route) },
	{ "default-route", KEY_NO_YES, DIAL(default_route),
	    .standard = "no" },
	{ "host-route", KEY_NO_YES, DIAL(host_route),
	    .standard = "yes" },
	{ "metric", KEY_NUMBER(0, UINT32_MAX), DIAL(metric),
	    .standard = "0" },
	{ "use-dns", KEY_NO_YES, DIAL(use_dns), .standard = "no" },
	{ "dns-script", KEY_TYPE(PATH), DIAL(dns_script),
	    .value.empty = true, .standard = "" },
	{ "bind-address", KEY_TYPE(ADDRESS), DIAL(bind_address),
	    .standard = "0.0.0.0" },
	{ "bind-device", KEY_TYPE(INTERFACE), DIAL(bind_device),
	    .value.empty = true, .standard = "" },
	{ "mark", KEY_NUMBER(0, UINT32_MAX), DIAL(mark), .standard = "0" },
	{ "connect-timeout", KEY_NUMBER(1, 3600), DIAL(connect_timeout),
	    .standard = "60" },
	{ "reconnect", KEY_NO_YES, DIAL(reconnect),
	    .standard = "yes" },
	{ "reconnect-delay", KEY_NUMBER(1, 86400), DIAL(reconnect_delay),
	    .standard = "5" },
	{ "reconnect-delay-max", KEY_NUMBER(1, 86400),
	    DIAL(reconnect_delay_max), .standard = "300" },
	{ "reconnect-tries", KEY_NUMBER(0, 1000000), DIAL(reconnect_tries),
	    .standard = "0" },
};

const struct key_part *
dial_parts(void)
{
	static struct key_part parts[] = {
		{ dial_keys, NELEM(dial_keys), 0 },
		{ NULL, 0, offsetof(struct dial, tunnel) },
		{ NULL, 0, 0 }
	};

	parts[1].keys = tunnel_options_keys(&parts[1].n);
	return parts;
}

bool
dial_equal(const struct dial *a, const struct dial *b)
{
	const size_t start = offsetof(struct dial, name);

	/* Both are zeroed memory in which values were set once. */
	return memcmp((const char *)a + start, (const char *)b + start,
	    sizeof(*a) - start) == 0;
}

char *
dial_password(const struct dial *d, char *error, size_t size)
{
	const struct secret *found;
	struct secrets *secrets;
	char *password = NULL;

	if (d->password_file[0] != '\0')
		return secrets_password(d->password_file, error, size);
	secrets = secrets_read(d->secrets, d->nsecrets, NULL, NULL, error,
	    size);
	if (secrets == NULL)
		return NULL;
	if ((found = secrets_find(secrets, d->user, d->remote_name)) == NULL)
		snprintf(error, size, "no secret for %.100s at %.100s",
		    d->user, d->remote_name);
	else if ((password = strdup(found->password)) == NULL)
		snprintf(error, size, "out of memory");
	secrets_free(secrets);
	return password;
}

/* A host name or an IPv4 address: nothing else that resolvers might take. */
static bool
is_host(const char *name)
{
	static const char letters[] = "0123456789.-_"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return name[0] != '-' && name[0] != '.' &&
	    name[strspn(name, letters)] == '\0';
}

int
dial_check(struct dial *d, char *error, size_t size)
{
	if (d->server[0] == '\0')
		snprintf(error, size, "server: expected the name or the "
		    "address of a server");
	else if (!is_host(d->server))
		snprintf(error, size, "server: expected the name or the "
		    "address of a server, not '%s'", d->server);
	else if (d->user[0] == '\0')
		snprintf(error, size, "user: expected a name");
	else if (d->password_file[0] != '\0' && d->nsecrets > 0)
		snprintf(error, size, "secrets: the password is already in "
		    "password-file");
	else if (strchr(d->bind_device, '%') != NULL)
		snprintf(error, size, "bind-device: expected a name without "
		    "%%d");
	else if (d->reconnect_delay_max < d->reconnect_delay)
		snprintf(error, size, "reconnect-delay-max: expected not "
		    "less than reconnect-delay, %u", d->reconnect_delay);
	else {
		if (d->password_file[0] == '\0' && d->nsecrets == 0)
			strcpy(d->secrets[d->nsecrets++], SECRETS);
		if (d->remote_name[0] == '\0')
			strcpy(d->remote_name, d->name);
		return tunnel_options_check(&d->tunnel, error, size);
	}
	return -1;
}
