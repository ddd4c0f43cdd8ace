/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pptpalg-replay: what the translator would have done with a capture, and why.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "conf/command_line.h"
#include "tools/replay/play.h"
#include "tools/replay/verdict.h"

/* The limits of pptpalg.conf(5) that matter to one capture. */
#define CALLS_PER_CONNECTION	64
#define CALLS_PER_CLIENT	1024
#define QUARANTINE		60000	/* ms */
#define CONNECTIONS_MIN		16

#define ERROR_MAX		300

struct options {
	struct side	 side;
	bool		 has_public;
	uint32_t	 public;
	uint32_t	 client;
	bool		 json, summary, absolute;
	const char	*output, *file;
};

static int
set_inside(void *options, const char *text, char *error, size_t size)
{
	struct options *o = options;

	if (side_add(&o->side, text) == 0)
		return 0;
	snprintf(error, size, "expected a network such as 10.0.0.0/8, at most "
	    "64 of them, not '%s'", text);
	return -1;
}

static int
set_address(uint32_t *address, const char *text, char *error, size_t size)
{
	if (address_read(text, address))
		return 0;
	snprintf(error, size, "expected an IPv4 address, not '%s'", text);
	return -1;
}

static int
set_public(void *options, const char *text, char *error, size_t size)
{
	struct options *o = options;

	o->has_public = true;
	return set_address(&o->public, text, error, size);
}

static int
set_client(void *options, const char *text, char *error, size_t size)
{
	struct options *o = options;

	return set_address(&o->client, text, error, size);
}

static int
set_output(void *options, const char *text, char *error, size_t size)
{
	struct options *o = options;

	o->output = text;
	if (strcmp(text, "-") != 0)
		return 0;
	snprintf(error, size, "expected the name of a file: the report goes "
	    "to standard output");
	return -1;
}

static const struct command_line_option option_table[] = {
	{ 0, "inside", "CIDR", "a network of the inside; may be repeated",
	    .type = COMMAND_LINE_OTHER, .set = set_inside },
	{ 0, "public", "ADDRESS", "the address that the outside sees",
	    .type = COMMAND_LINE_OTHER, .set = set_public },
	{ 0, "client", "ADDRESS", "only what this client has part in",
	    .type = COMMAND_LINE_OTHER, .set = set_client },
	{ 0, "summary", NULL, "verdicts only",
	    COMMAND_LINE_MEMBER(FLAG, options, summary) },
	{ 0, "absolute", NULL, "times of day, not seconds from the start",
	    COMMAND_LINE_MEMBER(FLAG, options, absolute) },
	{ 0, "json", NULL, "one JSON document instead of text",
	    COMMAND_LINE_MEMBER(FLAG, options, json) },
	{ 'w', NULL, "OUT.pcap", "write the translated packets to a file",
	    .type = COMMAND_LINE_OTHER, .set = set_output },
};

static const struct command_line command_line = {
	.program = "pptpalg-replay",
	.usage = "[--inside CIDR]... [--public ADDRESS] [--client ADDRESS]\n"
	    " [--summary] [--absolute] [--json] "
	    "[-w OUT.pcap] FILE.pcap",
	.about = "Runs a capture through the code of pptpalgd, and reports "
	    "what would have\nbecome of it.",
	.options = option_table,
	.n = sizeof(option_table) / sizeof(option_table[0]),
	.words = "a capture",
	.min = 1,
	.max = 1,
	.status = "0 done, 1 a file cannot be read or written, 2 usage.",
};

/* The first reading: who is connected to whom, and all they say. */
static int
scan_capture(struct ctrl_conns *all, struct capture *capture)
{
	struct source source;
	struct capture_packet *c;
	struct packet p;
	struct tcp t;
	int bad = 0;

	if (source_init(&source, capture) == -1)
		return -1;
	while (bad == 0 && source_next(&source, &c) == 1) {
		if (ip_parse(&p, c->ip, c->len) != REASON_NONE)
			continue;
		if (p.protocol == IP_ICMP)
			ctrl_conns_refuse(all, &p, c->number);
		if (p.protocol != IP_TCP || tcp_parse(&t, &p) != REASON_NONE)
			continue;
		if (t.src_port == CTRL_CONN_PORT ||
		    t.dst_port == CTRL_CONN_PORT)
			bad = ctrl_conns_add(all, &p, &t, c->number);
	}
	source_free(&source);
	return bad == 0 ? ctrl_conns_finish(all) : -1;
}

