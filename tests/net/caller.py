# SPDX-License-Identifier: GPL-2.0-or-later
"""A client made by hand: it does what it should as far as a test wants, and
then stalls, or sends anything.  Sockets are the kernel's."""
import select
import socket
import struct
import time

import pptp
from endpoint import insist
from mschap import Login, Mppe, StatefulMppe
from packet import GRE, ICMP, Gre, Ip, checksum
from topology import PATIENCE

LCP, CHAP, CCP, IPCP, IPV6CP, PAP = (0xC021, 0xC223, 0x80FD, 0x8021, 0x8057,
                                     0xC023)
IPV4, ENCRYPTED = 0x0021, 0x00FD
REQUEST, ACK, NAK, REJECT, TERMINATE, TERMINATED, CODE_REJECT, \
    PROTOCOL_REJECT, ECHO, ECHOED = range(1, 11)
CHALLENGE, RESPONSE, SUCCESS, FAILURE = 1, 2, 3, 4
RESET_REQUEST, RESET_ACK = 14, 15
MS_CHAP_2 = b"\x03\x05\xc2\x23\x81"
MPPE_128 = b"\x12\x06\x01\x00\x00\x40"
MPPE_STATEFUL = b"\x12\x06\0\0\0\x40"
RESTART = 3                     # seconds, as RFC 1661 section 4.6 has it
ALL = frozenset((LCP, CHAP, CCP, IPCP))


