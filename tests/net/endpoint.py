# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts played in user space: a loop over cables, and a small TCP.

The kernel does not own the hosts' addresses, so it never answers for them:
every segment, good or bad, is the test's own.
"""
import errno
import random
import select
import socket
import struct
import time

import topology
from packet import (ACK, FIN, ICMP, PSH, RST, SYN, TCP, Broken, IcmpError, Ip,
                    Segment)

PATIENCE = topology.PATIENCE / 2    # seconds until a packet is missing
TICK = 0.02             # between looks for what has to be sent again
SLOWEST = 0.5           # seconds between tries, if a connection says no other
SOL_PACKET, PACKET_AUXDATA, CSUMNOTREADY = 263, 8, 8


def insist(send, *args):
    """Again while the processor's queue, which all namespaces share, or the
    socket's own is full."""
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            send(*args)
            return
        except OSError as e:
            if e.errno not in (errno.ENOBUFS, errno.EAGAIN) or \
                    time.monotonic() > limit:
                raise
        time.sleep(0.001)


class Loop:
    """Receives for all hosts; nothing else runs meanwhile."""

    def __init__(self):
        self.poll = select.poll()
        self.wires = {}
        self.tcps = []
        self.patience = PATIENCE
        self.next_tick = 0

    def add(self, wire):
        self.wires[wire.sock.fileno()] = wire
        self.poll.register(wire.sock, select.POLLIN)

    def turn(self, timeout=0.02):
        for fd, _ in self.poll.poll(timeout * 1000):
            if fd in self.wires:
                self.wires[fd].receive()
        now = time.monotonic()
        if now > self.next_tick:
            self.next_tick = now + TICK
            for tcp in self.tcps:
                tcp.tick(now)

    def until(self, condition, what):
        """Turns until condition() is true, and returns its value.  While
        nothing comes it is asked for less and less often."""
        end, timeout = time.monotonic() + self.patience, 0.005
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError("waited %.1f s for %s" % (
                    self.patience, what))
            self.turn(timeout)
            timeout = min(timeout * 1.3, 0.06)

    def forget(self):
        """Drops all connections and packets: a clean table for a test."""
        self.turn(0)
        self.tcps.clear()
        for wire in self.wires.values():
            wire.tcps.clear()
            wire.listeners.clear()
            wire.inbox.clear()
            wire.broken.clear()


class Wire:
    """One end of a cable: plays every host that is reached through it."""

    def __init__(self, loop, namespace, device, mac, peer_mac):
        with namespace:
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                      socket.htons(0x0800))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.sock.bind((device, 0x0800))
        self.sock.setblocking(False)
        self.namespace, self.device, self.loop = namespace, device, loop
        self.head = peer_mac + mac + b"\x08\x00"
        self.inbox = []         # packets that no connection took
        self.broken = []        # wrong checksums and lengths
        self.tcps = {}
        self.listeners = {}
        self.mine = lambda ip: True
        loop.add(self)

    def send(self, ip):
        raw = ip if isinstance(ip, bytes) else bytes(ip)
        insist(self.sock.send, self.head + raw)

    def receive(self):
        while True:
            try:
                frame, extra, _, where = self.sock.recvmsg(65535, 64)
            except BlockingIOError:
                return
            if where[2] == socket.PACKET_OUTGOING:
                continue
            try:
                ip = Ip.parse(frame[14:])
                ip.link = frame[:6]     # who it was sent to
                # A cable that computes checksums itself gets none to see.
                ip.summed = not struct.unpack("I", extra[0][2][:4])[0] & \
                    CSUMNOTREADY
                if self.mine(ip):
                    self.deliver(ip)
            except Broken as e:
                self.broken.append(str(e)[:200])

    def deliver(self, ip):
        if ip.proto == TCP and not ip.more and not ip.offset:
            segment = Segment.parse(ip)
            segment.ip = ip
            tcp = self.tcps.get((ip.dst, segment.dport, ip.src,
                                 segment.sport))
            listener = self.listeners.get((ip.dst, segment.dport))
            if tcp and not (tcp.over and listener and segment.flags & SYN):
                return tcp.receive(segment)
            if listener and segment.flags & (SYN | ACK | RST | FIN) == SYN:
                return listener.receive(ip, segment)
        elif ip.proto == ICMP and not ip.more and not ip.offset:
            ip.error = IcmpError.parse(ip)
        self.inbox.append(ip)

    def take(self, match):
        """Removes and returns the first packet in the inbox that matches."""
        for i, ip in enumerate(self.inbox):
            if match(ip):
                return self.inbox.pop(i)
        return None

    def expect(self, match, what):
        return self.loop.until(lambda: self.take(match), what)

    def gather(self, match, what):
        """Waits for all fragments of a packet; the packet they make."""
        parts = {}

        def whole():
            ip = self.take(match)
            while ip:
                parts[ip.offset] = ip
                ip = self.take(match)
            return join(parts)
        return self.loop.until(whole, what)


