# SPDX-License-Identifier: GPL-2.0-or-later
"""Control connections and calls, seen from their two ends.

"client" opens the TCP connection and "server" takes it; which of them is
inside the firewall is the connection's own business.
"""
import random

import pptp
from endpoint import Tcp
from packet import GRE, Gre, Ip

NOISE = random.Random(1723)


class Control:
    """A control connection, both ends."""

    def __init__(self, client, server, inside):
        self.client, self.server, self.inside = client, server, inside
        self.loop = client.loop
        self.calls = []

    @property
    def outside(self):
        return self.other(self.inside)

    def other(self, end):
        return self.server if end is self.client else self.client

    def keeps_id(self, end):
        """Outside ends' IDs are left alone, but where a server inside knows
        several by one address."""
        return end is self.outside and (
            self.client is self.inside or self.inside.dst == end.src)

    def say(self, end, data, sizes=None):
        """Sends from one end; what the other end gets, same length."""
        end.send(data, sizes)
        return self.other(end).read(len(data))

    def same(self, end, data, sizes=None):
        """Says something that must arrive unchanged."""
        got = self.say(end, data, sizes)
        assert got == data, "%s changed on its way" % pptp.NAMES.get(
            pptp.kind(data))

    def start(self):
        self.same(self.client, pptp.sccrq())
        self.same(self.server, pptp.sccrp())
        return self

    def new_id(self, end, data, at=12):
        """Says a message that assigns end's own ID; the ID that the other
        end gets."""
        got = self.say(end, data)
        seen = pptp.call_id(got, at)
        assert got == pptp.with_id(data, seen, at), "more than the ID changed"
        if self.keeps_id(end):
            assert seen == pptp.call_id(data, at), "outside ID was changed"
        return seen

    def call(self, client_id, server_id):
        """An outgoing call, asked by the client."""
        return self.outgoing(self.client, client_id, server_id)

    def outgoing(self, pns, pns_id, pac_id):
        seen = self.new_id(pns, pptp.ocrq(pns_id))
        return self.answer(pns, pns_id, seen, pac_id, pptp.ocrp)

    def incoming(self, pac, pac_id, pns_id):
        seen = self.new_id(pac, pptp.icrq(pac_id))
        call = self.answer(pac, pac_id, seen, pns_id, pptp.icrp)
        pns = self.other(pac)
        data = pptp.iccn(call.known_as(pns))
        got = self.say(pac, data)
        assert got == pptp.with_id(data, call.own(pns))
        return call

    def answer(self, asker, asker_id, seen, id_, reply):
        other = self.other(asker)
        data = reply(id_, seen)
        got = self.say(other, data)
        id_seen = pptp.call_id(got, 12)
        assert got == pptp.with_id(
            pptp.with_id(data, asker_id, 14), id_seen, 12), \
            "the reply must name the asker's own ID and change nothing else"
        if self.keeps_id(other):
            assert id_seen == id_, "the outside's ID was changed"
        call = Call(self, {asker: (asker_id, seen), other: (id_, id_seen)})
        self.calls.append(call)
        return call

    def check(self):
        for end in self.client, self.server:
            assert not end.conflicts, "bytes came in two versions: %s" % \
                end.conflicts[:4]

    def end(self):
        self.client.abort()
        self.server.abort()


class Call:
    """A call: each end's own ID, and the ID that the other knows it by."""

    def __init__(self, control, ids):
        self.control, self.loop = control, control.loop
        self.ids = ids
        self.sent = 0

    def own(self, end):
        return self.ids[end][0]

    def known_as(self, end):
        return self.ids[end][1]

    @property
    def mapped(self):
        return self.known_as(self.control.inside)

    @property
    def inside_id(self):
        return self.own(self.control.inside)

    @property
    def outside_id(self):
        return self.own(self.control.outside)

    def packet(self, end, payload=None, **fields):
        """A GRE packet as that end would send it."""
        ip = {k: fields.pop(k) for k in list(fields)
              if k in ("ttl", "tos", "ident", "df", "options")}
        if payload is None:
            payload = NOISE.randbytes(40)
        if "seq" not in fields:
            self.sent += 1
            fields["seq"] = self.sent
        other = self.control.other(end)
        gre = Gre(self.known_as(other), payload, **fields)
        ip.setdefault("ident", NOISE.getrandbits(16))
        return Ip(end.src, end.dst, GRE, bytes(gre), **ip)

    def send(self, end, payload=None, **fields):
        packet = self.packet(end, payload, **fields)
        end.wire.send(packet)
        return packet

    def arrived(self, end, sent):
        """Takes the packet out of the other end's inbox, or None.  Only
        addresses, TTL and the call ID may have changed."""
        other = self.control.other(end)
        want = bytes(Gre.parse(sent.payload).payload)

        def match(ip):
            gre = Gre.parse(ip.payload) if ip.proto == GRE else None
            return gre and gre.payload == want and gre.seq == \
                Gre.parse(sent.payload).seq
        got = other.wire.take(match)
        if got:
            self.compare(end, sent, got)
        return got

    def compare(self, end, sent, got):
        other = self.control.other(end)
        want = sent.payload[:6] + self.own(other).to_bytes(2, "big") + \
            sent.payload[8:]
        assert (got.src, got.dst) == (other.dst, other.src), \
            "GRE came from %s to %s" % (got.src, got.dst)
        assert got.payload == want, "GRE: %s, expected %s" % (
            got.payload[:16].hex(), want[:16].hex())
        assert got.ttl == sent.ttl - 1
        assert (got.tos, got.ident, got.df, got.options) == \
            (sent.tos, sent.ident, sent.df, sent.options)

    def passes(self, end, payload=None, **fields):
        """GRE from end reaches the other end, as it should be."""
        sent = self.send(end, payload, **fields)
        return self.loop.until(lambda: self.arrived(end, sent),
                               "GRE from %s to %s" % (end.src, end.dst))

    def passes_again(self):
        """Both ways, once what a flood has left no room for is over."""
        for end in self.control.client, self.control.server:
            sent = []

            def arrived_one():
                sent.append(self.send(end))
                return any(self.arrived(end, packet) for packet in sent)
            self.loop.until(arrived_one, "GRE from %s again" % end.src)

    def both_ways(self):
        for end in self.control.client, self.control.server:
            self.passes(end)

    def blocked(self, canary, ends=None):
        """GRE of this call does not pass; the canary's, sent behind, does."""
        for end in ends or (self.control.client, self.control.server):
            assert not self.slips(canary, end), \
                "GRE from %s passed" % end.src

    def slips(self, canary, end):
        sent = self.send(end)
        side = canary.control.inside if end is self.control.inside \
            else canary.control.outside
        canary.passes(side)
        return self.arrived(end, sent)

    def stops(self, canary):
        """GRE stops in both directions, as soon as the machine allows."""
        for end in self.control.client, self.control.server:
            self.loop.until(lambda: not self.slips(canary, end),
                            "GRE from %s to stop" % end.src)
        self.blocked(canary)
