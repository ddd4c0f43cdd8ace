# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP around the stream: opening, closing, and all that goes wrong there."""
import pytest

import pptp
from endpoint import Listener, Tcp
from firewall import SERVER
from packet import ACK, FIN, PSH, RST, SYN, TCP, Segment
from session import Control
from test_calls import WHERE, sides

QUIET = "203.0.113.60"      # answers only what a test makes it answer


def ends(net, port=None):
    """A client, and a server end that takes its segments by hand."""
    client = Tcp(net.in1, net.client(), port or net.port(), QUIET, 1723)
    client.rto = 9
    client.open()
    # Not a late one of a test before.
    ip = net.out.expect(lambda p: p.dst == QUIET and p.proto == TCP and
                        Segment.parse(p).seq == client.isn, "the SYN")
    server = Tcp(net.out, QUIET, 1723, ip.src, client.sport)
    server.rto = 9
    return client, server


def finish(net, client, server):
    """The rest of the handshake, and a call."""
    net.loop.until(lambda: client.syn_acked and server.syn_acked,
                   "the handshake")
    client.rto = server.rto = 0.12
    control = Control(client, server, client)
    control.start().call(500, 9).both_ways()
    return control


def test_refused_connection_and_another_try(net):
    client, server = ends(net)
    server.raw(RST | ACK, seq=0, ack=(client.isn + 1) & 0xFFFFFFFF)
    net.loop.until(lambda: client.reset, "the refusal")
    server.over = True
    control = net.connect(client.src, QUIET, port=client.sport)
    control.start().call(1, 2).both_ways()


def test_syn_again_with_another_number(net):
    """The first SYN was never answered; its sender started anew."""
    client, server = ends(net)
    client.isn = (client.isn + 123456) & 0xFFFFFFFF
    client.open()
    net.loop.until(lambda: server.peer_isn == client.isn, "the second SYN")
    finish(net, client, server)


def test_syn_ack_that_was_lost(net):
    client, server = ends(net)
    client.lose = lambda s: s.flags & SYN and len(client.segments) < 3
    server.rto = 0.1
    server.peer_isn, server.passive = client.isn, True
    server.raw(SYN | ACK, seq=server.isn)
    finish(net, client, server)


def test_last_ack_of_the_handshake_lost(net):
    """Data comes first; the SYN-ACK is repeated in between."""
    client, server = ends(net)
    server.peer_isn, server.passive = client.isn, True
    server.lose = lambda s: not s.payload
    server.raw(SYN | ACK, seq=server.isn)
    net.loop.until(lambda: client.syn_acked, "the SYN-ACK")
    server.raw(SYN | ACK, seq=server.isn)
    client.send(pptp.sccrq())
    assert len(server.read(156)) == 156
    server.raw(SYN | ACK, seq=server.isn)
    server.lose = lambda s: False
    server.send(pptp.sccrp())
    assert len(client.read(156)) == 156
    control = Control(client, server, client)
    control.call(500, 9).both_ways()


def test_data_in_the_syn(net):
    """Nothing runs ahead of the handshake untranslated."""
    first = net.connect(server=QUIET).start().call(500, 1)
    data = pptp.sccrq() + pptp.ocrq(500)
    client = Tcp(net.in1, net.client(), net.port(), QUIET, 1723)
    client.out += data
    client.raw(SYN, seq=client.isn, payload=data)
    listener = net.out.listeners[(QUIET, 1723)]
    server = listener.accept()
    net.loop.until(lambda: client.syn_acked, "the SYN-ACK")
    client.transmit(0, len(data))
    got = server.read(len(data))
    seen = pptp.call_id(got, 156 + 12)
    assert got == data[:156] + pptp.with_id(data[156:], seen)
    assert seen != first.mapped
    server.send(pptp.sccrp())
    client.read(156)
    Control(client, server, client).answer(
        client, 500, seen, 2, pptp.ocrp).both_ways()


def close(control):
    for end in control.client, control.server:
        end.fin()
    control.loop.until(lambda: control.client.fin_acked and
                       control.server.fin_acked, "the close")
    control.client.over = control.server.over = True


