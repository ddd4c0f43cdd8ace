# SPDX-License-Identifier: GPL-2.0-or-later
"""A queue program of a few lines, so that firewall rules can be tested
without the daemon: it notes every packet and sends it back at once."""
import os
import select
import socket
import struct
import threading
from dataclasses import dataclass

from packet import Ip

NETLINK_NETFILTER, PACKET, VERDICT, CONFIG, ERROR = 12, 0x300, 0x301, 0x302, 2
PREROUTING, FORWARD, OUTPUT = 0, 2, 3
ACCEPT, REPEAT, STOP = 1, 4, 5
MARK = 0x40000000


def attribute(kind, value):
    return struct.pack("=HH", len(value) + 4, kind) + value + \
        b"\0" * (-len(value) % 4)


def attributes(raw):
    while len(raw) >= 4:
        length, kind = struct.unpack("=HH", raw[:4])
        yield kind & 0x3FFF, raw[4:length]
        raw = raw[(length + 3) & ~3:]


@dataclass
class Queued:
    queue: int
    hook: int
    mark: int
    ip: Ip


class Binding:
    """Queue numbers of a namespace, bound."""

    def __init__(self, ns, numbers):
        with ns:
            self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                        NETLINK_NETFILTER)
        self.socket.bind((0, 0))
        for number in numbers:
            self.request(CONFIG, number, attribute(
                1, struct.pack("!BxH", 1, socket.AF_INET)))
            self.request(CONFIG, number, attribute(
                2, struct.pack("!IB", 0xFFFF, 2)))

    def send(self, kind, number, body, flags=1):
        self.socket.send(struct.pack(
            "=IHHIIBB", 20 + len(body), kind, flags, 0, 0, socket.AF_INET, 0) +
            struct.pack("!H", number) + body)

    def request(self, kind, number, body):
        self.send(kind, number, body, flags=1 | 4)
        answer = self.socket.recv(65536)
        error, = struct.unpack("=i", answer[16:20])
        assert error == 0, "queue %d: error %d" % (number, error)

    def close(self):
        self.socket.close()


def tells_conntrack(ns):
    """Does this kernel put conntrack entries into queued packets?"""
    binding = Binding(ns, [1])
    flag = struct.pack("!I", 2)
    try:
        binding.request(CONFIG, 1, attribute(5, flag) + attribute(4, flag))
    except AssertionError:
        return False
    finally:
        binding.close()
    return True


class Queues(Binding):
    """Serves queue numbers in a namespace; decide(queued) returns the packet
    to go on with, marked and repeated, or None to let it pass untouched."""

    def __init__(self, ns, numbers, decide):
        super().__init__(ns, numbers)
        self.seen = []
        self.decide = decide
        self.stop, self.stopped = os.pipe()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while self.stop not in select.select([self.socket, self.stop], [],
                                             [])[0]:
            raw = self.socket.recv(1 << 17)
            while len(raw) >= 20:
                length, kind = struct.unpack("=IH", raw[:6])
                if kind == PACKET:
                    number, = struct.unpack("!H", raw[18:20])
                    self.packet(number, dict(attributes(raw[20:length])))
                raw = raw[(length + 3) & ~3:]

    def packet(self, number, values):
        ident, _, hook = struct.unpack("!IHB", values[1][:7])
        mark, = struct.unpack("!I", values.get(3, bytes(4)))
        queued = Queued(number, hook, mark, Ip.parse(values[10]))
        self.seen.append(queued)
        packet = self.decide(queued)
        verdict = ACCEPT if packet is None else \
            STOP if hook == OUTPUT else REPEAT
        body = attribute(2, struct.pack("!II", verdict, ident))
        if packet is not None:
            body += attribute(3, struct.pack("!I", mark | MARK))
            body += attribute(10, bytes(packet))
        self.send(VERDICT, number, body)

    def close(self):
        os.close(self.stopped)
        self.thread.join()
        os.close(self.stop)
        super().close()
