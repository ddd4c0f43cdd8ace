/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares a login with what the configuration requires. */
#include "nat/netfilter/require.h"

enum reason
require_check(const struct config_require *r, const struct alg_login *login)
{
	static const enum alg_encryption least[] = {
		[CONFIG_ENCRYPTION_NONE] = ALG_ENCRYPTION_UNREAD,
		[CONFIG_ENCRYPTION_ANY] = ALG_ENCRYPTION_40,
		[CONFIG_ENCRYPTION_128] = ALG_ENCRYPTION_128
	};

	if (r->methods != 0 && login->method != ALG_METHOD_UNREAD &&
	    (r->methods >> (login->method - 1) & 1) == 0)
		return REASON_WEAK_LOGIN;
	if (login->encryption != ALG_ENCRYPTION_UNREAD &&
	    login->encryption < least[r->encryption])
		return REASON_WEAK_ENCRYPTION;
	return REASON_NONE;
}
