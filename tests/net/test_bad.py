# SPDX-License-Identifier: GPL-2.0-or-later
"""Nonsense: named, counted, bounded, and nobody else's problem."""
import random
import struct

import pytest

import pptp
from endpoint import Listener
from firewall import SERVER2
from packet import ACK, PSH, SYN, TCP, Ip, Segment, checksum
from test_calls import WHERE, sides

END = pytest.mark.parametrize("end", ["client", "server"])

# Name, the reason that is counted for it, and the bytes.
NONSENSE = [
    ("cookie", "bad-cookie", pptp.message(pptp.ECHORQ, cookie=0x1A2B3C4E)),
    ("no cookie", "bad-cookie", pptp.message(pptp.OCRQ, b"\0\1", cookie=0)),
    ("length 0", "bad-length", b"\0\0" + pptp.echorq()[2:]),
    ("length 11", "bad-length", b"\0\x0b" + pptp.echorq()[2:]),
    ("length 12", "bad-length", b"\0\x0c" + pptp.echorq()[2:12]),
    ("length 17", "bad-length", b"\0\x11" + pptp.echorq()[2:] + b"x"),
    ("length of another", "bad-length", pptp.message(pptp.OCRQ, b"\0\1",
                                                     length=167)[:167]),
    ("length 221", "bad-length", b"\0\xdd" + pptp.icrq(5)[2:] + b"x"),
    ("length 65535", "bad-length", b"\xff\xff" + pptp.echorq()[2:]),
    ("message type 0", "bad-message-type", pptp.message(
        pptp.ECHORQ, message_type=0)),
    ("management message", "bad-message-type", pptp.message(
        pptp.ECHORQ, message_type=2)),
    ("control type 0", "bad-control-type", struct.pack(
        "!HHIHH", 16, 1, pptp.COOKIE, 0, 0) + b"1234"),
    ("control type 16", "bad-control-type", struct.pack(
        "!HHIHH", 16, 1, pptp.COOKIE, 16, 0) + b"1234"),
    ("control type 263", "bad-control-type", struct.pack(
        "!HHIHH", 168, 1, pptp.COOKIE, 0x107, 0) + bytes(156)),
    ("HTTP", None, b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"),
    ("zeros", "bad-length", bytes(400)),
    ("ones", "bad-length", b"\xff" * 400),
]
EACH = pytest.mark.parametrize("name,reason,data", NONSENSE,
                               ids=[n[0] for n in NONSENSE])


def both_reset(control):
    for end in control.client, control.server:
        control.loop.until(lambda: end.reset, "a reset at %s" % end.src)


@EACH
@END
def test_both_ends_are_reset(net, fw, canary, name, reason, data, end):
    call = net.connect().start().call(1, 2)
    before = fw.counter(reason) if reason else 0
    getattr(call.control, end).send(data)
    both_reset(call.control)
    call.stops(canary)
    canary.both_ways()
    assert not reason or fw.counter(reason) > before


@END
@pytest.mark.parametrize("name,reason,data", NONSENSE[:3] + NONSENSE[11:12])
def test_both_ends_are_reset_with_the_server_inside(net, name, reason, data,
                                                    end):
    control = net.connect_in().start()
    getattr(control, end).send(data)
    both_reset(control)


@pytest.mark.parametrize("size", [1, 3, 9])
def test_nonsense_in_pieces(net, canary, size):
    """It is nonsense as soon as it cannot become a message any more."""
    call = net.connect().start().call(1, 2)
    call.control.client.send(NONSENSE[0][2], [size] * 20)
    both_reset(call.control)
    call.stops(canary)


def test_good_messages_before_the_nonsense_count(net, canary):
    control = net.connect().start()
    control.client.send(pptp.ocrq(3) + b"nonsense, nonsense!")
    both_reset(control)
    canary.both_ways()


@END
@WHERE
@pytest.mark.parametrize("state", ["lost", "unacknowledged", "half lost"])
def test_resets_are_believed(net, where, end, state):
    """A reset counts only at the very number that its receiver expects,
    whatever is under way."""
    control = sides(net, where)
    control.call(1, 2)
    ends = control.client, control.server
    for e in ends:
        e.auto_ack, e.rto = False, 9
        if state != "unacknowledged":
            e.lose = lambda s: bool(s.payload)
    for e in ends:
        e.send(pptp.echorq())
    if state == "half lost":
        for e in ends:
            net.loop.until(lambda: any(
                s.payload[8:10] == b"\0\5" for s in e.segments), "data")
            e.lose = lambda s: False
            e.send(pptp.echorp())
    for e in ends:
        net.loop.until(lambda: any(
            s.payload[8:10] in (b"\0\5", b"\0\6") for s in e.segments[4:]),
            "the data under way")
    getattr(control, end).send(b"nonsense" * 4)
    both_reset(control)


def test_nothing_passes_after_the_reset(net):
    """An end that goes on talking is answered with resets."""
    control = net.connect().start()
    client, server = control.client, control.server
    client.send(b"nonsense, nonsense!")
    both_reset(control)
    before = len(server.segments)
    count = len(client.segments)
    client.raw(PSH | ACK, payload=pptp.ocrq(4))
    net.loop.until(lambda: any(s.flags & 4 for s in client.segments[count:]),
                   "another reset")
    assert not any(s.payload for s in server.segments[before:])


def test_a_new_connection_after_the_reset(net):
    """On the same ports, at once."""
    control = net.connect().start()
    control.client.send(b"nonsense, nonsense!")
    both_reset(control)
    again = net.connect(control.client.src, port=control.client.sport)
    again.start().call(5, 6).both_ways()


@pytest.mark.parametrize("seed", range(10))
@WHERE
def test_random_bytes(net, canary, where, seed):
    dice = random.Random(seed)
    call = sides(net, where).call(1, 2)
    end = dice.choice((call.control.client, call.control.server))
    end.send(dice.randbytes(dice.randrange(30, 3000)), [dice.randrange(1, 900)
                                                        for _ in range(8)])
    both_reset(call.control)
    call.stops(canary)
    canary.both_ways()


def flips(dice, data):
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + \
        data[at + 1:]


@pytest.mark.parametrize("seed", range(10))
def test_flipped_bits(net, canary, seed):
    """A bit error leaves a message, or ends the connection."""
    dice = random.Random(seed)
    control = net.connect().start()
    call = control.call(1, 2)
    for _ in range(20):
        end = dice.choice((control.client, control.server))
        kind = dice.choice((pptp.sli, pptp.wen, pptp.echorq, pptp.iccn))
        end.send(flips(dice, kind(dice.choice((1, 2, call.mapped)))))
        if control.client.reset or control.server.reset:
            break
    canary.both_ways()


@pytest.fixture(scope="module")
def lenient(request):
    """A daemon with malformed = pass."""
    import firewall
    fw = firewall.Firewall(firewall.Network()).up("malformed = pass")
    yield fw
    try:
        fw.close()
    finally:
        fw.network.close()


@pytest.mark.parametrize("name,reason,data", [
    n for n in NONSENSE if n[1] == "bad-control-type"])
@END
def test_pass_reads_on_behind_an_unknown_type(lenient, name, reason, data,
                                              end):
    net = lenient.network
    net.loop.forget()
    control = net.connect().start()
    call = control.call(1, 2)
    other = net.connect().start().call(7, 7)    # so that 7 will be mapped
    before = lenient.counter(reason)
    control.same(getattr(control, end), data)
    assert lenient.counter(reason) > before
    control.call(7, 8).both_ways()
    call.both_ways()
    other.both_ways()
    control.end()


@pytest.mark.parametrize("name,reason,data", [
    n for n in NONSENSE if n[1] != "bad-control-type"])
@END
def test_pass_announces_nothing_where_no_message_begins(
        lenient, name, reason, data, end):
    """The server might find the message that another client's ID is in."""
    net = lenient.network
    net.loop.forget()
    victim = net.connect().start().call(7, 7)
    control = net.connect().start()
    getattr(control, end).send(data + pptp.ocrq(victim.mapped))
    both_reset(control)
    victim.both_ways()


def test_the_log_names_the_reason_and_the_ends(own):
    fw = own().up()
    control = fw.network.connect().start()
    control.client.send(NONSENSE[0][2])
    both_reset(control)
    fw.logged([control.client.src, control.client.sport, control.client.dst,
               "cookie"])


def broken_headers(sport, src, dst):
    """TCP packets cut short, and headers that lie."""
    good = Segment(sport, 1723, 1, 1, PSH | ACK, pptp.ocrq(9)).build(src, dst)
    for n in (0, 1, 4, 8, 12, 16, 19, 20):
        yield good[:n]
    for words in (0, 1, 4, 15):
        raw = good[:12] + bytes([words << 4]) + good[13:16] + b"\0\0" + \
            good[18:]
        pseudo = Ip(src, dst, TCP, b"")
        yield raw
        yield raw[:16] + struct.pack("!H", checksum(
            bytes(pseudo)[12:20] + struct.pack("!HH", 6, len(raw)) +
            raw)) + raw[18:]
    for flags in (0, 1, 3, 5, 6, 63, 255):
        yield Segment(sport, 1723, 1, 1, flags, b"x" * 30).build(src, dst)


@WHERE
def test_broken_tcp_headers(net, canary, where):
    """Before, in the middle of, and beside a connection."""
    call = sides(net, where).call(1, 2)
    client = call.control.client
    for sport in (client.sport, net.port()):
        for raw in broken_headers(sport, client.src, client.dst):
            client.wire.send(Ip(client.src, client.dst, TCP, raw))
    call.both_ways()
    call.control.same(client, pptp.echorq())
    call.control.same(call.control.server, pptp.echorp())
    canary.both_ways()
    for wire in net.loop.wires.values():
        wire.broken.clear()


def test_broken_ip_headers(net, canary):
    call = net.connect().start().call(1, 2)
    client = call.control.client
    raw = bytes(Ip(client.src, client.dst, TCP, Segment(
        client.sport, 1723, 1, 1, ACK, pptp.ocrq(9)).build(
            client.src, client.dst)))
    for n in (1, 19, 20, 21, 39):
        client.wire.send(raw[:n])
    for first in (0x44, 0x4F, 0x55, 0x05, 0x46):
        client.wire.send(bytes([first]) + raw[1:])
    for length in (0, 19, 21, 39, 2000):
        client.wire.send(raw[:2] + struct.pack("!H", length) + raw[4:])
    call.both_ways()
    canary.both_ways()


@END
def test_wrong_checksum_teaches_nothing(net, end):
    """The receiver throws such a segment away; so do we."""
    control = net.connect().start()
    sender = getattr(control, end)
    for data in (b"nonsense" * 4, pptp.ocrq(8)):
        sender.raw(PSH | ACK, payload=data, break_checksum=True)
    sender.raw(4, break_checksum=True)
    for wire in net.loop.wires.values():
        net.loop.turn(0)
        wire.broken.clear()
    control.call(9, 10).both_ways()


def test_data_far_beyond_the_window(net):
    control = net.connect().start()
    client = control.client
    for ahead in (1, 3000, 70000, 1 << 30, (1 << 31) + 5):
        client.raw(PSH | ACK, seq=(client.seq(client.sent) + ahead) &
                   0xFFFFFFFF, payload=b"nonsense" * 8)
    control.call(9, 10).both_ways()


def test_acks_of_what_was_never_sent(net):
    """Acknowledgements that lie do not lose patches."""
    control = net.connect().start()
    client, server = control.client, control.server
    first = net.connect().start().call(500, 1)
    data = pptp.ocrq(500)
    server.lose = lambda segment: bool(segment.payload)
    client.send(data)
    net.loop.until(lambda: any(s.payload[8:10] == b"\0\7"
                               for s in server.segments),
                   "the request, to lose it")
    for ahead in (169, 5000, 1 << 30):
        server.raw(ACK, ack=(server.expects + ahead) & 0xFFFFFFFF)
    server.lose = lambda segment: False
    got = server.read(168)
    assert pptp.call_id(got) != first.mapped
    control.answer(client, 500, pptp.call_id(got), 3, pptp.ocrp).both_ways()


def test_syn_flood_harms_nobody(own):
    """More half-open connections than limits { connections } has room for."""
    fw = own().up(connections=50)
    net = fw.network
    call = net.connect().start().call(1, 2)
    Listener(net.out, SERVER2)      # answers, and is never answered
    for n in range(400):
        src = "10.77.200.%d" % (n % 250)
        net.in1.send(Ip(src, SERVER2, TCP, Segment(
            1000 + n, 1723, n, 0, SYN).build(src, SERVER2)))
    call.passes_again()
    call.control.same(call.control.client, pptp.echorq())
    call.control.same(call.control.server, pptp.echorp())
    net.connect().start().call(1, 2).both_ways()
    call.both_ways()
