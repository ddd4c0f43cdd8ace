# SPDX-License-Identifier: GPL-2.0-or-later
"""The control connection is a stream of bytes: however TCP cuts, repeats,
loses and reorders it, both ends read the same messages."""
import random
import socket
import struct
import threading

import pytest

import pptp
from packet import ACK, FIN, PSH
from topology import GUEST, PATIENCE


class Story:
    """Two calls from request to clear, several messages in each turn."""

    def __init__(self, net, canary, send, where="client-inside", **options):
        self.net, self.canary, self.send = net, canary, send
        self.control = (net.connect(**options) if where == "client-inside"
                        else net.connect_in(**options))

    def turn(self, end, *messages):
        data = b"".join(messages)
        self.send(end, data)
        got = self.control.other(end).read(len(data))
        end.flushed()
        parts = []
        for m in messages:
            parts.append(got[:len(m)])
            got = got[len(m):]
            assert parts[-1][:12] == m[:12]
        return parts

    def run(self):
        """Tells the story; client IDs 500 and 0, server IDs 9 and 65535."""
        control = self.control
        client, server = control.client, control.server
        words = [pptp.sccrq(), pptp.ocrq(500), pptp.echorq(), pptp.ocrq(0)]
        got = self.turn(client, *words)
        a, b = (pptp.call_id(got[i]) for i in (1, 3))
        assert got == [words[0], pptp.with_id(words[1], a), words[2],
                       pptp.with_id(words[3], b)]
        words = [pptp.sccrp(), pptp.ocrp(9, a), pptp.sli(a),
                 pptp.ocrp(65535, b), pptp.wen(b)]
        got = self.turn(server, *words)
        s, t = (pptp.call_id(got[i]) for i in (1, 3))
        assert got == [
            words[0], pptp.with_id(pptp.with_id(words[1], 500, 14), s),
            pptp.with_id(words[2], 500),
            pptp.with_id(pptp.with_id(words[3], 0, 14), t),
            pptp.with_id(words[4], 0)]
        first = self.call(500, a, 9, s)
        second = self.call(0, b, 65535, t)
        first.both_ways()
        second.both_ways()
        words = [pptp.sli(s), pptp.ccrq(500), pptp.echorp()]
        assert self.turn(client, *words) == [
            pptp.with_id(words[0], 9), pptp.with_id(words[1], a), words[2]]
        words = [pptp.cdn(9), pptp.echorq()]
        assert self.turn(server, *words) == [
            pptp.with_id(words[0], s), words[1]]
        first.blocked(self.canary)
        second.both_ways()
        control.check()
        return control

    def call(self, own, seen, server_id, server_seen):
        from session import Call
        return Call(self.control, {
            self.control.client: (own, seen),
            self.control.server: (server_id, server_seen)})


def whole(end, data):
    end.send(data)


def pieces(*sizes):
    def send(end, data):
        cuts, at = [], 0
        while sum(cuts) < len(data):
            cuts.append(sizes[at % len(sizes)])
            at += 1
        end.send(data, cuts)
    return send


def spans(end, data):
    """Queues data; the stream offsets it covers."""
    at = len(end.out)
    end.out += data
    return at, at + len(data)


def backwards(end, data):
    start, stop = spans(end, data)
    for at in reversed(range(start, stop, 50)):
        end.transmit(at, min(at + 50, stop))


def every_segment_twice(end, data):
    start, stop = spans(end, data)
    for at in range(start, stop, 40):
        for _ in range(2):
            end.transmit(at, min(at + 40, stop))


def overlapping(end, data):
    start, stop = spans(end, data)
    for at in range(start, stop, 17):
        end.transmit(max(start, at - 9), min(at + 33, stop))


def shrinking(end, data):
    """Each segment starts at the same byte and goes less far."""
    start, stop = spans(end, data)
    for at in range(stop, start, -61):
        end.transmit(start, at)


def growing(end, data):
    start, stop = spans(end, data)
    for at in range(start + 1, stop + 1, 23):
        end.transmit(start, at)
    end.transmit(start, stop)


