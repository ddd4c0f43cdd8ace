/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "conf/config.h"

/* Whom to tell, about which section. */
struct warner {
	void		(*warn)(void *, const char *);
	void		 *arg;
	const char	 *kind, *name;
};

static void __attribute__((format(printf, 2, 3)))
say(const struct warner *warner, const char *format, ...)
{
	char text[512];
	va_list args;
	int len;

	len = snprintf(text, sizeof(text), "%s %s: ", warner->kind,
	    warner->name);
	va_start(args, format);
	vsnprintf(text + len, sizeof(text) - (size_t)len, format, args);
	va_end(args);
	warner->warn(warner->arg, text);
}

static const struct {
	enum tunnel_method	 method;
	const char		*sentence;
} weak_methods[] = {
	{ TUNNEL_PAP, "methods: pap sends passwords that anybody on the way "
	    "can read" },
	{ TUNNEL_CHAP, "methods: chap lets who listens guess passwords "
	    "offline, and gives no encryption" },
	{ TUNNEL_MSCHAP, "methods: mschap is broken, its password hashes can "
	    "be computed from one login that was heard" },
};

static const struct {
	enum tunnel_key		 key;
	const char		*sentence;
} weak_keys[] = {
	{ TUNNEL_KEY_40, "key-lengths: 40 bits are searched through in "
	    "minutes" },
	{ TUNNEL_KEY_56, "key-lengths: 56 bits are searched through in hours" },
};

static void
link_warnings(const struct tunnel_options *link, const struct warner *warner)
{
	size_t i;

	for (i = 0; i < sizeof(weak_methods) / sizeof(weak_methods[0]); i++)
		if (link->methods & weak_methods[i].method)
			say(warner, "%s", weak_methods[i].sentence);
	if (link->encryption == TUNNEL_CLEAR)
		say(warner, "encryption = none: traffic can be read and "
		    "changed on the way");
	if (link->encryption == TUNNEL_OPTIONAL)
		say(warner, "encryption = optional: who is on the way can "
		    "turn encryption off");
	if (link->encryption == TUNNEL_CLEAR)
		return;
	for (i = 0; i < sizeof(weak_keys) / sizeof(weak_keys[0]); i++)
		if (link->key_lengths & weak_keys[i].key)
			say(warner, "%s", weak_keys[i].sentence);
	if (link->stateful)
		say(warner, "stateful = yes: 256 packets share a key, and a "
		    "lost packet costs those that follow it");
}

void
config_warnings(const struct config *config,
    void (*warn)(void *arg, const char *sentence), void *arg)
{
	struct warner warner = { warn, arg, "terminate", NULL };
	const struct terminate *t;
	const struct dial *d;

	for (t = config->terminate; t != NULL; t = t->next) {
		warner.name = t->name;
		link_warnings(&t->link, &warner);
		if (!t->source_check)
			say(&warner, "source-check = no: clients can send "
			    "packets in the name of others");
	}
	warner.kind = "dial";
	for (d = config->dial; d != NULL; d = d->next) {
		warner.name = d->name;
		link_warnings(&d->link, &warner);
	}
}
