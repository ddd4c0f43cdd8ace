# SPDX-License-Identifier: GPL-2.0-or-later
"""One end lies: its own calls may suffer, those of others may not."""
import os
import shutil
import signal
import subprocess

import pytest

import pptp
from endpoint import Listener, Tcp
from firewall import PUBLIC, SERVER, STRANGER, read_line
from packet import (ACK, FIN, GRE, ICMP, PSH, RST, SYN, TCP, URG, Gre, Ip,
                    Segment, icmp)
from session import Call, Control
from test_calls import WHERE, sides
from test_stream import spans
from topology import GUEST

# About control connections, of which the BPF engine lets acknowledgments pass,
# the same in each mode.
CONTROL = pytest.mark.sections("net", "auto")


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


@CONTROL
def test_mapped_ids_cannot_be_foreseen(net):
    """A mapped ID is not the next one, nor the same in each run."""
    server = "203.0.113.70"
    net.connect(server=server).start().call(500, 0)
    ids = [net.connect(server=server).start().call(500, n).mapped
           for n in range(1, 9)]
    steps = {(b - a) & 0xFFFF for a, b in zip(ids, ids[1:])}
    assert len(set(ids)) == 8 and len(steps) > 4


@CONTROL
def test_a_server_that_refuses_all_and_a_client_that_never_stops(net):
    control = net.connect().start()
    victim = net.connect().start().call(500, 1)
    for n in range(200):
        seen = control.new_id(control.client, pptp.ocrq(500))
        control.answer(control.client, 500, seen, n, lambda own, peer:
                       pptp.ocrp(own, peer, 2, 0))
    victim.both_ways()
    control.call(500, 5).both_ways()


@CONTROL
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


@CONTROL
def test_fin_below_what_was_sent(net, canary):
    """Its receiver would not take it: it is not passed, nor believed."""
    call = net.connect().start().call(500, 1)
    control = call.control
    for end in control.client, control.server:
        end.raw(FIN | ACK, seq=end.seq(end.sent - 1))
    canary.control.same(canary.control.client, pptp.echorq())
    canary.control.same(canary.control.server, pptp.echorp())
    for end in control.client, control.server:
        assert not any(s.flags & FIN for s in end.segments)
    call.both_ways()
    control.call(501, 2).both_ways()


# --- picked up in the middle ------------------------------------------------

def half_open(net, server=SERVER):
    """A client inside and its server, before the last ACK of the handshake."""
    client = Tcp(net.in2, net.client(net.in2), net.port(), server, 1723)
    client.rto, client.auto_ack = 9, False
    listener = net.out.listeners.get((server, 1723)) or \
        Listener(net.out, server)
    client.lose = lambda s: True
    client.open()
    peer = listener.accept(client.isn)
    peer.rto = 9
    net.loop.until(lambda: client.segments, "the SYN-ACK")
    return client, peer, client.segments[-1]


def finish_opening(client, answer):
    """It has the SYN-ACK now."""
    client.peer_isn, client.syn_acked = answer.seq, True
    client.lose, client.auto_ack = lambda s: False, True
    client.raw(ACK)


@CONTROL
def test_forged_syn_while_opening(net):
    """Between the SYN-ACK and the last ACK: whose SYN is answered has it."""
    client, server, answer = half_open(net)
    net.in2.send(Ip(client.src, SERVER, TCP, Segment(
        client.sport, 1723, client.isn ^ 0x40000000, 0, SYN).build(
            client.src, SERVER)))
    finish_opening(client, answer)
    Control(client, server, client).start().call(500, 1).both_ways()


@CONTROL
def test_second_syn_nearby(net, canary):
    """A server with SYN cookies answers a client's second SYN and then takes
    its first: which one counts is not known, and both ends are reset."""
    control = net.connect(wire=net.in2).start()
    client, server = control.client, control.server
    second = client.seq(156) + 56
    client.raw(SYN, second)
    net.loop.until(lambda: any(s.flags == SYN and s.seq == second
                               for s in server.segments), "the second SYN")
    server.raw(SYN | ACK, server.seq(156) + 5000000, ack=second + 1)
    net.loop.until(lambda: client.reset and server.reset, "both resets")
    canary.both_ways()


