# SPDX-License-Identifier: GPL-2.0-or-later
"""What the rules do with packets, seen from the hosts and from the queues."""
import socket
import struct
import threading

import pytest

from crossing import (CONTROL_QUEUE, FW_INSIDE, GRE_QUEUE, IN, INSIDE,
                      Lab, NO_CALL, OTHER, OUT, OUTSIDE, PLAIN, POOL, PUBLIC,
                      QUOTED_OUT, talk, translate, until)
from nfqueue import FORWARD, MARK, OUTPUT, PREROUTING, Queues
from packet import GRE, ICMP, TCP, Gre, IcmpError, Ip, icmp


@pytest.fixture(scope="module", params=["legacy", "nft"])
def shared(request, tmp_path_factory):
    lab = Lab(request.param, tmp_path_factory.mktemp("path"))
    yield lab
    lab.close()


@pytest.fixture
def lab(shared):
    shared.forget()
    yield shared


def segments(packets):
    return sorted((ip.src, ip.ident, ip.payload[4:14]) for ip in packets
                  if ip.proto == TCP)


def test_control_is_queued_once(lab):
    talk(lab.inside, lab.outside)

    def same():
        crossed = segments(ip for _, ip in lab.inside.read())
        return len(crossed) >= 9 and crossed == segments(
            q.ip for q in lab.queues.seen)

    until(same, "each segment to be queued once")
    assert set(lab.queued()) == {(CONTROL_QUEUE, FORWARD, TCP)}
    assert not any(q.mark for q in lab.queues.seen)


def test_gre_from_outside(lab):
    lab.outside.send(IN)
    ip, = lab.inside.expect(GRE)
    assert (ip.src, ip.dst, ip.payload) == (OUTSIDE, INSIDE, IN.payload)
    assert ip.ttl == 63
    assert lab.queued() == [(GRE_QUEUE, PREROUTING, GRE)]
    assert not lab.tracked("gre")


def test_gre_from_inside(lab):
    """Neither lost in a burst, nor given another address."""
    for _ in range(50):
        lab.inside.send(OUT)
    for ip in lab.outside.expect(GRE, 50):
        assert (ip.src, ip.dst, ip.payload) == (PUBLIC, OUTSIDE, OUT.payload)
        assert ip.ttl == 63
    assert lab.queued() == [(GRE_QUEUE, FORWARD, GRE)] * 50


@pytest.mark.parametrize("packet, end", [(IN, "inside"), (OUT, "outside")])
def test_fragments_are_queued_whole(lab, packet, end):
    sender = lab.outside if end == "inside" else lab.inside
    big = Ip(packet.src, packet.dst, GRE,
             bytes(Gre(7, bytes(range(250)) * 4, seq=2)), ident=77)
    for part in reversed(big.fragments(400)):
        sender.send(part)
    parts = getattr(lab, end).expect(GRE, 3)
    parts.sort(key=lambda ip: ip.offset)
    assert b"".join(ip.payload for ip in parts) == big.payload
    assert len(lab.queued()) == 1
    assert lab.queues.seen[0].ip.payload == big.payload


def test_fragments_are_queued_whole_without_other_rules(tmp_path):
    """Nothing else asks for connection tracking, which reassembles."""
    lab = Lab("legacy", tmp_path, {})
    try:
        for part in Ip(OUTSIDE, PUBLIC, GRE, bytes(Gre(7, bytes(1000), seq=2)),
                       ident=77).fragments(400):
            lab.outside.send(part)
        lab.inside.expect(GRE, 3)
        assert lab.queued() == [(GRE_QUEUE, PREROUTING, GRE)]
    finally:
        lab.close()


def test_careless_dnat_does_not_catch_it(lab):
    lab.iptables("nat", "-A PREROUTING -p gre -j DNAT --to-destination "
                 + OTHER)
    try:
        lab.outside.send(IN)
        lab.inside.send(OUT)
        assert lab.inside.expect(GRE)[0].payload == IN.payload
        assert lab.outside.expect(GRE)[0].payload == OUT.payload
        assert not lab.other.arrived(GRE)
    finally:
        lab.iptables("nat", "-D PREROUTING -p gre -j DNAT --to-destination "
                     + OTHER)


