# SPDX-License-Identifier: GPL-2.0-or-later
"""State that survives the daemon: killed at any moment, its successor goes on
with every connection and call, and the two ends notice nothing."""
import os
import re
import signal

import pytest

import pptp
from endpoint import Tcp
from firewall import SERVER

KILL = signal.SIGKILL
# About control connections, of which the BPF engine lets acknowledgments pass,
# the same in each mode.
CONTROL = pytest.mark.sections("net", "auto")
HOW = pytest.mark.parametrize("how", [KILL, signal.SIGTERM],
                              ids=["killed", "ended"])


@pytest.fixture
def fw_up(own):
    return own().up()


def restart(fw, how=KILL, **limits):
    fw.stop(how)
    if limits:
        fw.configure(**limits)
    fw.start()


def no_conflicts(*controls):
    for control in controls:
        control.check()
        assert not control.client.reset and not control.server.reset


@HOW
def test_calls_stay(fw_up, how):
    """Clients inside, a server inside behind DNAT, colliding IDs."""
    fw, net = fw_up, fw_up.network
    calls = [net.connect().start().call(500, 20 + n) for n in range(3)]
    calls.append(net.connect_in().start().call(500, 30))
    control = net.connect().start()
    calls.append(control.incoming(control.server, 40, 500))
    for _ in range(3):
        before = fw.calls()
        restart(fw, how)
        for call in calls:
            call.both_ways()
        after = fw.calls()
        assert [key(c) for c in after] == [key(c) for c in before]
        again = net.connect().start().call(500, 50)
        assert again.mapped not in [c.mapped for c in calls[:3]]
        again.both_ways()
        again.control.end()
    gone = calls.pop(0)
    gone.control.same(gone.control.server, pptp.cdn(20))
    gone.stops(calls[0])
    restart(fw, how)
    gone.blocked(calls[0])
    no_conflicts(*(c.control for c in calls))


def key(row):
    return {k: v for k, v in row.items() if not re.match(
        "packets|bytes|last_seen|since|way|confirmed|trouble", k)}


@CONTROL
def test_times_stay(fw_up):
    fw = fw_up
    fw.network.connect().start().call(500, 20)
    before, = fw.calls()
    shown, = fw.json("connections")
    restart(fw)
    after, = fw.calls()
    again, = fw.json("connections")
    assert abs(after["since"] - before["since"]) < 0.1
    assert abs(again["since"] - shown["since"]) < 0.1


def test_counters_stay_at_an_ordinary_end(fw_up):
    fw = fw_up
    call = fw.network.connect().start().call(500, 20)
    for _ in range(5):
        call.both_ways()
    restart(fw, signal.SIGTERM)
    row, = fw.calls()
    assert row["packets_in"] == row["packets_out"] == 5
    assert row["last_seen"]
    call.both_ways()
    assert fw.calls()[0]["packets_in"] == 6


# --- at any moment of a session ---------------------------------------------

def sessions(controls, cut):
    """Sessions beside each other, message by message: cut() says one of each,
    (end, the other end, data), and returns what is heard of them."""
    def each(side, make):
        return cut([(c.client, c.server, make(n)) if side == "client" else
                    (c.server, c.client, make(n))
                    for n, c in enumerate(controls)])
    each("client", lambda n: pptp.sccrq())
    each("server", lambda n: pptp.sccrp())
    mapped = [pptp.call_id(got)
              for got in each("client", lambda n: pptp.ocrq(500))]
    each("server", lambda n: pptp.ocrp(7 + n, mapped[n]))
    each("client", lambda n: pptp.sli(7 + n))
    each("client", lambda n: pptp.ocrq(0x0102))
    each("client", lambda n: pptp.echorq())
    each("client", lambda n: pptp.ccrq(500))
    each("server", lambda n: pptp.cdn(7 + n))
    assert 500 not in mapped


@CONTROL
def test_killed_within_every_message(fw_up):
    """Half a message has passed, with or without its first ID byte."""
    fw, net = fw_up, fw_up.network
    canary = net.connect().start().call(500, 1)
    offsets = 1, 12, 13, 14, 15, -1
    controls = [net.connect() for _ in offsets]

    def cut(messages):
        heads = [offset % len(data)
                 for offset, (_, _, data) in zip(offsets, messages)]
        for head, (end, other, data) in zip(heads, messages):
            end.send(data[:head])
            # A byte that depends on the next one is held back.
            net.loop.until(lambda: len(other.stream) >= other.read_at +
                           head - 1, "half a message")
        restart(fw)
        for head, (end, _, data) in zip(heads, messages):
            end.send(data[head:])
        return [other.read(len(data)) for _, other, data in messages]
    sessions(controls, cut)
    canary.both_ways()
    no_conflicts(*controls, canary.control)


@CONTROL
def test_killed_before_the_acknowledgment(fw_up):
    """What is sent again after the restart arrives as it did before it."""
    fw, net = fw_up, fw_up.network
    canary = net.connect().start().call(500, 1)
    control = net.connect()

    def cut(messages):
        (end, other, data), = messages
        other.auto_ack = False
        got = control.say(end, data)
        restart(fw)
        tries, n = end.tries, len(other.segments)
        net.loop.until(lambda: end.tries > tries + 1 and any(
            s.payload for s in other.segments[n:]), "it to be sent again")
        other.auto_ack = True
        other.raw(0x10)
        end.flushed()
        return [got]
    sessions([control], cut)
    no_conflicts(control, canary.control)


