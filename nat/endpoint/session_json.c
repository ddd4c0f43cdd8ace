/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes sessions as lines of JSON, for replies and events of the admin's
 * socket.
 */
#include <stdio.h>
#include <string.h>

#include "alg/ppp/explain.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_json.h"
#include "nat/endpoint/session_log.h"
#include "nat/endpoint/session_way.h"
#include "nat/endpoint/tun_device.h"
#include "nat/net/gre_socket.h"
#include "nat/net/gro.h"

#define WAY	128		/* bytes of all that may be in the way */

static const char *const session_states[] = {
	[SESSION_CALLING] = "opening",
	[SESSION_OPENING] = "opening",
	[SESSION_AUTHENTICATING] = "authenticating",
	[SESSION_NEGOTIATING] = "negotiating",
	[SESSION_STARTING] = "negotiating",
	[SESSION_UP] = "up",
	[SESSION_RENEGOTIATING] = "negotiating",
	[SESSION_CLOSING] = "closing",
	[SESSION_CLEARING] = "closing",
	[SESSION_OVER] = "closing"
};

const char *
session_json_encryption(uint8_t mppe)
{
	if ((mppe & PPP_MPPE_128) != 0)
		return "mppe-128";
	if ((mppe & PPP_MPPE_56) != 0)
		return "mppe-56";
	return (mppe & PPP_MPPE_40) != 0 ? "mppe-40" : "none";
}

const char *
session_json_method(enum ppp_method method)
{
	/* The bits are the configuration's: see profile.c. */
	return method == 0 ? "-" :
	    tunnel_options_method_name((enum tunnel_method)method);
}

static void
put_text(struct json_line *line, const char *key, const char *text)
{
	json_line_text(line, key, text == NULL || *text == '\0' ? NULL : text);
}

static void
put_address(struct json_line *line, const char *key, uint32_t address)
{
	if (address == 0)
		json_line_null(line, key);
	else
		json_line_address(line, key, address);
}

/* Until the password is proved, a name is what somebody says. */
static bool
is_known(const struct session *s, const struct ppp_info *info)
{
	return s->profile->client || info->proved;
}

static void
put_who(struct json_line *line, const struct session *s,
    const struct ppp_info *info)
{
	json_line_number(line, "session", s->serial);
	json_line_text(line, "role", s->profile->client ? "client" : "server");
	json_line_text(line, "section", s->profile->name);
	put_text(line, "user", is_known(s, info) ? info->account : NULL);
	put_text(line, "login", info->account);
	json_line_address(line, "source", s->path.peer);
	json_line_number(line, "source_port", s->ctrl->port);
	json_line_address(line, "server", s->path.local);
}

static void
put_tunnel(struct json_line *line, const struct session *s,
    const struct ppp_info *info)
{
	bool agreed = s->device != NULL;
	char way[WAY];
	struct line l = line_of(way, sizeof(way));

	put_address(line, "address", s->remote);
	put_address(line, "local", s->local);
	json_line_text(line, "method", info->method == 0 ? NULL :
	    session_json_method(info->method));
	json_line_text(line, "encryption", !agreed ? NULL :
	    session_json_encryption(s->mppe_out));
	if (agreed)
		json_line_number(line, "mtu", s->mtu);
	else
		json_line_null(line, "mtu");
	json_line_text(line, "interface", s->device == NULL ? NULL :
	    tun_name(s->device->tun));
	session_way_write(s, &l);
	json_line_text(line, "way", s->up_since == 0 ? NULL : way);
}

static void
put_traffic(struct json_line *line, const struct ppp_info *info)
{
	json_line_number(line, "packets_in", info->packets_in);
	json_line_number(line, "packets_out", info->packets_out);
	json_line_number(line, "bytes_in", info->bytes_in);
	json_line_number(line, "bytes_out", info->bytes_out);
}

bool
session_json_fits(const struct session *s, const struct request *r)
{
	struct ppp_info info;

	session_info(s, &info);
	return (!request_has(r, REQUEST_SESSION) ||
	    r->value[REQUEST_SESSION] == s->serial) &&
	    request_fits(r, REQUEST_ADDRESS, s->remote) &&
	    request_fits(r, REQUEST_SOURCE, s->path.peer) &&
	    (!request_has(r, REQUEST_USER) || (is_known(s, &info) &&
	    strcmp(r->text, info.account) == 0));
}

void
session_json_write(
    struct json_line *line, const struct session *s, uint64_t epoch)
{
	struct ppp_info info;

