/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf/config.h"
#include "nat/base/clock.h"
#include "nat/control/call_json.h"
#include "nat/control/handler.h"

static enum handler_result __attribute__((format(printf, 2, 3)))
failed(struct handler *h, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(h->error, sizeof(h->error), format, ap);
	va_end(ap);
	return HANDLER_FAILED;
}

/* Is an argument absent, or the address that it asks for? */
static bool
fits(const struct handler *h, enum request_argument argument,
    uint32_t address)
{
	return !request_has(&h->request, argument) ||
	    h->request.value[argument] == address;
}

/* The client is who opened the control connection, on either side. */
static bool
ends_fit(const struct handler *h, const struct alg_flow *flow,
    bool inside_opened)
{
	return fits(h, REQUEST_CLIENT,
	    inside_opened ? flow->inside : flow->outside) &&
	    fits(h, REQUEST_SERVER,
	    inside_opened ? flow->outside : flow->inside);
}

static bool
call_ends_fit(const struct handler *h, const struct alg_call_info *call)
{
	struct alg_connection_info connection;

	if (!request_has(&h->request, REQUEST_CLIENT) &&
	    !request_has(&h->request, REQUEST_SERVER))
		return true;
	return alg_connection(h->host->alg, &call->flow, &connection) &&
	    ends_fit(h, &call->flow, connection.inside_opened);
}

static bool
call_id_fits(const struct handler *h, const struct alg_call_info *call)
{
	uint64_t id = h->request.value[REQUEST_CALL_ID];

	return !request_has(&h->request, REQUEST_CALL_ID) ||
	    call->inside_id == id || call->mapped_id == id ||
	    (call->has_outside_id && call->outside_id == id);
}

static enum handler_result
calls(struct handler *h, struct json_line *item)
{
	struct alg_call_info call;

	if (!alg_calls(h->host->alg, &h->at, &call))
		return HANDLER_DONE;
	if (call_id_fits(h, &call) && fits(h, REQUEST_PUBLIC, call.public) &&
	    call_ends_fit(h, &call))
		call_json_call(item, &call, h->epoch);
	return HANDLER_MORE;
}

static bool
connection_fits(const struct handler *h,
    const struct alg_connection_info *connection)
{
	if (request_has(&h->request, REQUEST_PUBLIC) &&
	    !(connection->has_public &&
	    fits(h, REQUEST_PUBLIC, connection->public)))
		return false;
	return ends_fit(h, &connection->flow, connection->inside_opened);
}

static enum handler_result
connections(struct handler *h, struct json_line *item)
{
	struct alg_connection_info connection;

	if (!alg_connections(h->host->alg, &h->at, &connection))
		return HANDLER_DONE;
	if (connection_fits(h, &connection))
		call_json_connection(item, &connection, h->epoch);
	return HANDLER_MORE;
}

static enum handler_result
status(struct handler *h, struct json_line *item)
{
	struct control_status what;
	struct alg_counters values;

	memset(&what, 0, sizeof(what));
	h->host->status(h->host->arg, &what);
	alg_counters(h->host->alg, &values);
	call_json_status(item, &what, &values, h->followers,
	    h->host->now(h->host->arg), h->epoch);
	return HANDLER_DONE;
}

static enum handler_result
counters(struct handler *h, struct json_line *item)
{
	struct control_counters values;

	memset(&values, 0, sizeof(values));
	h->host->counters(h->host->arg, &values);
	call_json_counters(item, &values);
	if (h->host->tunnels != NULL)
		h->host->tunnels(h->host->arg, item);
	json_line_close(item);
	return HANDLER_DONE;
}

static enum handler_result
events(struct handler *h, struct json_line *item)
{
	return HANDLER_FOLLOW;
}

static enum handler_result
reset(struct handler *h, const struct alg_flow *flow)
{
	if (h->host->reset(h->host->arg, flow, h->error,
	    sizeof(h->error)) == -1)
		return HANDLER_FAILED;
	h->found++;
	return HANDLER_MORE;
}

static enum handler_result
cleared(struct handler *h, struct json_line *item)
{
	json_line_open(item);
	json_line_number(item, "cleared", h->found);
	json_line_close(item);
	return HANDLER_DONE;
}

