/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the hook: few at once, each for a short time, as somebody harmless. */
#include <sys/wait.h>

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/json_doc.h"
#include "tools/ctl/hook.h"

#define RUNNING_MAX	8	/* at once; then events wait, or get lost */
#define SECONDS_MAX	30	/* then SIGALRM ends it */
#define TEXT_MAX	1024

/* For good; the connection to the daemon stays. */
static int
become_user(const char *user)
{
	const struct passwd *who = getpwnam(user);

	if (who == NULL) {
		warnx("--as: there is no user '%s'", user);
		return -1;
	}
	if (setgroups(0, NULL) == -1 || setgid(who->pw_gid) == -1 ||
	    setuid(who->pw_uid) == -1) {
		warn("cannot become %s", user);
		return -1;
	}
	return 0;
}

/* PPTPALG_INSIDE and so on, for each field of the event that has a value. */
static void
set_environment(const struct document *event)
{
	char name[TEXT_MAX], value[TEXT_MAX];
	const char *key = NULL;

	clearenv();
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	while ((key = json_doc_next_key(event, key)) != NULL) {
		snprintf(name, sizeof(name), "PPTPALG_%s", key);
		for (char *c = name; *c != '\0'; c++)
			*c = isalnum((unsigned char)*c) ?
			    (char)toupper((unsigned char)*c) : '_';
		json_doc_get_text(event, key, value, sizeof(value));
		if (value[0] != '\0')
			setenv(name, value, 1);
	}
}

static void
start_hook(const char *program, const struct document *event, unsigned *running)
{
	char name[TEXT_MAX];
	pid_t pid = fork();

	if (pid == -1)
		warn("fork");
	*running += pid > 0;
	if (pid != 0)
		return;
	json_doc_get_text(event, "event", name, sizeof(name));
	set_environment(event);
	alarm(SECONDS_MAX);
	execl(program, program, name, (char *)NULL);
	err(1, "%s", program);
}

/* Those that have ended; waits for one when there are too many. */
static void
reap_hooks(unsigned *running)
{
	int status;

	while (*running > 0 && waitpid(-1, &status,
	    *running < RUNNING_MAX ? WNOHANG : 0) > 0) {
		(*running)--;
		if (WIFSIGNALED(status))
			warnx("the hook was ended by signal %d",
			    WTERMSIG(status));
	}
}

int
hook_follow(struct client *client, const char *program, const char *user)
{
	struct document *event;
	unsigned running = 0;
	const char *line;
	size_t len;

	if (become_user(user) == -1)
		return 1;
	if (program[0] != '/' || access(program, X_OK) == -1) {
		warnx("--exec %s: expected the absolute path of a program "
		    "that %s can run", program, user);
		return 2;
	}
	while (client_next(client, &line, &len) == 1) {
		reap_hooks(&running);
		if ((event = json_doc_read(line, len)) == NULL) {
			client_unreadable(line);
			continue;
		}
		start_hook(program, event, &running);
		json_doc_free(event);
	}
	return 1;
}
