/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads the compiled tc programs, which are part of the daemon, into the
 * kernel, and pins their maps.
 */
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg/alg.h"
#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/bpf/call_map.h"
#include "nat/bpf/pins.h"
#include "nat/bpf/program.h"

#define PLAIN_NS	3000000000	/* without IPsec, as was told last */

/* The compiled programs: program_object.S. */
extern const uint8_t program_object[], program_object_end[];

static const char *const map_names[PROGRAM_MAPS] = {
	[PROGRAM_OUTBOUND] = "outbound",
	[PROGRAM_INBOUND] = "inbound",
	[PROGRAM_FRAGMENTS] = "fragments",
	[PROGRAM_TRACES] = "traces",
	[PROGRAM_COUNTERS] = "counters",
	[PROGRAM_CONTROLS] = "controls",
	[PROGRAM_ACKS] = "acks",
	[PROGRAM_FRAMES] = "frames"
};

static const char *const program_names[PROGRAM_HOOKS][2] = {
	[PROGRAM_FROM_OUTSIDE] = { "from_outside_bare",
	    "from_outside_ethernet" },
	[PROGRAM_FROM_INSIDE] = { "from_inside_bare", "from_inside_ethernet" },
	[PROGRAM_TO_OUTSIDE] = { "to_outside_bare", "to_outside_ethernet" },
	[PROGRAM_TO_INSIDE] = { "to_inside_bare", "to_inside_ethernet" }
};

struct program {
	struct bpf_object	*object;
	int			 maps[PROGRAM_MAPS];
	int			 fds[PROGRAM_HOOKS][2];
	struct call_map		 calls[PROGRAM_INBOUND + 1];
	struct fast_state	*state;		/* the programs' own */
};

static int __attribute__((format(printf, 2, 0)))
log_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	char *text, *line, *rest;

	if (level == LIBBPF_DEBUG || vasprintf(&text, format, args) == -1)
		return 0;
	for (line = strtok_r(text, "\n", &rest); line != NULL;
	    line = strtok_r(NULL, "\n", &rest))
		log_debug("%s", line);
	free(text);
	return 0;
}

static int
set_maps(struct program *p, const struct program_options *o)
{
	char path[PINS_PATH];
	struct bpf_map *map;
	size_t i;

	map = bpf_object__find_map_by_name(p->object,
	    map_names[PROGRAM_CONTROLS]);
	if (map == NULL ||
	    bpf_map__set_max_entries(map, 2 * o->connections) != 0)
		return -1;
	for (i = 0; i < PROGRAM_PINNED; i++) {
		map = bpf_object__find_map_by_name(p->object, map_names[i]);
		pins_path(map_names[i], path);
		if (map == NULL || bpf_map__set_pin_path(map, path) != 0)
			return -1;
		if (i <= PROGRAM_INBOUND &&
		    bpf_map__set_max_entries(map,
		    call_map_entries(o->calls)) != 0)
			return -1;
	}
	return 0;
}

/*
 * A number that hardly any peer can know, and that a daemon which finds a
 * table of another one makes again: from what the kernel calls this boot.
 */
static uint64_t
table_seed(void)
{
	uint64_t hash = 0;
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	int c;

	while (f != NULL && (c = getc(f)) != EOF)
		hash = (hash ^ (uint64_t)c) * 0x100000001B3;
	if (f != NULL)
		fclose(f);
	return hash;
}

static bool
has_helper(enum bpf_func_id id)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, id, NULL) == 1;
}

static int
set_settings(struct program *p, const struct program_options *o)
{
	const struct fast_settings s = {
		.mark = o->mark,
		.direct = o->forward == CONFIG_FORWARD_DIRECT,
		.automatic = o->forward == CONFIG_FORWARD_AUTO,
		.ipsec = has_helper(BPF_FUNC_skb_get_xfrm_state),
		.window = ALG_WINDOW,
		.table = call_map_layout(o->calls, table_seed())
	};
	struct bpf_map *map;

	map = bpf_object__find_map_by_name(p->object, ".rodata");
	return map == NULL ? -1 : bpf_map__set_initial_value(map, &s,
	    sizeof(s));
}

static int
load_object(struct program *p, const struct program_options *o)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "pptpalg");
	size_t len = (size_t)(program_object_end - program_object);
	int result;

	p->object = bpf_object__open_mem(program_object, len, &options);
	if (p->object == NULL)
		return -1;
	if (set_maps(p, o) == 0 && set_settings(p, o) == 0 &&
	    (result = bpf_object__load(p->object)) == 0)
		return 0;
	bpf_object__close(p->object);
	p->object = NULL;
	return -1;
}

