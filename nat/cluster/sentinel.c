/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection, one question, one answer, and then the next sentinel. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/address.h"
#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/cluster/sentinel.h"
#include "nat/cluster/store_conn.h"

#define PLACE_MAX	24	/* ADDRESS:PORT */
#define STEP		20	/* ms, while there is nothing else to do */

static const struct store_conn_kind sentinel_kind = {
	.what = "sentinel", .loss = "others are asked", .silent = 1000,
	.retry = 200, .reply_max = 16 << 10, .open = true
};

struct sentinel {
	const struct config_cluster *config;
	struct alg		*alg;
	struct store_conn	*conn;
	const char		*list, *next;	/* who is asked after this */
	char			 where[PLACE_MAX];	/* who is asked */
	char			 master[PLACE_MAX], told[PLACE_MAX];
	bool			 known;		/* who is master */
	uint32_t		 rounds;	/* begun, since one was right */
};

static void
choose_next(struct sentinel *s)
{
	size_t len;

	if (*s->next == '\0')
		s->next = s->list;
	s->rounds += s->next == s->list;
	len = strcspn(s->next, ",");
	snprintf(s->where, sizeof(s->where), "%.*s", (int)len, s->next);
	s->next += len + (s->next[len] == ',');
}

/* In the first round, the log says what is wrong with each. */
static void
ask_next(struct sentinel *s)
{
	choose_next(s);
	if (s->rounds < 2)
		store_conn_moved(s->conn);
}

static void
refuse_answer(struct sentinel *s, const char *why)
{
	alg_count(s->alg, REASON_CLUSTER_SENTINEL, 1);
	store_conn_drop(s->conn, why);
}

/* An address and a port, as two texts; names are never looked up. */
static bool
read_master(struct sentinel *s, const redisReply *reply)
{
	struct terminate_endpoint endpoint;
	redisReply **part = reply->element;
	char text[PLACE_MAX];

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
	    part[0]->type != REDIS_REPLY_STRING ||
	    part[1]->type != REDIS_REPLY_STRING ||
	    (size_t)snprintf(text, sizeof(text), "%s:%s", part[0]->str,
	    part[1]->str) >= sizeof(text) ||
	    !address_read_endpoint(text, 0, &endpoint) ||
	    endpoint.address == 0)
		return false;
	strcpy(s->master, text);
	return true;
}

static void
tell_master(struct sentinel *s)
{
	if (strcmp(s->told, s->master) != 0)
		log_info("cluster: sentinel %s: the store is %s", s->where,
		    s->master);
	strcpy(s->told, s->master);
}

static void
on_sentinel_answer(redisAsyncContext *redis, void *answer, void *arg)
{
	const redisReply *reply = answer;
	struct sentinel *s = arg;

	if (reply == NULL)
		return;
	if (reply->type == REDIS_REPLY_ERROR)
		refuse_answer(s, reply->str);
	else if (reply->type == REDIS_REPLY_NIL)
		refuse_answer(s, "knows no master of that name");
	else if (!read_master(s, reply))
		refuse_answer(s, "what it says is no address");
	else {
		s->known = true;
		store_conn_heard(s->conn);
		tell_master(s);
		store_conn_drop(s->conn, NULL);
	}
}

static void
on_sentinel_changed(void *arg, bool up)
{
	struct sentinel *s = arg;

	if (up)
		(void)store_conn_ask(s->conn, on_sentinel_answer, s,
		    (const char *[]){ "SENTINEL", "GET-MASTER-ADDR-BY-NAME",
			s->config->master },
		    3);
	else if (!s->known)
		ask_next(s);
}

struct sentinel *
sentinel_new(struct loop *loop, const struct config_cluster *config,
    const char *password, struct alg *alg)
{
	struct sentinel *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->config = config;
	s->alg = alg;
	s->list = s->next = config->store + strlen(CONFIG_SENTINEL);
	choose_next(s);
	s->conn = store_conn_new(
	    loop, &sentinel_kind, s->where, password, on_sentinel_changed, s);
	if (s->conn == NULL) {
		sentinel_free(s);
		return NULL;
	}
	return s;
}

void
sentinel_free(struct sentinel *s)
{
	if (s == NULL)
		return;
	store_conn_free(s->conn);
	free(s);
}

void
sentinel_tick(struct sentinel *s, uint64_t now)
{
	if (s != NULL && !s->known)
		store_conn_tick(s->conn, now);
}

void
sentinel_wait(struct sentinel *s)
{
	while (s != NULL && !s->known && s->rounds < 2) {
		store_conn_tick(s->conn, clock_ms());
		store_conn_wait(s->conn, &s->known, sentinel_kind.silent);
		if (!s->known)
			(void)poll(NULL, 0, STEP);
	}
}

const char *
sentinel_master(const struct sentinel *s)
{
	return s->master;
}

const char *
sentinel_who(const struct sentinel *s)
{
	return s != NULL && s->known ? s->where : "";
}

void
sentinel_forget(struct sentinel *s, bool served)
{
	if (s == NULL || !s->known)
		return;
	if (served)
		s->rounds = 0;
	else
		alg_count(s->alg, REASON_CLUSTER_SENTINEL, 1);
	s->known = false;
	s->master[0] = '\0';
	ask_next(s);
}
