/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pptpalg-replay: what the translator would have done with a capture, and why.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "tools/replay/play.h"
#include "tools/replay/verdict.h"

/* The limits of pptpalg.conf(5) that matter to one capture. */
#define CALLS_PER_CONNECTION	64
#define CALLS_PER_CLIENT	1024
#define QUARANTINE		60000	/* ms */
#define CONNECTIONS_MIN		16

#define EXIT_USAGE		2
#define ERROR_MAX		300

struct options {
	struct side	 side;
	bool		 has_public;
	uint32_t	 public;
	uint32_t	 client;
	bool		 json, summary, absolute;
	const char	*output, *file;
};

static void
print_usage(FILE *out)
{
	fprintf(out, "usage: pptpalg-replay [--inside CIDR]... "
	    "[--public ADDRESS] [--client ADDRESS]\n"
	    "                      [--summary] [--absolute] [--json] "
	    "[-w OUT.pcap] FILE.pcap\n"
	    "       pptpalg-replay --help | --version\n");
}

static int
bad_usage(const char *what, const char *word)
{
	fprintf(stderr, "pptpalg-replay: %s%s\n", what, word);
	return EXIT_USAGE;
}

/* -1: go on; else the exit status. */
static int
set_option(struct options *o, int option)
{
	switch (option) {
	case 'i':
		if (side_add(&o->side, optarg) == -1)
			return bad_usage("--inside wants a network such as "
			    "10.0.0.0/8, at most 64 of them, not ", optarg);
		return -1;
	case 'p':
		o->has_public = true;
		if (side_address(optarg, &o->public) == -1)
			return bad_usage("--public wants an IPv4 address, "
			    "not ", optarg);
		return -1;
	case 'c':
		if (side_address(optarg, &o->client) == -1)
			return bad_usage("--client wants an IPv4 address, "
			    "not ", optarg);
		return -1;
	case 's':
		o->summary = true;
		return -1;
	case 'a':
		o->absolute = true;
		return -1;
	case 'j':
		o->json = true;
		return -1;
	case 'w':
		o->output = optarg;
		if (strcmp(optarg, "-") == 0)
			return bad_usage("-w wants the name of a file, the "
			    "report goes to standard output", "");
		return -1;
	case 'h':
		print_usage(stdout);
		return 0;
	case 'V':
		printf("pptpalg-replay %s\n", VERSION);
		return 0;
	default:
		print_usage(stderr);
		return EXIT_USAGE;
	}
}

static int
parse_options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "inside", required_argument, NULL, 'i' },
		{ "public", required_argument, NULL, 'p' },
		{ "client", required_argument, NULL, 'c' },
		{ "summary", no_argument, NULL, 's' },
		{ "absolute", no_argument, NULL, 'a' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 }
	};
	int option, status;

	while ((option = getopt_long(argc, argv, "hw:", longs, NULL)) != -1) {
		status = set_option(o, option);
		if (status != -1)
			return status;
	}
	if (argc - optind != 1) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	o->file = argv[optind];
	return -1;
}

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
		if (ip_parse(&p, c->ip, c->len) != REASON_NONE ||
		    p.protocol != IP_TCP ||
		    tcp_parse(&t, &p) != REASON_NONE)
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
	int status = parse_options(&o, argc, argv);

	if (status != -1)
		return status;
	status = run_replay(&o);
	if (fflush(stdout) == EOF || ferror(stdout))
		return fail_with("standard output", strerror(errno));
	return status;
}
