/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the log, to stderr or to syslog. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "nat/base/log.h"

/* Before log_open everything goes to stderr: it is too early for a choice. */
static enum log_level max_level = LOG_LEVEL_INFO;
static bool to_syslog;
static bool colour, to_journal;
static void (*listener)(void *, const char *, const char *);
static void *listener_arg;

static const struct {
	const char	*word;
	const char	*colour;	/* of the word, on a terminal */
	int		 priority;	/* syslog's */
} levels[] = {
	[LOG_LEVEL_ERROR]	= { "error", "\033[31m", LOG_ERR },
	[LOG_LEVEL_WARNING]	= { "warning", "\033[33m", LOG_WARNING },
	[LOG_LEVEL_INFO]	= { "info", "\033[32m", LOG_INFO },
	[LOG_LEVEL_DEBUG]	= { "debug", "\033[2m", LOG_DEBUG }
};

/* systemd says which file is its journal (systemd.exec(5), JOURNAL_STREAM). */
static bool
is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream != NULL && fstat(fd, &st) == 0 &&
	    sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	    st.st_dev == device && st.st_ino == inode;
}

void
log_open(const char *program, bool foreground)
{
	colour = foreground && isatty(STDERR_FILENO);
	to_journal = foreground && is_journal(STDERR_FILENO);
	if (!foreground)
		openlog(program, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	to_syslog = !foreground;
}

void
log_set_level(enum log_level level)
{
	max_level = level;
}

bool
log_shows(enum log_level level)
{
	return level <= max_level;
}

void
log_close(void)
{
	if (to_syslog)
		closelog();
	to_syslog = false;
}

void
log_listen(void (*tell)(void *, const char *, const char *), void *arg)
{
	listener = tell;
	listener_arg = arg;
}

/* One write per line, so that lines of several processes do not mix. */
static void
write_stderr(enum log_level level, const char *text)
{
	if (to_journal)
		fprintf(stderr, "<%d>%s\n", levels[level].priority, text);
	else
		fprintf(stderr, "%s%s:%s %s\n",
		    colour ? levels[level].colour : "",
		    levels[level].word, colour ? "\033[0m" : "", text);
}

static void __attribute__((format(printf, 2, 0)))
log_line(enum log_level level, const char *format, va_list args)
{
	char text[1024];

	if (!log_shows(level))
		return;
	vsnprintf(text, sizeof(text), format, args);
	if (to_syslog)
		syslog(levels[level].priority, "%s", text);
	else
		write_stderr(level, text);
	if (listener != NULL && level < LOG_LEVEL_DEBUG)
		listener(listener_arg, levels[level].word, text);
}

#define LOG_FUNCTION(name, level)					\
void									\
name(const char *format, ...)						\
{									\
	va_list args;							\
									\
	va_start(args, format);						\
	log_line(level, format, args);					\
	va_end(args);							\
}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
