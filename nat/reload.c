/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the configuration again and hands it to all that work by it. */
#include <string.h>

#include "alg/base/line.h"
#include "nat/bpf/engine.h"
#include "nat/endpoint/endpoint.h"
#include "nat/net/interface.h"
#include "nat/reload.h"
#include "nat/running.h"

enum log_level
reload_level(enum config_level level)
{
	static const enum log_level levels[] = {
		[CONFIG_LOG_ERROR]	= LOG_LEVEL_ERROR,
		[CONFIG_LOG_WARNING]	= LOG_LEVEL_WARNING,
		[CONFIG_LOG_INFO]	= LOG_LEVEL_INFO,
		[CONFIG_LOG_DEBUG]	= LOG_LEVEL_DEBUG
	};

	return levels[level];
}

enum log_level
reload_log_level(const struct running *r)
{
	return r->verbose ? LOG_LEVEL_DEBUG :
	    reload_level(r->config->log_level);
}

void
reload_alg_config(const struct running *r, struct alg_config *a)
{
	const struct config *c = r->config;

	memset(a, 0, sizeof(*a));
	a->malformed_reset = c->malformed_reset;
	a->connections = c->connections;
	a->calls_per_connection = c->calls_per_connection;
	a->calls_per_client = c->calls_per_client;
	a->quarantine = c->quarantine * 1000;
	a->recording = c->journal[0] != '\0' || c->cluster.store[0] != '\0';
	if (r->verdict->engine == NULL)
		return;
	a->offloaded = engine_offloaded;
	a->offloaded_arg = r->verdict->engine;
	a->followed = engine_followed;
	a->followed_arg = r->verdict->engine;
}

/* Into the log, and for who asked: a line each. */
static void
warn_of_reload(void *arg, const char *sentence)
{
	log_warning("reload: %s", sentence);
	line_add(arg, "%s\n", sentence);
}

/*
 * What a running daemon cannot change stays as it was in a new
 * configuration; the log says so.
 */
static void
keep_fixed(const struct config *old, struct config *new, struct line *said)
{
	const struct {
		bool		 changed;
		const char	*sentence;
	} fixed[] = {
		{ new->queue_control != old->queue_control ||
		    new->queue_gre != old->queue_gre ||
		    new->queue_hairpin != old->queue_hairpin ||
		    new->mark != old->mark, "queue numbers and mark change "
		    "with a restart only (and the firewall rules with them)" },
		{ config_has_alg(new) != config_has_alg(old), "the first "
		    "interface outside needs a restart, and none at all, too" },
		{ strcmp(new->control_socket, old->control_socket) != 0,
		    "control-socket changes with a restart only" },
		{ strcmp(new->user, old->user) != 0,
		    "user changes with a restart only" },
		{ strcmp(new->journal, old->journal) != 0,
		    "journal changes with a restart only" },
		{ strcmp(new->accounting, old->accounting) != 0,
		    "log { accounting } changes with a restart only" },
		{ memcmp(&new->cluster, &old->cluster, sizeof(new->cluster)) !=
		    0, "cluster { } changes with a restart only" },
		{ strcmp(new->metrics, old->metrics) != 0,
		    "metrics { listen } changes with a restart only" },
		{ new->engine != old->engine || new->forward != old->forward,
		    "gre { } changes with a restart only" },
		{ new->connections != old->connections,
		    "limits { connections } changes with a restart only" },
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (fixed[i].changed)
			warn_of_reload(said, fixed[i].sentence);
	new->queue_control = old->queue_control;
	new->queue_gre = old->queue_gre;
	new->queue_hairpin = old->queue_hairpin;
	new->mark = old->mark;
	new->engine = old->engine;
	new->forward = old->forward;
	new->connections = old->connections;
	new->cluster = old->cluster;
	memcpy(new->control_socket, old->control_socket,
	    sizeof(new->control_socket));
	memcpy(new->journal, old->journal, sizeof(new->journal));
	memcpy(new->accounting, old->accounting, sizeof(new->accounting));
	memcpy(new->metrics, old->metrics, sizeof(new->metrics));
	memcpy(new->user, old->user, sizeof(new->user));
}

int
reload_config(struct running *r, char *error, size_t size)
{
	struct line said = line_of(error, size);
	struct verdict *v = r->verdict;
	struct alg_config a;
	struct config *new;

	if ((new = config_read(r->file, error, size)) == NULL) {
		log_error("reload: %s; the old configuration stays", error);
		return -1;
	}
	keep_fixed(r->config, new, &said);
	config_warnings(new, warn_of_reload, &said);
	endpoint_reload(v->endpoint, new);
	config_free(r->config);
	r->config = new;
	v->require = new->require;
	reload_alg_config(r, &a);
	alg_configure(v->alg, &a);
	if (v->interface != NULL) {
		interface_configure(v->interface, new);
		engine_interfaces(v->engine);
	}
	log_set_level(reload_log_level(r));
	log_info("configuration %s read again", r->file);
	return 0;
}
