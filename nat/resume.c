/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes on, at the start, where the last daemon or another firewall stood. */
#include "nat/base/clock.h"
#include "nat/bpf/engine.h"
#include "nat/cluster/cluster.h"
#include "nat/journal/journal.h"
#include "nat/resume.h"

/* Of a former daemon's connections, too. */
static void
restore_hairpin(struct verdict *v)
{
	struct alg_connection_info c;
	uint32_t at = 0;

	while (alg_connections(v->alg, &at, &c))
		if (c.alias != c.flow.outside)
			verdict_bind_hairpin(v);
}

int
resume_calls(struct verdict *v, const char *path, char *error, size_t size)
{
	uint64_t now = clock_ms();
	struct journal *journal = NULL;

	if (*path != '\0' || v->cluster != NULL) {
		journal = journal_open(path, v->alg, error, size);
		if (journal == NULL)
			return -1;
		journal_restore(journal, now);
		if (v->cluster != NULL) {
			journal_follow(journal, cluster_records, v->cluster);
			conntrack_pair(v->conntrack);
			cluster_load(v->cluster, now);
		}
	}
	conntrack_start(v->conntrack, now);
	verdict_changes(v, now);
	restore_hairpin(v);
	alg_count(v->alg, REASON_MAP_FULL, engine_start(v->engine, v->alg));
	if (journal != NULL)
		journal_start(journal, now);
	v->journal = journal;
	return 0;
}
