/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line is read, or the program ends with its usage. */
#include <arpa/inet.h>
#include <err.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "tools/load/options.h"

#define PPTP_PORT	1723
#define MTU		1400	/* of tunnels */
#define SPARE_FILES	64	/* of a process beside its connections */

static const char usage[] =
"usage: pptpalg-load server -b ADDRESS[:PORT] --from ADDRESSES [options]\n"
"       pptpalg-load client -s SERVER[-COUNT][:PORT] [options]\n"
"Plays many PPTP clients, or their server, to measure what is between them.\n"
"ADDRESSES: ADDRESS, FIRST-COUNT, or a network ADDRESS/BITS without first\n"
"and last.\n"
"\n"
"server: answers every call, sends GRE back to its call (as root), until\n"
"interrupted; then prints what it saw.\n"
"  -b ADDRESS[:PORT]     where to listen\n"
"      --from ADDRESSES  whom to answer: clients, or the NAT before them\n"
"\n"
"client: sets up calls; prints rate and latency.\n"
"  -s SERVER[-COUNT][:PORT]  where to call: the servers are used in turn\n"
"  -n, --calls N         how many calls (1)\n"
"      --per-connection N  so many calls on each control connection (1)\n"
"  -b ADDRESSES          local addresses, used in turn\n"
"      --call-id ID      the same call IDs from there on for each connection\n"
"                        (else all of one local address differ)\n"
"      --rate R          start at most R calls a second\n"
"      --concurrency C   calls that may be under way at once (100)\n"
"      --timeout S       seconds to wait for each answer (10)\n"
"      --hold S          keep all calls up for S seconds (0)\n"
"      --gre PPS         send PPS packets a second on each call meanwhile,\n"
"                        check what comes back (as root)\n"
"      --login USER      log in on each call: MS-CHAPv2, MPPE-128, IPCP; a\n"
"                        % in it becomes the call's number (as root)\n"
"      --password-file FILE  its first line is the password\n"
"      --no-mppe         without encryption\n"
"      --ping PPS        send PPS pings a second through each tunnel to its\n"
"                        other end meanwhile, check what comes back\n"
"      --size BYTES      length of these packets with IP header (100)\n"
"      --clear           at the end clear every call and stop its connection\n"
"both:\n"
"      --processes N     share the connections between N processes\n"
"      --json            one JSON object a line instead of text\n"
"\n"
"Exit status: 0 all calls came up and stayed up, and GRE came back on each;\n"
"1 not so; 2 usage.\n";

/* Options that are numbers. */
static const struct number {
	int		 option;
	const char	*name;
	size_t		 offset;
	bool		 whole;		/* uint32_t, else double */
	double		 min, max;
} numbers[] = {
#define WHOLE(o, n, field, min, max)					\
	{ o, n, offsetof(struct load_options, field), true, min, max }
#define REAL(o, n, field, max)						\
	{ o, n, offsetof(struct load_options, field), false, 0, max }
	WHOLE('n', "-n", calls, 1, 1000000),
	WHOLE('K', "--per-connection", per_connection, 1, OPTIONS_CALLS),
	WHOLE('I', "--call-id", call_id, 0, 65535),
	WHOLE('C', "--concurrency", concurrency, 1, 100000),
	WHOLE('S', "--size", size, 44, 1500),
	WHOLE('P', "--processes", processes, 1, 64),
	REAL('R', "--rate", rate, 1000000),
	REAL('T', "--timeout", timeout, 3600),
	REAL('H', "--hold", hold, 31536000),
	REAL('G', "--gre", gre, 1000000),
	REAL('g', "--ping", ping, 1000000),
};