WAYS = {"whole": whole, "byte-by-byte": pieces(1), "two": pieces(2),
        "three": pieces(3), "thirteen": pieces(13), "at-12": pieces(12, 1),
        "at-13": pieces(13, 3), "uneven": pieces(5, 1, 170, 14, 2),
        "backwards": backwards, "twice": every_segment_twice,
        "overlapping": overlapping, "shrinking": shrinking,
        "growing": growing}
WHERE = pytest.mark.parametrize("where", ["client-inside", "server-inside"])


@WHERE
@pytest.mark.parametrize("way", WAYS)
def test_segmentation(net, canary, way, where):
    Story(net, canary, WAYS[way], where).run()


@pytest.mark.parametrize("seed", range(3 if GUEST else 12))
def test_random_cuts_order_copies_and_losses(net, canary, seed):
    dice = random.Random(seed)

    def chaos(end, data):
        start, stop = spans(end, data)
        end.recut = dice.choice((1, 7, 60, 1400))
        cuts = sorted(dice.sample(range(start + 1, stop), 12)) + [stop]
        todo, at = [], start
        for cut in cuts:
            todo += [(at, cut)] * dice.choice((0, 1, 1, 1, 2))
            at = cut
        for _ in range(4):
            a, b = sorted(dice.sample(range(start, stop + 1), 2))
            todo.append((a, b))
        dice.shuffle(todo)
        for a, b in todo:
            end.transmit(a, b)
        end.sent = stop

    story = Story(net, canary, chaos)
    for end in story.control.client, story.control.server:
        end.lose = lambda segment: segment.payload and dice.random() < 0.2
    story.run()


@WHERE
@pytest.mark.parametrize("recut", [1, 10, 13, 50, 1400])
def test_lost_behind_the_firewall_and_sent_again_otherwise(
        net, canary, where, recut):
    """Every first copy is lost between the firewall and its receiver; the
    second has other boundaries."""
    story = Story(net, canary, pieces(29), where)
    for end in story.control.client, story.control.server:
        end.recut = recut
        seen = set()

        def lose(segment, seen=seen):
            new = segment.payload and segment.seq not in seen
            seen.add(segment.seq)
            return new
        end.lose = lose
    story.run()


@pytest.mark.parametrize("recut", [1, 16, 1400])
def test_acks_lost(net, canary, recut):
    """The receiver has everything, the sender does not know, and sends
    again with other boundaries."""
    story = Story(net, canary, pieces(47))
    dice = random.Random(recut)
    for end in story.control.client, story.control.server:
        end.recut = recut
        end.lose = lambda s: not s.payload and dice.random() < 0.5
    story.run()


def test_sent_again_after_the_acknowledgement(net, canary):
    """Late copies of acknowledged bytes never show the inside's ID."""
    def late(end, data):
        start, stop = spans(end, data)
        end.transmit(start, stop)
        end.flushed()
        for at in range(start, stop, 30):
            end.transmit(at, min(at + 30, stop))
        end.transmit(start, stop)
    Story(net, canary, late).run()


@pytest.mark.parametrize("before", [1, 13, 100, 300])
def test_sequence_numbers_wrap(net, canary, before):
    story = Story(net, canary, pieces(31), isn=(1 << 32) - before)
    story.run()


def test_each_cut_of_each_call_message(net):
    """One call for every place at which its messages can be cut in two."""
    control = net.connect(rto=0.03).start()
    client, server = control.client, control.server
    for cut in range(1, 168):
        data = pptp.ocrq(cut)
        got = control.say(client, data, [cut])
        seen = pptp.call_id(got)
        assert got == pptp.with_id(data, seen)
        data = pptp.ocrp(1000 + cut, seen)
        got = control.say(server, data, [cut % 31 + 1])
        assert got == pptp.with_id(data, cut, 14)
        data = pptp.sli(seen)
        got = control.say(server, data, [cut % 23 + 1])
        assert got == pptp.with_id(data, cut)
        data = pptp.ccrq(cut)
        got = control.say(client, data, [cut % 15 + 1])
        assert got == pptp.with_id(data, seen)
        control.same(server, pptp.cdn(1000 + cut), [cut % 147 + 1])
    control.check()


