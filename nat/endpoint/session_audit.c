/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who a session's ends are and how it is protected, in the audit's words. */
#include <string.h>

#include "alg/base/line.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_audit.h"

static enum alg_method
method_of(enum ppp_method method)
{
	return method == 0 ? ALG_METHOD_NONE : method == PPP_PAP ?
	    ALG_METHOD_PAP : method == PPP_CHAP_MD5 ? ALG_METHOD_CHAP :
	    method == PPP_MSCHAP ? ALG_METHOD_MSCHAP : ALG_METHOD_MSCHAP_V2;
}

static enum alg_encryption
encryption_of(uint8_t mppe)
{
	return mppe & PPP_MPPE_128 ? ALG_ENCRYPTION_128 :
	    mppe & PPP_MPPE_56 ? ALG_ENCRYPTION_56 :
	    mppe & PPP_MPPE_40 ? ALG_ENCRYPTION_40 : ALG_ENCRYPTION_NONE;
}

void
session_audit_count(const struct session *s)
{
	bool client = s->profile->client;
	struct alg_audit who = { .where = ALG_WHERE_HERE,
	    .client = client ? s->path.local : s->path.peer,
	    .server = client ? s->path.peer : s->path.local };
	struct line user = line_of(who.login.user, sizeof(who.login.user));
	struct ppp_info info;

	session_info(s, &info);
	who.login.method = (uint8_t)method_of(info.method);
	who.login.encryption = (uint8_t)encryption_of(s->mppe_out);
	line_add_peer(&user, (const uint8_t *)info.account,
	    strlen(info.account));
	alg_count_session(s->context->alg, &who, s->context->now);
}
