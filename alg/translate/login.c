/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps what was read of PPP beside its call, and says when it is settled. */
#include <stdlib.h>
#include <string.h>

#include "alg/translate/login.h"
#include "alg/translate/state.h"

static struct login *
login_at(const struct alg *a, uint32_t i)
{
	return pool_at(&a->logins.pool, i);
}

int
login_init(struct alg *a, uint32_t calls)
{
	a->logins.links = calloc((size_t)calls + 1, sizeof(struct list_link));
	return a->logins.links != NULL && pool_init(&a->logins.pool, calls,
	    sizeof(struct login)) == 0 ? 0 : -1;
}

void
login_free(struct alg *a)
{
	free(a->logins.links);
	pool_free(&a->logins.pool);
}

const struct alg_login *
login_of_call(const struct alg *a, uint32_t call)
{
	uint32_t i = call_at(a, call)->login;

	return i != 0 ? &login_at(a, i)->is : NULL;
}

static void
enter_stage(struct alg *a, uint32_t i, enum login_stage stage)
{
	struct login *l = login_at(a, i);

	list_remove(a->logins.links, &a->logins.staged[l->stage], i);
	l->stage = (uint8_t)stage;
	l->since = a->now;
	list_append(a->logins.links, &a->logins.staged[stage], i);
	if (stage != LOGIN_SETTLED || l->counted)
		return;
	l->counted = true;
	audit_count_call(a, l->call, &l->is);
}

/* A new one begins to wait. */
static uint32_t
make_login(struct alg *a, uint32_t call)
{
	uint32_t i = pool_take(&a->logins.pool);

	*login_at(a, i) = (struct login){ .call = call, .since = a->now };
	list_append(a->logins.links, &a->logins.staged[LOGIN_WAITS], i);
	call_at(a, call)->login = i;
	return i;
}

/* Once told, it is told again only where the protection is another one. */
void
login_tell(struct alg *a, uint32_t call, const struct alg_login *is)
{
	uint32_t i = call_at(a, call)->login;
	bool new = i == 0;
	struct login *l;

	if (new)
		i = make_login(a, call);
	l = login_at(a, i);
	new = new || l->is.method != is->method ||
	    l->is.encryption != is->encryption;
	l->is = *is;
	dirty_call(a, call);
	if (new)
		enter_stage(a, i, is->encryption > ALG_ENCRYPTION_NONE ?
		    LOGIN_SETTLED : LOGIN_WAITS);
}

void
login_restore(struct alg *a, uint32_t call, const struct alg_login *is)
{
	uint32_t i = make_login(a, call);

	login_at(a, i)->is = *is;
	login_at(a, i)->counted = true;
	enter_stage(a, i, LOGIN_TOLD);
}

void
login_release(struct alg *a, uint32_t call)
{
	struct call *c = call_at(a, call);
	uint32_t i = c->login;

	if (i == 0)
		return;
	if (login_at(a, i)->stage == LOGIN_WAITS)
		enter_stage(a, i, LOGIN_SETTLED);
	list_remove(a->logins.links,
	    &a->logins.staged[login_at(a, i)->stage], i);
	pool_give(&a->logins.pool, i);
	c->login = 0;
}

uint32_t
login_next_settled(struct alg *a)
{
	uint32_t i = a->logins.staged[LOGIN_SETTLED].head;

	if (i == 0)
		return 0;
	enter_stage(a, i, LOGIN_TOLD);
	return login_at(a, i)->call;
}

/* The first of a stage has waited for the longest time. */
void
login_tick(struct alg *a)
{
	uint32_t i;

	while ((i = a->logins.staged[LOGIN_WAITS].head) != 0 &&
	    a->now - login_at(a, i)->since >= STATE_LOGIN_PATIENCE)
		enter_stage(a, i, LOGIN_SETTLED);
}
