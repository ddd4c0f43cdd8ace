/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way to say something to the admin: to stderr in the foreground,
 * else to syslog.  The translator itself never logs.
 */
#ifndef NAT_BASE_LOG_H
#define NAT_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG };

void	log_open(const char *program, bool foreground);
void	log_set_level(enum log_level);

/* Would a line of this level be seen?  To make none in vain. */
bool	log_shows(enum log_level);
void	log_close(void);

/* Each line that is logged is told, too, but for debug ones; NULL: no more. */
void	log_listen(void (*tell)(void *arg, const char *level,
	    const char *text), void *arg);

void	log_error(const char *, ...) __attribute__((format(printf, 1, 2)));
void	log_warning(const char *, ...) __attribute__((format(printf, 1, 2)));
void	log_info(const char *, ...) __attribute__((format(printf, 1, 2)));
void	log_debug(const char *, ...) __attribute__((format(printf, 1, 2)));

#endif
