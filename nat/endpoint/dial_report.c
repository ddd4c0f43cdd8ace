/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nat/endpoint/dial_part.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_json.h"

/* As pptpalg-sessions(8) says. */
void
dial_report(struct item *item, const struct dialer *d, uint64_t epoch)
{
	const struct dial *c = &d->profile->dial;

	item_open(item);
	item_text(item, "dial", c->name);
	item_text(item, "state", dialer_state(d));
	item_text(item, "server", c->server);
	if (d->address == 0)
		item_null(item, "server_address");
	else
		item_address(item, "server_address", d->address);
	item_text(item, "user", c->user);
	roster_dialled(item, d->session);
	item_time(item, "since", epoch + d->since);
	item_number(item, "attempts", d->attempts);
	if (d->state == DIAL_WAITING)
		item_time(item, "next_try", epoch + d->next_try);
	else
		item_null(item, "next_try");
	item_text(item, "reason", *d->reason == '\0' ? NULL : d->reason);
	item_text(item, "text", *d->text == '\0' ? NULL : d->text);
	item_close(item);
}