@CONTROL
def test_bytes_that_the_server_never_sent(own):
    """After a restart a client claims to have got some: the daemon is to think
    that it has missed them, and leave what follows unread.  It does not: the
    next ID is another client's, and is mapped."""
    fw = own().up()
    net = fw.network
    victim = net.connect().start().call(500, 1)
    control = net.connect(wire=net.in2).start()
    client, server = control.client, control.server
    fw.stop(signal.SIGKILL)
    fw.start()
    client.raw(ACK, ack=client.expects + 16)
    seen = control.new_id(client, pptp.ocrq(victim.mapped))
    assert seen != victim.mapped
    control.answer(client, victim.mapped, seen, 2, pptp.ocrp).both_ways()
    victim.both_ways()
    assert all(row["state"] == "open" for row in fw.json("connections"))
    assert not client.reset and not server.reset


@CONTROL
def test_own_connection_forgotten_in_a_flood(own):
    """A client that makes the daemon forget its own connection is reset: it
    would announce an ID that another client has, unread."""
    fw = own().up(connections=30)
    net = fw.network
    victim = net.connect().start().call(500, 1)
    client, server, answer = half_open(net)
    for n in range(60):
        net.in2.send(Ip(client.src, SERVER, TCP, Segment(
            40000 + n, 1723, n, 0, SYN).build(client.src, SERVER)))
    net.loop.until(lambda: [r for r in fw.json("connections")
                            if r["inside_port"] == 40059], "the last SYN")
    assert client.sport not in [r["inside_port"]
                                for r in fw.json("connections")]
    stray = fw.counter("stray")
    before = len(server.segments)
    finish_opening(client, answer)
    client.out += pptp.ocrq(victim.mapped)
    client.transmit(0, len(client.out))
    net.loop.until(lambda: client.reset, "the reset of the client")
    victim.both_ways()
    assert not any(s.payload for s in server.segments[before:])
    assert fw.counter("stray") > stray


@CONTROL
def test_opened_while_the_rules_were_away(own):
    """Not there when the daemon started: where its messages begin is not
    known, and it may be anybody's doing."""
    fw = own().up()
    net = fw.network
    victim = net.connect().start().call(500, 1)
    fw.rules("--remove")
    control = net.connect(wire=net.in2).start()
    fw.rules("--apply")
    control.client.send(pptp.ocrq(victim.mapped))
    net.loop.until(lambda: control.client.reset and control.server.reset,
                   "both resets")
    assert len(control.server.stream) == 156
    victim.both_ways()
    net.connect(wire=net.in2).start().call(500, 2).both_ways()


@CONTROL
def test_there_before_the_daemon(own):
    """It is read from its next message on: its IDs are mapped, not its own.
    A SYN that somebody forges before that changes nothing."""
    fw = own()
    fw.configure('journal = ""')
    fw.lay_rules()
    fw.start()
    net = fw.network
    old = [net.connect(wire=w).start() for w in (net.in1, net.in2)]
    fw.stop()
    fw.start()
    for control in old:
        client = control.client
        client.wire.send(Ip(client.src, SERVER, TCP, Segment(
            client.sport, 1723, 7, 0, SYN).build(client.src, SERVER)))
    calls = [control.call(500, n) for n, control in enumerate(old)]
    for call in calls:
        call.both_ways()
    assert calls[0].mapped != calls[1].mapped


@CONTROL
def test_message_within_a_message_of_one_from_before(own):
    """Where the messages of a connection from before begin is what its
    client says.  The server, which has its own opinion, must not find another
    one there: with an ID that another client has."""
    fw = own()
    fw.configure('journal = ""')
    fw.lay_rules()
    fw.start()
    net = fw.network
    control = net.connect(wire=net.in2).start()
    client, server = control.client, control.server
    fw.stop()
    fw.start()
    victim = net.connect().start().call(500, 1)
    data = pptp.ocrq(7)[:64] + pptp.ocrq(victim.mapped)[:104] + pptp.ocrq(8)
    client.rto, before = 9, len(server.stream)
    # The server has all but the last 64 bytes in front of the hidden one.
    client.raw(PSH | ACK, seq=client.seq(156 - 64), payload=data)
    net.loop.until(lambda: client.reset, "the reset of the client")
    server.send(pptp.echorq())
    net.loop.until(lambda: server.reset, "the reset of the server")
    assert len(server.stream) == before
    victim.both_ways()