@WHERE
def test_the_same_ports_after_a_close(net, canary, where):
    old = sides(net, where).call(500, 1)
    close(old.control)
    old.blocked(canary)
    client = old.control.client
    if where == "client-inside":
        control = net.connect(client.src, port=client.sport)
    else:
        tcp = Tcp(net.out, client.src, client.sport, client.dst,
                  1723).connect()
        server = net.in1.listeners[(old.control.server.src, 1723)].accept()
        control = Control(tcp, server, server)
    control.start().call(500, 2).both_ways()


def test_last_words_are_repeated_after_both_fins(net):
    """Everything after the clear request is lost between the firewall and
    the ends, and comes again, in other cuts."""
    call = net.connect().start().call(500, 1)
    call = net.connect().start().call(500, 2)
    control = call.control
    client, server = control.client, control.server
    assert call.mapped != 500
    for end in client, server:
        end.lose = lambda s: s.payload or s.flags & FIN
    request, notify = pptp.ccrq(500), pptp.cdn(call.mapped)
    for end, data in (client, request), (server, notify):
        end.rto = 9
        end.send(data)
        end.fin()
    net.loop.until(lambda: all(any(s.flags & FIN for s in e.segments)
                               for e in (client, server)), "both FINs")
    for end in client, server:
        end.lose = lambda s: False
    for end in client, server:
        end.transmit(len(end.out) - 9, len(end.out), FIN | PSH | ACK)
        end.transmit(len(end.out) - 16, len(end.out) - 5)
        end.transmit(len(end.out) - len(request), len(end.out),
                     FIN | PSH | ACK)
    assert server.read(16) == pptp.with_id(request, call.mapped)
    server.transmit(len(server.out) - 148, len(server.out), FIN | PSH | ACK)
    assert client.read(148) == pptp.with_id(notify, 500)


def test_clear_and_fin_sent_again_as_one(net):
    """As an old client does it: first two segments, then one."""
    net.connect().start().call(500, 1)
    call = net.connect().start().call(500, 2)
    client, server = call.control.client, call.control.server
    server.lose = lambda s: bool(s.payload or s.flags & FIN)
    client.rto = 9
    data = pptp.ccrq(500)
    client.send(data)
    client.fin()
    net.loop.until(lambda: any(s.flags & FIN for s in server.segments),
                   "the FIN")
    server.lose = lambda s: False
    client.transmit(len(client.out) - 16, len(client.out), FIN | PSH | ACK)
    assert server.read(16) == pptp.with_id(data, call.mapped)
    assert server.peer_fin is not None
    server.send(pptp.cdn(2))
    assert pptp.call_id(client.read(148)) == 2


def test_fin_behind_half_an_id(net, canary):
    """A client dies in the middle of a request: the connection still
    closes, and nobody else notices."""
    control = net.connect().start()
    client, server = control.client, control.server
    data = pptp.ocrq(500)[:13]
    client.out += data
    client.fin_sent = True
    at = len(client.out)
    client.transmit(at - 13, at, FIN | PSH | ACK)
    net.loop.until(lambda: client.acked >= at - 1, "the request's start")
    canary.both_ways()
    client.abort()
    net.loop.until(lambda: server.reset or server.peer_fin, "the end")


def test_old_bytes_long_after(net):
    """Copies of bytes that were acknowledged thousands of bytes ago."""
    net.connect().start().call(500, 1)
    call = net.connect().start().call(500, 2)
    control = call.control
    client, server = control.client, control.server
    for _ in range(60):
        control.same(client, pptp.icrq(7)[:0] + pptp.sli(2))
        data = pptp.cdn(9999)
        assert control.say(server, data) == data
    for end in client, server:
        other = control.other(end)
        before = len(other.segments)
        for at in range(0, len(end.out) - 168, 311):
            end.transmit(at, at + 168)
        net.loop.turn()
        control.same(end, pptp.echorq())
        assert len(other.segments) > before
    call.both_ways()