def test_plain_gre_stays_with_the_kernel(lab):
    """Tracked and masqueraded, and the answer finds its way."""
    lab.inside.send(Ip(INSIDE, OUTSIDE, GRE, PLAIN))
    ip, = lab.outside.expect(GRE)
    assert (ip.src, ip.payload) == (POOL, PLAIN)
    lab.outside.send(Ip(OUTSIDE, POOL, GRE, PLAIN))
    assert lab.inside.expect(GRE)[0].payload == PLAIN
    assert lab.tracked("gre", "src=" + INSIDE)
    assert lab.queued() == []


@pytest.mark.parametrize("target", ["other", "firewall"])
def test_gre_that_stays_inside_is_not_touched(lab, target):
    dst = OTHER if target == "other" else FW_INSIDE
    lab.inside.send(Ip(INSIDE, dst, GRE, OUT.payload))
    if target == "other":
        ip, = lab.other.expect(GRE)
        assert (ip.src, ip.payload) == (INSIDE, OUT.payload)
    until(lambda: lab.tracked("gre", "src=" + INSIDE, "dst=" + dst),
          "conntrack to know it")
    assert lab.queued() == []


def test_control_that_stays_inside_is_not_touched(lab):
    talk(lab.inside, lab.other)
    assert lab.queued() == []


ROUTER_ALERT = bytes.fromhex("94040000")


@pytest.mark.parametrize("kind", [3, 4, 11, 12])
@pytest.mark.parametrize("options", [b"", ROUTER_ALERT])
@pytest.mark.parametrize("length", [28, 1000])
def test_error_from_outside(lab, kind, options, length):
    quote = Ip(PUBLIC, OUTSIDE, GRE, OUT.payload, options=options)
    lab.outside.send(Ip(OUTSIDE, PUBLIC, ICMP, icmp(
        kind, 1, 0, bytes(quote)[:length + len(options)])))
    ip, = lab.inside.expect(ICMP)
    assert (ip.src, ip.dst) == (OUTSIDE, INSIDE)
    assert IcmpError.parse(ip).quoted().src == INSIDE
    assert lab.queued() == [(GRE_QUEUE, PREROUTING, ICMP)]
    assert not lab.tracked("icmp")


@pytest.mark.parametrize("what", ["redirect", "echo", "udp", "gre 0", "short",
                                  "fragment"])
def test_other_icmp_is_not_queued(lab, what):
    quote = {
        "udp": Ip(PUBLIC, OUTSIDE, 17, bytes(Gre(9))),
        "gre 0": Ip(PUBLIC, OUTSIDE, GRE, PLAIN),
        "short": Ip(PUBLIC, OUTSIDE, GRE, b"\x30"),
    }.get(what, QUOTED_OUT)
    kind = {"redirect": 5, "echo": 8}.get(what, 3)
    packet = Ip(OUTSIDE, PUBLIC, ICMP, icmp(kind, 0, 0, bytes(quote)))
    if what == "fragment":
        packet = packet.fragments(16)[1]
    lab.outside.send(packet)
    lab.outside.send(IN)
    lab.inside.expect(GRE)
    assert lab.queued() == [(GRE_QUEUE, PREROUTING, GRE)]


def test_error_from_inside(lab):
    """The admin drops INVALID, which these errors are to conntrack."""
    quote = Ip(OUTSIDE, INSIDE, GRE, IN.payload)
    lab.inside.send(Ip(INSIDE, OUTSIDE, ICMP, icmp(3, 2, 0, bytes(quote))))
    ip, = lab.outside.expect(ICMP)
    assert ip.src == PUBLIC
    assert IcmpError.parse(ip).quoted().dst == PUBLIC
    assert lab.queued() == [(GRE_QUEUE, FORWARD, ICMP)]


def test_error_about_no_call_is_queued_once(lab):
    """The daemon lets it pass, unmarked: to the kernel's rules it is one of
    many errors."""
    lab.iptables("filter", "-I FORWARD -p icmp -j ACCEPT")
    try:
        quote = Ip(OUTSIDE, INSIDE, GRE, bytes(Gre(NO_CALL)))
        lab.inside.send(Ip(INSIDE, OUTSIDE, ICMP, icmp(3, 2, 0, bytes(quote))))
        assert lab.outside.expect(ICMP)[0].src == INSIDE
    finally:
        lab.iptables("filter", "-D FORWARD -p icmp -j ACCEPT")
    assert lab.queued() == [(GRE_QUEUE, FORWARD, ICMP)]


