/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small HTTP server: one GET a connection, answered in slices between looks
 * at the packet queues.  libevent's own does not limit how many connect.
 */
#include <sys/queue.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/address.h"
#include "conf/request.h"
#include "nat/base/acceptor.h"
#include "nat/base/clock.h"
#include "nat/base/loop.h"
#include "nat/control/handler.h"
#include "nat/control/reply_json.h"
#include "nat/control/unix_socket.h"
#include "nat/http/http.h"
#include "nat/http/metrics.h"
#include "nat/http/past.h"

#define VISITORS_MAX	16		/* at once */
#define HEAD_MAX	8192		/* bytes of a request */
#define HEAD_SECONDS	10		/* for all of a request to come */
#define SILENT_SECONDS	30		/* without reading of the answer */
#define OUTPUT_MAX	(256 * 1024)	/* bytes that wait to be read */
#define SLICE		64		/* calls looked at between two turns */
#define ROWS_MAX	1000		/* lines of a list */
#define BACKLOG		16

#define PAGE_TYPE	"text/html; charset=utf-8"
#define LINES_TYPE	"application/x-ndjson"

/* Nothing is fetched from anywhere else, and nobody frames the page. */
#define HEADERS								\
	"Content-Security-Policy: default-src 'none'; connect-src 'self'; " \
	"script-src 'unsafe-inline'; style-src 'unsafe-inline'; "	\
	"frame-ancestors 'none'\r\n"					\
	"X-Content-Type-Options: nosniff\r\n"				\
	"Cache-Control: no-store\r\nConnection: close\r\n"

extern const char page_html[], page_html_end[];

struct http {
	struct loop		*loop;
	struct control_host	 host;
	struct unix_socket	 socket;	/* none: a TCP port */
	struct acceptor		*acceptor;
	struct visitor		*visitors[VISITORS_MAX];
	unsigned		 count;		/* of visitors */
	struct past		 past;
};

/* Somebody who is connected. */
struct visitor {
	struct http		*http;
	struct bufferevent	*bev;
	struct event		*turn;	/* the next one, or the deadline */
	/* The next line of the answer; NULL: it is not under way. */
	enum handler_result	(*step)(struct visitor *, struct json_line *);
	struct handler		 handler;
	unsigned		 rows;
	bool			 answered;
};

static void
visitor_free(struct visitor *v)
{
	struct http *http = v->http;
	unsigned i = 0;

	while (http->visitors[i] != v)
		i++;
	http->visitors[i] = http->visitors[--http->count];
	if (v->turn != NULL)
		event_free(v->turn);
	if (v->bev != NULL)
		bufferevent_free(v->bev);
	free(v);
}

static void
put_head(struct visitor *v, const char *status, const char *type)
{
	evbuffer_add_printf(bufferevent_get_output(v->bev),
	    "HTTP/1.1 %s\r\nContent-Type: %s\r\n" HEADERS "\r\n", status, type);
}

/* The answer ends with the connection. */
static void
answer_text(struct visitor *v, const char *status, const char *type,
    const char *text, size_t len)
{
	put_head(v, status, type);
	bufferevent_write(v->bev, text, len);
	v->answered = true;
}

static void
refuse_request(struct visitor *v, const char *status)
{
	char text[80];

	snprintf(text, sizeof(text), "%s\n", status);
	answer_text(v, status, "text/plain", text, strlen(text));
}

/*
 * What can be asked for.
 */

static void
send_page(struct visitor *v, const char *query)
{
	answer_text(v, "200 OK", PAGE_TYPE, page_html,
	    (size_t)(page_html_end - page_html));
}

static void
send_metrics(struct visitor *v, const char *query)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (f != NULL) {
		metrics_write(&v->http->host, f);
		fclose(f);
	}
	if (text != NULL)
		answer_text(v, "200 OK", METRICS_TYPE, text, len);
	else
		refuse_request(v, "503 Service Unavailable");
	free(text);
}

static enum handler_result
step_past(struct visitor *v, struct json_line *line)
{
	struct handler *h = &v->handler;

	line->len = 0;
	return past_step(&v->http->past, &h->at, h->epoch, line) ?
	    HANDLER_MORE : HANDLER_DONE;
}

static enum handler_result
step_list(struct visitor *v, struct json_line *line)
{
	enum handler_result result;

	if (v->rows >= ROWS_MAX) {
		snprintf(v->handler.error, sizeof(v->handler.error),
		    "more than %d: ask for fewer", ROWS_MAX);
		return HANDLER_FAILED;
	}
	result = handler_step(&v->handler, line);
	v->rows += line->len > 0;
	return result;
}

