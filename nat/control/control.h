/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The admin's socket: requests of pptpalgctl and scripts, and their events. */
#ifndef NAT_CONTROL_CONTROL_H
#define NAT_CONTROL_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/alg.h"
#include "conf/config.h"
#include "nat/cluster/cluster.h"

struct loop;
struct explanations;
struct json_line;
struct request;
struct running;
struct control;

/* What the tc programs count, and attempts that failed. */
#define CONTROL_MORE	96
#define CONTROL_WAYS	3

/* GRE that took one of the ways (control_way), to inside and to outside. */
struct control_traffic {
	const char	*name;
	uint64_t	 packets[2], bytes[2];
};

struct control_counters {
	struct alg_counters	 alg;	/* with what they have translated */
	size_t			 nways;
	struct control_traffic	 ways[CONTROL_WAYS];
	size_t			 n;
	struct {
		const char	*name;
		uint64_t	 value;
	} more[CONTROL_MORE];
};

struct control_queue {
	const char	*name;			/* as in the configuration */
	uint16_t	 number;
	uint64_t	 packets, batches, lost;
};

/* The daemon's part of the reply to status. */
struct control_status {
	const char	*config_file;
	const char	*engine;		/* "bpf" or "nfqueue" */
	const char	*forward;		/* of bpf: the word */
	const char	*lack;			/* why auto is not bpf */
	uint64_t	 started;		/* ms: clock_ms */
	const struct config *config;		/* interfaces; or NULL */
	unsigned	 missing;		/* of them */
	const char	*rules;			/* seen at the start, or NULL */
	uint64_t	 journal;		/* bytes of its file */
	bool		 in_cluster;		/* then also: */
	struct cluster_status cluster;
	struct control_queue queue[3];
};

/* Told of a counter: one of its own (name NULL), or a family's. */
typedef void	control_count(void *arg, const char *family, const char *name,
		    uint64_t value);

/* How a call's GRE goes on in a direction: engine_way. */
struct control_way {
	const char	*name;
	uint64_t	 confirmed;		/* ms, 0: not */
};

/*
 * What the control socket asks of the daemon, as callbacks from the event loop.
 * An int is 0, or -1 with a sentence in error.
 */
struct control_host {
	struct alg	*alg;
	struct running	*running;
	/* Resets a control connection so that both ends notice. */
	int		(*reset)(struct running *, const struct alg_flow *,
			    char *error, size_t size);
	/* 0: with warnings in error, a line each. */
	int		(*reload)(struct running *, char *error, size_t size);
	void		(*log_level)(struct running *, enum config_level);
	void		(*status)(struct running *, struct control_status *);
	void		(*counters)(struct running *,
			    struct control_counters *);
	void		(*ways)(struct running *, const struct alg_call_info *,
			    struct control_way [2]);	/* by alg_dir */
	/* What there is to say of an attempt. */
	void		(*explain)(struct running *,
			    const struct alg_attempt *, struct explanations *);
	/* Ends the daemon; with purge it leaves nothing in the kernel. */
	void		(*shutdown)(struct running *, bool purge);
	/*
	 * Sessions that end here.  Lists: *at starts at 0; false at the end;
	 * the line stays empty when this one is not asked for.
	 */
	bool		(*sessions)(struct running *, const struct request *,
			    uint32_t *at, uint64_t epoch, struct json_line *);
	bool		(*dials)(struct running *, const struct request *,
			    uint32_t *at, uint64_t epoch, struct json_line *);
	bool		(*kick)(struct running *, const struct request *,
			    uint32_t *at, uint32_t *kicked);
	int		(*dial)(struct running *, const char *name, bool up,
			    char *error, size_t size);
	void		(*session_counters)(struct running *, control_count *,
			    void *arg);
};

/*
 * Opens the socket (mode 0600, its folder made when missing; a stale one is
 * replaced, a live one is an error).  The host is copied.  NULL with a
 * sentence in error.
 */
struct control	*control_open(struct loop *, const char *path,
		    const struct control_host *, char *error, size_t size);
void		 control_close(struct control *);

/* The folder that the socket is in, to remove it; -1 if that cannot be. */
int		 control_folder(const struct control *);

/*
 * Tells everyone who follows events, if there is anyone; slow followers lose
 * events, counted.
 */
bool		 control_followed(const struct control *);
/* Of which two ends (host byte order): for those who asked for one of them. */
void		 control_tell(struct control *, const uint32_t ends[2],
		    const struct json_line *);
void		 control_change(struct control *, const struct alg_change *);
void		 control_login(struct control *, const struct alg_call_info *,
		    const struct alg_login *, enum reason lack);
void		 control_attempt(struct control *, const struct alg_attempt *,
		    const struct explanations *);

#endif
