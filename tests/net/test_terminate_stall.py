# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients that stop half-way, at any point of the set-up: each costs a record
and a timer, the end has a name, and nobody else notices."""
import itertools
import os
import socket
import subprocess
import time

import pytest

import pptp
from caller import (ACK, ALL, CCP, CHAP, IPCP, LCP, MS_CHAP_2, NAK, REJECT,
                    REQUEST, Caller)
from topology import PATIENCE
from tunnels import LOCAL, SERVER, ping, until

TIMES = """start-timeout = 3
call-timeout = 3
login-timeout = 4
restart-time = 1
max-configure = 4
max-terminate = 1
"""


def call(field, ns, kind=Caller, **options):
    caller = kind(ns, SERVER, **options)
    field.callers.append(caller)
    return caller


class Insists(Caller):
    """Answers each request of a protocol in its own way, for ever."""

    def __init__(self, *words, protocol, code, data, **options):
        super().__init__(*words, **options)
        self.way = protocol, code, data

    def answer(self, protocol, code, number, data):
        wanted, how, options = self.way
        if (protocol, code) == (wanted, REQUEST):
            self.packet(protocol, how, number, options(data))
            self.ask(protocol)
        elif (protocol, code) != (wanted, NAK):
            super().answer(protocol, code, number, data)


def without(*protocols):
    return ALL.difference(protocols)


# Where it stops: who answers and asks what, and why the server ends it.
STALLS = {
    "no-lcp": (dict(speaks=(), asks=()), "lcp-silent"),
    "lcp-not-asked": (dict(asks=()), "lcp-silent"),
    "lcp-not-answered": (dict(speaks=without(LCP)), "lcp-silent"),
    "no-auth": (dict(speaks=without(CHAP)), "auth-silent"),
    "no-ccp": (dict(speaks=without(CCP), asks=(LCP,)), "mppe-silent"),
    "ccp-not-asked": (dict(asks=(LCP, IPCP)), "mppe-silent"),
    "no-ipcp": (dict(speaks=without(IPCP), asks=(LCP, CCP)), "ip-silent"),
    "ipcp-not-asked": (dict(asks=(LCP, CCP)), "ip-silent"),
}
def same(data):
    return data


def another_magic(_):
    return b"\x05\x06" + os.urandom(4)


INSISTS = {
    "lcp-naks": (LCP, NAK, another_magic, "lcp-disagreed"),
    "lcp-rejects": (LCP, REJECT, lambda _: MS_CHAP_2, "auth-refused"),
    "ccp-rejects": (CCP, REJECT, same, "mppe-refused"),
    "ccp-wants-nothing": (CCP, NAK, lambda _: b"\x12\x06\0\0\0\0",
                          "mppe-refused"),
    "ipcp-rejects": (IPCP, REJECT, same, "ip-disagreed"),
}


def ends(server, caller):
    """The lines that tell of its end."""
    where = "from=%s:%d " % (caller.address, caller.port)
    return [line for line in server.log_text().splitlines()
            if where in line and "reason=" in line]


def beside(field, ns, kind=Caller, **options):
    """One of many: while it is waited for, the others answer, too, as they
    would if each were a host."""
    caller = call(field, ns, kind, **options)
    caller.others = field.callers
    return caller


def test_every_point_of_the_setup(field):
    server = field.serve(TIMES)
    client = field.connect()
    ns = field.client_space()
    silent, half = beside(field, ns), beside(field, ns)
    half.say(pptp.sccrq()[:100])
    idle, cut = beside(field, ns).start(), beside(field, ns).start()
    cut.say(pptp.ocrq(5)[:20])
    stalled = {"silent": (silent, "no-start"), "half": (half, "no-start"),
               "idle": (idle, "no-call"), "cut": (cut, "no-call")}
    numbers = itertools.count(100)
    for name, (how, reason) in STALLS.items():
        caller = beside(field, ns, **how).start().call(next(numbers))
        stalled[name] = caller, reason
    for name, (protocol, code, data, reason) in INSISTS.items():
        caller = beside(field, ns, Insists, protocol=protocol, code=code,
                        data=data)
        stalled[name] = caller.start().call(next(numbers)), reason
    pings = client.ns.popen("ping", "-n", "-q", "-c", "3", "-l", "3", "-W",
                            "15", LOCAL, stdout=subprocess.PIPE)
    silent.until(lambda: all(caller.over for caller in field.callers),
                 "the end of all")
    assert " 3 received" in pings.communicate()[0]
    assert ping(client.ns, LOCAL) == 3
    assert server.counter("no-start") == 2
    told = {name: ends(server, caller)
            for name, (caller, _) in stalled.items()}
    wrong = {name: lines for name, lines in told.items()
             if len(lines) != 1 or
             "reason=%s " % stalled[name][1] not in lines[0]}
    assert not wrong
    assert server.counter("control_connections") == 1
    assert len(server.sessions()) == 1


def test_connections_by_the_dozen(field):
    """More than may be half open; who has logged in does not count."""
    server = field.serve("half-open-limit = 20\nhalf-open-source-limit = 15")
    client = field.connect()
    first, second = field.client_space(), field.client_space()
    callers = [call(field, first) for _ in range(40)]
    others = [call(field, second) for _ in range(40)]
    until(lambda: server.counter("source-limit") == 25 and
          server.counter("half-open-limit") == 35, "the limits", server)
    assert server.counter("control_connections") == 21
    assert ping(client.ns, LOCAL) == 3
    for caller in callers + others:
        caller.close()
    until(lambda: server.counter("control_connections") == 1,
          "the end of all", server)
    assert call(field, first).start().call().up().ping()


def test_frames_wait_only_for_who_has_logged_in(field):
    field.serve("reorder-time = 10000")
    caller = call(field, field.client_space()).start().call()
    caller.until(lambda: caller.done(LCP), "LCP")
    caller.sequence += 3            # lost: the next one is not held back
    caller.up()
    caller.ping(number=1)
    caller.sequence += 1
    caller.encrypted(caller.echo(3))
    later, caller.sequence = caller.sequence, caller.sequence - 2
    frames = len(caller.frames)
    caller.until(lambda: len(caller.frames) > frames, "no answer", 0.5,
                 must=False)
    assert len(caller.frames) == frames
    caller.packet(LCP, 9, 1, bytes(4))      # what was missing
    caller.sequence = later
    caller.until(lambda: len(caller.frames) > frames, "the answer")


def test_who_has_most_makes_room(field):
    """Two addresses take all that may be half open; others get in."""
    server = field.serve("half-open-limit = 10\nhalf-open-source-limit = 5")
    greedy = field.client_space(), field.client_space()
    callers = [call(field, ns).start() for ns in greedy for _ in range(5)]
    callers[0].call()               # ... was one before: now the newest
    call(field, field.client_space()).start().call().up().ping()
    assert server.counter("half-open-limit") == 1
    until(lambda: server.counter("control_connections") == 10, "the end of "
          "one", server)
    callers[5].until(lambda: callers[5].over, "its end")
    for caller in callers:
        caller.turn()
    assert [caller.over for caller in callers].count(True) == 1


def test_flood_of_connections(field):
    """As fast as one process can, until some are refused and for a while
    after that: the tunnel works on."""
    server = field.serve(TIMES + "half-open-source-limit = 100")
    client = field.connect()
    flood = field.client_space()
    lost = made = refused = 0
    limit = time.monotonic() + PATIENCE
    with flood:
        while refused < 3 and time.monotonic() < limit:
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex((SERVER, 1723))
            if made % 3 == 0:
                s.close()
            else:
                field.callers.append(s)
            made += 1
            if made % 200 == 0:
                lost += 3 - ping(client.ns, LOCAL)
                refused += server.counter("source-limit") > 0
            if len(field.callers) > 500:
                field.callers.pop(0).close()
    assert lost == 0
    until(lambda: server.counter("control_connections") == 1,
          "the end of all", server)
    assert server.counter("source-limit") > 0
    assert call(field, flood).start().call().up().ping()


def test_negotiation_again(field):
    """IPCP, or all from LCP on, while the tunnel is up: it goes on."""
    server = field.serve(TIMES)
    caller = call(field, field.client_space()).start().call().up()
    for again in {IPCP}, {LCP, CHAP, CCP, IPCP}, {IPCP}:
        caller.acked -= again
        caller.asked -= again
        caller.asks |= again
        caller.options[IPCP] = b"\x03\x06" + socket.inet_aton(caller.tunnel)
        first = min(again, key=[LCP, CHAP, CCP, IPCP].index)
        # What looks like a copy of the former request is answered as one.
        while not again <= caller.acked & caller.asked:
            caller.packet(first, REQUEST, 1, caller.options[first])
            caller.asks.discard(first)
            caller.until(lambda: again <= caller.acked & caller.asked,
                         again, 0.5, must=False)
        caller.frames.clear()
        assert caller.ping()
    assert len(server.up()) == 1
    assert "logout" not in server.log_text()


@pytest.mark.parametrize("protocol", [LCP, IPCP])
def test_negotiation_again_and_again(field, protocol):
    """A peer that starts over for ever is ended."""
    server = field.serve(TIMES)
    client = field.connect()
    caller = call(field, field.client_space()).start().call().up()
    for number in range(60):
        caller.packet(protocol, REQUEST, number)
        for _ in range(3):
            caller.turn(0.001)
    caller.until(lambda: caller.over, "the end", PATIENCE)
    where = "from=%s:%d " % (caller.address, caller.port)
    reason = {LCP: "restarts", IPCP: "ip-disagreed"}[protocol]
    assert "reason=" + reason in server.logged("logout:", where)
    assert ping(client.ns, LOCAL) == 3


def test_acks_that_nobody_asked_for(field):
    field.serve(TIMES)
    caller = call(field, field.client_space()).start().call().up()
    for number in range(60):
        for protocol in LCP, CCP, IPCP:
            caller.packet(protocol, ACK, number)
    assert caller.ping()
