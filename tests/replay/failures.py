# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures of what goes wrong, and of odd ways to capture: each function
whose name starts with scene_ returns packets (scapy, with times)."""
from scapy.layers import pptp
from scapy.layers.inet import ICMP, IP, TCP, fragment

from scene import (
    ACK, ccp, chap, Connection, control, FIN, IN1, IN2, lcp,
    Link, MAGIC, MPPE128, ocrp, ocrq, OTHER, OUT, RST, Scene, SYN)


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


def scene_unreachable():
    """The router and the server refuse; a forger's number is wrong."""
    s = Scene()
    for port, by, code in ((40001, OUT, 3), (40002, OTHER, 13),
                           (40003, OTHER, 1)):
        c = Connection(s, IN1, OUT, port)
        c.segment(IN1, SYN)
        quote = s.packets[-1][IP].copy()
        if port == 40003:
            quote[TCP].seq += 1
        s.add(IP(src=by, dst=IN1) / ICMP(type=3, code=code) / quote)
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


def scene_rival_after():
    """The ID that a call had wanted goes to a later call of its client."""
    s = Scene()
    for n, client in enumerate((IN2, IN1, IN1)):
        c = Connection(s, client, OUT, 40000 + n, 7000 * n).open()
        c.call(500, 10 + n)
        link = Link(s, client, OUT, 500, 10 + n)
        link.login(client, OUT)
        link.addresses(client, OUT)
        if n > 0:
            c.clear(500, 10 + n)
            c.close()
            s.wait(100)
        else:
            first = c
            s.wait(1)
        if n == 1:
            first.clear(500, 10)
            first.close()
            s.wait(100)
    return s.packets


def scene_mppe_optional():
    """Encryption is asked for and rejected, and the call comes up."""
    s = Scene()
    Connection(s, IN1, OUT).open().call(3, 4)
    link = Link(s, IN1, OUT, 3, 4)
    link.login(IN1, OUT)
    link.says(OUT, ccp(1, 1, MPPE128))
    link.says(IN1, ccp(4, 1, MPPE128))
    link.addresses(IN1, OUT)
    return s.packets


def scene_damaged():
    """A segment that was damaged on the way, sent again; and another that
    the sender's card finishes, beyond the capture."""
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    good = bytes(ocrq(3))
    bad = bytearray(good)
    bad[5] ^= 0x40
    c.says(IN1, bytes(bad))
    s.packets[-1][TCP].chksum = 0x1234
    c.seq[IN1] -= len(good)
    s.wait(1)
    c.says(IN1, good)
    c.says(OUT, ocrp(4, 3))
    s.packets[-1][TCP].chksum = 0x4321      # and does not come again
    link = Link(s, IN1, OUT, 3, 4)
    link.login(IN1, OUT)
    link.addresses(IN1, OUT)
    return s.packets


def scene_bad_ip_length():
    s = Scene()
    Connection(s, IN1, OUT).open().call(3, 4)
    link = Link(s, IN1, OUT, 3, 4)
    link.login(IN1, OUT)
    link.addresses(IN1, OUT)
    link.data(IN1)
    s.packets[-1][IP].len = len(s.packets[-1][IP]) + 8
    return s.packets


def scene_closed_early():
    """The server closes, and a client clears, while PPP negotiates."""
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    c.call(3, 4)
    Link(s, IN1, OUT, 3, 4).lcp(IN1, OUT)
    s.wait(1)
    c.segment(OUT, FIN | ACK)
    c.segment(IN1, FIN | ACK)
    c = Connection(s, IN2, OUT, 40000).open()
    c.call(7, 8)
    Link(s, IN2, OUT, 7, 8).login(IN2, OUT)
    s.wait(2.5)
    c.clear(7, 8)
    c.close()
    return s.packets


def scene_reset_after_call():
    """Windows resets what is over; that ends nothing any more."""
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    c.call(3, 4)
    link = Link(s, IN1, OUT, 3, 4)
    link.login(IN1, OUT)
    link.addresses(IN1, OUT)
    c.clear(3, 4)
    c.segment(IN1, RST | ACK)
    return s.packets
