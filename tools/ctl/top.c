/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terminal and the keys of "pptpalgctl top", as top(1) has them. */
#include <sys/ioctl.h>

#include <ctype.h>
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "conf/command_line.h"
#include "tools/ctl/client.h"
#include "tools/ctl/screen.h"
#include "tools/ctl/snapshot.h"
#include "tools/ctl/top.h"

#define ROWS		24	/* of a terminal that does not say */
#define COLUMNS		80
/* At least so many times what a snapshot took passes until the next one. */
#define PACE		3
#define NOTE_MAX	160
#define WORD_MAX	16

static const char keys_help[] =
    "q end  space now  d delay  <> sort by  R turn round  i busy only  "
    "t in trouble only  k clear a call  arrows, PgUp, PgDn scroll";

struct top_options {
	bool		 batch;
	uint32_t	 count;		/* 0: for ever */
	double		 delay;		/* seconds */
};

struct top {
	const char	*socket;
	struct top_options options;
	struct screen	 screen;
	struct snapshot	*snapshot;
	struct termios	 before;	/* the terminal, as it was */
	char		 note[NOTE_MAX];
	/* A question that is being answered: 0, d or k. */
	char		 question, answer[WORD_MAX];
	bool		 ended;
};

static const struct command_line_option option_table[] = {
	{ 'b', "batch", NULL, "all calls as plain text, for scripts",
	    COMMAND_LINE_MEMBER(FLAG, top_options, batch) },
	{ 'd', "delay", "SECONDS", "from one look to the next (2)",
	    COMMAND_LINE_MEMBER(REAL, top_options, delay),
	    .min = 0.1, .max = 3600 },
	{ 'n', "count", "NUMBER", "end after so many looks",
	    COMMAND_LINE_MEMBER(WHOLE, top_options, count),
	    .min = 1, .max = 1e9 },
};

static const struct command_line command_line = {
	.program = "pptpalgctl top",
	.usage = "[-b] [-d SECONDS] [-n NUMBER]",
	.about = keys_help,
	.options = option_table,
	.n = sizeof(option_table) / sizeof(option_table[0]),
	.status = "0 done, 1 not possible, 2 wrong usage.",
};

static void
draw_screen(struct top *top)
{
	struct winsize size;

	top->screen.rows = ROWS;
	top->screen.columns = COLUMNS;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 2 &&
	    size.ws_col > 0) {
		top->screen.rows = size.ws_row;
		top->screen.columns = size.ws_col;
	}
	top->screen.note = top->note;
	screen_draw(&top->screen, top->snapshot);
}

static int
look_again(struct top *top)
{
	struct snapshot *next = snapshot_take(top->socket, top->snapshot);

	if (next == NULL)
		return -1;
	snapshot_free(top->snapshot);
	top->snapshot = next;
	return 0;
}

/*
 * Keys.
 */

static void
clear_call(struct top *top)
{
	struct request request;
	struct client *client;
	char error[NOTE_MAX];
	const char *line;
	size_t len;

	if (request_start(&request, "clear", error, sizeof(error)) == -1 ||
	    request_add(&request, REQUEST_CALL, top->answer, error,
	    sizeof(error)) == -1) {
		snprintf(top->note, sizeof(top->note), "%s", error);
		return;
	}
	if ((client = client_open(top->socket, &request)) == NULL)
		return;
	snprintf(top->note, sizeof(top->note), client_next(client, &line,
	    &len) == 1 ? "call %s cleared" : "call %s not cleared",
	    top->answer);
	client_close(client);
}

static void
end_question(struct top *top)
{
	double delay = strtod(top->answer, NULL);

	top->note[0] = '\0';
	if (top->question == 'k' && top->answer[0] != '\0')
		clear_call(top);
	else if (top->question == 'd' && delay >= 0.1 && delay <= 3600)
		top->options.delay = delay;
	top->question = '\0';
}

static void
show_question(struct top *top)
{
	snprintf(top->note, sizeof(top->note), "%s: %s_",
	    top->question == 'd' ? "seconds from one look to the next" :
	    "number of the call to clear, then Enter", top->answer);
}

static void
start_question(struct top *top, char question)
{
	top->question = question;
	top->answer[0] = '\0';
	show_question(top);
}

static void
answer_key(struct top *top, char key)
{
	size_t len = strlen(top->answer);

	if (key == '\r' || key == '\n') {
		end_question(top);
		return;
	}
	if (key == '\033')
		top->question = top->note[0] = '\0';
	else if ((key == '\177' || key == '\b') && len > 0)
		top->answer[len - 1] = '\0';
	else if ((isdigit((unsigned char)key) || key == '.') &&
	    len + 1 < sizeof(top->answer)) {
		top->answer[len] = key;
		top->answer[len + 1] = '\0';
	}
	if (top->question != '\0')
		show_question(top);
}

