/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pptpalg.conf(5) as a struct: reading, checking and printing it. */
#ifndef CONF_CONFIG_H
#define CONF_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/dial.h"
#include "conf/terminate.h"

#define CONFIG_PATH_MAX		108	/* sun_path */
#define CONFIG_STORE_MAX	256
#define CONFIG_SENTINEL		"sentinel:"	/* before a list of them */
#define CONFIG_JOURNAL_MAX	(CONFIG_PATH_MAX + 8)
#define CONFIG_DEFAULT_FILE	"/etc/pptpalg/pptpalg.conf"
#define CONFIG_USER_MAX		33	/* bytes of a login name, with NUL */
#define CONFIG_DEFAULT_USER	"pptpalg"

enum config_engine {
	CONFIG_ENGINE_AUTO, CONFIG_ENGINE_BPF, CONFIG_ENGINE_NFQUEUE
};
enum config_forward {
	CONFIG_FORWARD_AUTO, CONFIG_FORWARD_STACK, CONFIG_FORWARD_DIRECT
};
enum config_level {
	CONFIG_LOG_ERROR, CONFIG_LOG_WARNING, CONFIG_LOG_INFO, CONFIG_LOG_DEBUG
};

/* What PPP of calls that pass through is held to. */
enum config_encryption {
	CONFIG_ENCRYPTION_NONE, CONFIG_ENCRYPTION_ANY, CONFIG_ENCRYPTION_128
};
struct config_require {
	uint32_t methods;	/* 1 << (enum alg_method - 1); 0: all */
	enum config_encryption encryption;
	bool	 end;		/* else it is only logged */
};

/* How far a record must have come before a verdict goes. */
enum config_wait { CONFIG_WAIT_NONE, CONFIG_WAIT_LOCAL, CONFIG_WAIT_REPLICA };

/* The other firewall of a pair, by way of a store of records. */
struct config_cluster {
	char			 store[CONFIG_STORE_MAX];	/* "": none */
	char			 master[64];	/* its name at the sentinels */
	char			 name[64];	/* of the pair, in the store */
	char			 node[64];	/* this one's; "": the host's */
	enum config_wait	 wait;
	char			 password_file[CONFIG_PATH_MAX]; /* "": none */
};

/* A list of interface names; a trailing + stands for any ending. */
struct config_names {
	char		**name;
	size_t		  n;
};

/* pptpalg.conf(5), checked and complete. */
struct config {
	struct config_names	 outside, inside;
	uint16_t		 queue_control, queue_gre, queue_hairpin;
	enum config_engine	 engine;
	enum config_forward	 forward;	/* with bpf only */
	char			 user[CONFIG_USER_MAX];	/* "": who starts it */
	char			 control_socket[CONFIG_PATH_MAX];
	char			 journal[CONFIG_JOURNAL_MAX];	/* "": none */
	/* A path, or a loopback address with a port; "": none. */
	char			 metrics[CONFIG_PATH_MAX];
	bool			 malformed_reset;
	uint32_t		 mark;		/* one bit of the packet mark */
	uint32_t		 connections;
	uint32_t		 calls_per_connection;
	uint32_t		 calls_per_client;
	uint32_t		 quarantine;	/* seconds */
	struct config_require	 require;
	enum config_level	 log_level;
	struct config_cluster	 cluster;
	char			 accounting[CONFIG_PATH_MAX];	/* "": none */
	/* In the order of the file; NULL: none. */
	struct terminate	*terminate;
	struct dial		*dial;
};

/* The ALG is off when no interface is outside: no queues, no rules. */
static inline bool
config_has_alg(const struct config *config)
{
	return config->outside.n > 0;
}

/*
 * Reads and checks a file.  NULL and a message (FILE:LINE: what was expected)
 * in error when it cannot be used.  Free with config_free.
 */
struct config	*config_read(const char *file, char *error, size_t size);

/* The same for a text in memory; name stands for FILE in messages. */
struct config	*config_parse(const char *text, size_t len, const char *name,
		    char *error, size_t size);
void		 config_free(struct config *);

/* Writes all values as a file that config_read takes. */
void		 config_print(const struct config *, FILE *);

/* One sentence for each setting that is weaker than it could be. */
void		 config_warnings(const struct config *,
		    void (*warn)(void *arg, const char *sentence), void *arg);

/* A section by its name, or NULL. */
struct terminate *config_terminate(const struct config *, const char *name);
struct dial	*config_dial(const struct config *, const char *name);

/* -1 when the word is not a level. */
int		 config_level(const char *word);
const char	*config_level_name(enum config_level);
const char	*config_forward_name(enum config_forward);

#endif