@CONTROL
def test_killed_with_a_segment_in_the_queue(fw_up):
    """The segment had no verdict yet, or one that was not sent: TCP sends
    it again."""
    fw, net = fw_up, fw_up.network
    canary = net.connect().start().call(500, 1)
    control = net.connect()

    def cut(messages):
        (end, other, data), = messages
        fw.daemon.send_signal(signal.SIGSTOP)
        end.send(data)
        fw.daemon.send_signal(signal.SIGCONT)
        restart(fw)
        return [other.read(len(data))]
    sessions([control], cut)
    no_conflicts(control, canary.control)


@CONTROL
def test_killed_while_opening(fw_up):
    """Between any two segments of the handshake."""
    fw, net = fw_up, fw_up.network
    canary = net.connect().start().call(500, 1)
    for step in range(3):
        client = Tcp(net.in1, net.client(), net.port(), SERVER, 1723)
        listener = net.out.listeners[(SERVER, 1723)]
        client.lose = lambda s, step=step: step == 1 and not restarted
        restarted = False
        if step == 0:
            fw.daemon.send_signal(signal.SIGSTOP)
        client.open()
        if step > 0:
            server = listener.accept(client.isn)
        if step == 2:
            net.loop.until(lambda: client.syn_acked, "the SYN-ACK")
        restart(fw)
        restarted = True
        net.loop.until(lambda: client.syn_acked, "the connection")
        server = listener.accept(client.isn) if step == 0 else server
        net.loop.until(lambda: server.syn_acked, "the last ACK")
        client.send(pptp.ocrq(500))
        seen = pptp.call_id(server.read(168))
        assert seen not in (500, canary.mapped)
        row, = [c for c in fw.calls() if c["inside"] == client.src]
        assert row["mapped_call_id"] == seen


def test_many_kills_under_load(fw_up):
    """Random moments, many sessions at once."""
    fw, net = fw_up, fw_up.network
    controls = [net.connect().start() for _ in range(4)]
    up = []
    for n in range(12):
        control = controls[n % 4]
        control.client.send(pptp.ocrq(500 + n // 4), [n * 13 % 160 + 3])
        for other in controls:
            other.client.send(pptp.echorq())
        if n % 3:
            net.loop.turn()
        restart(fw)
        got = control.server.read(168)
        while pptp.kind(got) != pptp.OCRQ:
            got = got[16:] + control.server.read(16)
        mapped = pptp.call_id(got)
        control.server.send(pptp.ocrp(1000 + n, mapped))
        reply = control.client.read(32)
        assert pptp.call_id(reply, 14) == 500 + n // 4
        up.append((control, 500 + n // 4, mapped, 1000 + n))
        for c in controls:
            c.server.read_at = len(c.server.stream)
            c.client.flushed()
            c.server.read_at = len(c.server.stream)
    rows = {(c["inside"], c["inside_call_id"]): c for c in fw.calls()}
    assert len({m for _, _, m, _ in up}) == 12
    for control, own, mapped, outside in up:
        row = rows[control.client.src, own]
        assert (row["mapped_call_id"], row["outside_call_id"],
                row["state"]) == (mapped, outside, "up")
    no_conflicts(*controls)


# --- what has changed meanwhile ---------------------------------------------

def test_connections_that_conntrack_lost(fw_up):
    fw, net = fw_up, fw_up.network
    gone, stays = (net.connect().start().call(500, n) for n in (1, 2))
    fw.stop(KILL)
    fw.ns.run("conntrack", "-D", "-p", "tcp", "--orig-src",
              gone.control.client.src)
    start = fw.log_size()
    fw.start()
    gone.blocked(stays)
    row, = fw.calls()
    assert row["inside"] == stays.control.client.src
    fw.logged([gone.control.client.src, "down", "conntrack-gone"], start)
    fw.logged(["2 connections with 2 calls restored"], start)


def test_rules_were_away_too(fw_up):
    """Bytes passed unread: what comes now is read again, and calls that are
    up stay up."""
    fw, net = fw_up, fw_up.network
    call = net.connect().start().call(500, 1)
    fw.stop()
    fw.rules("--remove")
    call.control.same(call.control.client, pptp.echorq())
    call.control.same(call.control.server, pptp.echorp())
    call.control.client.flushed()
    fw.rules("--apply")
    fw.start()
    call.control.same(call.control.client, pptp.echorq())
    call.both_ways()
    call.control.same(call.control.server, pptp.echorp())
    row, = fw.json("connections")
    assert (row["state"], row["reason"]) == ("open", None)
    assert fw.counter("unread") >= 1
    call.control.call(500, 2).both_ways()


@CONTROL
def test_fewer_connections(fw_up):
    """As many as fit; the rest is logged, and the daemon works."""
    fw, net = fw_up, fw_up.network
    calls = [net.connect().start().call(500, 20 + n) for n in range(5)]
    start = fw.log_size()
    restart(fw, connections=3)
    fw.logged(["records not taken: connection-limit"], start)
    assert "bad-record" not in fw.log_text(start)
    rows = fw.calls()
    assert len(rows) == 3
    for call in calls:
        if call.control.client.src in [r["inside"] for r in rows]:
            call.both_ways()


@CONTROL
def test_lower_limits(fw_up):
    """Calls that are up stay up; new ones meet the limit."""
    fw, net = fw_up, fw_up.network
    control = net.connect().start()
    calls = [control.call(500 + n, 20 + n) for n in range(3)]
    restart(fw, **{"calls-per-connection": 1, "calls-per-client": 1})
    for call in calls:
        call.both_ways()
    seen = pptp.call_id(control.say(control.client, pptp.ocrq(9)))
    got = control.say(control.server, pptp.ocrp(9, seen))
    assert got[16:18] == b"\2\4"


def test_no_journal(own):
    fw = own().up('journal = ""')
    fw.network.connect().start().call(500, 1).both_ways()
    restart(fw)
    assert not fw.calls()
    assert not os.path.exists(fw.journal)
