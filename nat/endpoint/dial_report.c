/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nat/endpoint/dial_part.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_json.h"

/* As pptpalg-sessions(8) says. */
void
client_report(struct json_line *item, const struct client *d, uint64_t epoch)
{
	const struct dial *c = &d->profile->dial;

	json_line_open(item);
	json_line_text(item, "dial", c->name);
	json_line_text(item, "state", client_state(d));
	json_line_text(item, "server", c->server);
	if (d->address == 0)
		json_line_null(item, "server_address");
	else
		json_line_address(item, "server_address", d->address);
	json_line_text(item, "user", c->user);
	session_json_dialled(item, d->session);
	json_line_time(item, "since", epoch + d->since);
	json_line_number(item, "attempts", d->attempts);
	if (d->state == CLIENT_WAITING)
		json_line_time(item, "next_try", epoch + d->next_try);
	else
		json_line_null(item, "next_try");
	json_line_text(item, "reason", *d->reason == '\0' ? NULL : d->reason);
	json_line_text(item, "text", *d->text == '\0' ? NULL : d->text);
	json_line_close(item);
}
