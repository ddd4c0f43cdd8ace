/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg/base/log.h"
#include "nat/attach.h"
#include "nat/engine.h"
#include "nat/program.h"

#define LACK		512		/* bytes of a sentence */
#define MS		1000000		/* in ns */

struct engine {
	struct program	*program;	/* NULL: the queue does it all */
	struct attach	*attach;
	const char	*forward;
	char		 lack[LACK];	/* why there is no program */
};

/* A call as the maps of one direction know it. */
static void
find_key(const struct alg_call_info *c, enum alg_dir dir,
    struct fast_key *key)
{
	bool in = dir == ALG_INBOUND;

	*key = (struct fast_key){
		.outside = htonl(c->flow.outside),
		.here = htonl(in ? c->public : c->flow.inside),
		.id = htons(in ? c->mapped_id : c->outside_id)
	};
}

static struct fast_call
entry_of(const struct alg_call_info *c, enum alg_dir dir)
{
	bool in = dir == ALG_INBOUND;

	return (struct fast_call){
		.address = htonl(in ? c->flow.inside : c->public),
		.id = htons(in ? c->inside_id : c->mapped_id)
	};
}

/*
 * Reads a call's entry; false if there is none.  Outbound, two calls of one
 * inside host may have one key: the entry is the newer one's.
 */
static bool
read_entry(struct engine *e, const struct alg_call_info *c, enum alg_dir dir,
    struct fast_key *key, struct fast_call *entry)
{
	struct fast_call own = entry_of(c, dir);

	find_key(c, dir, key);
	return program_get(e->program, (enum program_map)dir, key,
	    entry) == 0 && entry->address == own.address &&
	    entry->id == own.id;
}

static int
open_program(struct engine *e, const struct config *config, uint32_t calls,
    struct interface *interface)
{
	const struct program_options options = {
		.mark = config->mark,
		.direct = config->forward == CONFIG_FORWARD_DIRECT,
		.calls = calls
	};

	e->program = program_open(&options, e->lack, sizeof(e->lack));
	if (e->program == NULL)
		return -1;
	if ((e->attach = attach_new(e->program, interface,
	    options.direct)) != NULL) {
		e->forward = options.direct ? "direct" : "stack";
		return 0;
	}
	program_close(e->program);
	e->program = NULL;
	snprintf(e->lack, sizeof(e->lack), "out of memory");
	return -1;
}

struct engine *
engine_open(const struct config *config, uint32_t calls,
    struct interface *interface, char *error, size_t size)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (e == NULL) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	program_log();
	if (config->engine != CONFIG_ENGINE_NFQUEUE &&
	    open_program(e, config, calls, interface) == 0)
		return e;
	if (config->engine == CONFIG_ENGINE_BPF) {
		snprintf(error, size, "engine = bpf: %s; or use engine = auto",
		    e->lack);
		engine_close(e);
		return NULL;
	}
	if (e->lack[0] != '\0')
		log_warning("engine = auto takes nfqueue: %s", e->lack);
	return e;
}

void
engine_close(struct engine *e)
{
	if (e == NULL)
		return;
	attach_free(e->attach);
	program_close(e->program);
	free(e);
}

void
engine_purge(struct engine *e)
{
	attach_free(e->attach);
	program_close(e->program);
	e->attach = NULL;
	e->program = NULL;
	program_unpin();
	attach_remove_all();
}

const char *
engine_name(const struct engine *e)
{
	return e->program != NULL ? "bpf" : "nfqueue";
}

const char *
engine_forward(const struct engine *e)
{
	return e->forward;
}

const char *
engine_lack(const struct engine *e)
{
	return e->lack[0] != '\0' ? e->lack : NULL;
}

void
engine_interfaces(struct engine *e)
{
	if (e->attach != NULL)
		attach_update(e->attach);
}

/*
 * The new entry of a call.  One that is up already was given another outside
 * ID: what was counted under the former one goes on.
 */
static struct fast_call
take_entry(struct engine *e, const struct alg_change *change,
    enum alg_dir dir)
{
	struct alg_call_info former = change->call;
	struct fast_call entry;
	struct fast_key key;

	former.outside_id = change->outside_id_before;
	if (!read_entry(e, &former, dir, &key, &entry))
		return entry_of(&change->call, dir);
	if (dir == ALG_OUTBOUND && former.outside_id != change->call.outside_id)
		(void)program_remove(e->program, PROGRAM_OUTBOUND, &key);
	return entry;
}

static enum reason
add(struct engine *e, const struct alg_change *change)
{
	enum reason result = REASON_NONE;
	struct fast_call entry;
	struct fast_key key;
	int dir;

	for (dir = ALG_OUTBOUND; dir <= ALG_INBOUND; dir++) {
		find_key(&change->call, (enum alg_dir)dir, &key);
		entry = take_entry(e, change, (enum alg_dir)dir);
		if (program_put(e->program, (enum program_map)dir, &key,
		    &entry) == -1)
			result = REASON_MAP_FULL;
	}
	return result;
}