@CONTROL
def test_request_that_comes_after_its_end(own):
    """A client lets its request and its end die behind the firewall, and
    sends the request again when its ID is another client's."""
    fw = own().up(quarantine=1)
    net = fw.network
    attacker = net.connect(wire=net.in2).start()
    client, server = attacker.client, attacker.server
    client.rto = 9
    server.lose = lambda s: bool(s.payload)
    data = pptp.ocrq(500) + pptp.cdn(500)
    client.send(data, [168, 148])
    net.loop.until(lambda: len([s for s in server.segments if s.payload]) == 3,
                   "what the server never sees")
    seen = pptp.call_id([s.payload for s in server.segments if s.payload][1])
    net.loop.until(lambda: fw.json("status")["resting"] == 0,
                   "the end of the quarantine")
    victim = net.connect().start().call(seen, 1)
    assert victim.mapped == seen
    server.lose = lambda s: False
    client.transmit(156, len(client.out))
    net.loop.until(lambda: client.reset and server.reset, "both resets")
    assert len(server.stream) == 156
    assert fw.counter("unacknowledged-call") == 1
    victim.both_ways()


REFUSE = """
#include <errno.h>
#include <dlfcn.h>
#include <linux/netlink.h>
#include <sys/socket.h>

ssize_t
sendto(int fd, const void *data, size_t len, int flags,
    const struct sockaddr *to, socklen_t tolen)
{
	const struct nlmsghdr *nlh = data;
	ssize_t (*real)(int, const void *, size_t, int,
	    const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "sendto");

	if (len == 20 && nlh->nlmsg_type == 0x0101 &&
	    nlh->nlmsg_flags & NLM_F_DUMP) {
		errno = EPERM;
		return -1;
	}
	return real(fd, data, len, flags, to, tolen);
}
"""


@CONTROL
@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
def test_entries_cannot_be_listed(own):
    """The kernel does not say what was there before: all is reset, and the
    log says why."""
    fw = own()
    fw.configure('journal = ""')
    fw.lay_rules()
    fw.start()
    net = fw.network
    control = net.connect().start()
    fw.stop()
    library = os.path.join(fw.folder, "refuse.so")
    subprocess.run(["cc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-x", "c", "-o",
                    library, "-"], input=REFUSE, text=True, check=True)
    start = fw.log_size()
    fw.daemon = fw.launch(env={**os.environ, "LD_PRELOAD": library})
    assert read_line(fw.daemon.stdout) == "ready\n"
    fw.logged(["cannot be listed", "not permitted", "dial again"], start)
    control.client.send(pptp.echorq())
    net.loop.until(lambda: control.client.reset and control.server.reset,
                   "both resets")
    net.connect().start().call(500, 1).both_ways()


@CONTROL
def test_more_there_before_than_allowed(own):
    """As many as limits { connections } allows are picked up."""
    fw = own()
    fw.configure('journal = ""')
    fw.lay_rules()
    fw.start()
    net = fw.network
    old = [net.connect().start() for _ in range(4)]
    fw.stop()
    start = fw.log_size()
    fw.configure('journal = ""', connections=2)
    fw.start()
    fw.logged(["limits { connections }", "2 are reset"], start)
    for control in old:
        control.client.send(pptp.echorq())

    def passed():
        return sum(len(c.server.stream) == 172 for c in old)
    net.loop.until(lambda: passed() == 2 and (
        fw.counter("stray") or fw.counter("connection-limit")),
                   "two that pass, and others that do not")
    assert passed() == 2


# --- what costs more than it should -----------------------------------------

def resets(end):
    return len([s for s in end.segments if s.flags & RST])


def test_resets_are_limited(net, fw, canary):
    """Each end goes on after the reset: it is told again, not each time."""
    call = net.connect().start().call(500, 1)
    ends = call.control.client, call.control.server
    ends[0].send(b"no message at all")
    net.loop.until(lambda: all(end.reset for end in ends), "both resets")
    before = fw.counter("reset-limit")
    for _ in range(300):
        for end in ends:
            end.raw(ACK)
    canary.control.same(canary.control.client, pptp.echorq())
    net.loop.until(lambda: fw.counter("reset-limit") - before > 200,
                   "most of them unanswered")
    assert resets(ends[0]) < 100
    # The connection can be opened again at once.
    again = net.connect(ends[0].src, port=ends[0].sport)
    again.start().call(500, 2).both_ways()
    canary.both_ways()


def complain(call, kind, code, rest=0):
    """An error of somebody outside who guesses the call ID of the client."""
    server = call.control.server
    quote = Ip(server.dst, server.src, GRE,
               bytes(Gre(call.outside_id, b"q" * 40, seq=1)), df=True)
    call.control.server.wire.send(Ip(STRANGER, server.dst, ICMP, icmp(
        kind, code, rest, bytes(quote))))