def small_mtu(lab, device):
    lab.fw.run("ip", "link", "set", device, "mtu", "600")
    return lambda: lab.fw.run("ip", "link", "set", device, "mtu", "1500")


@pytest.mark.parametrize("cause", ["size", "ttl"])
def test_own_error_about_gre_from_outside(lab, cause):
    big = Ip(OUTSIDE, PUBLIC, GRE, bytes(Gre(7, bytes(900), seq=1)), df=True)
    undo = small_mtu(lab, "in0")
    try:
        lab.outside.send(big if cause == "size" else
                         Ip(OUTSIDE, PUBLIC, GRE, IN.payload, ttl=1))
        ip, = lab.outside.expect(ICMP)
    finally:
        undo()
    error = IcmpError.parse(ip)
    assert ip.src == PUBLIC and error.quoted().dst == PUBLIC
    assert (error.kind, error.code) == {"size": (3, 4), "ttl": (11, 0)}[cause]
    assert lab.queued() == [(GRE_QUEUE, PREROUTING, GRE),
                            (GRE_QUEUE, OUTPUT, ICMP)]


@pytest.mark.parametrize("cause", ["size", "ttl"])
def test_own_error_about_gre_from_inside(lab, cause):
    big = Ip(INSIDE, OUTSIDE, GRE, bytes(Gre(9, bytes(900), seq=1)), df=True)
    undo = small_mtu(lab, "out0")
    try:
        lab.inside.send(big if cause == "size" else
                        Ip(INSIDE, OUTSIDE, GRE, OUT.payload, ttl=1))
        ip, = lab.inside.expect(ICMP)
    finally:
        undo()
    quote = IcmpError.parse(ip).quoted()
    assert (ip.src, quote.src) == (FW_INSIDE, INSIDE)
    assert lab.queued() == []


def test_resets_pass_untracked(lab):
    """The daemon's resets: from raw sockets, in the name of the far end."""
    with lab.fw:
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                            socket.IPPROTO_RAW)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
    reset = struct.pack("!HHIIBBHHH", 1723, 5555, 1, 0, 0x50, 4, 0, 0, 0)
    raw.sendto(bytes(Ip(OUTSIDE, INSIDE, TCP, reset)), (INSIDE, 0))
    raw.close()
    ip, = lab.inside.expect(TCP)
    assert (ip.src, ip.payload) == (OUTSIDE, reset)
    assert not lab.tracked("tcp")
    assert lab.queued() == []


def test_inside_as_configured(lab):
    """What is neither inside nor outside stays with the kernel."""
    lab.iptables("filter", "-I FORWARD -i in1 -j ACCEPT")
    lab.rules('outside = {"ou+"}\ninside = {"in0", "ppp+"}')
    try:
        talk(lab.other, lab.outside)
        lab.other.send(Ip(OTHER, OUTSIDE, GRE, OUT.payload))
        assert lab.outside.expect(GRE)[0].src == POOL
        assert lab.queued() == []
        talk(lab.inside, lab.outside)
        lab.inside.send(OUT)
        assert lab.outside.expect(GRE, 2)[1].src == PUBLIC
        lab.outside.send(IN)
        lab.inside.expect(GRE)
        assert set(lab.queued()) == {(CONTROL_QUEUE, FORWARD, TCP),
                                     (GRE_QUEUE, FORWARD, GRE),
                                     (GRE_QUEUE, PREROUTING, GRE)}
    finally:
        lab.iptables("filter", "-D FORWARD -i in1 -j ACCEPT")
        lab.rules('outside = {"out0"}')


def test_nothing_slips_through_while_rules_are_applied(lab):
    """Nobody reads the queues: a SYN that arrives was not queued."""
    lab.queues.close()
    done = threading.Event()

    def flood():
        port = 2000
        while not done.is_set():
            port = port % 60000 + 1
            lab.inside.send(Ip(INSIDE, OUTSIDE, TCP, struct.pack(
                "!HHIIBBHHH", port, 1723, 1, 0, 0x50, 2, 1000, 0, 0)))

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        for _ in range(5):
            lab.rules('outside = {"out0"}')
    finally:
        done.set()
        thread.join()
        lab.queues = Queues(lab.fw, (CONTROL_QUEUE, GRE_QUEUE), translate)
    lab.inside.send(OUT)
    lab.outside.expect(GRE)
    assert [ip for _, ip in lab.inside.read() if ip.proto == TCP]
    assert lab.outside.arrived(TCP) == []
