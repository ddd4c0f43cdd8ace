/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arguments and environment of pppd's scripts, made into jobs. */
#include <arpa/inet.h>
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "alg/base/line.h"
#include "nat/net/rtnetlink.h"
#include "nat/privsep/helper.h"
#include "nat/privsep/script.h"

#define SPEED	"115200"	/* what pptpd told, of no meaning */
#define TTY	"none"
#define TEXT	INET6_ADDRSTRLEN	/* bytes of a number or an address */

static const char *
ipv4(uint32_t address, char text[TEXT])
{
	struct line l = line_of(text, TEXT);

	line_add_ipv4(&l, address);
	return text;
}

static const char *
link_local(uint64_t identifier, char text[TEXT])
{
	uint64_t words[] = { htobe64(RTNETLINK_LINK_LOCAL),
		htobe64(identifier) };

	return inet_ntop(AF_INET6, words, text, TEXT);
}

/* pppd's ipparam: ours is the peer's address outside, as pptpd gives it. */
static const char *
ip_param(const struct tunnel_options *options, const struct script_facts *f,
    char text[TEXT])
{
	return *options->ip_param != '\0' ? options->ip_param :
					    ipv4(f->peer, text);
}

/* ip-up and its kind: interface, tty, speed, local, remote, ipparam. */
static void
put_ip_arguments(struct job *j, const struct tunnel_options *options,
    const struct script_facts *f, bool ipv6)
{
	char text[TEXT];

	job_argument(j, f->interface);
	job_argument(j, TTY);
	job_argument(j, SPEED);
	job_argument(j, ipv6 ? link_local(f->local_ipv6, text) :
	    ipv4(f->local, text));
	job_argument(j, ipv6 ? link_local(f->remote_ipv6, text) :
	    ipv4(f->remote, text));
	job_argument(j, ip_param(options, f, text));
}

/* auth-up and auth-down: interface, peer, user, tty, speed, ipparam. */
static void
put_auth_arguments(struct job *j, const struct tunnel_options *options,
    const struct script_facts *f)
{
	char text[TEXT];

	job_argument(j, f->interface);
	job_argument(j, f->user);
	job_argument(j, "root");
	job_argument(j, TTY);
	job_argument(j, SPEED);
	job_argument(j, ip_param(options, f, text));
}

static void
put_address(struct job *j, const char *name, uint32_t address)
{
	char text[TEXT];

	if (address != 0)
		job_variable(j, name, ipv4(address, text));
}

static void
put_number(struct job *j, const char *name, uint64_t number)
{
	char text[TEXT];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	job_variable(j, name, text);
}

static void
put_variables(struct job *j, const struct tunnel_options *options,
    const struct script_facts *f, bool down)
{
	char text[TEXT];

	job_variable(j, "DEVICE", TTY);
	job_variable(j, "IFNAME", f->interface);
	put_address(j, "IPLOCAL", f->local);
	put_address(j, "IPREMOTE", f->remote);
	if (f->remote_ipv6 != 0) {
		job_variable(j, "LLLOCAL", link_local(f->local_ipv6, text));
		job_variable(j, "LLREMOTE", link_local(f->remote_ipv6, text));
	}
	job_variable(j, "PEERNAME", f->user);
	job_variable(j, "REMOTENUMBER", ipv4(f->peer, text));
	job_variable(j, "SPEED", SPEED);
	job_variable(j, "ORIG_UID", "0");
	job_variable(j, "PPPLOGNAME", "root");
	job_variable(j, "LINKNAME", f->interface);
	if (*options->ip_param != '\0')
		job_variable(j, "CALL_FILE", options->ip_param);
	if (f->use_dns)
		job_variable(j, "USEPEERDNS", "1");
	put_address(j, "DNS1", f->dns[0]);
	put_address(j, "DNS2", f->dns[1]);
	put_address(j, "WINS1", f->wins[0]);
	put_address(j, "WINS2", f->wins[1]);
	if (!down)
		return;
	put_number(j, "CONNECT_TIME", f->seconds);
	put_number(j, "BYTES_SENT", f->sent);
	put_number(j, "BYTES_RCVD", f->received);
}

int
script_run(struct helper *h, const struct tunnel_options *options,
    enum tunnel_script which, const struct script_facts *f, bool wanted)
{
	bool auth = which == TUNNEL_AUTH_UP || which == TUNNEL_AUTH_DOWN;
	bool ipv6 = which == TUNNEL_IPV6_UP || which == TUNNEL_IPV6_DOWN;
	bool down = which == TUNNEL_IP_DOWN || which == TUNNEL_IPV6_DOWN ||
	    which == TUNNEL_AUTH_DOWN;
	struct job j;

	if (*options->script[which] == '\0')
		return 0;
	job_init(&j, JOB_SCRIPT, f->token);
	j.seconds = options->script_timeout;
	j.wanted = wanted;
	job_argument(&j, options->script[which]);
	if (auth)
		put_auth_arguments(&j, options, f);
	else
		put_ip_arguments(&j, options, f, ipv6);
	put_variables(&j, options, f, down);
	return helper_do(h, &j) == -1 ? -1 : 1;
}

int
script_run_dns(struct helper *h, const struct tunnel_options *options,
    const char *file, const struct script_facts *f, bool up)
{
	char text[TEXT];
	struct job j;
	size_t i;

	if (*file == '\0')
		return 0;
	job_init(&j, JOB_SCRIPT, f->token);
	j.seconds = options->script_timeout;
	job_argument(&j, file);
	job_argument(&j, up ? "up" : "down");
	job_argument(&j, f->interface);
	for (i = 0; i < 2; i++)
		if (f->dns[i] != 0)
			job_argument(&j, ipv4(f->dns[i], text));
	put_variables(&j, options, f, !up);
	return helper_do(h, &j) == -1 ? -1 : 1;
}

void
script_wtmp(struct helper *h, const struct script_facts *f, bool login)
{
	char line[TEXT], text[TEXT];
	struct job j;

	job_init(&j, JOB_WTMP, 0);
	snprintf(line, sizeof(line), "pptp/%" PRIu64, f->serial);
	job_argument(&j, line);
	job_argument(&j, login ? f->user : "");
	job_argument(&j, login ? ipv4(f->peer, text) : "");
	(void)helper_do(h, &j);
}
