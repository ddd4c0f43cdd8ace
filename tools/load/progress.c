/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line is written each second, over the one before. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "nat/base/loop.h"
#include "tools/load/must.h"
#include "tools/load/progress.h"

#define PERIOD		1000	/* ms */
#define TEXT_MAX	128

struct progress {
	struct watch	*tick;
	progress_text	*text;
	void		*arg;
};

static void
show_progress(void *arg)
{
	struct progress *p = arg;
	char text[TEXT_MAX];

	p->text(p->arg, text, sizeof(text));
	fprintf(stderr, "\r\033[K%s", text);
	loop_watch_in(p->tick, PERIOD);
}

struct progress *
progress_new(struct loop *loop, progress_text *text, void *arg)
{
	struct progress *p;

	if (!isatty(STDERR_FILENO))
		return NULL;
	p = must_have(malloc(sizeof(*p)));
	p->text = text;
	p->arg = arg;
	p->tick = must_have(loop_timer(loop, show_progress, p));
	loop_watch_in(p->tick, PERIOD);
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
	loop_watch_free(p->tick);
	free(p);
}