class Caller:
    """It answers the protocols in speaks, and asks in those in asks."""
    others = ()                 # who take what has come while this one waits

    def __init__(self, ns, server, user="ann", password="secret",
                 speaks=ALL, asks=ALL, tcp=None, stateful=False):
        self.ns = ns
        self.server, self.user, self.password = server, user, password
        self.kind = StatefulMppe if stateful else Mppe
        self.mppe = MPPE_STATEFUL if stateful else MPPE_128
        self.options = {LCP: b"", CCP: self.mppe,
                        IPCP: b"\x03\x06\0\0\0\0"}
        self.speaks, self.asks = speaks, set(asks)
        with ns:
            self.gre = socket.socket(socket.AF_INET, socket.SOCK_RAW, GRE)
            self.tcp = tcp or socket.create_connection((server, 1723),
                                                       PATIENCE)
        self.gre.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.address, self.port = self.tcp.getsockname()
        self.stream = b""
        self.over = False           # the server has closed TCP
        self.messages = []          # control messages, taken by hear()
        self.frames = []            # (protocol, payload) not for negotiation
        self.seen = []              # (protocol, code) of all negotiation
        self.agreed = set()         # protocols whose both sides are done
        self.acked, self.asked = set(), set()
        self.call_id = self.peer_id = None      # our ID, the server's
        self.sequence = -1
        self.heard = None           # sequence number
        self.acks = []              # when bare ones came
        self.tunnel = None          # our address inside
        self.encrypts = self.decrypts = None

    # The control connection.
    def say(self, message):
        self.tcp.sendall(message)

    def hear(self, kind):
        """Waits for a control message."""
        def find():
            for i, message in enumerate(self.messages):
                if pptp.kind(message) == kind:
                    return self.messages.pop(i)
        return self.until(find, pptp.NAMES[kind])

    def start(self):
        self.say(pptp.sccrq())
        self.hear(pptp.SCCRP)
        return self

    def call(self, call_id=77):
        self.call_id = call_id
        self.say(pptp.ocrq(call_id))
        self.peer_id = pptp.call_id(self.hear(pptp.OCRP))
        return self

    def another(self, call_id):
        """One more call of the same control connection."""
        return Caller(self.ns, self.server, self.user, self.password,
                      tcp=self.tcp).call(call_id)

    def clear(self):
        self.say(pptp.ccrq(self.call_id))
        self.hear(pptp.CDN)

    # GRE and PPP.
    def header(self, payload, sequence=None, ack=None, call_id=None):
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        return bytes(Gre(self.peer_id if call_id is None else call_id,
                         payload, sequence, ack))

    def raw(self, packet):
        """From the GRE header on."""
        insist(self.gre.sendto, packet, (self.server, 0))

    def frame(self, protocol, payload):
        self.raw(self.header(b"\xff\x03" + struct.pack("!H", protocol) +
                             payload))

    def packet(self, protocol, code, number, data=b"", length=None):
        """A packet of a negotiation."""
        self.frame(protocol, struct.pack(
            "!BBH", code, number,
            len(data) + 4 if length is None else length) + data)

    def encrypted(self, payload, protocol=IPV4):
        self.frame(ENCRYPTED, self.encrypts.encrypt(
            struct.pack("!H", protocol) + payload))

    def turn(self, seconds=0.02):
        """Takes what has come; false: nothing."""
        # GRE may be faster than the reply to the request of the call.
        sockets = [s for s, wanted in ((self.tcp, not self.over), (
            self.gre, self.peer_id is not None)) if wanted]
        ready = select.select(sockets, [], [], seconds)[0]
        for s in ready:
            if s is self.tcp:
                self.read_stream()
            else:
                self.read_gre(self.gre.recv(65535))
        return bool(ready)

    def until(self, condition, what, seconds=PATIENCE, must=True):
        """Waits; the condition's value."""
        end = time.monotonic() + seconds
        while True:
            value = condition()
            if value or (not must and time.monotonic() > end):
                return value
            assert time.monotonic() < end, "waited %s s for %s" % (
                seconds, what)
            self.turn()
            for other in self.others:
                if not other.over:
                    other.turn(0)

    def insist(self, condition, what, again):
        """Waits, and sends again what may have been lost."""
        for _ in range(PATIENCE // RESTART):
            value = self.until(condition, what, RESTART, must=False)
            if value:
                return value
            again()
        raise AssertionError("waited %s s for %s" % (PATIENCE, what))

    def read_stream(self):
        try:
            piece = self.tcp.recv(65536)
        except ConnectionError:
            piece = b""
        self.over = not piece
        self.stream += piece
        while len(self.stream) >= 2:
            length, = struct.unpack("!H", self.stream[:2])
            if len(self.stream) < length:
                break
            self.take_message(self.stream[:length])
            self.stream = self.stream[length:]

    def take_message(self, message):
        if pptp.kind(message) == pptp.ECHORQ:
            self.say(pptp.message(pptp.ECHORP, message[12:16] + b"\1\0"))
        else:
            self.messages.append(message)

    def read_gre(self, packet):
        gre = Gre.parse(packet[(packet[0] & 15) * 4:])
        if socket.inet_ntoa(packet[12:16]) != self.server or \
                gre.call_id != self.call_id:
            return
        if gre.seq is None:
            self.acks.append(time.monotonic())
            return
        if self.heard is not None and \
                gre.seq - self.heard - 1 & 0xFFFFFFFF >= 1 << 31:
            return      # late or for the second time
        self.heard = gre.seq
        data = gre.payload
        if data[:2] == b"\xff\x03":
            data = data[2:]
        size = 1 if data[0] & 1 else 2
        self.take(int.from_bytes(data[:size], "big"), data[size:])

    def take(self, protocol, data):
        if protocol < 0x4000:
            self.take_data(protocol, data)
            return
        code, number, length = struct.unpack("!BBH", data[:4])
        self.seen.append((protocol, code))
        if protocol in self.speaks:
            self.answer(protocol, code, number, data[4:length])

    def take_data(self, protocol, data):
        if protocol == ENCRYPTED and self.decrypts:
            data = self.decrypts.decrypt(data)
            if data is None:
                self.packet(CCP, RESET_REQUEST, 1)
                return
            protocol, data = struct.unpack("!H", data[:2])[0], data[2:]
        self.frames.append((protocol, data))

    def answer(self, protocol, code, number, data):
        if protocol == CHAP:
            self.answer_chap(code, number, data)
        elif (protocol, code) == (CCP, RESET_REQUEST):
            self.encrypts.reset()
            self.packet(CCP, RESET_ACK, number)
        elif (protocol, code) == (CCP, REQUEST) and data != self.mppe:
            self.packet(CCP, NAK, number, self.mppe)
        elif code == REQUEST:
            self.packet(protocol, ACK, number, data)
            self.acked.add(protocol)
            self.ask(protocol)
        elif code == ACK:
            self.asked.add(protocol)
            if protocol == IPCP and len(data) >= 6:
                self.tunnel = socket.inet_ntoa(data[2:6])
        elif code == NAK:
            self.options[protocol] = self.mppe if protocol == CCP else data
            self.packet(protocol, REQUEST, number + 1 & 255,
                        self.options[protocol])
        elif code == TERMINATE:
            self.packet(protocol, TERMINATED, number)
        elif code == ECHO:
            self.packet(protocol, ECHOED, number, bytes(4))

    def ask(self, protocol):
        if protocol in self.asks:
            self.asks.discard(protocol)
            self.packet(protocol, REQUEST, 1, self.options[protocol])

    def answer_chap(self, code, number, data):
        if code == CHALLENGE:
            login = Login(self.user, self.password, data[1:1 + data[0]])
            self.encrypts, self.decrypts = login.keys(self.kind)
            self.packet(CHAP, RESPONSE, number, b"\x31" + login.response +
                        self.user.encode())
        elif code == SUCCESS:
            self.acked.add(CHAP)
            self.asked.add(CHAP)

    def done(self, protocol):
        return protocol in self.acked and protocol in self.asked

    def is_up(self):
        return self.done(IPCP) and self.done(CCP) and \
            self.tunnel != "0.0.0.0"

    def up(self):
        """Waits until IP may flow."""
        def ask():
            for protocol in {LCP, CCP, IPCP} & self.acked - self.asked:
                self.packet(protocol, REQUEST, 2, self.options[protocol])
        self.insist(self.is_up, "IPCP", ask)
        return self

    def echo(self, number=1, size=64):
        """An echo request to the server's end of the tunnel."""
        body = struct.pack("!BBHHH", 8, 0, 0, 1, number) + bytes(size)
        body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
        return bytes(Ip(self.tunnel, "10.99.0.1", ICMP, body))

    def ping(self, size=64, number=1):
        """Sends one through the tunnel, and waits for its answer."""
        def send():
            self.encrypted(self.echo(number, size))
        send()
        return self.insist(lambda: any(
            protocol == IPV4 and data[20:21] == b"\0" and
            data[26:28] == struct.pack("!H", number)
            for protocol, data in self.frames), "a reply", send)

    def close(self):
        self.gre.close()
        self.tcp.close()
