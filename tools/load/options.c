/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line is read, or the program ends with its usage. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "alg/pptp/message.h"
#include "conf/address.h"
#include "conf/command_line.h"
#include "tools/load/options.h"

#define MTU		1400	/* of tunnels */
#define SPARE_FILES	64	/* of a process beside its connections */

/* What is read of the command line, before it is put together. */
struct given {
	struct load_options	 o;
	const char		*bind, *to, *from;
};

#define TEXT(m)		COMMAND_LINE_MEMBER(TEXT, given, m)
#define FLAG(m)		COMMAND_LINE_MEMBER(FLAG, given, o.m)
#define WHOLE(m, a, b)	COMMAND_LINE_MEMBER(WHOLE, given, o.m),		\
				.min = (a), .max = (b)
#define REAL(m, b)	COMMAND_LINE_MEMBER(REAL, given, o.m), .max = (b)

static const struct command_line_option option_table[] = {
	{ .help = "server: answers every call, sends GRE back to its call "
	    "(as root), until\ninterrupted; then prints what it saw." },
	{ 'b', "bind", "ADDRESS[:PORT]", "where to listen", TEXT(bind) },
	{ 0, "from", "ADDRESSES", "whom to answer: clients, or the NAT\n"
	    "before them", TEXT(from) },
	{ .help = "\nclient: sets up calls; prints rate and latency." },
	{ 's', "server", "SERVER[-COUNT][:PORT]", "where to call: the "
	    "servers are used in turn", TEXT(to) },
	{ 'n', "calls", "N", "how many calls (1)", WHOLE(calls, 1, 1000000) },
	{ 0, "per-connection", "N", "so many calls on each control "
	    "connection (1)", WHOLE(per_connection, 1, OPTIONS_CALLS) },
	{ .help = "  -b, --bind ADDRESSES    local addresses, used in turn" },
	{ 0, "call-id", "ID", "the same call IDs from there on for each\n"
	    "connection (else all of one local address\ndiffer)",
	    WHOLE(call_id, 0, 65535) },
	{ 0, "rate", "R", "start at most R calls a second",
	    REAL(rate, 1000000) },
	{ 0, "concurrency", "C", "calls that may be under way at once (100)",
	    WHOLE(concurrency, 1, 100000) },
	{ 0, "timeout", "S", "seconds to wait for each answer (10)",
	    REAL(timeout, 3600) },
	{ 0, "hold", "S", "keep all calls up for S seconds (0)",
	    REAL(hold, 31536000) },
	{ 0, "gre", "PPS", "send PPS packets a second on each call\n"
	    "meanwhile, check what comes back (as root)",
	    REAL(gre, 1000000) },
	{ 0, "login", "USER", "log in on each call: MS-CHAPv2, MPPE-128,\n"
	    "IPCP; a % in it becomes the call's number\n(as root)",
	    TEXT(o.user) },
	{ 0, "password-file", "FILE", "its first line is the password",
	    TEXT(o.password_file) },
	{ 0, "no-mppe", NULL, "without encryption", FLAG(plain) },
	{ 0, "ping", "PPS", "send PPS pings a second through each tunnel\n"
	    "to its other end meanwhile, check what\ncomes back",
	    REAL(ping, 1000000) },
	{ 0, "size", "BYTES", "length of these packets with IP header\n"
	    "(100)", WHOLE(size, 44, 1500) },
	{ 0, "clear", NULL, "at the end clear every call and stop its\n"
	    "connection", FLAG(clear) },
	{ .help = "\nboth:" },
	{ 0, "processes", "N", "share the connections between N processes",
	    WHOLE(processes, 1, 64) },
	{ 0, "json", NULL, "one JSON object a line instead of text",
	    FLAG(json) },
};

