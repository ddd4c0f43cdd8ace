# SPDX-License-Identifier: GPL-2.0-or-later
"""A call's GRE passes while the call lives, and not a second longer."""
import random

import pytest

import pptp
from packet import ACK, FIN, RST, SYN, TCP, Ip, Segment

WHERE = pytest.mark.parametrize("where", ["client-inside", "server-inside"])
END = pytest.mark.parametrize("end", ["client", "server"])


@pytest.fixture
def call(net, request):
    where = request.node.callspec.params.get("where", "client-inside") \
        if hasattr(request.node, "callspec") else "client-inside"
    control = net.connect() if where == "client-inside" else net.connect_in()
    call = control.start().call(10, 20)
    call.both_ways()
    return call


@WHERE
@END
def test_clear_request(call, canary, where, end):
    sender = getattr(call.control, end)
    call.control.say(sender, pptp.ccrq(call.own(sender)))
    call.stops(canary)


@WHERE
@END
def test_disconnect_notify(call, canary, where, end):
    sender = getattr(call.control, end)
    call.control.say(sender, pptp.cdn(call.own(sender)))
    call.stops(canary)


@WHERE
@END
def test_stop_request_ends_all_calls(call, canary, where, end):
    second = call.control.call(11, 21)
    call.control.same(getattr(call.control, end), pptp.stoprq())
    call.stops(canary)
    second.stops(canary)


@WHERE
@END
def test_start_request_clears_all_calls(call, canary, where, end):
    """RFC 2637 section 3.2.1: a started connection has no calls."""
    call.control.same(getattr(call.control, end), pptp.sccrq())
    call.stops(canary)
    call.control.call(10, 20).both_ways()


@WHERE
@END
def test_first_fin_leaves_the_call_both_end_it(call, canary, where, end):
    first = getattr(call.control, end)
    other = call.control.other(first)
    first.fin()
    call.loop.until(lambda: first.fin_acked, "the first FIN's ack")
    call.both_ways()
    other.fin()
    call.loop.until(lambda: other.fin_acked, "the second FIN's ack")
    call.stops(canary)


def test_disconnect_notify_after_the_clients_fin(call, canary):
    """Seen in the field: the answer to a clear request comes late."""
    control = call.control
    data = pptp.ccrq(10)
    assert control.say(control.client, data) == \
        pptp.with_id(data, call.mapped)
    control.client.fin()
    call.loop.until(lambda: control.client.fin_acked, "the FIN's ack")
    control.same(control.server, pptp.cdn(20))
    control.server.fin()
    call.loop.until(lambda: control.server.fin_acked, "the FIN's ack")
    call.stops(canary)


def test_messages_in_the_half_closed_direction_are_translated(call):
    control = call.control
    control.client.fin()
    call.loop.until(lambda: control.client.fin_acked, "the FIN's ack")
    data = pptp.sli(call.mapped)
    assert control.say(control.server, data) == pptp.with_id(data, 10)
    call.both_ways()


@WHERE
@END
def test_reset(call, canary, where, end):
    first = getattr(call.control, end)
    other = call.control.other(first)
    first.raw(RST | ACK)
    call.loop.until(lambda: other.reset, "the reset at the other end")
    call.stops(canary)


@pytest.mark.parametrize("off", [-70000, -1, 1, 100, 1 << 30])
@END
def test_reset_beside_the_window_changes_nothing(call, end, off):
    """What the other end would not take does not end a call."""
    sender = getattr(call.control, end)
    sender.raw(RST, seq=(sender.seq(sender.sent) + off) & 0xFFFFFFFF)
    call.both_ways()
    call.control.same(call.control.client, pptp.echorq())
    call.control.same(call.control.server, pptp.echorp())
    call.both_ways()


def test_forged_reset_from_outside(call, net):
    """Somebody who guesses addresses and ports, but no sequence number."""
    server = call.control.server
    for _ in range(20):
        segment = Segment(1723, server.dport, random.getrandbits(32), 0, RST)
        net.out.send(Ip(server.src, server.dst, TCP,
                        segment.build(server.src, server.dst)))
    call.both_ways()
    call.control.same(call.control.server, pptp.echorq())
    call.both_ways()