def test_much_data_at_once(net):
    """More than anybody keeps for retransmission; TCP brings the rest."""
    net.connect().start().call(500, 1)
    call = net.connect(rto=0.05).start().call(500, 2)
    control = call.control
    parts = [pptp.sli(call.mapped) for _ in range(1200)]
    data = b"".join(parts)
    want = b"".join(pptp.with_id(p, 500) for p in parts)
    server = control.server
    server.send(data, [1400] * 21)
    assert control.client.read(len(data)) == want
    call.both_ways()


@pytest.mark.parametrize("lag", [100, 700, 2400])
@pytest.mark.parametrize("step", [1, 37, 400])
def test_acknowledgements_that_lag_behind(net, lag, step):
    """A long stream of which a part is always under way, and is sent again
    in other cuts."""
    net.connect().start().call(500, 1)
    call = net.connect().start().call(500, 2)
    server, client = call.control.server, call.control.client
    parts = [pptp.sli(call.mapped) for _ in range(500)]
    want = b"".join(pptp.with_id(p, 500) for p in parts)
    start = len(server.out)
    server.out += b"".join(parts)
    client.auto_ack, server.rto = False, 9
    at, first = start, len(client.stream)
    while at < len(server.out):
        end = min(at + 900 + step, len(server.out))
        server.transmit(at, end)
        net.loop.until(lambda: len(client.stream) >= first + end - start,
                       "the bytes up to %d" % (end - start))
        seen = max(first, len(client.stream) - lag)
        client.raw(ACK, ack=(client.peer_isn + 1 + seen) & 0xFFFFFFFF)
        net.loop.until(lambda: server.acked >= start + seen - first, "ack")
        back = max(server.acked, end - 600)
        for n in range(back, end, max(step, 15)):
            server.transmit(n, min(n + max(step, 15), end))
        at = end
    assert client.read(len(want)) == want
    net.loop.turn()
    call.control.check()
    client.raw(ACK)
    client.auto_ack, server.rto = True, 0.12
    call.both_ways()


def test_pure_acks_windows_and_probes_pass(net):
    """Whatever has no data goes through as it is, but for a window that is
    too large."""
    control = net.connect().start()
    client, server = control.client, control.server
    for end in client, server:
        other = control.other(end)
        for window in (0, 1, 500, 65534):
            before = len(other.segments)
            end.raw(ACK, window=window)
            segment, = net.loop.until(
                lambda: [s for s in other.segments[before:]
                         if s.window == min(window, pptp.WINDOW)][:1],
                "an ack")
            assert segment.ack == other.seq(other.sent)


def test_windows_are_not_scaled(net):
    """The option is taken out of a SYN, all others stay."""
    scale, more, room = b"\3\3\7", b"\2\4\5\xb4\4\2", b"\1" * 3
    control = net.connect(options=more + scale + room)
    syn = next(s for s in control.server.segments if s.flags & SYN)
    assert syn.options == more + b"\1" * len(scale) + room
    control.start().call(500, 1).both_ways()


def test_server_that_stops_and_starts(net):
    """It knows nothing of the old connection and resets it."""
    old = net.connect().start().call(500, 1)
    client, server = old.control.client, old.control.server
    server.over = True
    client.send(pptp.echorq())
    net.loop.until(lambda: len(server.segments) > 4, "the echo")
    server.raw(RST, seq=server.seq(server.sent))
    net.loop.until(lambda: client.reset, "the reset")
    control = net.connect(client.src, port=client.sport)
    control.start().call(500, 1).both_ways()


def test_many_connections_come_and_go(net, fw):
    client = net.client()
    for n in range(60):
        control = net.connect(client, port=30000 + n % 3).start()
        control.call(500, n).both_ways()
        if n % 2:
            control.client.raw(RST | ACK)
            net.loop.until(lambda: control.server.reset, "the reset")
            control.client.over = True
        else:
            close(control)
    net.loop.until(lambda: not fw.calls("--client", client), "no call")


def test_listeners_are_told_apart(net):
    """One port of one client to two servers."""
    client = net.client()
    a = net.connect(client, SERVER, port=30100).start().call(1, 2)
    b = net.connect(client, "203.0.113.61", port=30100).start().call(1, 2)
    a.both_ways()
    b.both_ways()
    assert isinstance(net.out.listeners[(SERVER, 1723)], Listener)
