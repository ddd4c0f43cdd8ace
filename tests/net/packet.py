# SPDX-License-Identifier: GPL-2.0-or-later
"""IPv4, TCP, GRE and ICMP, built and taken apart byte by byte."""
import functools
import socket
import struct
from dataclasses import dataclass

ICMP, TCP, UDP, GRE = 1, 6, 17, 47
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
GRE_ENHANCED = 0x880B


aton = functools.lru_cache(4096)(socket.inet_aton)
ntoa = functools.lru_cache(4096)(socket.inet_ntoa)


def checksum(data):
    """Of RFC 1071: a sum of words with its carries added again is what the
    one number that they all make is modulo 65535, or 65535 instead of 0."""
    if len(data) & 1:
        data += b"\0"
    number = int.from_bytes(data, "big")
    return 0xFFFF - (number % 0xFFFF or (0xFFFF if number else 0))


class Broken(Exception):
    """A packet that an honest stack would not take."""


@dataclass
class Ip:
    src: str
    dst: str
    proto: int
    payload: bytes
    ttl: int = 64
    ident: int = 0
    df: bool = False
    more: bool = False          # more fragments follow
    offset: int = 0             # of a fragment, in bytes
    tos: int = 0
    options: bytes = b""

    def __bytes__(self):
        words = 5 + len(self.options) // 4
        head = struct.pack(
            "!BBHHHBBH4s4s", 0x40 | words, self.tos,
            words * 4 + len(self.payload), self.ident,
            self.df << 14 | self.more << 13 | self.offset >> 3,
            self.ttl, self.proto, 0,
            aton(self.src), aton(self.dst))
        head += self.options
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + \
            self.payload

    @classmethod
    def parse(cls, raw, quoted=False):
        """A quoted packet may be cut short, but its header sum must hold."""
        (first, tos, total, ident, fragment, ttl, proto, _, src,
         dst) = struct.unpack("!BBHHHBBH4s4s", raw[:20])
        head = (first & 15) * 4
        if first >> 4 != 4 or head < 20 or checksum(raw[:head]):
            raise Broken("IP header: " + raw[:head].hex())
        if total > len(raw) and not quoted:
            raise Broken("IP length %d of %d" % (total, len(raw)))
        packet = cls(ntoa(src), ntoa(dst), proto,
                     raw[head:total], ttl, ident, bool(fragment & 0x4000),
                     bool(fragment & 0x2000), (fragment & 0x1FFF) << 3, tos,
                     raw[20:head])
        packet.total = total
        return packet

    def fragments(self, size):
        """Cuts the packet into fragments of at most size payload bytes."""
        size -= size % 8
        parts = []
        for at in range(0, len(self.payload), size):
            last = at + size >= len(self.payload)
            parts.append(Ip(self.src, self.dst, self.proto,
                            self.payload[at:at + size], self.ttl, self.ident,
                            False, not last, at, self.tos))
        return parts


@dataclass
class Segment:
    sport: int
    dport: int
    seq: int
    ack: int
    flags: int
    payload: bytes = b""
    window: int = 65535
    urgent: int = 0
    options: bytes = b""

    def build(self, src, dst, break_checksum=False):
        words = 5 + len(self.options) // 4
        body = struct.pack("!HHIIBBHHH", self.sport, self.dport,
                           self.seq & 0xFFFFFFFF, self.ack & 0xFFFFFFFF,
                           words << 4, self.flags, self.window, 0,
                           self.urgent) + self.options + self.payload
        value = checksum(pseudo(src, dst, TCP, len(body)) + body)
        if break_checksum:
            value ^= 0x0101
        return body[:16] + struct.pack("!H", value) + body[18:]

    @classmethod
    def parse(cls, ip):
        raw = ip.payload
        if getattr(ip, "summed", True) and \
                checksum(pseudo(ip.src, ip.dst, TCP, len(raw)) + raw):
            raise Broken("TCP checksum: " + bytes(ip).hex())
        (sport, dport, seq, ack, off, flags, window, _,
         urgent) = struct.unpack("!HHIIBBHHH", raw[:20])
        head = (off >> 4) * 4
        return cls(sport, dport, seq, ack, flags, raw[head:], window, urgent,
                   raw[20:head])


def pseudo(src, dst, proto, length):
    return aton(src) + aton(dst) + \
        struct.pack("!BBH", 0, proto, length)


@dataclass
class Gre:
    """Enhanced GRE (RFC 2637 section 4.1): version 1, protocol 0x880B."""
    call_id: int
    payload: bytes = b""
    seq: int = None
    ack: int = None
    flags: int = 0x2001
    proto: int = GRE_ENHANCED
    length: int = None          # of the payload, as the header says

    def __bytes__(self):
        flags = self.flags
        flags |= 0x1000 if self.seq is not None else 0
        flags |= 0x0080 if self.ack is not None else 0
        length = len(self.payload) if self.length is None else self.length
        raw = struct.pack("!HHHH", flags, self.proto, length, self.call_id)
        if self.seq is not None:
            raw += struct.pack("!I", self.seq)
        if self.ack is not None:
            raw += struct.pack("!I", self.ack)
        return raw + self.payload

    @classmethod
    def parse(cls, raw):
        flags, proto, length, call_id = struct.unpack("!HHHH", raw[:8])
        if flags & 7 != 1:
            return None
        at, seq, ack = 8, None, None
        if flags & 0x1000:
            seq, = struct.unpack("!I", raw[at:at + 4])
            at += 4
        if flags & 0x0080:
            ack, = struct.unpack("!I", raw[at:at + 4])
            at += 4
        return cls(call_id, raw[at:], seq, ack, flags & ~0x1080, proto,
                   length)


def icmp(kind, code, rest, quote):
    """An ICMP error; rest is the second word (next-hop MTU, pointer, ...)."""
    body = struct.pack("!BBHI", kind, code, 0, rest) + quote
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


@dataclass
class IcmpError:
    kind: int
    code: int
    rest: int
    quote: bytes

    @classmethod
    def parse(cls, ip):
        if checksum(ip.payload):
            raise Broken("ICMP checksum: " + bytes(ip).hex())
        kind, code, _, rest = struct.unpack("!BBHI", ip.payload[:8])
        return cls(kind, code, rest, ip.payload[8:])

    def quoted(self):
        """The quoted packet; its own header checksum must be right."""
        return Ip.parse(self.quote, quoted=True)
