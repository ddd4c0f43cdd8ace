/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A map of connections for the tc programs, and a ring of what they note. */
#include <arpa/inet.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>

#include "nat/bpf/control_map.h"
#include "nat/bpf/pptpalg.bpf.h"

#define COMMIT_MAX	512	/* ends, of half as many connections */

struct control_map {
	int			 controls;
	/* To be put into it, in one system call. */
	struct fast_ends	 key[COMMIT_MAX];
	struct fast_control	 value[COMMIT_MAX];
	uint32_t		 n;
	struct ring_buffer	*acks;
	control_map_heard	 heard;		/* while they are read */
	void			*arg;
};

static int
read_ack(void *arg, void *data, size_t size)
{
	const struct control_map *m = arg;
	const struct fast_ack *a = data;
	const struct fast_control *c = &a->control;
	struct alg_ack ack = {
		.flow = { c->inside, c->outside, c->inside_port,
		    c->outside_port, 0 },
		.dir = a->inbound ? ALG_INBOUND : ALG_OUTBOUND,
		.seq = a->seq, .ack = a->ack
	};

	m->heard(m->arg, &ack);
	return 0;
}

struct control_map *
control_map_open(int controls, int acks)
{
	struct control_map *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->controls = controls;
	m->acks = ring_buffer__new(acks, read_ack, m, NULL);
	if (m->acks != NULL)
		return m;
	free(m);
	return NULL;
}

void
control_map_close(struct control_map *m)
{
	if (m == NULL)
		return;
	ring_buffer__free(m->acks);
	free(m);
}

/* Its segments' ends, as they come from inside and from outside. */
static void
make_keys(const struct alg_connection_info *c, struct fast_ends key[2])
{
	key[ALG_OUTBOUND] = (struct fast_ends){
		.src = htonl(c->flow.inside), .dst = htonl(c->alias),
		.sport = htons(c->flow.inside_port),
		.dport = htons(c->alias_port)
	};
	key[ALG_INBOUND] = (struct fast_ends){
		.src = htonl(c->flow.outside), .dst = htonl(c->public),
		.sport = htons(c->flow.outside_port),
		.dport = htons(c->public_port), .inbound = 1
	};
}

void
control_map_put(struct control_map *m, const struct alg_connection_info *c)
{
	const struct fast_control is = {
		.inside = c->flow.inside, .outside = c->flow.outside,
		.inside_port = c->flow.inside_port,
		.outside_port = c->flow.outside_port
	};

	if (m->n == COMMIT_MAX)
		control_map_commit(m);
	make_keys(c, &m->key[m->n]);
	m->value[m->n++] = is;
	m->value[m->n++] = is;
}

void
control_map_commit(struct control_map *m)
{
	if (m->n > 0)
		(void)bpf_map_update_batch(m->controls, m->key, m->value,
		    &m->n, NULL);
	m->n = 0;
}

void
control_map_remove(struct control_map *m, const struct alg_connection_info *c)
{
	struct fast_ends keys[2];

	control_map_commit(m);	/* it may be among these */
	make_keys(c, keys);
	for (int dir = ALG_OUTBOUND; dir <= ALG_INBOUND; dir++)
		(void)bpf_map_delete_elem(m->controls, &keys[dir]);
}

void
control_map_read(struct control_map *m, control_map_heard heard, void *arg)
{
	m->heard = heard;
	m->arg = arg;
	(void)ring_buffer__consume(m->acks);
}