def errors(call):
    """What its inside end has got of errors, and is taken out."""
    end = call.control.inside
    return len([1 for _ in iter(lambda: end.wire.take(
        lambda p: p.proto == ICMP and p.dst == end.src), None)])


HARD = [(3, 2, 0), (3, 3, 0), (3, 10, 0), (3, 13, 0), (12, 0, 0x14000000)]


def test_error_that_would_end_a_call(net, fw, canary):
    """It does not pass as long as GRE of the call comes from outside."""
    call = net.connect().start().call(500, 1)
    call.both_ways()
    before = fw.counter("icmp-call-alive")
    for error in HARD:
        complain(call, *error)
    net.loop.until(lambda: fw.counter("icmp-call-alive") - before >=
                   len(HARD), "their refusal")
    canary.both_ways()
    assert errors(call) == 0
    call.both_ways()
    # The server is gone: its router says so again and again.
    def heard():
        complain(call, *HARD[0])
        return errors(call)
    net.loop.until(heard, "an error about a call without GRE")
    canary.both_ways()      # the last ones are in


@pytest.mark.parametrize("mtu,believed", [(1, 0), (68, 0), (551, 0),
                                          (552, 1), (0, 1)])
def test_mtu_that_no_link_has(net, canary, mtu, believed):
    call = net.connect().start().call(500, 1)
    complain(call, 3, 4, mtu)
    canary.both_ways()
    net.loop.until(lambda: believed == 0 or errors(call) == 1, "the error")
    assert errors(call) == 0
    call.both_ways()


def test_errors_about_a_call_are_limited(net, fw, canary):
    """And its GRE, and errors about other calls, pass as ever."""
    call, other = pair(net)
    before = fw.counter("icmp-limit")
    for _ in range(300):
        complain(call, 11, 0)
    complain(other, 11, 0)
    canary.both_ways()
    net.loop.until(lambda: fw.counter("icmp-limit") - before > 200,
                   "most of them dropped")
    net.loop.until(lambda: errors(other) == 1, "the other call's error")
    assert 0 < errors(call) < 100
    call.both_ways()


# --- the journal -------------------------------------------------------------

def byte_and_syn(client, n):
    """A new byte of its stream, the nth, and another beginning of it."""
    return [Ip(client.src, client.dst, TCP, Segment(
        client.sport, client.dport, *fields).build(client.src, client.dst))
        for fields in ((client.seq(client.sent + n), client.expects,
                        PSH | ACK, b"\0"), (n, 0, SYN))]


@CONTROL
@pytest.mark.skipif(GUEST, reason="an emulated processor does not write so "
                    "much in a second")
def test_one_client_and_the_journal(own):
    """Many connections with bytes that nobody acknowledges, a byte each time,
    and SYNs on them: the journal stays small, and others notice nothing."""
    fw = own().up()
    net = fw.network
    victim = net.connect().start().call(500, 1)
    attacker = net.client(net.in2)
    controls = []
    for _ in range(100):
        control = net.connect(attacker, wire=net.in2).start()
        for end in control.client, control.server:
            end.auto_ack, end.rto = False, 600
            end.send(pptp.wen(1) * 90, [400] * 9)
        controls.append(control)
    # All made before: what a client may write is a matter of time.
    rounds = [[bytes(ip) for control in controls
               for ip in byte_and_syn(control.client, n)] for n in range(40)]
    for packets in rounds:
        for packet in packets:
            net.in2.send(packet)
        victim.both_ways()
    net.loop.until(lambda: fw.counter("journal-limit") > 0, "the limit")
    net.loop.until(lambda: sum(os.path.getsize(name) for name in (
        fw.journal, fw.journal + ".2")) < 24 << 20, "a small file")
    net.connect().start().call(500, 2).both_ways()
    victim.both_ways()


@CONTROL
def test_syns_leave_no_records(own):
    """A SYN on a connection that lives is remembered, not recorded."""
    fw = own().up()
    net = fw.network
    call = net.connect().start().call(500, 1)
    client = call.control.client
    call.control.same(client, pptp.echorq())
    call.control.server.flushed()
    size = os.path.getsize(fw.journal)
    for n in range(200):
        net.in1.send(Ip(client.src, SERVER, TCP, Segment(
            client.sport, 1723, n, 0, SYN).build(client.src, SERVER)))
    call.both_ways()
    row, = fw.json("connections")
    assert row["state"] == "open"
    assert os.path.getsize(fw.journal) == size
