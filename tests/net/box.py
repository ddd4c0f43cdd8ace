# SPDX-License-Identifier: GPL-2.0-or-later
"""A box in the middle of a cable: it loses, doubles and delays frames.

As a program it joins two TAP devices, whose descriptors are its arguments,
and reads from its standard input how bad it is to be: three shares of 1 (lost,
doubled, out of order) and a seed on each line.
"""
import collections
import fcntl
import os
import random
import select
import struct
import subprocess
import sys

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
HELD = 0.01         # seconds at most, when no other frames come
TURN = 64           # frames of one side before the other gets a turn


def open_tap(namespace, device):
    """A TAP device of a namespace: its descriptor."""
    with namespace:
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", device.encode(),
                                               IFF_TAP | IFF_NO_PI))
    namespace.run("ip", "link", "set", device, "up")
    return fd


class Box:
    """The cable between two devices that it makes."""

    def __init__(self, a, device_a, b, device_b):
        fds = [open_tap(a, device_a), open_tap(b, device_b)]
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__] + [str(fd) for fd in fds],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            pass_fds=fds)
        for fd in fds:
            os.close(fd)
        self.be()       # which is answered: from now on, frames pass

    def be(self, lost=0.0, doubled=0.0, late=0.0, seed=1):
        """From now on; what it has done until now, as (frames, bad ones)."""
        self.process.stdin.write("%f %f %f %d\n" % (lost, doubled, late,
                                                     seed))
        self.process.stdin.flush()
        return tuple(int(n) for n in self.process.stdout.readline().split())

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Side:
    """One direction."""

    def __init__(self, source, sink):
        self.source, self.sink = source, sink
        self.late = collections.deque()     # (frames to wait for, frame)

    def write(self, frame):
        try:
            os.write(self.sink, frame)
        except OSError:
            pass            # no room, or the device is down: lost as well

    def release(self, everything=False):
        """Those that have waited for enough others."""
        for _ in range(len(self.late)):
            left, frame = self.late.popleft()
            if left <= 1 or everything:
                self.write(frame)
            else:
                self.late.append((left - 1, frame))


def read(fd):
    try:
        return os.read(fd, 65536)
    except BlockingIOError:
        return None


def pass_on(side, chance, shares):
    """Some frames; how many, and how many of them not as they came."""
    lost, doubled, late = shares
    frames = bad = 0
    for _ in range(TURN):
        frame = read(side.source)
        if frame is None:
            break
        frames += 1
        fate = chance.random()
        side.release()
        bad += fate < lost + doubled + late
        if fate < lost:
            continue
        if fate < lost + late:
            side.late.append((chance.randint(1, 6), frame))
            continue
        side.write(frame)
        if fate < lost + late + doubled:
            side.write(frame)
    return frames, bad


def main():
    a, b = (int(word) for word in sys.argv[1:])
    sides = {a: Side(a, b), b: Side(b, a)}
    chance, shares = random.Random(1), (0.0, 0.0, 0.0)
    poll = select.poll()
    for fd in (a, b, 0):
        poll.register(fd, select.POLLIN)
    frames = bad = 0
    while True:
        waiting = any(side.late for side in sides.values())
        ready = poll.poll(HELD * 1000 if waiting else None)
        for fd, _ in ready:
            if fd == 0:
                words = sys.stdin.readline().split()
                if not words:
                    return
                shares = tuple(float(word) for word in words[:3])
                chance = random.Random(int(words[3]))
                print(frames, bad, flush=True)
                frames = bad = 0
            else:
                more, worse = pass_on(sides[fd], chance, shares)
                frames, bad = frames + more, bad + worse
        if not ready:
            for side in sides.values():
                side.release(everything=True)


if __name__ == "__main__":
    main()