/* Goes on answering until the answer, this turn or the memory is used up. */
static void
take_steps(struct visitor *v)
{
	static const struct timeval now = { 0, 0 };
	struct evbuffer *output = bufferevent_get_output(v->bev);
	enum handler_result result = HANDLER_MORE;
	struct json_line line;

	for (int i = 0; i < SLICE && result == HANDLER_MORE; i++) {
		if (evbuffer_get_length(output) > OUTPUT_MAX - JSON_LINE_MAX)
			return;		/* visitor_sent goes on */
		result = v->step(v, &line);
		evbuffer_add(output, line.text, line.len);
	}
	if (result == HANDLER_MORE) {
		event_add(v->turn, &now);
		return;
	}
	reply_json_end(&line, result == HANDLER_DONE ? NULL : v->handler.error);
	evbuffer_add(output, line.text, line.len);
	v->answered = true;
}

static void
start_steps(struct visitor *v, const struct request *request,
    enum handler_result (*step)(struct visitor *, struct json_line *))
{
	handler_take(&v->handler, &v->http->host, request);
	v->step = step;
	put_head(v, "200 OK", LINES_TYPE);
	take_steps(v);
}

static void
send_past(struct visitor *v, const char *query)
{
	const struct request none = { .command = REQUEST_STATUS };

	start_steps(v, &none, step_past);
}

/* The arguments of a request, as the control socket names them. */
static int
read_query(struct request *request, const char *query, char *error, size_t size)
{
	struct evkeyvalq pairs;
	struct evkeyval *pair;
	int result;

	if (evhttp_parse_query_str(query, &pairs) == -1) {
		snprintf(error, size, "expected NAME=VALUE&...");
		return -1;
	}
	result = 0;
	TAILQ_FOREACH(pair, &pairs, next)
		if (result == 0)
			result = request_add_named(request, pair->key,
			    pair->value, error, size);
	evhttp_clear_headers(&pairs);
	return result == -1 ? -1 : request_check(request, error, size);
}

static void
send_list(struct visitor *v, const char *command, const char *query)
{
	char error[HANDLER_ERROR_MAX];
	struct request request;

	if (request_start(&request, command, error, sizeof(error)) == -1 ||
	    read_query(&request, query, error, sizeof(error)) == -1)
		answer_text(v, "400 Bad Request", "text/plain", error,
		    strlen(error));
	else
		start_steps(v, &request, step_list);
}

/* The requests of the control socket that only look. */
static const char *const lists[] = {
	"status", "calls", "connections", "counters", "history", "why",
	"sessions", "dials", "audit",
};

static const struct {
	const char	*path;
	void		(*send)(struct visitor *, const char *query);
} places[] = {
	{ "/", send_page }, { "/metrics", send_metrics }, { "/past", send_past }
};

static void
send_place(struct visitor *v, char *path)
{
	char *query = strchr(path, '?');

	if (query == NULL)
		query = path + strlen(path);
	else
		*query++ = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strcmp(path, places[i].path) == 0) {
			places[i].send(v, query);
			return;
		}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (strcmp(path + 1, lists[i]) == 0) {
			send_list(v, lists[i], query);
			return;
		}
	refuse_request(v, "404 Not Found");
}

/*
 * A page of somebody else's, whose name suddenly stands for this host, must
 * not read us through an admin's browser (DNS rebinding): only addresses and
 * localhost may be asked for.
 */
static bool
host_is_ours(const char *head)
{
	const char *host = strcasestr(head, "\r\nHost:");
	char name[64];

	if (host == NULL || sscanf(host + 7, " %63[^: \r\n]", name) != 1)
		return true;
	return strcasecmp(name, "localhost") == 0 || name[0] == '[' ||
	    name[strspn(name, "0123456789.")] == '\0';
}

static void
answer_request(struct visitor *v, char *head)
{
	char *path = head + 4, *end = strpbrk(path, " \r");

	if (strncmp(head, "GET ", 4) != 0)
		refuse_request(v, "405 Method Not Allowed");
	else if (end == NULL || strncmp(end, " HTTP/1.", 8) != 0 ||
	    *path != '/')
		refuse_request(v, "400 Bad Request");
	else if (v->http->socket.folder == -1 && !host_is_ours(end))
		refuse_request(v, "403 Forbidden");
	else {
		*end = '\0';
		send_place(v, path);
	}
}

/*
 * A visitor's life: a request, an answer, the end.
 */

