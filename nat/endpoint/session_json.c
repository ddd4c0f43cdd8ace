/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_json.h"
#include "nat/endpoint/tun_device.h"
#include "nat/net/gre_socket.h"
#include "nat/net/gro.h"

static const char *const states[] = {
	[SESSION_OPENING] = "opening",
	[SESSION_AUTHENTICATING] = "authenticating",
	[SESSION_NEGOTIATING] = "negotiating",
	[SESSION_UP] = "up",
	[SESSION_CLOSING] = "closing"
};

const char *
roster_encryption(uint8_t mppe)
{
	if ((mppe & PPP_MPPE_128) != 0)
		return "mppe-128";
	if ((mppe & PPP_MPPE_56) != 0)
		return "mppe-56";
	return (mppe & PPP_MPPE_40) != 0 ? "mppe-40" : "none";
}

const char *
roster_method(enum ppp_method method)
{
	static const struct {
		enum ppp_method	 method;
		enum link_method name;
	} methods[] = {
		{ PPP_PAP, LINK_PAP }, { PPP_CHAP_MD5, LINK_CHAP },
		{ PPP_MSCHAP, LINK_MSCHAP }, { PPP_MSCHAP2, LINK_MSCHAP_V2 }
	};
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (methods[i].method == method)
			return link_method_name(methods[i].name);
	return "-";
}

static void
put_text(struct item *item, const char *key, const char *text)
{
	item_text(item, key, text == NULL || *text == '\0' ? NULL : text);
}

static void
put_address(struct item *item, const char *key, uint32_t address)
{
	if (address == 0)
		item_null(item, key);
	else
		item_address(item, key, address);
}

static void
put_who(struct item *item, const struct session *s,
    const struct ppp_info *info)
{
	item_number(item, "session", s->serial);
	item_text(item, "role", s->profile->client ? "client" : "server");
	item_text(item, "section", s->profile->name);
	put_text(item, "user", info->user);
	put_text(item, "login", info->account);
	item_address(item, "source", s->path.peer);
	item_number(item, "source_port", s->peer->port);
	item_address(item, "server", s->path.local);
}

static void
put_link(struct item *item, const struct session *s,
    const struct ppp_info *info)
{
	bool agreed = s->installed;

	put_address(item, "address", s->remote);
	put_address(item, "local", s->local);
	item_text(item, "method", info->method == 0 ? NULL :
	    roster_method(info->method));
	item_text(item, "encryption", !agreed ? NULL :
	    roster_encryption(info->mppe_out));
	if (agreed)
		item_number(item, "mtu", s->mtu);
	else
		item_null(item, "mtu");
	item_text(item, "interface", s->device == NULL ? NULL :
	    tun_name(s->device->tun));
}

static void
put_traffic(struct item *item, const struct ppp_info *info)
{
	item_number(item, "packets_in", info->packets_in);
	item_number(item, "packets_out", info->packets_out);
	item_number(item, "bytes_in", info->bytes_in);
	item_number(item, "bytes_out", info->bytes_out);
}

static void
get_info(const struct session *s, struct ppp_info *info)
{
	static const struct ppp_info none = { .user = "", .account = "" };

	if (s->started)
		ppp_info(&s->ppp, info);
	else
		*info = none;
}

void
roster_session(struct item *item, const struct session *s, uint64_t epoch)
{
	struct ppp_info info;

	get_info(s, &info);
	item_open(item);
	put_who(item, s, &info);
	item_text(item, "state", states[s->state]);
	item_number(item, "call_id", s->call.id);
	item_number(item, "peer_call_id", s->call.peer_id);
	put_link(item, s, &info);
	if (s->installed && info.mppe_out != 0)
		item_bool(item, "stateful",
		    (info.mppe_out & PPP_MPPE_STATEFUL) != 0);
	else
		item_null(item, "stateful");
	item_text(item, "compression", info.mppc_in || info.mppc_out ?
	    "mppc" : NULL);
	item_time(item, "since", epoch + (s->logged_in != 0 ? s->logged_in :
	    s->since));
	if (info.last_packet == 0)
		item_null(item, "last_seen");
	else
		item_time(item, "last_seen", epoch + info.last_packet);
	put_traffic(item, &info);
	item_number(item, "lost", s->window.counters.lost);
	item_number(item, "late", s->window.counters.late);
	item_close(item);
}

void
roster_dialled(struct item *item, const struct session *s)
{
	static const char *const keys[] = { "session", "address", "local",
	    "method", "encryption", "mtu", "interface" };
	struct ppp_info info;
	size_t i;

	if (s == NULL) {
		for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			item_null(item, keys[i]);
		return;
	}
	get_info(s, &info);
	item_number(item, "session", s->serial);
	put_link(item, s, &info);
}

void
roster_event(struct item *item, const char *event, const struct session *s,
    enum ppp_reason reason, uint64_t when)
{
	struct ppp_info info;

	get_info(s, &info);
	item_open(item);
	item_text(item, "event", event);
	item_time(item, "time", when);
	item_text(item, "reason", reason == PPP_OK ? NULL :
	    ppp_reason_name(reason));
	item_text(item, "text", reason == PPP_OK ? NULL :
	    ppp_reason_sentence(reason));
	put_who(item, s, &info);
	put_link(item, s, &info);
	if (s->logged_in != 0) {
		item_number(item, "seconds",
		    (s->exchange->now - s->logged_in) / 1000);
		put_traffic(item, &info);
	}
}

static void
put_counter(struct item *item, const char *prefix, const char *name,
    uint64_t value)
{
	char key[64];

	snprintf(key, sizeof(key), "%s-%s", prefix, name);
	item_number(item, key, value);
}

/* Those of sessions that are over, and of all others. */
static uint64_t
drops(const struct exchange *x, enum ppp_drop kind)
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
roster_counters(struct item *item, const struct exchange *x)
{
	struct carrier_counters c;
	int i;

	carrier_counters(x->carrier, &c);
	item_number(item, "sessions", x->sessions.used);
	item_number(item, "control_connections", x->peers.used);
	item_number(item, "logins", x->logins);
	item_number(item, "tunnel_gre_in", c.received);
	item_number(item, "tunnel_gre_out", c.sent);
	item_number(item, "tunnel_gre_cut_short", c.cut_short);
	item_number(item, "tunnel_gre_unsent", c.unsent);
	item_number(item, "tun_refused", join_refused(x->join));
	for (i = PPP_OK + 1; i < PPP_REASON_COUNT; i++)
		put_counter(item, "session", ppp_reason_name(
		    (enum ppp_reason)i), x->ends[i]);
	for (i = 0; i < PPP_DROP_COUNT; i++)
		put_counter(item, "drop", ppp_drop_name((enum ppp_drop)i),
		    drops(x, (enum ppp_drop)i));
}