static void
end(struct engine *e, const struct alg_call_info *c)
{
	struct fast_call entry;
	struct fast_key key;
	int dir;

	for (dir = ALG_OUTBOUND; dir <= ALG_INBOUND; dir++)
		if (read_entry(e, c, (enum alg_dir)dir, &key, &entry))
			(void)program_remove(e->program,
			    (enum program_map)dir, &key);
}

enum reason
engine_change(struct engine *e, const struct alg_change *change)
{
	if (e->program == NULL)
		return REASON_NONE;
	if (change->kind == ALG_CHANGE_UP)
		return add(e, change);
	if (change->kind == ALG_CHANGE_DOWN)
		end(e, &change->call);
	return REASON_NONE;
}

/* The call that is up and has this entry. */
static bool
find_owner(const struct alg *alg, enum alg_dir dir,
    const struct fast_key *key, const struct fast_call *entry,
    struct alg_call_info *c)
{
	bool in = dir == ALG_INBOUND;
	struct fast_call right;
	struct fast_key own;

	if (!alg_call(alg, ntohl(in ? key->here : entry->address),
	    ntohl(key->outside), ntohs(in ? key->id : entry->id), c) ||
	    c->state != ALG_CALL_UP)
		return false;
	find_key(c, dir, &own);
	right = entry_of(c, dir);
	return memcmp(&own, key, sizeof(own)) == 0 &&
	    right.address == entry->address && right.id == entry->id;
}

static void
forget_unknown(struct engine *e, const struct alg *alg, enum alg_dir dir)
{
	enum program_map map = (enum program_map)dir;
	struct fast_key key, next;
	struct fast_call entry;
	struct alg_call_info c;
	uint32_t gone = 0;
	bool more;

	/* The next key is asked for before its predecessor goes. */
	more = program_next(e->program, map, NULL, &key) == 0;
	while (more) {
		more = program_next(e->program, map, &key, &next) == 0;
		if (program_get(e->program, map, &key, &entry) == 0 &&
		    !find_owner(alg, dir, &key, &entry, &c) &&
		    program_remove(e->program, map, &key) == 0)
			gone++;
		key = next;
	}
	if (gone > 0)
		log_info("%u calls of a former daemon forgotten, %s", gone,
		    dir == ALG_INBOUND ? "inbound" : "outbound");
}

/* Has this call its place, or a newer one that it has to leave it to? */
static bool
has_entry(struct engine *e, const struct alg *alg,
    const struct alg_call_info *c, enum alg_dir dir, struct fast_key *key)
{
	struct alg_call_info owner;
	struct fast_call entry;

	find_key(c, dir, key);
	return program_get(e->program, (enum program_map)dir, key,
	    &entry) == 0 && find_owner(alg, dir, key, &entry, &owner) &&
	    owner.serial >= c->serial;
}

/* Entries that are there already stay as they are: they count on. */
static bool
place(struct engine *e, const struct alg *alg, const struct alg_call_info *c)
{
	struct fast_call entry;
	struct fast_key key;
	bool placed = true;
	int dir;

	for (dir = ALG_OUTBOUND; dir <= ALG_INBOUND; dir++) {
		if (has_entry(e, alg, c, (enum alg_dir)dir, &key))
			continue;
		entry = entry_of(c, (enum alg_dir)dir);
		if (program_put(e->program, (enum program_map)dir, &key,
		    &entry) == -1)
			placed = false;
	}
	return placed;
}

uint32_t
engine_start(struct engine *e, const struct alg *alg)
{
	struct alg_call_info c;
	uint32_t at = 0, lack = 0;

	if (e->program == NULL) {
		engine_purge(e);
		return 0;
	}
	forget_unknown(e, alg, ALG_OUTBOUND);
	forget_unknown(e, alg, ALG_INBOUND);
	while (alg_calls(alg, &at, &c))
		if (c.state == ALG_CALL_UP && !place(e, alg, &c))
			lack++;
	if (lack > 0)
		log_warning("no room in the kernel's maps for %u calls: their "
		    "GRE is queued", lack);
	engine_interfaces(e);
	return lack;
}

void
engine_beside(void *arg, const struct alg_call_info *c,
    struct alg_traffic *seen)
{
	struct engine *e = arg;
	struct fast_call entry;
	struct fast_key key;
	int dir;

	if (e->program == NULL || c->state == ALG_CALL_REQUESTED ||
	    c->state == ALG_CALL_REFUSED)
		return;
	for (dir = ALG_OUTBOUND; dir <= ALG_INBOUND; dir++)
		if (read_entry(e, c, (enum alg_dir)dir, &key, &entry))
			seen[dir] = (struct alg_traffic){
				.packets = entry.packets,
				.bytes = entry.bytes,
				.last = entry.last / MS
			};
}

void
engine_counters(struct engine *e, uint64_t sum[FAST_COUNTERS])
{
	memset(sum, 0, FAST_COUNTERS * sizeof(*sum));
	if (e->program != NULL)
		program_counters(e->program, sum);
}