@END
def test_forged_syn_changes_nothing(call, net, end):
    """A SYN in the middle of a living connection, in either direction."""
    forged = getattr(call.control, end)
    segment = Segment(forged.sport, forged.dport, random.getrandbits(32), 0,
                      SYN)
    forged.wire.send(Ip(forged.src, forged.dst, TCP,
                        segment.build(forged.src, forged.dst)))
    call.both_ways()
    # The receiver answers with what it expects, the owner is in order.
    call.control.other(forged).raw(ACK)
    control = call.control
    control.same(control.client, pptp.echorq())
    control.same(control.server, pptp.echorp())
    call.both_ways()
    data = pptp.sli(call.mapped)
    assert control.say(control.server, data) == pptp.with_id(data, 10)


def test_forged_fin_changes_nothing(call, net):
    """FINs with sequence numbers that no end takes."""
    for end in call.control.client, call.control.server:
        end.raw(FIN | ACK, seq=(end.seq(end.sent) + 5000) & 0xFFFFFFFF)
        end.raw(FIN | ACK, seq=(end.seq(end.sent) - 5000) & 0xFFFFFFFF)
    call.both_ways()
    control = call.control
    control.same(control.client, pptp.echorq())
    control.same(control.server, pptp.echorp())
    call.both_ways()


def test_conntrack_loses_the_connection(call, canary, fw):
    client = call.control.client
    fw.ns.run("conntrack", "-D", "-p", "tcp", "-s", client.src, "--sport",
              str(client.sport))
    call.stops(canary)
    canary.both_ways()


def test_after_conntrack_lost_it_the_connection_is_reset(call, net, fw):
    """Both ends hear it at once, and the client dials again."""
    control = call.control
    client = control.client
    fw.ns.run("conntrack", "-D", "-p", "tcp", "-s", client.src, "--sport",
              str(client.sport))
    for end in client, control.server:
        net.loop.until(lambda: end.reset, "a reset")
    row, = fw.json("connections", "--client", client.src)
    assert (row["state"], row["reason"]) == ("dead", "conntrack-gone")
    net.connect(client.src).start().call(10, 21).both_ways()


def test_conntrack_loses_everything(net, fw):
    calls = [net.connect().start().call(n, n) for n in (1, 2, 3)]
    fw.ns.run("conntrack", "-F")
    net.loop.until(lambda: not fw.calls(), "the call table to empty")
    assert len(calls) == 3
    net.connect().start().call(1, 1).both_ways()


def test_a_call_outlives_idleness(own):
    """Whatever conntrack's GRE timeouts are; the connection is alive."""
    fw = own()
    for name in "gre_timeout", "gre_timeout_stream":
        fw.ns.set("net/netfilter/nf_conntrack_" + name, 1)
    fw.up()
    call = fw.network.connect().start().call(10, 20)
    call.both_ways()
    fw.network.loop.until(lambda: fw.json("calls")[0]["last_seen"] <
                          fw.network.clock() - 2.5, "two idle seconds")
    call.both_ways()


def test_conntrack_times_the_connection_out(own):
    fw = own().up()
    net = fw.network
    call = net.connect().start().call(10, 20)   # no GRE keeps it alive
    # It is for the next segments: not before all is set up.
    fw.ns.set("net/netfilter/nf_conntrack_tcp_timeout_established", 1)
    call.control.same(call.control.client, pptp.echorq())

    def gone():
        fw.ns.run("conntrack", "-L")    # the kernel is lazy to look itself
        return not fw.calls()
    net.loop.until(gone, "the call to end")
    fw.logged(["down", "conntrack"])


def test_ids_of_ended_calls_rest(own):
    """Not given again within the quarantine, given again after it."""
    fw = own().up(quarantine=4)
    net = fw.network
    first = net.connect().start().call(10, 20)
    first.control.client.raw(RST | ACK)
    net.loop.until(lambda: first.control.server.reset, "the reset")
    first.control.end()
    second = net.connect().start().call(10, 20)
    assert second.mapped != 10
    second.control.client.raw(RST | ACK)

    def again():
        control = net.connect().start()
        call = control.call(10, 20)
        control.client.raw(RST | ACK)
        return call.mapped == 10
    net.loop.until(again, "ID 10 to be free again")
