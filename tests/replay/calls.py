# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures of calls that nobody published: each function whose name starts
with scene_ returns packets (scapy, with times)."""
from scapy.layers import pptp

from scene import (
    Connection, IN1, IN2, Link, ocrp, ocrq, OTHER, OUT, Scene)


def scene_two_calls():
    """Two calls on one connection; one is cleared, the other outlives it."""
    s = Scene()
    c = Connection(s, IN1, OUT).open()
    c.call(0, 0)
    c.call(65535, 0x0102)
    for a, b in ((0, 0), (65535, 0x0102)):
        link = Link(s, IN1, OUT, a, b)
        link.login(IN1, OUT)
        link.addresses(IN1, OUT)
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
    """An incoming call that end, as PAC, offers to peer."""
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
        c.call(16384 + n, 256)
        links.append(Link(s, server, OTHER, 256, 16384 + n))
        links[-1].login(OTHER, server)
        c.says(server, pptp.PPTPSetLinkInfo(peer_call_id=16384 + n))
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
