/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/load/loop.h"
#include "tools/load/progress.h"

#define PERIOD		1	/* s */
#define TEXT_MAX	128

struct progress {
	struct watch	*tick;
	progress_text	*text;
	void		*arg;
};

static void
progress_tick(enum loop_what what, void *arg)
{
	struct progress *p = arg;
	char text[TEXT_MAX];

	p->text(p->arg, text, sizeof text);
	fprintf(stderr, "\r\033[K%s", text);
	watch_start(p->tick, PERIOD);
}

struct progress *
progress_new(struct loop *loop, progress_text *text, void *arg)
{
	struct progress *p;

	if (!isatty(STDERR_FILENO))
		return NULL;
	p = malloc(sizeof *p);
	if (p == NULL)
		err(1, "progress");
	p->text = text;
	p->arg = arg;
	p->tick = watch_new(loop, -1, LOOP_TIMEOUT, progress_tick, p);
	watch_start(p->tick, PERIOD);
	return p;
}

void
progress_hide(struct progress *p)
{
	if (p != NULL)
		fputs("\r\033[K", stderr);
}

void
progress_free(struct progress *p)
{
	if (p == NULL)
		return;
	progress_hide(p);
	watch_free(p->tick);
	free(p);
}
