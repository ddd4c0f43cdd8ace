/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connects to the daemon, asks, and reads the lines of the reply. */
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/json_doc.h"
#include "tools/ctl/client.h"

#define ANSWER_SECONDS	10
#define BUFFER_SIZE	(256 * 1024)

struct client {
	FILE	*reply;
	char	*line;
	size_t	 size;
};

static void
explain_failure(const char *path)
{
	if (errno == EACCES || errno == EPERM)
		warnx("%s: permission denied: run this as root", path);
	else if (errno == ENOENT || errno == ECONNREFUSED)
		warnx("no daemon answers at %s: start pptpalgd, or name its "
		    "control-socket with -s", path);
	else
		warn("%s", path);
}

static int
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		warnx("%s: too long for a socket's path", path);
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd != -1 && connect(fd, (struct sockaddr *)&address,
	    sizeof(address)) == 0)
		return fd;
	explain_failure(path);
	if (fd != -1)
		close(fd);
	return -1;
}

/* A reply that does not come is an error; events come when they come. */
static int
send_request(int fd, const struct request *request)
{
	struct timeval patience = {
	    request->command == REQUEST_EVENTS ? 0 : ANSWER_SECONDS, 0 };
	char line[REQUEST_MAX];
	size_t len = request_format(request, line);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	/* A daemon that refuses at once has said why before it hung up. */
	if (send(fd, line, len, MSG_NOSIGNAL) == -1 && errno != EPIPE) {
		warn("cannot send the request");
		return -1;
	}
	return 0;
}

struct client *
client_open(const char *path, const struct request *request)
{
	struct client *client = calloc(1, sizeof(*client));
	int fd;

	if (client == NULL)
		err(1, NULL);
	fd = connect_to(path);
	if (fd != -1 && send_request(fd, request) == 0)
		client->reply = fdopen(fd, "r");
	if (client->reply != NULL) {
		setvbuf(client->reply, NULL, _IOFBF, BUFFER_SIZE);
		return client;
	}
	if (fd != -1)
		close(fd);
	client_close(client);
	return NULL;
}

void
client_close(struct client *client)
{
	if (client == NULL)
		return;
	if (client->reply != NULL)
		fclose(client->reply);
	free(client->line);
	free(client);
}

static int
explain_end(struct client *client)
{
	if (ferror(client->reply) && errno == EAGAIN)
		warnx("the daemon does not answer");
	else if (ferror(client->reply) && errno != ECONNRESET)
		warn("the daemon's reply");
	else
		warnx("the daemon has closed the connection");
	return -1;
}

/* The last line: was all well? */
static int
read_end(const char *line, size_t len)
{
	struct document *reply = json_doc_read(line, len);
	char text[1024];
	int result = -1;

	if (reply == NULL)
		client_unreadable(line);
	else if (json_doc_is_true(reply, "ok"))
		result = 0;
	else
		warnx("%s", json_doc_get_text(reply, "error", text,
		    sizeof(text)));
	json_doc_free(reply);
	return result;
}

void
client_unreadable(const char *line)
{
	warnx("cannot read '%.60s...': is pptpalgd of the same version?",
	    line);
}

int
client_next(struct client *client, const char **line, size_t *len)
{
	ssize_t got = getline(&client->line, &client->size, client->reply);

	if (got <= 0 || client->line[got - 1] != '\n')
		return explain_end(client);
	client->line[--got] = '\0';
	*line = client->line;
	*len = (size_t)got;
	if (strncmp(client->line, "{\"ok\":", 6) == 0)
		return read_end(client->line, *len);
	return 1;
}
