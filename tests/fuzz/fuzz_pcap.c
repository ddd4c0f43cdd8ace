/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

int	replay_main(int, char **);

/* All of the program but its options: a capture file to its report. */
#define main	replay_main
#include "tools/replay/pptpalg-replay.c"
#undef main

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The first byte chooses the way of the report. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct options o = { .json = len > 0 && bytes[0] & 1 };
	struct play play;
	struct capture *capture;
	char path[32], error[ERROR_MAX];
	int fd = memfd_create("capture", MFD_CLOEXEC);

	assert(fd != -1);
	if (len > 1 && write(fd, bytes + 1, len - 1) != (ssize_t)len - 1)
		assert(0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	o.output = "/dev/null";
	capture = capture_open(path, error, sizeof(error));
	close(fd);
	if (capture == NULL)
		return 0;
	if (init_play(&play, &o, capture) == -1)
		assert(0);
	play.out = fopen("/dev/null", "w");
	if (scan_capture(&play.conns, capture) == -1 ||
	    replay_capture(&play, &o, capture) != EXIT_SUCCESS)
		assert(0);
	free_play(&play);
	fclose(play.out);
	capture_close(capture);
	return 0;
}
