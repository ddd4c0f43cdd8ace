/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses a call and how it is protected, as far as that was read of PPP. */
#ifndef ALG_TRANSLATE_LOGIN_H
#define ALG_TRANSLATE_LOGIN_H

#include "alg/alg.h"
#include "alg/base/list.h"
#include "alg/base/pool.h"

/* Where a login stands on its way to the admin. */
enum login_stage {
	LOGIN_WAITS,	/* without encryption: some agree on it later */
	LOGIN_SETTLED,	/* not told yet */
	LOGIN_TOLD,
	LOGIN_STAGES
};

/* What a call holds only once PPP is up in it. */
struct login {
	struct alg_login	 is;
	uint64_t		 since;		/* ms: its stage */
	uint32_t		 call;
	uint8_t			 stage;
	bool			 counted;	/* by audit.h */
};

struct logins {
	struct pool	 pool;
	struct list	 staged[LOGIN_STAGES];
	struct list_link	*links;
};

int	login_init(struct alg *, uint32_t calls);
void	login_free(struct alg *);

/* What is known of a call now; NULL: nothing. */
const struct alg_login *login_of_call(const struct alg *, uint32_t call);

/* The same, to be kept; no room is needed: there is one for each call. */
void	login_tell(struct alg *, uint32_t call, const struct alg_login *);

/* From a record: the admin was told. */
void	login_restore(struct alg *, uint32_t call, const struct alg_login *);

/* The call is over. */
void	login_release(struct alg *, uint32_t call);

/* The next one whose login is settled and not told yet, or 0. */
uint32_t login_next_settled(struct alg *);

/* Settles what has waited. */
void	login_tick(struct alg *);

#endif