static const struct command_line command_line = {
	.program = "pptpalg-load",
	.usage = "server -b ADDRESS[:PORT] --from ADDRESSES [OPTION...]\n"
	    "client -s SERVER[-COUNT][:PORT] [OPTION...]",
	.about = "Plays many PPTP clients, or their server, to measure what "
	    "is between them.\nADDRESSES: ADDRESS, FIRST-COUNT, or a network "
	    "ADDRESS/BITS without first\nand last.",
	.options = option_table,
	.n = sizeof(option_table) / sizeof(option_table[0]),
	.words = "the word server or client",
	.min = 1,
	.max = 1,
	.status = "0 all calls came up and stayed up, and GRE came back on\n"
	    "each; 1 not so; 2 usage.",
};

#define WRONG(...)	exit(command_line_error(&command_line, __VA_ARGS__))

static uint32_t
read_address(const char *word)
{
	uint32_t address;

	if (!address_read(word, &address))
		WRONG("\"%s\" is not an IPv4 address", word);
	return address;
}

static double
read_number(const char *name, const char *word, double min, double max,
    bool whole)
{
	char *end;
	double value = strtod(word, &end);

	if (end == word || *end != '\0' || !(value >= min && value <= max) ||
	    (whole && value != (double)(uint32_t)value))
		WRONG("%s %s: expected a%s number from %.0f to %.0f", name,
		    word, whole ? " whole" : "", min, max);
	return value;
}

static uint32_t
read_count(const char *name, const char *word)
{
	return (uint32_t)read_number(name, word, 1, 16777216, true);
}

static void
read_server(struct load_options *o, const char *text)
{
	char *word = strdupa(text);
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
read_locals(struct load_options *o, const char *text)
{
	char *word = strdupa(text);
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
		WRONG("--login and --password-file need each other");
	if (o->user == NULL && (o->ping > 0 || o->plain))
		WRONG("--ping and --no-mppe are for tunnels: needs --login");
	if (o->user != NULL && o->gre > 0)
		WRONG("--gre is for calls without --login: take --ping");
	if (o->user != NULL && o->call_id != -1 &&
	    options_connections(o) > (o->locals == 0 ? 1 : o->locals))
		WRONG("--login with --call-id needs one local address for"
		    " each connection: give more with -b");
	if (o->size > MTU && o->ping > 0)
		WRONG("--size: a tunnel takes %d bytes", MTU);
}

static void
check_options(struct load_options *o)
{
	uint32_t each = raise_file_limit(), n = options_connections(o);

	if (o->address == 0)
		WRONG("expected the server's address behind %s",
		    o->server ? "-b" : "-s");
	if (o->server && o->locals == 0)
		WRONG("expected --from ADDRESSES");
	if (o->processes == 0)
		o->processes = (n + each - 1) / each;
	if (!o->server && o->processes > n)
		o->processes = n;
	if (n / o->processes > each)
		WRONG("%u calls need at least --processes %u here: a process"
		    " may open %u files", o->calls, (n + each - 1) / each,
		    each);
	if (o->gre > 0 && o->call_id != -1 &&
	    n > (o->locals == 0 ? 1 : o->locals))
		WRONG("--gre with --call-id needs one local address for"
		    " each connection: give more with -b");
	if ((o->gre > 0 || o->ping > 0) && o->hold == 0)
		WRONG("--gre and --ping send during --hold: say how long");
	check_login(o);
}

void
options_read(struct load_options *o, int argc, char **argv)
{
	struct given given = { .o = { .port = PPTP_PORT, .servers = 1,
	    .calls = 1, .per_connection = 1, .call_id = -1,
	    .concurrency = 100, .timeout = 10, .size = 100 } };
	int status = command_line_read(&command_line, &given, &argc, &argv);

	if (status != -1)
		exit(status);
	*o = given.o;
	o->server = strcmp(argv[0], "server") == 0;
	if (!o->server && strcmp(argv[0], "client") != 0)
		WRONG("expected %s, not '%s'", command_line.words, argv[0]);
	if ((o->server ? given.to : given.from) != NULL)
		WRONG(o->server ? "-s is for clients" :
		    "--from is for servers");
	if ((o->server ? given.bind : given.to) != NULL)
		read_server(o, o->server ? given.bind : given.to);
	if ((o->server ? given.from : given.bind) != NULL)
		read_locals(o, o->server ? given.from : given.bind);
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