static void
scroll_calls(struct top *top, long by)
{
	long from = (long)top->screen.from + by;

	if (from > (long)top->snapshot->ncalls - 1)
		from = (long)top->snapshot->ncalls - 1;
	top->screen.from = from < 0 ? 0 : (size_t)from;
}

/* Of ESC [ something: arrows and pages. */
static void
scroll_key(struct top *top, const char *sequence)
{
	long page = (long)top->screen.rows / 2;

	if (strcmp(sequence, "A") == 0 || strcmp(sequence, "B") == 0)
		scroll_calls(top, *sequence == 'A' ? -1 : 1);
	else if (strcmp(sequence, "5~") == 0 || strcmp(sequence, "6~") == 0)
		scroll_calls(top, *sequence == '5' ? -page : page);
	else if (*sequence == 'H')
		top->screen.from = 0;
	else if (*sequence == 'F')
		scroll_calls(top, (long)top->snapshot->ncalls);
}

static void
step_order(struct top *top, int by)
{
	top->screen.order = (enum snapshot_order)((top->screen.order +
	    SNAPSHOT_ORDERS + (unsigned)by) % SNAPSHOT_ORDERS);
	snprintf(top->note, sizeof(top->note), "sorted by %s",
	    screen_order(top->screen.order));
}

static void
press_key(struct top *top, char key)
{
	top->note[0] = '\0';
	switch (key) {
	case 'q': case '\3':
		top->ended = true;
		break;
	case 'd': case 's': case 'k':
		start_question(top, key == 'k' ? 'k' : 'd');
		break;
	case '<': case '>':
		step_order(top, key == '<' ? -1 : 1);
		break;
	case 'R':
		top->screen.backwards = !top->screen.backwards;
		break;
	case 'i':
		top->screen.busy = !top->screen.busy;
		break;
	case 't':
		top->screen.troubled = !top->screen.troubled;
		break;
	case 'h': case '?':
		snprintf(top->note, sizeof(top->note), "%s", keys_help);
		break;
	}
}

/* True when it is time for another look. */
static bool
read_keys(struct top *top)
{
	char text[32];
	ssize_t n = read(STDIN_FILENO, text, sizeof(text) - 1);

	if (n <= 0) {
		top->ended = true;
		return false;
	}
	text[n] = '\0';
	if (top->question == '\0' && strncmp(text, "\033[", 2) == 0) {
		scroll_key(top, text + 2);
		return false;
	}
	for (ssize_t i = 0; i < n; i++)
		if (top->question != '\0')
			answer_key(top, text[i]);
		else
			press_key(top, text[i]);
	return strchr(text, ' ') != NULL;
}

/* Until it is time for another look, or the end. */
static void
wait_for_keys(struct top *top)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	double wait = top->options.delay;

	if (wait < PACE * top->snapshot->took)
		wait = PACE * top->snapshot->took;
	while (!top->ended && poll(&fd, 1, (int)(wait * 1000)) > 0) {
		if (read_keys(top))
			break;
		draw_screen(top);
	}
}

/*
 * The two ways to run.
 */

static int
print_batch(struct top *top)
{
	for (uint32_t i = 0; i == 0 || i != top->options.count; i++) {
		if (i > 0)
			usleep((useconds_t)(top->options.delay * 1e6));
		if (look_again(top) == -1)
			return 1;
		draw_screen(top);
	}
	return 0;
}

static int
follow_terminal(struct top *top)
{
	uint32_t looks = 0;

	do {
		if (look_again(top) == -1)
			return 1;
		draw_screen(top);
		if (++looks == top->options.count)
			return 0;
		wait_for_keys(top);
	} while (!top->ended);
	return 0;
}

/* Another screen, without echo, and back. */
static int
run_terminal(struct top *top)
{
	struct termios raw;
	int status;

	if (tcgetattr(STDIN_FILENO, &top->before) == -1 ||
	    !isatty(STDOUT_FILENO)) {
		warnx("top needs a terminal: see top -b");
		return 1;
	}
	raw = top->before;
	raw.c_lflag &= (tcflag_t)~(ICANON | ECHO | ISIG);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	printf("\033[?1049h\033[?25l\033[2J");
	status = follow_terminal(top);
	printf("\033[?25h\033[?1049l");
	tcsetattr(STDIN_FILENO, TCSANOW, &top->before);
	return status;
}

int
top_main(const char *socket, int argc, char **argv)
{
	struct top top = { .socket = socket, .options = { .delay = 2 } };
	int status;

	status = command_line_read(&command_line, &top.options, &argc, &argv);
	if (status != -1)
		return status;
	top.screen.plain = top.options.batch;
	status = top.options.batch ? print_batch(&top) : run_terminal(&top);
	snapshot_free(top.snapshot);
	return status;
}