/* What is written at once, while the programs run. */
static int
map_state(struct program *p)
{
	int fd = bpf_object__find_map_fd_by_name(p->object, ".bss");
	void *memory = mmap(NULL, sizeof(*p->state), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return -1;
	p->state = memory;
	return 0;
}

static int
find_loaded(struct program *p, const struct program_options *o)
{
	struct bpf_program *program;
	size_t i, ethernet;

	for (i = 0; i < PROGRAM_MAPS; i++)
		p->maps[i] = bpf_object__find_map_fd_by_name(p->object,
		    map_names[i]);
	for (i = 0; i <= PROGRAM_INBOUND; i++)
		if (call_map_open(&p->calls[i], p->maps[i], o->calls,
		    table_seed()) == -1)
			return -1;
	if (map_state(p) == -1)
		return -1;
	for (i = 0; i < PROGRAM_HOOKS; i++)
		for (ethernet = 0; ethernet < 2; ethernet++) {
			program = bpf_object__find_program_by_name(p->object,
			    program_names[i][ethernet]);
			if (program == NULL)
				return -1;
			p->fds[i][ethernet] = bpf_program__fd(program);
		}
	return 0;
}

/*
 * Maps of another version or size are of no use to us.  Programs that are
 * attached keep theirs until they are replaced.
 */
static void
unpin_maps(void)
{
	size_t i;

	for (i = 0; i < PROGRAM_PINNED; i++)
		(void)pins_unlink(map_names[i]);
}

void
program_log(void)
{
	(void)libbpf_set_print(log_libbpf);
}

struct program *
program_open(const struct program_options *o, char *error, size_t size)
{
	struct program *p = calloc(1, sizeof(*p));

	if (p == NULL || pins_claim(true, (gid_t)-1, error, size) == -1) {
		free(p);
		return NULL;
	}
	if (load_object(p, o) == -1) {
		unpin_maps();
		if (load_object(p, o) == 0)
			log_info("maps made anew: others were pinned");
	}
	if (p->object != NULL && find_loaded(p, o) == 0)
		return p;
	snprintf(error, size, "the kernel does not take the BPF programs "
	    "(%s): it needs Linux 5.10 with CONFIG_BPF_SYSCALL and "
	    "CONFIG_NET_CLS_BPF, and the daemon CAP_BPF; log { level = "
	    "debug } shows what it says", strerror(errno));
	program_close(p);
	pins_remove();
	return NULL;
}

void
program_close(struct program *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i <= PROGRAM_INBOUND; i++)
		call_map_close(&p->calls[i]);
	if (p->state != NULL)
		(void)munmap(p->state, sizeof(*p->state));
	bpf_object__close(p->object);
	free(p);
}

int
program_fd(const struct program *p, enum program_hook hook, bool ethernet)
{
	return p->fds[hook][ethernet];
}

struct call_map *
program_calls(struct program *p, enum program_map map)
{
	return &p->calls[map];
}

int
program_map(const struct program *p, enum program_map map)
{
	return p->maps[map];
}

void
program_forget_ways(struct program *p)
{
	__atomic_fetch_add(&p->state->generation, 1, __ATOMIC_RELEASE);
}

void
program_ipsec(struct program *p, bool is)
{
	p->state->plain = is ? 0 : clock_ms() * 1000000 + PLAIN_NS;
}

void
program_counters(struct program *p, struct fast_count sum[FAST_COUNTERS])
{
	int cpu, cpus = libbpf_num_possible_cpus();
	struct fast_count *values;
	uint32_t i;

	memset(sum, 0, FAST_COUNTERS * sizeof(*sum));
	values = calloc(cpus > 0 ? (size_t)cpus : 1, sizeof(*values));
	if (values == NULL || cpus <= 0) {
		free(values);
		return;
	}
	for (i = 0; i < FAST_COUNTERS; i++)
		if (bpf_map_lookup_elem(p->maps[PROGRAM_COUNTERS], &i,
		    values) == 0)
			for (cpu = 0; cpu < cpus; cpu++) {
				sum[i].packets += values[cpu].packets;
				sum[i].bytes += values[cpu].bytes;
			}
	free(values);
}