static const struct option words[] = {
	{ "bind", required_argument, NULL, 'b' },
	{ "server", required_argument, NULL, 's' },
	{ "from", required_argument, NULL, 'F' },
	{ "calls", required_argument, NULL, 'n' },
	{ "per-connection", required_argument, NULL, 'K' },
	{ "call-id", required_argument, NULL, 'I' },
	{ "rate", required_argument, NULL, 'R' },
	{ "concurrency", required_argument, NULL, 'C' },
	{ "timeout", required_argument, NULL, 'T' },
	{ "hold", required_argument, NULL, 'H' },
	{ "gre", required_argument, NULL, 'G' },
	{ "login", required_argument, NULL, 'L' },
	{ "password-file", required_argument, NULL, 'W' },
	{ "no-mppe", no_argument, NULL, 'N' },
	{ "ping", required_argument, NULL, 'g' },
	{ "size", required_argument, NULL, 'S' },
	{ "processes", required_argument, NULL, 'P' },
	{ "clear", no_argument, NULL, 'c' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static uint32_t
read_address(const char *word)
{
	struct in_addr in;

	if (inet_pton(AF_INET, word, &in) != 1)
		errx(2, "\"%s\" is not an IPv4 address", word);
	return ntohl(in.s_addr);
}

static double
read_number(const char *name, const char *word, double min, double max,
    bool whole)
{
	char *end;
	double value = strtod(word, &end);

	if (end == word || *end != '\0' || !(value >= min && value <= max) ||
	    (whole && value != (double)(uint32_t)value))
		errx(2, "%s %s: expected a%s number from %.0f to %.0f", name,
		    word, whole ? " whole" : "", min, max);
	return value;
}

static uint32_t
read_count(const char *name, const char *word)
{
	return (uint32_t)read_number(name, word, 1, 16777216, true);
}

static void
read_server(struct load_options *o, char *word)
{
	char *port = strchr(word, ':'), *count = strchr(word, '-');

	if (port != NULL) {
		*port++ = '\0';
		o->port = (uint16_t)read_number("port", port, 1, 65535, true);
	}
	if (count != NULL && !o->server) {
		*count++ = '\0';
		o->servers = read_count("-s count", count);
	}
	o->address = read_address(word);
}

static void
read_locals(struct load_options *o, char *word)
{
	char *rest = strpbrk(word, "-/");
	char sign = rest == NULL ? '\0' : *rest;
	uint32_t bits;

	if (rest != NULL)
		*rest++ = '\0';
	o->local = read_address(word);
	o->locals = 1;
	if (sign == '-') {
		o->locals = read_count("count of addresses", rest);
	} else if (sign == '/') {
		bits = (uint32_t)read_number("bits of a network", rest, 8, 30,
		    true);
		o->locals = (1U << (32 - bits)) - 2;
		o->local = (o->local & ~(o->locals + 1)) + 1;
	}
}

static bool
read_option(struct load_options *o, int option, const char *word)
{
	const struct number *n = numbers;
	double value;

	while (n->option != option)
		if (++n == numbers + sizeof(numbers) / sizeof(numbers[0]))
			return false;
	value = read_number(n->name, word, n->min, n->max, n->whole);
	if (n->whole)
		*(uint32_t *)(void *)((char *)o + n->offset) = (uint32_t)value;
	else
		*(double *)(void *)((char *)o + n->offset) = value;
	return true;
}

static void
print_bad_usage(void)
{
	fputs(usage, stderr);
	exit(2);
}

static void
print_help(void)
{
	fputs(usage, stdout);
	exit(0);
}

/* Connections that one process can hold. */
static uint32_t
raise_file_limit(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_max > 2 * SPARE_FILES ?
	    (uint32_t)limit.rlim_max - SPARE_FILES : SPARE_FILES;
}

static void
check_login(const struct load_options *o)
{
	if ((o->user == NULL) != (o->password_file == NULL))
		errx(2, "--login and --password-file need each other");
	if (o->user == NULL && (o->ping > 0 || o->plain))
		errx(2, "--ping and --no-mppe are for tunnels: needs --login");
	if (o->user != NULL && o->gre > 0)
		errx(2, "--gre is for calls without --login: take --ping");
	if (o->user != NULL && o->call_id != -1 &&
	    options_connections(o) > (o->locals == 0 ? 1 : o->locals))
		errx(2, "--login with --call-id needs one local address for"
		    " each connection: give more with -b");
	if (o->size > MTU && o->ping > 0)
		errx(2, "--size: a tunnel takes %d bytes", MTU);
}

static void
check_options(struct load_options *o)
{
	uint32_t each = raise_file_limit(), n = options_connections(o);

	if (o->address == 0 || (o->server && o->locals == 0))
		print_bad_usage();
	if (o->processes == 0)
		o->processes = (n + each - 1) / each;
	if (!o->server && o->processes > n)
		o->processes = n;
	if (n / o->processes > each)
		errx(2, "%u calls need at least --processes %u here: a process"
		    " may open %u files", o->calls, (n + each - 1) / each,
		    each);
	if (o->gre > 0 && o->call_id != -1 &&
	    n > (o->locals == 0 ? 1 : o->locals))
		errx(2, "--gre with --call-id needs one local address for"
		    " each connection: give more with -b");
	if ((o->gre > 0 || o->ping > 0) && o->hold == 0)
		errx(2, "--gre and --ping send during --hold: say how long");
	check_login(o);
}

void
options_read(struct load_options *o, int argc, char **argv)
{
	int option;

	*o = (struct load_options){ .port = PPTP_PORT, .servers = 1,
	    .calls = 1, .per_connection = 1, .call_id = -1,
	    .concurrency = 100, .timeout = 10, .size = 100 };
	if (argc > 1 && strcmp(argv[1], "server") == 0)
		o->server = true;
	else if (argc > 1 && strcmp(argv[1], "--help") == 0)
		print_help();
	else if (argc < 2 || strcmp(argv[1], "client") != 0)
		print_bad_usage();
	argv[1] = argv[0];
	while ((option = getopt_long(argc - 1, argv + 1, "b:s:n:h", words,
	    NULL)) != -1) {
		if (option == 'h')
			print_help();
		else if (option == 'c')
			o->clear = true;
		else if (option == 'j')
			o->json = true;
		else if (option == 'N')
			o->plain = true;
		else if (option == 'L')
			o->user = optarg;
		else if (option == 'W')
			o->password_file = optarg;
		else if (option == (o->server ? 'b' : 's'))
			read_server(o, optarg);
		else if (option == (o->server ? 'F' : 'b'))
			read_locals(o, optarg);
		else if (!read_option(o, option, optarg))
			print_bad_usage();
	}
	if (optind != argc - 1)
		print_bad_usage();
	check_options(o);
}

bool
options_is_server(const struct load_options *o, uint32_t address)
{
	return address - o->address < o->servers;
}

bool
options_is_client(const struct load_options *o, uint32_t address)
{
	return address - o->local < o->locals;
}

uint32_t
options_connections(const struct load_options *o)
{
	return (o->calls - 1) / o->per_connection + 1;
}

uint32_t
options_local(const struct load_options *o, uint32_t call)
{
	return o->locals == 0 ? 0 :
	    o->local + call / o->per_connection % o->locals;
}

/* A client's next connection goes to the next server. */
uint32_t
options_server(const struct load_options *o, uint32_t call)
{
	uint32_t n = call / o->per_connection;

	return o->address + (n + (o->locals == 0 ? 0 : n / o->locals)) %
	    o->servers;
}

/* Calls of one address get different IDs, also after 65,536 of them. */
uint16_t
options_call_id(const struct load_options *o, uint32_t call)
{
	if (o->call_id != -1)
		return (uint16_t)((uint32_t)o->call_id +
		    call % o->per_connection);
	return (uint16_t)(call + (call >> 16));
}