@pytest.mark.parametrize("cut", [12, 13, 14])
def test_cut_in_an_id_when_its_neighbours_are_taken(net, cut):
    """All 256 IDs with that first byte are in use (one may be by the space
    itself, for refusals), so what the first byte becomes is not known before
    the second has come."""
    server = "203.0.113.%d" % (80 + cut)
    ids = range(0x0100, 0x0200)
    controls = [net.connect(server=server).start() for _ in range(5)]
    taken = {controls[n % 5].call(i, n).mapped for n, i in enumerate(ids)}
    assert len(taken) == len(ids) and len(set(ids) - taken) <= 1
    for n in range(3):
        control = net.connect(server=server, rto=0.05).start()
        data = pptp.ocrq(0x0150)
        got = control.say(control.client, data, [cut])
        seen = pptp.call_id(got)
        assert got == pptp.with_id(data, seen) and seen not in taken
        control.answer(control.client, 0x0150, seen, n,
                       pptp.ocrp).both_ways()
        taken.add(seen)


def test_half_an_id_takes_nothing_for_good(own):
    """Clients that die in the middle of a request's ID."""
    fw = own().up(quarantine=0)
    net = fw.network
    data = pptp.ocrq(0x0150)
    client = net.client()
    for _ in range(300):
        control = net.connect(client).start()
        control.client.rto = 9
        control.client.send(data[:13])
        net.loop.until(lambda: control.client.acked >= 156 + 12, "the half")
        control.client.abort()
        net.loop.until(lambda: control.server.reset, "the reset")
    assert net.connect().start().call(0x0150, 1).mapped == 0x0150


def test_a_hundred_messages_in_full_segments(net):
    control = net.connect().start()
    call = control.call(70, 71)
    for end, sent, seen in ((control.client, 71, 71),
                            (control.server, call.mapped, 70)):
        data = [pptp.sli(sent) for _ in range(100)]
        got = control.say(end, b"".join(data), [1400])
        assert got == b"".join(pptp.with_id(d, seen) for d in data)


def test_other_bytes_the_second_time(net, fw):
    """A retransmission that tells another story than the first copy: the
    receiver never gets two versions, and GRE goes by what it got."""
    control = net.connect().start()
    client, server = control.client, control.server
    server.lose = lambda segment: bool(segment.payload)
    before = fw.counter("conflicting-retransmission")
    data = pptp.ocrq(80)
    start, stop = spans(client, data)
    client.transmit(start, stop)
    first = net.loop.until(lambda: [
        s for s in server.segments if s.payload and
        s.seq == client.seq(start)], "the first copy")[0]
    client.out[start:stop] = pptp.with_id(data, 81)
    client.transmit(start, stop)
    client.out[start:stop] = data
    server.lose = lambda segment: False
    got = server.read(168)
    assert fw.counter("conflicting-retransmission") > before
    assert got == first.payload
    seen = pptp.call_id(got)
    control.answer(client, 80, seen, 82, pptp.ocrp).both_ways()


def test_keepalive_with_an_old_byte_is_answered(net):
    """Some stacks probe with one stale byte: the peer must get something
    to answer, and never that byte in another version."""
    control = net.connect().start()
    call = control.call(83, 84)
    for end in control.client, control.server:
        other = control.other(end)
        before = len(other.segments)
        end.raw(ACK, seq=end.seq(end.sent - 1), payload=b"\0")
        net.loop.until(lambda: [
            s for s in other.segments[before:]
            if s.seq == end.seq(end.sent - 1)], "the probe")
        other.raw(ACK)
    other.conflicts.clear()     # the zero byte itself may pass
    control.other(other).conflicts.clear()
    call.both_ways()