static void
visitor_received(struct bufferevent *bev, void *arg)
{
	static const struct timeval silent = { SILENT_SECONDS, 0 };
	struct evbuffer *input = bufferevent_get_input(bev);
	size_t len = evbuffer_get_length(input);
	char head[HEAD_MAX + 1];
	struct visitor *v = arg;

	if (evbuffer_search(input, "\r\n\r\n", 4, NULL).pos == -1 &&
	    len < HEAD_MAX)
		return;
	event_del(v->turn);
	bufferevent_disable(bev, EV_READ);
	bufferevent_set_timeouts(bev, NULL, &silent);
	if (len >= HEAD_MAX) {
		refuse_request(v, "431 Request Header Fields Too Large");
		return;
	}
	evbuffer_remove(input, head, len);
	head[len] = '\0';
	answer_request(v, head);
}

/* All that was written has gone to the kernel. */
static void
visitor_sent(struct bufferevent *bev, void *arg)
{
	struct visitor *v = arg;

	if (v->answered)
		visitor_free(v);
	else if (v->step != NULL && !evtimer_pending(v->turn, NULL))
		take_steps(v);
}

static void
visitor_event(struct bufferevent *bev, short what, void *arg)
{
	visitor_free(arg);
}

static void
visitor_turn(evutil_socket_t fd, short what, void *arg)
{
	struct visitor *v = arg;

	if (v->step != NULL)
		take_steps(v);
	else
		visitor_free(v);
}

static void
accept_visitor(void *arg, int fd, const struct sockaddr *from)
{
	static const struct timeval deadline = { HEAD_SECONDS, 0 };
	struct http *http = arg;
	struct visitor *v;

	if (http->count >= VISITORS_MAX ||
	    (v = calloc(1, sizeof(*v))) == NULL) {
		close(fd);
		return;
	}
	v->http = http;
	http->visitors[http->count++] = v;
	v->turn = evtimer_new(loop_base(http->loop), visitor_turn, v);
	v->bev = bufferevent_socket_new(
	    loop_base(http->loop), fd, BEV_OPT_CLOSE_ON_FREE);
	if (v->bev == NULL)
		close(fd);
	if (v->bev == NULL || v->turn == NULL) {
		visitor_free(v);
		return;
	}
	event_add(v->turn, &deadline);
	bufferevent_setcb(
	    v->bev, visitor_received, visitor_sent, visitor_event, v);
	bufferevent_setwatermark(v->bev, EV_READ, 0, HEAD_MAX);
	bufferevent_enable(v->bev, EV_READ);
}

/*
 * Start and end.
 */

static int
open_port(const char *listen_at, char *error, size_t size)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct terminate_endpoint endpoint = { .port = 0 };
	int on = 1, fd;

	(void)address_read_endpoint(listen_at, 0, &endpoint);
	to.sin_addr.s_addr = htonl(endpoint.address);
	to.sin_port = htons(endpoint.port);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	snprintf(error, size, "metrics { listen = \"%s\" }: %s", listen_at,
	    strerror(errno));
	if (fd != -1)
		close(fd);
	return -1;
}

static int
open_socket(struct http *http, const char *listen_at, char *error, size_t size)
{
	return listen_at[0] != '/' ? open_port(listen_at, error, size) :
	    unix_socket_open(&http->socket, listen_at, error, size);
}

struct http *
http_open(struct loop *loop, const char *listen_at,
    const struct control_host *host, char *error, size_t size)
{
	struct http *http = calloc(1, sizeof(*http));
	int fd;

	if (http == NULL) {
		snprintf(error, size, "no memory for metrics");
		return NULL;
	}
	http->socket.folder = -1;
	http->loop = loop;
	http->host = *host;
	if ((fd = open_socket(http, listen_at, error, size)) != -1) {
		http->acceptor = acceptor_open(loop, fd, accept_visitor, http);
		if (http->acceptor != NULL)
			return http;
		close(fd);
		snprintf(error, size, "no memory for metrics");
	}
	http_close(http);
	return NULL;
}

void
http_close(struct http *http)
{
	if (http == NULL)
		return;
	while (http->count > 0)
		visitor_free(http->visitors[0]);
	acceptor_close(http->acceptor);
	unix_socket_remove(&http->socket);
	free(http);
}

int
http_folder(const struct http *http)
{
	return http != NULL ? http->socket.folder : -1;
}

void
http_tick(struct http *http, uint64_t now)
{
	if (http != NULL)
		past_tick(&http->past, &http->host, now);
}
