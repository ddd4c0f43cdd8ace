/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pptpalgd: reads its options and configuration, and runs the daemon. */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/command_line.h"
#include "conf/config.h"
#include "nat/base/log.h"
#include "nat/daemon.h"
#include "nat/preflight.h"

#define PROGRAM		"pptpalgd"
#define EXIT_CONFIG	COMMAND_LINE_WRONG

struct options {
	const char	*file;
	bool		 check, foreground, verbose;
};

static const struct command_line_option option_table[] = {
	{ 'f', NULL, "FILE", "the configuration (" CONFIG_DEFAULT_FILE ")",
	    COMMAND_LINE_MEMBER(TEXT, options, file) },
	{ 'n', NULL, NULL, "check and print the configuration, and end",
	    COMMAND_LINE_MEMBER(FLAG, options, check) },
	{ 'd', NULL, NULL, "stay in the foreground, log to stderr",
	    COMMAND_LINE_MEMBER(FLAG, options, foreground) },
	{ 'v', NULL, NULL, "log at debug level",
	    COMMAND_LINE_MEMBER(FLAG, options, verbose) },
};

static const struct command_line command_line = {
	.program = PROGRAM,
	.usage = "[-f FILE] [-n] [-d] [-v]",
	.options = option_table,
	.n = sizeof(option_table) / sizeof(option_table[0]),
	.status = "0 done, 1 failure, 2 wrong usage or configuration.",
};

/*
 * Goes to the background.  The parent waits there until the child is ready,
 * so that its exit status tells whether the start succeeded; returns in the
 * child only, with the end of the pipe on which it says so.
 */
static int
detach(void)
{
	int ends[2], status;
	pid_t pid;
	char byte;

	if (pipe2(ends, O_CLOEXEC) == -1 || (pid = fork()) == -1) {
		log_error("cannot go to the background: %s", strerror(errno));
		exit(EXIT_FAILURE);
	}
	if (pid == 0) {
		close(ends[0]);
		setsid();
		return ends[1];
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) == 1)
		_exit(EXIT_SUCCESS);
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	_exit(EXIT_FAILURE);
}

/* Tells the parent, and leaves its terminal and folder. */
static void
finish_detaching(int ready)
{
	int fd;

	if (write(ready, "", 1) == -1)
		log_error("the parent is gone: %s", strerror(errno));
	close(ready);
	if (chdir("/") == -1 || (fd = open("/dev/null", O_RDONLY)) == -1)
		return;
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static int
run_daemon(const struct options *o, struct config *config)
{
	struct daemon *d;
	int status, ready = -1;

	/* systemd tracks the process that it started itself. */
	if (!o->foreground && getenv("NOTIFY_SOCKET") == NULL)
		ready = detach();
	if ((d = daemon_open(config, o->file, o->verbose)) == NULL)
		return EXIT_FAILURE;
	if (o->foreground) {
		puts("ready");
		fflush(stdout);
	} else
		log_open(PROGRAM, false);
	if (ready != -1)
		finish_detaching(ready);
	status = daemon_run(d) == -1 ? EXIT_FAILURE : EXIT_SUCCESS;
	daemon_close(d);
	log_close();
	return status;
}

static void
log_sentence(void *arg, const char *sentence)
{
	log_warning("%s", sentence);
}

int
main(int argc, char **argv)
{
	struct options o = { .file = CONFIG_DEFAULT_FILE };
	struct config *config;
	char error[512], *path;
	int status;

	status = command_line_read(&command_line, &o, &argc, &argv);
	if (status != -1)
		return status;
	/* Until it runs, the daemon talks to whoever starts it. */
	log_open(PROGRAM, true);
	if ((config = config_read(o.file, error, sizeof(error))) == NULL) {
		log_error("%s", error);
		return EXIT_CONFIG;
	}
	config_warnings(config, log_sentence, NULL);
	if (o.check) {
		config_print(config, stdout);
		status = preflight_secrets(config) == -1 ? EXIT_CONFIG :
		    EXIT_SUCCESS;
		config_free(config);
		return status;
	}
	/* A reload must find it from another folder. */
	if ((path = realpath(o.file, NULL)) != NULL)
		o.file = path;
	status = run_daemon(&o, config);
	free(path);
	return status;
}