def test_data_on_a_fin_segment(net, canary):
    control = net.connect().start()
    call = control.call(85, 86)
    client = control.client
    data = pptp.ccrq(85)
    client.out += data
    client.fin_sent = True
    client.transmit(len(client.out) - 16, len(client.out), FIN | PSH | ACK)
    assert control.server.read(16) == pptp.with_id(data, call.mapped)
    assert control.server.peer_fin is not None
    control.same(control.server, pptp.cdn(86))
    call.stops(canary)


TIMESTAMPS = b"\x01\x01\x08\x0a" + struct.pack("!II", 0x12345678, 0x9ABCDEF0)
FIELDS = [
    {"options": TIMESTAMPS},
    {"options": TIMESTAMPS + b"\x01\x01\x01\x00" * 6},
    {"flags": PSH | ACK | 0xC0},
    {"flags": ACK, "window": 1234},
    {"ip": {"tos": 0xB8}},
    {"ip": {"ttl": 17}},
    {"ip": {"options": b"\x01\x01\x01\x00"}},
]


@pytest.mark.parametrize("fields", FIELDS, ids=lambda f: "-".join(
    k for x in f.items() for k in (x[1] if isinstance(x[1], dict) else x[:1])))
@WHERE
def test_nothing_but_the_id_changes(net, where, fields):
    """Headers and options, in a segment whose ID is rewritten; and a window
    for more than the firewall has room for."""
    control = (net.connect() if where == "client-inside"
               else net.connect_in()).start()
    first = control.call(90, 90)
    control = (net.connect(first.control.client.src)
               if where == "client-inside" else net.connect_in()).start()
    end, other = control.inside, control.outside
    for sender in end, other:
        receiver = control.other(sender)
        fields = dict(fields)
        flags = fields.pop("flags", PSH | ACK)
        data = pptp.ocrq(90)
        start, stop = spans(sender, data)
        before = len(receiver.segments)
        sender.transmit(start, stop, flags, **fields)
        got = receiver.read(168)
        segment = [s for s in receiver.segments[before:] if s.payload and
                   s.seq == sender.seq(start)][0]
        assert got == pptp.with_id(data, pptp.call_id(got))
        ip = fields.get("ip", {})
        assert (segment.flags, segment.window, segment.urgent,
                segment.options) == (
            flags, min(fields.get("window", 65535), pptp.WINDOW),
            fields.get("urgent", 0),
            fields.get("options", b""))
        assert (segment.ip.tos, segment.ip.ttl, segment.ip.options,
                segment.ip.df) == (
            ip.get("tos", 0), ip.get("ttl", 64) - 1,
            ip.get("options", b""), True)
        sender.flushed()


def test_kernel_sockets_at_both_ends(net):
    """Real TCP stacks with checksum offload and their own segmentation."""
    import kernel
    kernel.chat(net)


# Where acknowledgments pass beside the queue, two processors send at once, and
# segments may come in another order: that is a gap, too.
@pytest.mark.sections("net")
def test_much_by_real_ends(net, fw):
    """240 kB in a row, by kernels with their offloads on: no byte has to be
    sent again because we had no room for it."""
    inside, outside = net.in1, net.out
    with outside.namespace:
        listener = socket.create_server((outside.kernel, 1723))
    with inside.namespace:
        client = socket.create_connection((outside.kernel, 1723), PATIENCE,
                                          (inside.kernel, 0))
    with listener, client:
        server, _ = listener.accept()
        before = fw.counter("gap"), fw.counter("held-back")
        with server:
            server.settimeout(PATIENCE)
            for one, other in (server, client), (client, server):
                data = b"".join(pptp.echorq() + pptp.echorp()
                                for _ in range(6700))
                sender = threading.Thread(target=one.sendall, args=(data,))
                sender.start()
                got = b""
                while len(got) < len(data):
                    got += other.recv(len(data))
                sender.join()
                assert got == data
        assert (fw.counter("gap"), fw.counter("held-back")) == before