static enum handler_result
clear_call(struct handler *h, struct json_line *item)
{
	struct alg_call_info call;
	enum handler_result result;

	if (!alg_calls(h->host->alg, &h->at, &call))
		return failed(h, "there is no call %llu: see calls",
		    (unsigned long long)h->request.value[REQUEST_CALL]);
	if (call.serial != h->request.value[REQUEST_CALL])
		return HANDLER_MORE;
	result = reset(h, &call.flow);
	return result == HANDLER_MORE ? cleared(h, item) : result;
}

static enum handler_result
clear_client(struct handler *h, struct json_line *item)
{
	struct alg_connection_info connection;

	if (!alg_connections(h->host->alg, &h->at, &connection)) {
		if (h->found > 0)
			return cleared(h, item);
		return failed(h, "this client has no control connection: "
		    "see connections");
	}
	if (connection.state == ALG_CONNECTION_DEAD ||
	    !ends_fit(h, &connection.flow, connection.inside_opened))
		return HANDLER_MORE;
	return reset(h, &connection.flow);
}

static enum handler_result
clear(struct handler *h, struct json_line *item)
{
	return request_has(&h->request, REQUEST_CALL) ?
	    clear_call(h, item) : clear_client(h, item);
}

static enum handler_result
reload(struct handler *h, struct json_line *item)
{
	return h->host->reload(h->host->arg, h->error,
	    sizeof(h->error)) == -1 ? HANDLER_FAILED : HANDLER_DONE;
}

static enum handler_result
log_level(struct handler *h, struct json_line *item)
{
	const char *word = config_level_name(
	    (enum config_level)h->request.value[REQUEST_LEVEL]);

	return h->host->log_level(h->host->arg, word, h->error,
	    sizeof(h->error)) == -1 ? HANDLER_FAILED : HANDLER_DONE;
}

static enum handler_result
sessions(struct handler *h, struct json_line *item)
{
	return h->host->sessions(h->host->arg, &h->request, &h->at, h->epoch,
	    item) ? HANDLER_MORE : HANDLER_DONE;
}

static enum handler_result
dials(struct handler *h, struct json_line *item)
{
	return h->host->dials(h->host->arg, &h->request, &h->at, h->epoch,
	    item) ? HANDLER_MORE : HANDLER_DONE;
}

static enum handler_result
kick(struct handler *h, struct json_line *item)
{
	if (h->host->kick(h->host->arg, &h->request, &h->at, &h->found))
		return HANDLER_MORE;
	if (h->found == 0)
		return failed(h, "there is no such session: see sessions");
	json_line_open(item);
	json_line_number(item, "kicked", h->found);
	json_line_close(item);
	return HANDLER_DONE;
}

static enum handler_result
dial(struct handler *h, struct json_line *item)
{
	return h->host->dial(h->host->arg, h->request.text,
	    h->request.command == REQUEST_DIAL_UP, h->error,
	    sizeof(h->error)) == -1 ? HANDLER_FAILED : HANDLER_DONE;
}

static enum handler_result
end(struct handler *h, struct json_line *item)
{
	h->host->shutdown(h->host->arg, h->request.value[REQUEST_PURGE] != 0);
	return HANDLER_DONE;
}

static enum handler_result (*const steps[REQUEST_COMMANDS])(struct handler *,
    struct json_line *) = {
	[REQUEST_STATUS] = status,
	[REQUEST_CALLS] = calls,
	[REQUEST_CONNECTIONS] = connections,
	[REQUEST_COUNTERS] = counters,
	[REQUEST_EVENTS] = events,
	[REQUEST_CLEAR] = clear,
	[REQUEST_RELOAD] = reload,
	[REQUEST_LOG] = log_level,
	[REQUEST_SESSIONS] = sessions,
	[REQUEST_KICK] = kick,
	[REQUEST_DIALS] = dials,
	[REQUEST_DIAL_UP] = dial,
	[REQUEST_DIAL_DOWN] = dial,
	[REQUEST_SHUTDOWN] = end,
};

enum handler_result
handler_start(struct handler *h, const struct control_host *host,
    const char *line, size_t len)
{
	memset(h, 0, sizeof(*h));
	h->host = host;
	if (request_parse(line, len, &h->request, h->error,
	    sizeof(h->error)) == -1)
		return HANDLER_FAILED;
	h->epoch = clock_epoch(host->now(host->arg));
	return HANDLER_MORE;
}

enum handler_result
handler_step(struct handler *h, struct json_line *item)
{
	item->len = 0;
	return steps[h->request.command](h, item);
}
