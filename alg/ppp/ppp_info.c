/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "alg/ppp/data.h"
#include "alg/ppp/mschap.h"
#include "alg/ppp/ppp_internal.h"

static const struct {
	const char	*name, *sentence;
} reasons[] = {
#define REASON(id, name, sentence) [PPP_##id] = { name, sentence },
	PPP_REASON_LIST(REASON)
#undef REASON
};

static const char *const drops[] = {
	"malformed", "early", "late", "plain", "undecoded", "unknown", "send"
};

const char *
ppp_reason_name(enum ppp_reason reason)
{
	return reasons[reason].name;
}

const char *
ppp_reason_sentence(enum ppp_reason reason)
{
	return reasons[reason].sentence;
}

const char *
ppp_drop_name(enum ppp_drop kind)
{
	return drops[kind];
}

const char *
part_user(const struct ppp_config *c)
{
	return c->user != NULL ? c->user : c->name;
}

void
ppp_config_default(struct ppp_config *c)
{
	*c = (struct ppp_config){
		.name = "pptpalg", .strip_domain = true,
		.auth_tries = 3, .auth_delay = 1000, .auth_restart = 3000,
		.auth_transmits = 10, .auth_timeout = 60000,
		.mppe = PPP_MPPE_128 | PPP_MPPE_STATELESS,
		.mppe_required = true,
		.mru = 1400, .mtu = 1400,
		.echo_interval = 30000, .echo_failures = 4,
		.restart = 3000, .max_configure = 10, .max_terminate = 2,
		.max_failure = 10,
	};
}

static void
user_of(const struct ppp *p, struct ppp_info *i)
{
	size_t len = p->auth.theirs.user_len;

	i->user = i->account = "";
	i->method = p->lcp.ask != 0 ? p->lcp.ask : p->lcp.answer;
	if (p->lcp.ask != 0) {
		i->user = i->account = p->auth.theirs.user;
		if (p->config->strip_domain)
			i->account = mschap_user(i->user, &len);
	} else if (p->lcp.answer != 0)
		i->user = i->account = part_user(p->config);
}

static void
network_of(const struct ppp *p, struct ppp_info *i)
{
	static const uint8_t dns[] = { IPCP_DNS1, IPCP_DNS2 };
	static const uint8_t wins[] = { IPCP_NBNS1, IPCP_NBNS2 };

	i->ipv4 = p->fsm[FSM_IPCP].state == FSM_OPENED;
	i->local = p->ipcp.local;
	i->remote = p->ipcp.remote;
	for (int n = 0; n < 2; n++) {
		i->dns[n] = p->config->ask_dns ? p->ipcp.server[dns[n]] :
		    p->config->dns[n];
		i->wins[n] = p->config->ask_wins ? p->ipcp.server[wins[n]] :
		    p->config->wins[n];
	}
	if (p->fsm[FSM_IPV6CP].state == FSM_OPENED) {
		i->local_ipv6 = p->ipv6cp.local;
		i->remote_ipv6 = p->ipv6cp.remote;
	}
}

static void
encryption_of(const struct ppp *p, struct ppp_info *i)
{
	i->mppe_in = ccp_bits(ccp_in(p));
	i->mppe_out = ccp_bits(ccp_out(p));
	i->mppc_in = ccp_in(p) != 0 && p->ccp.receiver.mppc != NULL;
	i->mppc_out = ccp_out(p) != 0 && p->ccp.sender.mppc != NULL;
	i->mppe_offered = p->ccp.offered;
	i->resets = p->ccp.resets;
}

void
ppp_info(const struct ppp *p, struct ppp_info *i)
{
	memset(i, 0, sizeof(*i));
	i->phase = p->phase;
	i->reason = p->reason;
	user_of(p, i);
	network_of(p, i);
	encryption_of(p, i);
	i->mtu = data_mtu(p);
	i->mru = p->lcp.mru;
	i->up_since = p->up_since;
	i->last_packet = p->last_packet;
	i->packets_in = p->packets[0];
	i->packets_out = p->packets[1];
	i->bytes_in = p->bytes[0];
	i->bytes_out = p->bytes[1];
	memcpy(i->drops, p->drops, sizeof(i->drops));
}