	session_info(s, &info);
	json_line_open(line);
	put_who(line, s, &info);
	json_line_text(line, "state", session_states[s->state]);
	json_line_number(line, "call_id", s->call.id);
	json_line_number(line, "peer_call_id", s->call.peer_id);
	put_tunnel(line, s, &info);
	if (s->device != NULL && s->mppe_out != 0)
		json_line_bool(line, "stateful",
		    (s->mppe_out & PPP_MPPE_STATEFUL) != 0);
	else
		json_line_null(line, "stateful");
	json_line_text(line, "compression", info.mppc_in || info.mppc_out ?
	    "mppc" : NULL);
	json_line_time(line, "since",
	    epoch + (s->logged_in != 0 ? s->logged_in : s->since));
	json_line_since(line, "last_seen", epoch, info.last_packet);
	put_traffic(line, &info);
	json_line_number(line, "lost", s->sequence.counters.lost);
	json_line_number(line, "late", s->sequence.counters.late);
	json_line_close(line);
}

void
session_json_dialled(struct json_line *line, const struct session *s)
{
	static const char *const keys[] = { "session", "address", "local",
	    "method", "encryption", "mtu", "interface", "way" };
	struct ppp_info info;
	size_t i;

	if (s == NULL) {
		for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			json_line_null(line, keys[i]);
		return;
	}
	session_info(s, &info);
	json_line_number(line, "session", s->serial);
	put_tunnel(line, s, &info);
}

void
session_json_event(struct json_line *line, const char *event,
    const struct session *s, enum ppp_reason reason, uint64_t when)
{
	char text[EXPLAIN_MAX + 128];
	struct line l = line_of(text, sizeof(text));
	struct ppp_info info;

	session_info(s, &info);
	session_log_explain(s, reason, &l);
	json_line_open(line);
	json_line_text(line, "event", event);
	json_line_time(line, "time", when);
	json_line_text(line, "reason", reason == PPP_OK ? NULL :
	    ppp_reason_name(reason));
	json_line_text(line, "text", reason == PPP_OK ? NULL : text);
	put_who(line, s, &info);
	put_tunnel(line, s, &info);
	if (s->logged_in != 0) {
		json_line_number(line, "seconds",
		    (s->context->now - s->logged_in) / 1000);
		put_traffic(line, &info);
	}
}

/* The drops of sessions that are over and of those that are not. */
static uint64_t
count_drops(const struct context *x, enum ppp_drop kind)
{
	uint64_t n = x->drops[kind];
	const struct session *s;
	uint32_t i = 0;

	while ((i = pool_next(&x->sessions, i + 1)) != 0) {
		s = pool_at(&x->sessions, i);
		n += s->ppp.drops[kind];
	}
	return n;
}

void
session_json_counters(const struct context *x, control_count *count, void *arg)
{
	struct gre_socket_counters c;
	int i;

	gre_socket_counters(x->gre_socket, &c);
	count(arg, "sessions", NULL, x->sessions.used);
	count(arg, "control_connections", NULL, x->ctrl_sockets.used);
	count(arg, "logins", NULL, x->logins);
	count(arg, "tunnel_gre_in", NULL, c.received);
	count(arg, "tunnel_gre_out", NULL, c.sent);
	count(arg, "tunnel_gre_cut_short", NULL, c.cut_short);
	count(arg, "tunnel_gre_unsent", NULL, c.unsent);
	count(arg, "tun_refused", NULL, gro_refused(x->gro));
	count(arg, "radius", "asked", x->radius.asked);
	count(arg, "radius", "answered", x->radius.answered);
	count(arg, "radius", "repeated", x->radius.repeated);
	count(arg, "radius", "silent", x->radius.silent);
	count(arg, "radius", "full", x->radius.full);
	count(arg, "radius", "orders", x->radius.orders);
	count(arg, "radius", "orders-refused", x->radius.orders_refused);
	for (i = RADIUS_FAULT_NONE + 1; i < RADIUS_FAULTS; i++)
		count(arg, "radius", radius_packet_fault((enum radius_fault)i),
		    x->radius.faults[i]);
	for (i = PPP_OK + 1; i < PPP_REASON_COUNT; i++)
		count(arg, "session", ppp_reason_name((enum ppp_reason)i),
		    x->ends[i]);
	for (i = 0; i < PPP_DROP_COUNT; i++)
		count(arg, "drop", ppp_drop_name((enum ppp_drop)i),
		    count_drops(x, (enum ppp_drop)i));
}
