# SPDX-License-Identifier: GPL-2.0-or-later
"""The wall clock is set while the daemon runs, and between its end and its
next start.  Nobody but the daemon sees it: a library in front of the C library
adds to CLOCK_REALTIME what a file says."""
import mmap
import signal
import struct
import subprocess

import pytest

import pptp
from endpoint import PATIENCE
from firewall import read_line

LIBRARY = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile long *seconds;

__attribute__((constructor)) static void
find(void)
{
	seconds = mmap(NULL, sizeof(*seconds), PROT_READ, MAP_SHARED,
	    open(getenv("WALL"), O_RDONLY), 0);
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int result = syscall(SYS_clock_gettime, id, ts);

	if (id == CLOCK_REALTIME)
		ts->tv_sec += *seconds;
	return result;
}
"""
DAY = 86400


class Wall:
    """A daemon's wall clock."""

    def __init__(self, fw, folder):
        self.fw, self.library = fw, str(folder / "wall.so")
        self.file = str(folder / "wall")
        subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o",
                        self.library], input=LIBRARY, text=True, check=True)
        with open(self.file, "w+b") as f:
            f.write(bytes(8))
            f.flush()
            self.memory = mmap.mmap(f.fileno(), 8)
        self.ahead = 0

    def set(self, ahead):
        """Seconds that it is ahead of this machine's."""
        self.ahead = ahead
        self.memory[:] = struct.pack("=q", ahead)

    def start(self):
        self.fw.daemon = self.fw.launch(env={"LD_PRELOAD": self.library,
                                             "WALL": self.file})
        line = read_line(self.fw.daemon.stdout)
        assert line == "ready\n", self.fw.log_text()

    def shows(self, since):
        """What the admin is told fits this clock."""
        now = self.fw.network.clock() + self.ahead
        return now - 2 * PATIENCE < since <= now


@pytest.fixture
def wall(own, tmp_path):
    fw = own()
    fw.configure()
    fw.lay_rules()
    wall = Wall(fw, tmp_path)
    wall.start()
    return wall


STEP = pytest.mark.parametrize("step", [DAY, -DAY], ids=["forward", "back"])


def three_calls(net):
    """One that is up, one that is asked for (with what ID), one that is
    over."""
    call = net.connect().start().call(500, 1)
    half = net.connect().start()
    mapped = half.new_id(half.client, pptp.ocrq(500))
    over = net.connect().start()
    over.call(500, 2)
    over.same(over.server, pptp.cdn(2))
    return call, half, mapped


@STEP
def test_set_while_calls_are_up(wall, step):
    """All goes on: no time-out looks at it."""
    fw, net = wall.fw, wall.fw.network
    call, half, mapped = three_calls(net)
    for ahead in step, 0, step:
        wall.set(ahead)
        call.both_ways()
        row = fw.call(call)
        assert row["state"] == "up" and wall.shows(row["since"])
        assert wall.shows(fw.json("status")["started"])
    assert fw.json("status")["resting"] == 1
    half.answer(half.client, 500, mapped, 3, pptp.ocrp).both_ways()
    net.connect().start().call(500, 4).both_ways()


@STEP
def test_set_between_two_daemons(wall, step):
    """Nor does what the second one knows from the first."""
    fw, net = wall.fw, wall.fw.network
    call, half, mapped = three_calls(net)
    fw.stop(signal.SIGKILL)
    wall.set(step)
    wall.start()
    call.both_ways()
    assert fw.json("status")["resting"] == 1
    row = fw.call(call)
    assert row["state"] == "up" and wall.shows(row["since"])
    half.answer(half.client, 500, mapped, 3, pptp.ocrp).both_ways()
    net.connect().start().call(500, 4).both_ways()
    call.both_ways()
