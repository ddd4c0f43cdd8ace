/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a flow sends is stamped, what returns is counted once. */
#include "tools/load/flow.h"
#include "tools/load/process.h"

#define BURST_MAX	4096	/* packets */
#define STAMP_MAGIC	0x50505450

void
flow_stamp(struct flow *f, uint8_t *payload, size_t room)
{
	struct writer w = writer_of(payload, room);

	writer_u32(&w, STAMP_MAGIC);
	writer_u32(&w, f->call);
	writer_u32(&w, f->next++);
}

int
flow_read(struct cursor *c, uint32_t *call, uint32_t *sequence)
{
	uint32_t magic;

	if (cursor_u32(c, &magic) == -1 || magic != STAMP_MAGIC ||
	    cursor_u32(c, call) == -1)
		return -1;
	return cursor_u32(c, sequence);
}

void
flow_count(struct flow *f, uint32_t sequence, struct flow_counts *counts)
{
	uint32_t ahead = sequence + 1 - f->expected, age;

	if (sequence >= f->expected) {
		f->seen = (ahead > 63 ? 0 : f->seen << ahead) | 1;
		f->expected = sequence + 1;
	} else {
		age = f->expected - 1 - sequence;
		if (age < 64 && (f->seen >> age & 1) != 0) {
			counts->duplicates++;
			return;
		}
		f->seen |= age < 64 ? 1ULL << age : 0;
		counts->late++;
	}
	f->received++;
	counts->received++;
}

void
flow_sum(const struct flow *f, uint32_t n, struct flow_counts *counts)
{
	for (; n > 0; n--, f++) {
		counts->calls += f->next > 0;
		counts->silent += f->next > 0 && f->received == 0;
	}
}

unsigned
flow_due(double rate, uint32_t n, uint64_t begun, uint64_t *due)
{
	double seconds = (double)(process_clock() - begun) / 1e6;
	uint64_t now = (uint64_t)(seconds * rate * n), left = now - *due;

	*due = now;
	return left > BURST_MAX ? BURST_MAX : (unsigned)left;
}
