# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets of PPTP connections and tunnels, made with scapy."""
import logging
import struct

logging.getLogger("scapy").setLevel(logging.ERROR)
# pylint: disable=wrong-import-position
from scapy.layers.inet import IP, TCP                          # noqa: E402
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


def ipcp(code, ident, address):
    return control(0x8021, code, ident, b"\x03\x06" + bytes(address))


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

    def addresses(self, client, server):
        """Both ends agree on their addresses: PPP is up."""
        for end, last in ((client, 10), (server, 1)):
            self.says(end, ipcp(1, 1, (10, 9, 0, last)))
            self.says(self.peer[end], ipcp(2, 1, (10, 9, 0, last)))

    def data(self, end):
        self.says(end, b"\xfd\x90\x00" + bytes(40))
