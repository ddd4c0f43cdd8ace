# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures that nobody published, made with scapy: each function whose name
starts with scene_ returns packets (scapy, with times)."""
import logging
import struct

logging.getLogger("scapy").setLevel(logging.ERROR)
# pylint: disable=wrong-import-position
from scapy.layers.inet import ICMP, IP, TCP, fragment          # noqa: E402
from scapy.layers.l2 import Ether, GRE_PPTP                    # noqa: E402
from scapy.layers import pptp                                  # noqa: E402

IN1, IN2 = "10.1.1.1", "10.1.1.2"
OUT, OTHER = "203.1.113.5", "198.1.100.7"
PUBLIC = "192.0.2.1"        # what the replay takes by default
SYN, FIN, RST, PSH, ACK = 0x02, 0x01, 0x04, 0x08, 0x10


class Scene:
    """Packets in order, 10 ms apart."""
    def __init__(self):
        self.packets, self.now, self.ident = [], 1600000000.0, 1

    def add(self, packet):
        packet.id = self.ident
        self.ident += 1
        packet = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / \
            packet
        packet.time = self.now
        self.now += 0.01
        self.packets.append(packet)

    def wait(self, seconds):
        self.now += seconds

    def gre(self, src, dst, call_id, ppp=None, seq=None, ack=None):
        head = GRE_PPTP(call_id=call_id)
        if ppp is not None:
            head.seqnum_present, head.sequence_number = 1, seq or 0
        if ack is not None:
            head.acknum_present, head.ack_number = 1, ack
        self.add(IP(src=src, dst=dst) / (head / ppp if ppp else head))


class Connection:
    """A control connection; the client sends the SYN."""
    def __init__(self, scene, client, server, port=50000, isn=1000):
        self.scene, self.client, self.server = scene, client, server
        self.port = {client: port, server: 1723}
        self.seq = {client: isn, server: isn + 500000}

    def peer(self, end):
        return self.server if end == self.client else self.client

    def segment(self, end, flags, data=b""):
        peer = self.peer(end)
        ack = self.seq[peer] if flags & ACK else 0
        tcp = TCP(sport=self.port[end], dport=self.port[peer],
                  seq=self.seq[end], ack=ack, flags=flags)
        self.scene.add(IP(src=end, dst=peer) / (tcp / data if data else tcp))
        self.seq[end] += len(data) + bool(flags & SYN) + bool(flags & FIN)

    def open(self, start=True):
        self.segment(self.client, SYN)
        self.segment(self.server, SYN | ACK)
        self.segment(self.client, ACK)
        if start:
            self.says(self.client, pptp.PPTPStartControlConnectionRequest())
            self.says(self.server, pptp.PPTPStartControlConnectionReply())
        return self

    def says(self, end, *messages):
        self.segment(end, PSH | ACK, b"".join(bytes(m) for m in messages))

    def call(self, client_id, server_id, result=1, error=0):
        self.says(self.client, ocrq(client_id))
        self.says(self.server, ocrp(server_id, client_id, result, error))

    def clear(self, client_id, server_id):
        self.says(self.client, pptp.PPTPCallClearRequest(call_id=client_id))
        self.says(self.server, pptp.PPTPCallDisconnectNotify(
            call_id=server_id, result_code=4, call_statistic=""))

    def close(self):
        self.segment(self.client, FIN | ACK)
        self.segment(self.server, FIN | ACK)
        self.segment(self.client, ACK)


def ocrq(call_id):
    return pptp.PPTPOutgoingCallRequest(call_id=call_id)


def ocrp(call_id, peer, result=1, error=0):
    return pptp.PPTPOutgoingCallReply(call_id=call_id, peer_call_id=peer,
                                      result_code=result, error_code=error)


# --- PPP ----------------------------------------------------------------------

def control(protocol, code, ident, body=b""):
    return struct.pack(">HHBBH", 0xFF03, protocol, code, ident,
                       len(body) + 4) + body


def lcp(code, ident, body=b""):
    return control(0xC021, code, ident, body)


def chap(code, ident, body):
    return control(0xC223, code, ident, body)


def ccp(code, ident, body=b""):
    return control(0x80FD, code, ident, body)


MAGIC = b"\x05\x06\x01\x02\x03\x04"
MSCHAP2 = b"\x03\x05\xc2\x23\x81"
MPPE128 = b"\x12\x06\x01\x00\x00\x40"


class Link:
    """PPP of a call; who sends is named by its address."""
    def __init__(self, scene, inside, outside, inside_id, outside_id):
        self.scene = scene
        self.ids = {inside: inside_id, outside: outside_id}
        self.seq = {inside: 0, outside: 0}
        self.peer = {inside: outside, outside: inside}

    def says(self, end, frame):
        self.scene.gre(end, self.peer[end], self.ids[self.peer[end]], frame,
                       self.seq[end])
        self.seq[end] += 1

    def lcp(self, client, server, auth=MSCHAP2):
        self.says(client, lcp(1, 1, MAGIC))
        self.says(server, lcp(1, 1, auth + MAGIC))
        self.says(client, lcp(2, 1, auth + MAGIC))
        self.says(server, lcp(2, 1, MAGIC))

    def login(self, client, server, user=b"alice"):
        self.lcp(client, server)
        self.says(server, chap(1, 7, b"\x10" + bytes(16) + b"gate"))
        self.says(client, chap(2, 7, b"\x31" + bytes(49) + user))
        self.says(server, chap(3, 7, b"S=" + b"0" * 40))

    def data(self, end):
        self.says(end, b"\xfd\x90\x00" + bytes(40))


# --- scenes of calls ----------------------------------------------------------

def scene_two_calls():
    """Two calls on one connection; one is cleared, the other outlives it."""
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    c.call(0, 0)
    c.call(65535, 0x0102)
    for a, b in ((0, 0), (65535, 0x0102)):
        Link(s, IN1, OUT, a, b).login(IN1, OUT)
    c.clear(0, 0)
    Link(s, IN1, OUT, 65535, 0x0102).data(OUT)
    s.gre(OUT, IN1, 0, b"\xfd\x90\x01late", 9)
    c.clear(65535, 0x0102)
    c.close()
    return s.packets


def scene_same_ids():
    """Three clients with one ID, one of them towards another server."""
    s = Scene()
    for n, (client, server) in enumerate(
            ((IN1, OUT), (IN2, OUT), (IN2, OTHER))):
        c = Connection(s, client, server, 40000 + n, 7000 * n).open()
        c.call(0x0203, 9)
        link = Link(s, client, server, 0x0203, 9)
        link.data(client)
        link.data(server)
    return s.packets


def scene_one_segment():
    """All that an end has to say, in a segment."""
    s = Scene()
    c = Connection(s, IN1, OUT).open(start=False)
    c.says(IN1, pptp.PPTPStartControlConnectionRequest(), ocrq(77), ocrq(78))
    c.says(OUT, pptp.PPTPStartControlConnectionReply(), ocrp(5, 77),
           ocrp(6, 78), pptp.PPTPSetLinkInfo(peer_call_id=77))
    for n in (5, 6):
        s.gre(IN1, OUT, n, b"\xfd\x90\x00out")
        s.gre(OUT, IN1, n + 72, b"\xfd\x90\x00in", 0, 0)
    c.says(IN1, pptp.PPTPEchoRequest(identifier=3),
           pptp.PPTPCallClearRequest(call_id=78),
           pptp.PPTPStopControlConnectionRequest(reason=3))
    c.says(OUT, pptp.PPTPEchoReply(identifier=3),
           pptp.PPTPCallDisconnectNotify(call_id=6, result_code=4,
                                         call_statistic="bye"),
           pptp.PPTPStopControlConnectionReply())
    c.close()
    return s.packets


def incoming(s, c, end, peer, own, other):
    """An incoming call that end, as PAC, announces to peer."""
    c.says(end, pptp.PPTPIncomingCallRequest(
        call_id=own, dialed_number_len=3, dialed_number="123"))
    c.says(peer, pptp.PPTPIncomingCallReply(len=24, call_id=other,
                                            peer_call_id=own))
    c.says(end, pptp.PPTPIncomingCallConnected(peer_call_id=other))
    c.says(peer, pptp.PPTPSetLinkInfo(peer_call_id=own, reserved_1=0xA196))
    c.says(end, pptp.PPTPSetLinkInfo(peer_call_id=other))
    c.says(end, pptp.PPTPWANErrorNotify(peer_call_id=other, crc_errors=2))
    s.gre(peer, end, own, b"\xfd\x90\x00one")
    s.gre(end, peer, other, b"\xfd\x90\x00two")
    c.says(end, pptp.PPTPCallDisconnectNotify(
        call_id=own, result_code=1, cause_code=16, call_statistic=""))


def scene_incoming_from_outside():
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    incoming(s, c, OUT, IN1, 300, 0x1234)
    return s.packets


def scene_incoming_from_inside():
    """Two PACs inside that use the same ID."""
    s = Scene()
    for n, pac in enumerate((IN1, IN2)):
        c = Connection(s, pac, OUT, 40000 + n).open()
        incoming(s, c, pac, OUT, 300, 40 + n)
    return s.packets


def scene_server_inside():
    """Two servers behind one address, both give the ID 256 to a client."""
    s = Scene()
    links = []
    for n, server in enumerate((IN1, IN2)):
        c = Connection(s, OTHER, server, 40000 + n, 99 + n).open()
        c.call(16384, 256)
        links.append(Link(s, server, OTHER, 256, 16384))
        links[-1].login(OTHER, server)
        c.says(server, pptp.PPTPSetLinkInfo(peer_call_id=16384))
        c.says(OTHER, pptp.PPTPSetLinkInfo(peer_call_id=256))
    for link, server in zip(links, (IN1, IN2)):
        link.data(server)
        link.data(OTHER)
    return s.packets


def scene_id_again():
    """A cleared call, then a new one with the same ID."""
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    for n in range(2):
        c.call(5, 50 + n)
        link = Link(s, IN1, OUT, 5, 50 + n)
        link.data(IN1)
        link.data(OUT)
        c.clear(5, 50 + n)
    return s.packets


# --- scenes of failures -------------------------------------------------------

def scene_refused():
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    c.call(1, 0, 4)
    c.call(2, 0, 2, 4)
    c = Connection(s, IN2, OUT, 40000).open(start=False)
    c.says(IN2, pptp.PPTPStartControlConnectionRequest())
    c.says(OUT, pptp.PPTPStartControlConnectionReply(result_code=4))
    return s.packets


def scene_unanswered():
    s = Scene()
    for _ in range(3):
        Connection(s, IN1, OUT).segment(IN1, SYN)
        s.wait(1)
    c = Connection(s, IN1, OTHER, 40001)
    c.segment(IN1, SYN)
    c.segment(OTHER, RST | ACK)
    c = Connection(s, IN2, OUT, 40002).open(start=False)
    c.says(IN2, pptp.PPTPStartControlConnectionRequest())
    c = Connection(s, IN2, OUT, 40003, 5).open()
    c.says(IN2, ocrq(9))
    s.wait(30)
    c.segment(OUT, RST | ACK)
    return s.packets


def scene_no_gre_from_outside():
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    c.call(3, 4)
    for n in range(10):
        s.gre(IN1, OUT, 4, lcp(1, n, MAGIC), n)
        s.wait(3)
    return s.packets


def scene_no_gre_from_inside():
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    c.call(3, 4)
    for n in range(4):
        s.gre(OUT, IN1, 3, lcp(1, n, MAGIC), n)
    s.add(IP(src=IN1, dst=OUT) / ICMP(type=3, code=2) /
          s.packets[-1][IP].copy())
    return s.packets


def scene_protocol_unreachable():
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    c.call(3, 4)
    s.gre(IN1, OUT, 4, lcp(1, 1, MAGIC))
    s.wait(3)
    s.add(IP(src=OUT, dst=IN1) / ICMP(type=3, code=2) /
          s.packets[-1][IP].copy())
    return s.packets


def scene_unknown_gre():
    s = Scene()
    Connection(s, IN1, OUT).open().call(3, 4)
    s.gre(OUT, IN1, 999, lcp(1, 1, MAGIC))
    s.gre(OTHER, IN1, 3, b"\xfd\x90\x00forged")
    return s.packets


def scene_auth_failed():
    s = Scene()
    Connection(s, IN1, OUT).open().call(3, 4)
    link = Link(s, IN1, OUT, 3, 4)
    link.lcp(IN1, OUT)
    link.says(OUT, chap(1, 7, b"\x10" + bytes(16) + b"gate"))
    link.says(IN1, chap(2, 7, b"\x31" + bytes(49) + b"DOM\\eve\x1b[31m"))
    link.says(OUT, chap(4, 7, b"E=691 R=0 C=00 V=3 M=Bad password"))
    link.says(OUT, lcp(5, 9, b"Authentication failed"))
    c = Connection(s, IN2, OUT, 40000).open()
    c.call(7, 8)
    link = Link(s, IN2, OUT, 7, 8)
    link.lcp(IN2, OUT, b"\x03\x04\xc0\x23")
    link.says(IN2, control(0xC023, 1, 1, b"\x03bob\x06secret"))
    link.says(OUT, control(0xC023, 3, 1, b"\x03No!"))
    return s.packets


def scene_lcp_unanswered():
    s = Scene()
    Connection(s, IN1, OUT).open().call(3, 4)
    for n in range(3):
        s.gre(IN1, OUT, 4, lcp(1, n, MAGIC), n)
        s.gre(OUT, IN1, 3, None, None, n)
        s.wait(3)
    return s.packets


def scene_mppe_refused():
    s = Scene()
    Connection(s, IN1, OUT).open().call(3, 4)
    link = Link(s, IN1, OUT, 3, 4)
    link.login(IN1, OUT)
    link.says(IN1, ccp(1, 1, MPPE128))
    link.says(OUT, ccp(4, 1, MPPE128))
    link.says(IN1, lcp(5, 2, b"MPPE required but peer negotiation failed"))
    Connection(s, IN2, OUT, 40000).open().call(7, 8)
    link = Link(s, IN2, OUT, 7, 8)
    link.login(IN2, OUT)
    link.says(IN2, ccp(1, 1, MPPE128))
    link.says(OUT, lcp(8, 3, b"\x80\xfd" + ccp(1, 1, MPPE128)[4:]))
    return s.packets


def scene_mid_stream():
    s = Scene()
    c = Connection(s, IN1, OUT)
    c.says(IN1, b"the end of something", pptp.PPTPEchoRequest())
    c.says(OUT, pptp.PPTPEchoReply())
    c.says(IN1, ocrq(44))
    c.says(OUT, ocrp(45, 44))
    s.gre(IN1, OUT, 45, lcp(1, 1, MAGIC))
    return s.packets


def scene_one_way():
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    c.call(3, 4)
    s.packets = [p for p in s.packets if p[IP].src == IN1]
    return s.packets


def scene_server_reset():
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    c.call(3, 4)
    c.segment(OUT, RST | ACK)
    return s.packets


def scene_malformed():
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    c.call(3, 4)
    bad = bytearray(bytes(pptp.PPTPEchoRequest()))
    bad[4:8] = b"\xde\xad\xbe\xef"
    c.says(IN1, bytes(bad))
    c.says(OUT, pptp.PPTPEchoRequest())
    return s.packets


def scene_conflict():
    """A retransmission that names another call ID."""
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    c.says(IN1, ocrq(3))
    c.seq[IN1] -= 168
    c.says(IN1, ocrq(4))
    c.says(OUT, ocrp(9, 3))
    return s.packets


def scene_gap():
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    c.says(IN1, pptp.PPTPEchoRequest())
    s.packets.pop()
    c.call(3, 4)
    return s.packets


def scene_retransmission():
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    c.says(IN1, ocrq(3))
    for _ in range(2):
        s.wait(1)
        c.seq[IN1] -= 168
        c.says(IN1, ocrq(3))
    c.says(OUT, ocrp(4, 3))
    s.gre(OUT, IN1, 3, b"\xfd\x90\x00in")
    s.gre(IN1, OUT, 4, b"\xfd\x90\x00out")
    return s.packets


def scene_outside_collision():
    """Outside of a NAT that leaves call IDs alone."""
    s = Scene()
    for port in (40000, 40001):
        c = Connection(s, "192.1.2.9", OUT, port, port).open()
        c.call(0, port - 40000)
    s.gre(OUT, "192.1.2.9", 0, lcp(1, 1, MAGIC))
    s.gre("192.1.2.9", OUT, 0, lcp(1, 1, MAGIC))
    return s.packets


def scene_both_sides():
    """Captured on both interfaces of a masquerading firewall: the second
    view comes a moment later, with other addresses and a lower TTL."""
    s = Scene()
    c = Connection(s, IN1, OUT, 40000).open()
    c.call(5, 6)
    link = Link(s, IN1, OUT, 5, 6)
    link.data(IN1)
    link.data(OUT)
    both = []
    for p in s.packets:
        other = p.copy()
        other.time = p.time + 0.0001
        if p[IP].src == IN1:
            other[IP].src = "192.1.2.9"
            both += [p, other]
        else:
            other[IP].dst = "192.1.2.9"
            both += [p, other]
        if TCP in other:
            if p[IP].src == IN1:
                other[TCP].sport = 61000
            else:
                other[TCP].dport = 61000
            del other[TCP].chksum
        other[IP].ttl -= 1
        del other[IP].chksum
    return both


def scene_fragments():
    """Full-size frames as IP fragments, the last one first."""
    s = Scene()
    Connection(s, IN1, OUT).open().call(3, 4)
    big = b"\xfd\x90\x00" + bytes(1497)
    for src, dst, call_id in ((IN1, OUT, 4), (OUT, IN1, 3)):
        s.gre(src, dst, call_id, big)
        whole = s.packets.pop()
        parts = fragment(whole[IP], fragsize=576)
        for part in reversed(parts):
            s.add(part)
            s.packets[-1][IP].id = 4711
    s.packets.append(s.packets[-1].copy())
    s.packets[-1][IP].id = 4712         # its others never come
    s.packets[-1].time += 0.01
    return s.packets


def scene_nothing():
    s = Scene()
    s.add(IP(src=IN1, dst=OUT) / TCP(sport=1, dport=2, flags="S"))
    return s.packets


def scenes():
    """Name -> function."""
    return {name[6:].replace("_", "-"): f for name, f in globals().items()
            if name.startswith("scene_")}
