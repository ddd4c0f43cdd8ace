/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One function a request: what it shows or does, a piece at a time. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "nat/base/clock.h"
#include "nat/control/attempt_json.h"
#include "nat/control/call_json.h"
#include "nat/control/handler.h"
#include "nat/control/reply_json.h"

static enum handler_result __attribute__((format(printf, 2, 3)))
fail_request(struct handler *h, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(h->error, sizeof(h->error), format, ap);
	va_end(ap);
	return HANDLER_FAILED;
}

/* The client is the end that opened the control connection. */
static bool
ends_fit(const struct handler *h, const struct alg_flow *flow,
    bool inside_opened)
{
	return request_fits(&h->request, REQUEST_CLIENT,
	    inside_opened ? flow->inside : flow->outside) &&
	    request_fits(&h->request, REQUEST_SERVER,
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

/* What is wrong with the call where the walk stands, in a word; or NULL. */
static const char *
call_trouble(const struct handler *h, const struct alg_call_info *call)
{
	const struct explanation *why;
	struct explanations all;
	struct alg_attempt attempt;

	alg_calls_attempt(h->host->alg, h->at, call, &attempt);
	h->host->explain(h->host->running, &attempt, &all);
	why = explain_failure(&all);
	return why == NULL ? NULL : why->name;
}

static bool
user_fits(const struct handler *h, const char *user)
{
	return !request_has(&h->request, REQUEST_USER) ||
	    (user != NULL && strcmp(user, h->request.text) == 0);
}

static enum handler_result
list_calls(struct handler *h, struct json_line *line)
{
	struct alg_login login = { .user = "" };
	struct control_way ways[2];
	struct alg_call_info call;
	const char *trouble;

	if (!alg_calls(h->host->alg, &h->at, &call))
		return HANDLER_DONE;
	(void)alg_calls_login(h->host->alg, h->at, &login);
	if (!call_id_fits(h, &call) || !user_fits(h, login.user) ||
	    !request_fits(&h->request, REQUEST_PUBLIC, call.public) ||
	    !call_ends_fit(h, &call))
		return HANDLER_MORE;
	trouble = call_trouble(h, &call);
	if (trouble != NULL || h->request.value[REQUEST_TROUBLE] == 0) {
		h->host->ways(h->host->running, &call, ways);
		call_json_call(line, &call, &login, ways, trouble, h->epoch);
	}
	return HANDLER_MORE;
}

static bool
attempt_fits(const struct handler *h, const struct alg_attempt *attempt)
{
	return ends_fit(h, &attempt->flow, attempt->inside_opened) &&
	    (!request_has(&h->request, REQUEST_CALL) ||
	    attempt->call.serial == h->request.value[REQUEST_CALL]);
}

static void
answer_attempt(const struct handler *h, const struct alg_attempt *attempt,
    struct json_line *line)
{
	struct explanations all;

	if (!attempt_fits(h, attempt))
		return;
	h->host->explain(h->host->running, attempt, &all);
	if (h->request.value[REQUEST_TROUBLE] != 0 &&
	    explain_failure(&all) == NULL)
		return;
	if (!user_fits(h, all.user))
		return;
	attempt_json_write(line, attempt, &all, h->epoch);
}

static enum handler_result
list_history(struct handler *h, struct json_line *line)
{
	struct alg_attempt attempt;

	if (!alg_attempts(h->host->alg, &h->at, &attempt))
		return HANDLER_DONE;
	answer_attempt(h, &attempt, line);
	return HANDLER_MORE;
}

/* The next of what lives, by two walks: it is not to be shown at false. */
static bool
next_living(struct handler *h, struct alg_attempt *attempt)
{
	struct alg_connection_info connection;
	struct alg_call_info call;

	if (h->phase == 0 &&
	    alg_connections(h->host->alg, &h->at, &connection))
		return alg_connections_attempt(h->host->alg, h->at, attempt);
	if (h->phase == 1 && alg_calls(h->host->alg, &h->at, &call)) {
		alg_calls_attempt(h->host->alg, h->at, &call, attempt);
		return true;
	}
	h->phase++;
	h->at = 0;
	return false;
}

/* What lives, and what of the history is over. */
static enum handler_result
explain_attempts(struct handler *h, struct json_line *line)
{
	struct alg_attempt attempt;

	if (h->phase < 2) {
		if (next_living(h, &attempt))
			answer_attempt(h, &attempt, line);
		return HANDLER_MORE;
	}
	if (!alg_attempts(h->host->alg, &h->at, &attempt))
		return HANDLER_DONE;
	if (attempt.over != 0)
		answer_attempt(h, &attempt, line);
	return HANDLER_MORE;
}

static enum handler_result
list_audit(struct handler *h, struct json_line *line)
{
	struct alg_audit row;

	if (!alg_audit(h->host->alg, &h->at, &row))
		return HANDLER_DONE;
	if (request_fits(&h->request, REQUEST_CLIENT, row.client) &&
	    request_fits(&h->request, REQUEST_SERVER, row.server) &&
	    user_fits(h, row.login.user))
		call_json_audit(line, &row, h->epoch);
	return HANDLER_MORE;
}

static bool
connection_fits(const struct handler *h,
    const struct alg_connection_info *connection)
{
	if (request_has(&h->request, REQUEST_PUBLIC) &&
	    !(connection->has_public &&
	    request_fits(&h->request, REQUEST_PUBLIC, connection->public)))
		return false;
	return ends_fit(h, &connection->flow, connection->inside_opened);
}

static enum handler_result
list_connections(struct handler *h, struct json_line *line)
{
	struct alg_connection_info connection;

	if (!alg_connections(h->host->alg, &h->at, &connection))
		return HANDLER_DONE;
	if (connection_fits(h, &connection))
		call_json_connection(line, &connection, h->epoch);
	return HANDLER_MORE;
}

static enum handler_result
show_status(struct handler *h, struct json_line *line)
{
	struct control_status what;
	struct alg_counters values;

	memset(&what, 0, sizeof(what));
	h->host->status(h->host->running, &what);
	alg_counters(h->host->alg, &values);
	reply_json_status(line, &what, h->host->alg, &values, h->followers,
	    clock_ms(), h->epoch);
	return HANDLER_DONE;
}

static enum handler_result
show_cluster(struct handler *h, struct json_line *line)
{
	struct control_status what;

	memset(&what, 0, sizeof(what));
	h->host->status(h->host->running, &what);
	if (!what.in_cluster)
		return fail_request(h, "this firewall is alone: there is no "
		    "cluster { } in its configuration");
	reply_json_cluster(line, &what, h->epoch);
	return HANDLER_DONE;
}

static void
put_counter(void *arg, const char *family, const char *name, uint64_t value)
{
	char key[64];

	snprintf(key, sizeof(key), name == NULL ? "%s" : "%s-%s", family, name);
	json_line_number(arg, key, value);
}

static enum handler_result
show_counters(struct handler *h, struct json_line *line)
{
	struct control_counters values;

	memset(&values, 0, sizeof(values));
	h->host->counters(h->host->running, &values);
	reply_json_counters(line, &values);
	if (h->host->session_counters != NULL)
		h->host->session_counters(h->host->running, put_counter,
		    line);
	json_line_close(line);
	return HANDLER_DONE;
}

static enum handler_result
follow_events(struct handler *h, struct json_line *line)
{
	return HANDLER_FOLLOW;
}

static enum handler_result
reset_connection(struct handler *h, const struct alg_flow *flow)
{
	if (h->host->reset(h->host->running, flow, h->error,
	    sizeof(h->error)) == -1)
		return HANDLER_FAILED;
	h->found++;
	return HANDLER_MORE;
}

/* The end of what is done to several: how many there were. */
static enum handler_result
put_found(struct handler *h, struct json_line *line, const char *key)
{
	json_line_open(line);
	json_line_number(line, key, h->found);
	json_line_close(line);
	return HANDLER_DONE;
}

static enum handler_result
clear_call(struct handler *h, struct json_line *line)
{
	struct alg_call_info call;
	enum handler_result result;

	if (!alg_calls(h->host->alg, &h->at, &call))
		return fail_request(h, "there is no call %llu: see calls",
		    (unsigned long long)h->request.value[REQUEST_CALL]);
	if (call.serial != h->request.value[REQUEST_CALL])
		return HANDLER_MORE;
	result = reset_connection(h, &call.flow);
	return result == HANDLER_MORE ? put_found(h, line, "cleared") : result;
}

static enum handler_result
clear_client(struct handler *h, struct json_line *line)
{
	struct alg_connection_info connection;

	if (!alg_connections(h->host->alg, &h->at, &connection)) {
		if (h->found > 0)
			return put_found(h, line, "cleared");
		return fail_request(h, "this client has no control connection: "
		    "see connections");
	}
	if (connection.state == ALG_CONNECTION_DEAD ||
	    !ends_fit(h, &connection.flow, connection.inside_opened))
		return HANDLER_MORE;
	return reset_connection(h, &connection.flow);
}

static enum handler_result
clear_any(struct handler *h, struct json_line *line)
{
	return request_has(&h->request, REQUEST_CALL) ?
	    clear_call(h, line) : clear_client(h, line);
}

/* First it is done, then told what was found: a warning each. */
static enum handler_result
step_reload(struct handler *h, struct json_line *line)
{
	if (h->phase++ == 0) {
		h->warnings = h->error;
		return h->host->reload(h->host->running, h->error,
		    sizeof(h->error)) == -1 ? HANDLER_FAILED : HANDLER_MORE;
	}
	if (h->warnings == NULL || *h->warnings == '\0')
		return HANDLER_DONE;
	json_line_open(line);
	json_line_text(line, "warning", strsep(&h->warnings, "\n"));
	json_line_close(line);
	return HANDLER_MORE;
}

static enum handler_result
set_log_level(struct handler *h, struct json_line *line)
{
	h->host->log_level(h->host->running,
	    (enum config_level)h->request.value[REQUEST_LEVEL]);
	return HANDLER_DONE;
}

static enum handler_result
list_sessions(struct handler *h, struct json_line *line)
{
	return h->host->sessions(h->host->running, &h->request, &h->at,
	    h->epoch, line) ? HANDLER_MORE : HANDLER_DONE;
}

static enum handler_result
list_dials(struct handler *h, struct json_line *line)
{
	return h->host->dials(h->host->running, &h->request, &h->at, h->epoch,
	    line) ? HANDLER_MORE : HANDLER_DONE;
}

static enum handler_result
kick_sessions(struct handler *h, struct json_line *line)
{
	if (h->host->kick(h->host->running, &h->request, &h->at, &h->found))
		return HANDLER_MORE;
	if (h->found == 0)
		return fail_request(h,
		    "there is no such session: see sessions");
	return put_found(h, line, "kicked");
}

static enum handler_result
set_dial(struct handler *h, struct json_line *line)
{
	return h->host->dial(h->host->running, h->request.text,
	    h->request.command == REQUEST_DIAL_UP, h->error,
	    sizeof(h->error)) == -1 ? HANDLER_FAILED : HANDLER_DONE;
}

static enum handler_result
shut_down(struct handler *h, struct json_line *line)
{
	h->host->shutdown(h->host->running,
	    h->request.value[REQUEST_PURGE] != 0);
	return HANDLER_DONE;
}

static enum handler_result (*const steps[REQUEST_COMMANDS])(struct handler *,
    struct json_line *) = {
	[REQUEST_STATUS] = show_status,
	[REQUEST_CALLS] = list_calls,
	[REQUEST_CONNECTIONS] = list_connections,
	[REQUEST_COUNTERS] = show_counters,
	[REQUEST_EVENTS] = follow_events,
	[REQUEST_CLEAR] = clear_any,
	[REQUEST_RELOAD] = step_reload,
	[REQUEST_LOG] = set_log_level,
	[REQUEST_SESSIONS] = list_sessions,
	[REQUEST_KICK] = kick_sessions,
	[REQUEST_DIALS] = list_dials,
	[REQUEST_DIAL_UP] = set_dial,
	[REQUEST_DIAL_DOWN] = set_dial,
	[REQUEST_SHUTDOWN] = shut_down,
	[REQUEST_HISTORY] = list_history,
	[REQUEST_WHY] = explain_attempts,
	[REQUEST_AUDIT] = list_audit,
	[REQUEST_CLUSTER] = show_cluster,
};

void
handler_take(struct handler *h, const struct control_host *host,
    const struct request *request)
{
	memset(h, 0, sizeof(*h));
	h->host = host;
	h->request = *request;
	h->epoch = clock_epoch(clock_ms());
}

enum handler_result
handler_start(struct handler *h, const struct control_host *host,
    const char *line, size_t len)
{
	struct request request;

	if (request_parse(line, len, &request, h->error, sizeof(h->error)) ==
	    -1)
		return HANDLER_FAILED;
	handler_take(h, host, &request);
	return HANDLER_MORE;
}

enum handler_result
handler_step(struct handler *h, struct json_line *line)
{
	line->len = 0;
	return steps[h->request.command](h, line);
}
