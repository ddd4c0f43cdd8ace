/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes samples of what the daemon counts, and lists them. */
#include <string.h>

#include "nat/http/past.h"

static uint64_t
sum_failures(const struct control_counters *c)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < c->n; i++)
		if (strncmp(c->more[i].name, "failed-", 7) == 0)
			sum += c->more[i].value;
	return sum;
}

static void
take_sample(struct past_sample *sample, const struct control_host *host,
    uint64_t now)
{
	struct control_counters c;

	memset(&c, 0, sizeof(c));
	host->counters(host->running, &c);
	*sample = (struct past_sample){
		.time = now,
		.calls = c.alg.calls, .connections = c.alg.connections,
		.packets = { c.alg.gre_in, c.alg.gre_out },
		.bytes = { c.alg.gre_bytes_in, c.alg.gre_bytes_out },
		.failed = sum_failures(&c),
		.lost = c.alg.reasons[REASON_QUEUE_LOSS]
	};
}

void
past_tick(struct past *past, const struct control_host *host, uint64_t now)
{
	unsigned last = (past->next + PAST_SAMPLES - 1) % PAST_SAMPLES;

	if (past->ring[last].time != 0 &&
	    now - past->ring[last].time < PAST_EVERY)
		return;
	take_sample(&past->ring[past->next], host, now);
	past->next = (past->next + 1) % PAST_SAMPLES;
}

bool
past_step(const struct past *past, uint32_t *at, uint64_t epoch,
    struct json_line *line)
{
	const struct past_sample *s;

	if (*at == PAST_SAMPLES)
		return false;
	s = &past->ring[(past->next + (*at)++) % PAST_SAMPLES];
	if (s->time == 0)
		return true;
	json_line_open(line);
	json_line_time(line, "time", epoch + s->time);
	json_line_number(line, "calls", s->calls);
	json_line_number(line, "connections", s->connections);
	json_line_number(line, "packets_in", s->packets[0]);
	json_line_number(line, "packets_out", s->packets[1]);
	json_line_number(line, "bytes_in", s->bytes[0]);
	json_line_number(line, "bytes_out", s->bytes[1]);
	json_line_number(line, "failed", s->failed);
	json_line_number(line, "lost", s->lost);
	json_line_close(line);
	return true;
}
