/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "nat/reload.h"

enum log_level
reload_log_level(enum config_level level)
{
	static const enum log_level levels[] = {
		[CONFIG_LOG_ERROR]	= LOG_LEVEL_ERROR,
		[CONFIG_LOG_WARNING]	= LOG_LEVEL_WARNING,
		[CONFIG_LOG_INFO]	= LOG_LEVEL_INFO,
		[CONFIG_LOG_DEBUG]	= LOG_LEVEL_DEBUG
	};

	return levels[level];
}

void
reload_alg(const struct config *c, struct alg_config *a)
{
	memset(a, 0, sizeof(*a));
	a->malformed_reset = c->malformed_reset;
	a->connections = c->connections;
	a->calls_per_connection = c->calls_per_connection;
	a->calls_per_client = c->calls_per_client;
	a->quarantine = c->quarantine * 1000;
	a->recording = c->journal[0] != '\0';
}

void
reload_keep_fixed(const struct config *old, struct config *new)
{
	if (new->queue_control != old->queue_control ||
	    new->queue_gre != old->queue_gre || new->mark != old->mark)
		log_warning("reload: queue numbers and mark change with a "
		    "restart only (and the firewall rules with them)");
	if (config_has_alg(new) != config_has_alg(old))
		log_warning("reload: the first interface outside needs a "
		    "restart, and none at all, too");
	if (strcmp(new->control_socket, old->control_socket) != 0)
		log_warning("reload: control-socket changes with a restart "
		    "only");
	if (strcmp(new->journal, old->journal) != 0)
		log_warning("reload: journal changes with a restart only");
	if (new->engine != old->engine || new->forward != old->forward)
		log_warning("reload: gre { } changes with a restart only");
	if (new->connections != old->connections)
		log_warning("reload: limits { connections } changes with a "
		    "restart only");
	new->queue_control = old->queue_control;
	new->queue_gre = old->queue_gre;
	new->mark = old->mark;
	new->engine = old->engine;
	new->forward = old->forward;
	new->connections = old->connections;
	memcpy(new->control_socket, old->control_socket,
	    sizeof(new->control_socket));
	memcpy(new->journal, old->journal, sizeof(new->journal));
}