/* A key of zeros: the same capture always gives the same call IDs. */
static struct alg *
new_translator(const struct ctrl_conns *all)
{
	struct alg_config config = {
		.malformed_reset = true,
		.connections = ctrl_conns_count(all) + CONNECTIONS_MIN,
		.calls_per_connection = CALLS_PER_CONNECTION,
		.calls_per_client = CALLS_PER_CLIENT,
		.quarantine = QUARANTINE,
		.any_checksum = true,
	};

	return alg_new(&config);
}

static int
fail_with(const char *what, const char *why)
{
	fprintf(stderr, "pptpalg-replay: %s: %s\n", what, why);
	return EXIT_FAILURE;
}

/* The second reading and the report. */
static int
replay_capture(
    struct play *play, const struct options *o, struct capture *capture)
{
	struct findings findings = { 0 };
	char error[ERROR_MAX];
	int bad;

	if (capture_rewind(capture, error, sizeof(error)) == -1)
		return fail_with(o->file, error);
	play->alg = new_translator(&play->conns);
	if (play->alg == NULL || ppp_traces_init(&play->traces,
	    ctrl_conns_calls(&play->conns), &play->conns.key) == -1 ||
	    source_init(&play->source, capture) == -1)
		return fail_with(o->file, strerror(errno));
	if (o->output != NULL) {
		play->writer = capture_create(capture, o->output, error,
		    sizeof(error));
		if (play->writer == NULL)
			return fail_with(o->output, error);
	}
	play->report->begin(play);
	play_all(play);
	bad = verdict_find(play, &findings) == -1 || play->failed;
	if (!bad)
		play->report->end(play, &findings);
	verdict_free(&findings);
	if (play->writer != NULL &&
	    capture_finish(play->writer, error, sizeof(error)) == -1)
		return fail_with(o->output, error);
	return bad ? fail_with(o->file, strerror(ENOMEM)) : EXIT_SUCCESS;
}

static void
free_play(struct play *play)
{
	alg_free(play->alg);
	source_free(&play->source);
	free(play->changes);
	flows_free(&play->flows);
	ppp_traces_free(&play->traces);
	ctrl_conns_free(&play->conns);
}

/* Everything in *play that does not depend on what the capture says. */
static int
init_play(struct play *play, const struct options *o,
    const struct capture *capture)
{
	struct ctrl_conns *all = &play->conns;
	struct hash_key *key = &all->key;

	*play = (struct play){ .out = stdout, .summary = o->summary,
	    .absolute = o->absolute, .client = o->client,
	    .report = o->json ? json_report() : text_report() };
	all->side = o->side;
	all->has_public = o->has_public;
	all->public = o->public;
	if (getrandom(key, sizeof(*key), 0) != sizeof(*key))
		return -1;
	if (ctrl_conns_init(all, capture_room(capture, CTRL_CONNS_MAX)) == -1)
		return -1;
	return flows_init(&play->flows, capture_room(capture, FLOWS_MAX),
	    key);
}

static int
run_replay(const struct options *o)
{
	struct play play;
	char error[ERROR_MAX];
	struct capture *capture;
	int status;

	capture = capture_open(o->file, error, sizeof(error));
	if (capture == NULL)
		return fail_with(o->file, error);
	if (init_play(&play, o, capture) == -1 ||
	    scan_capture(&play.conns, capture) == -1)
		status = fail_with(o->file, strerror(errno));
	else
		status = replay_capture(&play, o, capture);
	free_play(&play);
	if (status == EXIT_SUCCESS && capture_error(capture) != NULL)
		status = fail_with(o->file, capture_error(capture));
	capture_close(capture);
	return status;
}

int
main(int argc, char **argv)
{
	struct options o = { 0 };
	int status = command_line_read(&command_line, &o, &argc, &argv);

	if (status != -1)
		return status;
	o.file = argv[0];
	status = run_replay(&o);
	if (fflush(stdout) == EOF || ferror(stdout))
		return fail_with("standard output", strerror(errno));
	return status;
}