def join(parts):
    """The packet that fragments {offset: packet} make, or None yet."""
    payload, more = b"", True
    while more:
        part = parts.get(len(payload))
        if part is None:
            return None
        payload += part.payload
        more = part.more
    first = parts[0]
    return Ip(first.src, first.dst, first.proto, payload, first.ttl,
              first.ident, first.df, tos=first.tos, options=first.options)


class Listener:
    def __init__(self, wire, address, port=1723, **options):
        self.wire, self.address, self.port = wire, address, port
        self.options, self.accepted = options, []
        wire.listeners[(address, port)] = self

    def receive(self, ip, syn):
        tcp = Tcp(self.wire, self.address, self.port, ip.src, syn.sport,
                  **self.options)
        self.accepted.append(tcp)
        tcp.receive(syn)

    def accept(self, isn=None):
        """The end of the connection that began with this number."""
        def find():
            for i, tcp in enumerate(self.accepted):
                if isn in (None, tcp.peer_isn):
                    return self.accepted.pop(i)
        return self.wire.loop.until(find, "a connection to " + self.address)


class Tcp:
    """One end of a TCP connection.  Stream offsets count from the first
    data byte; whatever is sent and not acknowledged is sent again."""

    def __init__(self, wire, src, sport, dst, dport, isn=None, options=b"",
                 rto=0.12):
        self.wire, self.loop = wire, wire.loop
        self.src, self.sport, self.dst, self.dport = src, sport, dst, dport
        self.isn = random.getrandbits(32) if isn is None else isn
        self.options, self.rto = options, rto
        self.out = bytearray()          # all bytes to send, ever
        self.sent = self.acked = 0      # offsets into out
        self.peer_isn = None
        self.stream = bytearray()       # bytes received in order
        self.ahead = {}                 # offset: byte beyond a gap
        self.segments = []              # everything received
        self.conflicts = []             # bytes that came in two versions
        self.syn_acked = self.fin_sent = self.fin_acked = False
        self.peer_fin = None            # stream offset of the peer's FIN
        self.reset = False              # by an acceptable RST
        self.over = False               # this end does nothing any more
        self.auto_ack = True
        self.recut = 1400               # segment size when sending again
        self.lose = lambda segment: False   # segments that never arrive
        self.last = time.monotonic()
        self.tries = 0                  # how often something was sent again
        self.backoff = 1                # times as long until the next try
        self.read_at = 0
        self.passive = False
        wire.tcps[(src, sport, dst, dport)] = self
        self.loop.tcps.append(self)

    # What the peer is expected to send next, as a sequence number.
    @property
    def expects(self):
        fin = self.peer_fin is not None and self.peer_fin <= len(self.stream)
        return (self.peer_isn + 1 + len(self.stream) + fin) & 0xFFFFFFFF

    def seq(self, offset):
        return (self.isn + 1 + offset) & 0xFFFFFFFF

    def raw(self, flags, seq=None, payload=b"", ack=None, **fields):
        """Sends one segment exactly as told."""
        if seq is None:
            seq = self.seq(self.sent + self.fin_sent)
        if ack is None:
            ack = self.expects if flags & ACK else 0
        ip = fields.pop("ip", {})
        broken = fields.pop("break_checksum", False)
        fields.setdefault("options", self.options)
        segment = Segment(self.sport, self.dport, seq, ack, flags, payload,
                          **fields)
        self.wire.send(Ip(self.src, self.dst, TCP,
                          segment.build(self.src, self.dst, broken),
                          ident=random.getrandbits(16), df=True, **ip))

    def open(self):
        self.last = time.monotonic()
        self.raw(SYN, seq=self.isn)

    def connect(self):
        self.open()
        self.loop.until(lambda: self.reset or self.syn_acked,
                        "a connection from %s to %s" % (self.src, self.dst))
        return self

    def transmit(self, start, end, flags=PSH | ACK, **fields):
        """Sends bytes start to end of the stream, once."""
        self.last = time.monotonic()
        self.sent = max(self.sent, end)
        self.raw(flags, self.seq(start), bytes(self.out[start:end]), **fields)

    def send(self, data, sizes=None):
        """Appends to the stream and sends it, cut into the given sizes."""
        at = len(self.out)
        self.out += data
        for size in sizes or [len(data)]:
            end = min(at + size, len(self.out))
            if end > at:
                self.transmit(at, end)
            at = end
        if at < len(self.out):
            self.transmit(at, len(self.out))

    def flushed(self):
        """Waits until the other end has acknowledged everything."""
        self.loop.until(lambda: self.acked == len(self.out) or self.reset,
                        "%s:%d to be acknowledged, %d of %d" % (
                            self.src, self.sport, self.acked, len(self.out)))

    def fin(self):
        self.fin_sent = True
        self.last = time.monotonic()
        self.raw(FIN | ACK, seq=self.seq(len(self.out)))

    def abort(self):
        if not self.over and self.peer_isn is not None:
            self.raw(RST | ACK)
        self.over = True

    def read(self, n):
        """The next n bytes of the peer's stream; after a reset none come."""
        want = self.read_at + n
        self.loop.until(lambda: len(self.stream) >= want or self.reset,
                        "%d bytes from %s to %s, have %d" % (
                            want, self.dst, self.src, len(self.stream)))
        assert len(self.stream) >= want, "%s:%d was reset" % (
            self.src, self.sport)
        data = bytes(self.stream[self.read_at:want])
        self.read_at = want
        return data

    def tick(self, now):
        if self.over or now - self.last < max(
                self.rto, min(self.rto * self.backoff, SLOWEST)):
            return
        self.last = now
        self.backoff *= 1.5     # the machine may have no time for us
        self.tries += not self.syn_acked or self.acked < self.sent
        if not self.syn_acked:
            if self.passive:
                self.raw(SYN | ACK, seq=self.isn)
            else:
                self.raw(SYN, seq=self.isn)
        elif self.acked < self.sent:
            at = self.acked
            while at < self.sent:
                end = min(at + self.recut, self.sent)
                self.transmit(at, end)
                at = end
        elif self.fin_sent and not self.fin_acked:
            self.raw(FIN | ACK, seq=self.seq(len(self.out)))

    def receive(self, segment):
        self.segments.append(segment)
        if self.over or self.lose(segment):
            return
        if segment.flags & RST:
            known = self.peer_isn is not None
            if segment.seq == self.expects if known else segment.flags & ACK:
                self.reset = self.over = True
            return
        if segment.flags & SYN and self.peer_isn not in (None, segment.seq):
            self.raw(ACK)       # RFC 5961: whoever it was, tell where we are
            return
        if segment.flags & SYN:
            self.peer_isn = segment.seq
            if segment.flags & ACK:
                self.syn_acked = True
                self.raw(ACK)
            else:
                self.passive = True
                self.last = time.monotonic()
                self.raw(SYN | ACK, seq=self.isn)
            return
        if self.peer_isn is None:
            return
        self.take_ack(segment)
        self.take_payload(segment)

    def take_ack(self, segment):
        if not segment.flags & ACK:
            return
        acked = (segment.ack - self.isn - 1) & 0xFFFFFFFF
        if acked <= len(self.out) + self.fin_sent:
            self.syn_acked = True
            self.fin_acked |= acked > len(self.out)
            if acked > self.acked:
                self.backoff = 1
            self.acked = max(self.acked, min(acked, len(self.out)))

    def compare(self, at, payload):
        """Byte by byte, with what has come already."""
        for i, byte in enumerate(payload, at):
            if i < 0:
                continue
            known = self.stream[i] if i < len(self.stream) else \
                self.ahead.setdefault(i, byte)
            if known != byte:
                self.conflicts.append((i, known, byte))
        while len(self.stream) in self.ahead:
            self.stream.append(self.ahead.pop(len(self.stream)))

    def take_payload(self, segment):
        at = (segment.seq - self.peer_isn - 1) & 0xFFFFFFFF
        if at > 1 << 31:
            at -= 1 << 32
        if at == len(self.stream) and not self.ahead:
            self.stream += segment.payload
        else:
            self.compare(at, segment.payload)
        if segment.flags & FIN:
            self.peer_fin = at + len(segment.payload)
        # What is old is answered, too (RFC 9293 section 3.10.7.4).
        if self.auto_ack and (segment.payload or segment.flags & FIN or
                              at < len(self.stream)):
            self.raw(ACK)
