/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps the tables of the tc programs in step with the calls that are up. */
#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nat/base/log.h"
#include "nat/bpf/attach.h"
#include "nat/bpf/call_map.h"
#include "nat/bpf/control_map.h"
#include "nat/bpf/engine.h"
#include "nat/bpf/pins.h"
#include "nat/bpf/program.h"

#define LACK		512		/* bytes of a sentence */
#define MS		1000000		/* in ns */
#define TABLE_ROOM_MIN		65536		/* calls: all IDs */

struct engine {
	struct program	*program;	/* NULL: the queue does it all */
	struct attach	*attach;
	struct control_map *controls;	/* with the program */
	struct frame_ring *frames;	/* the same */
	enum config_forward forward;	/* of the program */
	bool		 placing;	/* what has no slot counts anew */
	char		 lack[LACK];	/* why there is no program */
};

/* They change one address; where both are (hairpin), the queue does it. */
static bool
is_for_programs(const struct alg_call_info *c)
{
	return c->alias == c->flow.outside;
}

/* A call as the maps of one direction know it. */
static void
make_key(const struct alg_call_info *c, enum alg_dir dir,
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
make_entry(const struct alg_call_info *c, enum alg_dir dir)
{
	bool in = dir == ALG_INBOUND;

	return (struct fast_call){
		.address = htonl(in ? c->flow.inside : c->public),
		.id = htons(in ? c->inside_id : c->mapped_id),
		.mark = c->mark[dir]
	};
}

/* A direction's table. */
static struct call_map *
call_table(struct engine *e, int dir)
{
	return program_calls(e->program, (enum program_map)dir);
}

/*
 * A call's place; NULL if there is none.  Outbound, two calls of one inside
 * host may have one key: the entry is the newer one's.
 */
static struct fast_slot *
find_slot(struct engine *e, const struct alg_call_info *c, enum alg_dir dir)
{
	struct fast_call own = make_entry(c, dir);
	struct fast_slot *slot;
	struct fast_key key;

	make_key(c, dir, &key);
	slot = call_map_find(call_table(e, dir), &key);
	return slot != NULL && slot->call.address == own.address &&
	    slot->call.id == own.id ? slot : NULL;
}

/*
 * Calls that the maps have room for: a call of every connection and a quarter
 * more, at least what one public address can have, at most what the
 * translator takes.  Tables have their memory from the start.
 */
static uint32_t
table_room(const struct config *config, uint32_t calls)
{
	uint32_t n = config->connections + config->connections / 4;

	if (n < TABLE_ROOM_MIN)
		n = TABLE_ROOM_MIN;
	return n < calls ? n : calls;
}

static void
close_program(struct engine *e)
{
	attach_free(e->attach);
	control_map_close(e->controls);
	frame_ring_close(e->frames);
	program_close(e->program);
	e->attach = NULL;
	e->controls = NULL;
	e->frames = NULL;
	e->program = NULL;
}

static int
open_program(struct engine *e, const struct config *config, uint32_t calls,
    struct interface *interface)
{
	const struct program_options options = {
		.mark = config->mark,
		.forward = config->forward,
		.calls = table_room(config, calls),
		.connections = config->connections
	};

	e->program = program_open(&options, e->lack, sizeof(e->lack));
	if (e->program == NULL)
		return -1;
	e->attach = attach_new(e->program, interface, options.forward);
	e->controls = control_map_open(program_map(e->program,
	    PROGRAM_CONTROLS), program_map(e->program, PROGRAM_ACKS));
	e->frames = frame_ring_open(program_map(e->program, PROGRAM_FRAMES));
	if (e->attach != NULL && e->controls != NULL && e->frames != NULL) {
		e->forward = options.forward;
		return 0;
	}
	close_program(e);
	snprintf(e->lack, sizeof(e->lack), "out of memory");
	return -1;
}

void
engine_prepare(const struct config *config, gid_t group)
{
	char lack[256];

	(void)pins_claim(config->engine != CONFIG_ENGINE_NFQUEUE, group, lack,
	    sizeof(lack));	/* who needs it is told then */
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
	engine_prepare(config, (gid_t)-1);
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
	close_program(e);
	free(e);
}

void
engine_purge(struct engine *e)
{
	close_program(e);
	pins_remove();
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
	return e->program != NULL ? config_forward_name(e->forward) : NULL;
}

const char *
engine_lack(const struct engine *e)
{
	return e->lack[0] != '\0' ? e->lack : NULL;
}

int
engine_fd(const struct engine *e)
{
	return e->attach != NULL ? attach_fd(e->attach) : -1;
}

void
engine_interfaces(struct engine *e)
{
	if (e->attach == NULL)
		return;
	attach_update(e->attach);
	program_forget_ways(e->program);
}

bool
engine_learns(const struct engine *e)
{
	return e->program != NULL && e->forward == CONFIG_FORWARD_AUTO;
}

void
engine_forget_ways(struct engine *e)
{
	if (e->program != NULL)
		program_forget_ways(e->program);
}

void
engine_ipsec(struct engine *e, bool is)
{
	if (e->program != NULL)
		program_ipsec(e->program, is);
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
	struct fast_slot *slot;

	former.outside_id = change->outside_id_before;
	if ((slot = find_slot(e, &former, dir)) == NULL)
		return make_entry(&change->call, dir);
	entry = slot->call;
	entry.mark = change->call.mark[dir];
	if (dir == ALG_OUTBOUND && former.outside_id != change->call.outside_id)
		call_map_remove(call_table(e, dir), slot);
	return entry;
}

static enum reason
add_call(struct engine *e, const struct alg_change *change)
{
	enum reason result = REASON_NONE;
	struct fast_call entry;
	struct fast_key key;
	int dir;

	for (dir = ALG_OUTBOUND; dir <= ALG_INBOUND; dir++) {
		make_key(&change->call, (enum alg_dir)dir, &key);
		entry = take_entry(e, change, (enum alg_dir)dir);
		if (call_map_put(call_table(e, dir), &key, &entry) == -1)
			result = REASON_MAP_FULL;
	}
	return result;
}

static void
remove_call(struct engine *e, const struct alg_call_info *c)
{
	struct fast_slot *slot;
	int dir;

	for (dir = ALG_OUTBOUND; dir <= ALG_INBOUND; dir++)
		if ((slot = find_slot(e, c, (enum alg_dir)dir)) != NULL)
			call_map_remove(call_table(e, dir), slot);
}

/* By the stack, to begin with: it may route packets another way now. */
static void
mark_slot(struct fast_slot *slot, uint32_t mark)
{
	if (slot->call.mark == mark)
		return;
	slot->call.mark = mark;
	__atomic_store_n(&slot->way.asked, 0, __ATOMIC_SEQ_CST);
}

static void
mark_call(struct engine *e, const struct alg_call_info *c)
{
	struct fast_slot *slot;
	int dir;

	for (dir = ALG_OUTBOUND; dir <= ALG_INBOUND; dir++)
		if ((slot = find_slot(e, c, (enum alg_dir)dir)) != NULL)
			mark_slot(slot, c->mark[dir]);
}

enum reason
engine_change(struct engine *e, const struct alg_change *change)
{
	if (e->program == NULL || !is_for_programs(&change->call))
		return REASON_NONE;
	if (change->kind == ALG_CHANGE_UP)
		return add_call(e, change);
	if (change->kind == ALG_CHANGE_MARK)
		mark_call(e, &change->call);
	if (change->kind == ALG_CHANGE_DOWN)
		remove_call(e, &change->call);
	return REASON_NONE;
}

void
engine_local(struct engine *e, uint32_t peer, uint32_t local, uint16_t id,
    bool up)
{
	const struct fast_key key = { .outside = htonl(peer),
	    .here = htonl(local), .id = htons(id) };
	/* Translated into what it is. */
	const struct fast_call same = { .address = key.here, .id = key.id,
	    .heard = FAST_HEARD_ALL };
	struct fast_slot *slot;

	if (e == NULL || e->program == NULL)
		return;
	if (up)
		(void)call_map_put(call_table(e, ALG_INBOUND), &key, &same);
	else if ((slot = call_map_find(call_table(e, ALG_INBOUND), &key)) !=
	    NULL)
		call_map_remove(call_table(e, ALG_INBOUND), slot);
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
	make_key(c, dir, &own);
	right = make_entry(c, dir);
	return memcmp(&own, key, sizeof(own)) == 0 &&
	    right.address == entry->address && right.id == entry->id;
}

static void
forget_unknown(struct engine *e, const struct alg *alg, enum alg_dir dir)
{
	struct fast_slot *slot = NULL;
	struct alg_call_info c;
	uint32_t gone = 0;

	if (call_table(e, dir)->used == 0)
		return;
	while ((slot = call_map_next(call_table(e, dir), slot)) != NULL)
		if (!find_owner(alg, dir, &slot->key, &slot->call, &c)) {
			call_map_remove(call_table(e, dir), slot);
			gone++;
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
	const struct fast_call own = make_entry(c, dir);
	const struct fast_slot *slot;
	struct alg_call_info owner;

	make_key(c, dir, key);
	slot = call_map_find(call_table(e, dir), key);
	if (slot != NULL && slot->call.address == own.address &&
	    slot->call.id == own.id)
		return true;
	return slot != NULL && find_owner(alg, dir, key, &slot->call,
	    &owner) && owner.serial >= c->serial;
}

/* Entries that are there already stay as they are: they count on. */
static bool
place_call(
    struct engine *e, const struct alg *alg, const struct alg_call_info *c)
{
	struct fast_call entry;
	struct fast_key key;
	bool placed = true;
	int dir;

	for (dir = ALG_OUTBOUND; dir <= ALG_INBOUND; dir++) {
		if (has_entry(e, alg, c, (enum alg_dir)dir, &key))
			continue;
		entry = make_entry(c, (enum alg_dir)dir);
		if (call_map_put(call_table(e, dir), &key, &entry) == -1)
			placed = false;
	}
	mark_call(e, c);
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
	e->placing = true;
	while (alg_calls(alg, &at, &c))
		if (c.state == ALG_CALL_UP && is_for_programs(&c) &&
		    !place_call(e, alg, &c))
			lack++;
	e->placing = false;
	if (lack > 0)
		log_warning("no room in the kernel's maps for %u calls: their "
		    "GRE is queued", lack);
	engine_commit(e);
	engine_interfaces(e);
	return lack;
}

void
engine_offloaded(void *arg, const struct alg_call_info *c,
    struct alg_traffic *seen)
{
	struct engine *e = arg;
	const struct fast_slot *slot;
	int dir;

	if (e->program == NULL || c->state == ALG_CALL_REQUESTED ||
	    c->state == ALG_CALL_REFUSED)
		return;
	for (dir = ALG_OUTBOUND; dir <= ALG_INBOUND; dir++)
		if ((slot = find_slot(e, c, (enum alg_dir)dir)) != NULL)
			seen[dir] = (struct alg_traffic){
				.packets = slot->call.packets,
				.bytes = slot->call.bytes,
				.last = slot->call.last / MS
			};
		else if (e->placing)
			seen[dir] = (struct alg_traffic){ .packets = 0 };
}

void
engine_followed(void *arg, const struct alg_connection_info *c, bool is)
{
	struct engine *e = arg;

	if (e->controls == NULL)
		return;
	if (is)
		control_map_put(e->controls, c);
	else
		control_map_remove(e->controls, c);
}

void
engine_commit(struct engine *e)
{
	if (e->controls != NULL)
		control_map_commit(e->controls);
}

void
engine_read_acks(struct engine *e,
    void (*heard)(void *, const struct alg_ack *), void *arg)
{
	if (e->controls != NULL)
		control_map_read(e->controls, heard, arg);
}

void
engine_read_frames(struct engine *e, frame_ring_heard heard, void *arg)
{
	if (e->frames != NULL)
		frame_ring_read(e->frames, heard, arg);
}

const char *
engine_way(struct engine *e, const struct alg_call_info *c, enum alg_dir dir,
    uint64_t *confirmed)
{
	const struct fast_slot *slot;
	uint64_t asked;

	*confirmed = 0;
	if (e->program == NULL || (slot = find_slot(e, c, dir)) == NULL)
		return "queue";
	asked = slot->way.asked;
	if (asked == 0 || slot->way.confirmed != asked)
		return config_forward_name(e->forward == CONFIG_FORWARD_AUTO ?
		    CONFIG_FORWARD_STACK : e->forward);
	*confirmed = asked / MS;
	return "fast";
}

void
engine_counters(struct engine *e, struct fast_count sum[FAST_COUNTERS])
{
	memset(sum, 0, FAST_COUNTERS * sizeof(*sum));
	if (e->program != NULL)
		program_counters(e->program, sum);
}
