# SPDX-License-Identifier: GPL-2.0-or-later
"""A client made by hand, which can do what no client should: PPP in clear,
one message at a time."""
import select
import socket
import struct
import time

import pptp
from packet import GRE, Gre, Ip
from topology import PATIENCE
from tunnels import SERVER

LCP, PAP, IPCP, IPV4 = 0xC021, 0xC023, 0x8021, 0x0021
REQUEST, ACK, NAK, REJECT, TERMINATE, TERMINATED = range(1, 7)
# What the server has to say for such a client.
PLAIN = 'methods = {"pap"}\nencryption = none\n'


class Caller:
    """A control connection, and its calls."""

    def __init__(self, ns):
        self.ns = ns
        with ns:
            self.tcp = socket.create_connection((SERVER, 1723), 5)
            self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, GRE)
        self.tcp.settimeout(PATIENCE)
        self.calls, self.messages = {}, []

    def __enter__(self):
        self.tcp.sendall(pptp.sccrq())
        self.message(pptp.SCCRP)
        return self

    def __exit__(self, *_):
        self.tcp.close()
        self.raw.close()

    def message(self, kind):
        """The next control message of this kind; others are passed over."""
        while True:
            head = self.take(10)
            data = head + self.take(pptp.LENGTH[pptp.kind(head)] - 10)
            if pptp.kind(data) == kind:
                return data

    def take(self, n):
        data = b""
        while len(data) < n:
            more = self.tcp.recv(n - len(data))
            if not more:
                raise EOFError("the server has closed")
            data += more
        return data

    def ask(self, own):
        """Asks for a call; the reply."""
        self.tcp.sendall(pptp.ocrq(own))
        return self.message(pptp.OCRP)

    def call(self, own=1):
        reply = self.ask(own)
        assert reply[16] == 1, "refused"
        self.calls[own] = Call(self, own, pptp.call_id(reply))
        return self.calls[own]

    def collect(self, seconds):
        """Frames that have come go to their calls."""
        if not select.select([self.raw], [], [], seconds)[0]:
            return
        gre = Gre.parse(Ip.parse(self.raw.recv(4096)).payload)
        if gre and gre.payload and gre.call_id in self.calls:
            self.calls[gre.call_id].take(gre.payload)


class Call:
    """PPP by hand, in it."""

    def __init__(self, caller, own, peer):
        self.caller, self.own, self.peer = caller, own, peer
        self.sent, self.frames = 0, []
        self.address, self.magic = None, 1723

    def packet(self, protocol, data):
        """GRE with a frame."""
        gre = Gre(self.peer, b"\xff\x03" + struct.pack("!H", protocol) + data,
                  seq=self.sent)
        self.sent += 1
        return bytes(gre)

    def send(self, protocol, code, ident, data=b""):
        self.send_raw(self.packet(protocol, code_of(code, ident, data)))

    def send_raw(self, gre):
        self.caller.raw.sendto(gre, (SERVER, 0))

    def take(self, frame):
        if frame[:2] == b"\xff\x03":
            frame = frame[2:]
        self.frames.append((struct.unpack("!H", frame[:2])[0], frame[2:]))

    def wait(self, protocol, *codes, seconds=PATIENCE):
        """The next frame of a protocol with one of these codes; the server's
        requests are all acknowledged."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            while self.frames:
                number, data = self.frames.pop(0)
                if data[0] == REQUEST and number in (LCP, IPCP):
                    self.send(number, ACK, data[1], data[4:])
                if number == protocol and data[0] in codes:
                    return data
            self.caller.collect(0.1)
        raise TimeoutError("no %04x %s" % (protocol, codes))

    def open_lcp(self):
        self.magic += 1
        self.send(LCP, REQUEST, 1, b"\x05\x06" + struct.pack("!I", self.magic))
        self.wait(LCP, ACK)

    def log_in(self, user="ann", password="secret"):
        """True: the server has taken it."""
        words = [w.encode() for w in (user, password)]
        self.send(PAP, REQUEST, 2, b"".join(bytes([len(w)]) + w
                                            for w in words))
        return self.wait(PAP, ACK, NAK)[0] == ACK

    def open_ipcp(self, address="0.0.0.0"):
        """The address that the server wants."""
        reply = self.ask_ipcp(b"\x03\x06" + socket.inet_aton(address))
        if reply[0] == ACK:
            return address
        return self.open_ipcp(socket.inet_ntoa(reply[6:10]))

    def ask_ipcp(self, options):
        self.send(IPCP, REQUEST, 3, options)
        return self.wait(IPCP, ACK, NAK)

    def connect(self, **who):
        """All of it; the address."""
        self.open_lcp()
        assert self.log_in(**who)
        self.address = self.open_ipcp()
        return self.address


def code_of(code, ident, data):
    return struct.pack("!BBH", code, ident, len(data) + 4) + data
