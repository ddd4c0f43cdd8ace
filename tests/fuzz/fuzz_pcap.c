/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

int	replay_main(int, char **);

/* All of the program but its options: a capture file to its report. */
#define main	replay_main
#include "tools/pptpalg-replay.c"
#undef main

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The first byte chooses the way of the report. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct options o = { .json = len > 0 && bytes[0] & 1 };
	struct play play = { 0 };
	struct capture *capture;
	char path[32], error[ERROR_MAX];
	int fd = memfd_create("capture", MFD_CLOEXEC), bad;

	assert(fd != -1);
	if (len > 1 && write(fd, bytes + 1, len - 1) != (ssize_t)len - 1)
		assert(0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	play.out = fopen("/dev/null", "w");
	play.report = o.json ? report_json() : report_text();
	o.output = "/dev/null";
	bad = sessions_init(&play.sessions) == -1 ||
	    flows_init(&play.flows, &play.sessions.key) == -1;
	assert(!bad && play.out != NULL);
	capture = capture_open(path, error, sizeof(error));
	if (capture != NULL) {
		assert(scan(&play.sessions, capture) == 0);
		assert(replay(&play, &o, capture) == EXIT_SUCCESS);
		capture_close(capture);
	}
	free_play(&play);
	fclose(play.out);
	close(fd);
	return 0;
}
