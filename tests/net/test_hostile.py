# SPDX-License-Identifier: GPL-2.0-or-later
"""One end lies: its own calls may suffer, those of others may not."""
import pytest

import pptp
from firewall import PUBLIC, SERVER, STRANGER
from packet import ACK, GRE, PSH, URG, Gre, Ip
from session import Call
from test_calls import WHERE, sides
from test_stream import spans


def pair(net):
    """Two clients of one server, with one ID."""
    return [net.connect(wire=w).start().call(500, n)
            for n, w in ((1, net.in1), (2, net.in2))]


@pytest.mark.parametrize("kind", ["cdn", "ccrq", "wen", "sli", "iccn"])
def test_server_names_a_call_of_another_connection(net, kind):
    victim, attacker = pair(net)
    control = attacker.control
    for call_id in (victim.mapped, victim.outside_id):
        control.same(control.server, getattr(pptp, kind)(call_id))
    victim.both_ways()


@pytest.mark.parametrize("kind", ["cdn", "ccrq", "wen", "sli", "iccn"])
def test_client_names_a_call_of_another_connection(net, kind):
    victim = net.connect().start().call(600, 1)
    control = net.connect(wire=net.in2).start()
    for call_id in (600, victim.mapped, 1):
        control.same(control.client, getattr(pptp, kind)(call_id))
    victim.both_ways()


def test_reply_that_nobody_asked_for(net, canary):
    """From either end, with IDs of nobody and of somebody else."""
    victim = net.connect().start().call(600, 1)
    control = net.connect(wire=net.in2).start()
    client, server = control.client, control.server
    for peer in (5, 600, victim.mapped):
        control.say(server, pptp.ocrp(77, peer))
        control.say(client, pptp.ocrp(78, peer))
    for mine in (78, 600, victim.mapped, 5):
        Call(control, {client: (mine, mine), server: (77, 77)}).blocked(
            canary)
    victim.both_ways()


def test_second_reply_changes_nothing_for_others(net):
    """An accepted call is answered again with another ID."""
    victim, attacker = pair(net)
    control = attacker.control
    for other_id in (victim.outside_id, 7, 8):
        control.say(control.server, pptp.ocrp(other_id, attacker.mapped))
    victim.both_ways()


def test_request_for_an_id_that_is_up(net):
    """A client that forgot its call asks again with the same ID."""
    control = net.connect().start()
    control.call(500, 3).both_ways()
    control.call(500, 4).both_ways()
    control.call(500, 4).both_ways()


@WHERE
def test_one_outside_id_for_two_calls_of_one_host(net, canary, where):
    """Two connections of the same two hosts, and the outside end gives both
    calls one ID: when one ends, the other goes on."""
    if where == "client-inside":
        client = net.client()
        calls = [net.connect(client).start().call(n, 33) for n in (1, 2)]
    else:
        calls = [sides(net, where).call(33, n) for n in (1, 2)]
    for first in 0, 1:
        a, b = calls[first], calls[1 - first]
        a.both_ways()
        b.both_ways()
        client = a.control.client
        a.control.say(client, pptp.ccrq(a.own(client)))
        b.both_ways()
        server = a.control.server
        a.control.say(server, pptp.cdn(a.own(server)))
        b.both_ways()
        calls[first] = a.control.call(a.own(client), a.own(server))
    for call in calls:
        call.both_ways()


def test_gre_of_one_client_in_the_name_of_another(net, canary):
    """Forged inside sources get no further than their own calls."""
    victim, attacker = pair(net)
    client, server = victim.control.client, victim.control.server
    marker = b"forged by a neighbour"
    for src, call_id in ((attacker.control.client.src, 1),
                         ("10.78.44.44", 1), ("10.78.44.44", 2)):
        net.in2.send(Ip(src, SERVER, GRE, bytes(Gre(call_id, marker,
                                                    seq=1))))
    # The neighbour's wire, the victim's address: as rp_filter wants it.
    net.in2.send(Ip(client.src, SERVER, GRE, bytes(Gre(1, marker, seq=1))))
    canary.both_ways()
    assert not net.out.take(lambda p: marker in p.payload)
    victim.both_ways()
    assert server.src == SERVER


def test_guessing_ids_from_outside(net, fw):
    """Somebody tries every ID from an address that has no call."""
    call = net.connect().start().call(500, 1)
    before = fw.counter("gre-unknown-call")
    for call_id in range(0, 65536, 64):
        net.out.send(Ip(STRANGER, PUBLIC, GRE, bytes(
            Gre(call_id, b"guess", seq=1))))
        if call_id % 4096 == 0:
            call.both_ways()
    call.both_ways()
    assert not any(w.take(lambda p: b"guess" in p.payload)
                   for w in (net.in1, net.in2))
    net.loop.until(lambda: fw.counter("gre-unknown-call") == before + 1024,
                   "all guesses counted")


def test_mapped_ids_cannot_be_foreseen(net):
    """A mapped ID is not the next one, nor the same in each run."""
    server = "203.0.113.70"
    net.connect(server=server).start().call(500, 0)
    ids = [net.connect(server=server).start().call(500, n).mapped
           for n in range(1, 9)]
    steps = {(b - a) & 0xFFFF for a, b in zip(ids, ids[1:])}
    assert len(set(ids)) == 8 and len(steps) > 4


def test_a_server_that_refuses_all_and_a_client_that_never_stops(net):
    control = net.connect().start()
    victim = net.connect().start().call(500, 1)
    for n in range(200):
        seen = control.new_id(control.client, pptp.ocrq(500))
        control.answer(control.client, 500, seen, n, lambda own, peer:
                       pptp.ocrp(own, peer, 2, 0))
    victim.both_ways()
    control.call(500, 5).both_ways()


def test_no_byte_is_urgent(net):
    """Receivers would take it out of the stream, and read other messages
    than the firewall: the mark goes, the byte stays."""
    net.connect().start().call(500, 1)
    control = net.connect().start()
    for end, data in ((control.client, pptp.ocrq(500)),
                      (control.server, pptp.echorq())):
        other = control.other(end)
        start, stop = spans(end, data)
        before = len(other.segments)
        end.transmit(start, stop, PSH | ACK | URG, urgent=13)
        got = other.read(len(data))
        assert got == pptp.with_id(data, pptp.call_id(got))
        for s in other.segments[before:]:
            assert not s.flags & URG and s.urgent == 0
