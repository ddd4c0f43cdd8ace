# SPDX-License-Identifier: GPL-2.0-or-later
"""Two firewalls, one store: what passes at one of them, the other one knows,
and goes on with when the addresses move, without a command."""
import os
import signal
import time

import pytest

import pptp
from firewall import PUBLIC
from pair import HOME, LIES, SECOND, Node, Pair
from session import Call
from test_devices import VRFS, VrfNetwork, edit_config
from topology import has_vrf

KILL = signal.SIGKILL


class VrfNode(Node):
    """All its interfaces are in a VRF, and so is the public address."""
    TABLE = "77"

    @staticmethod
    def NETWORK():
        return VrfNetwork(VRFS["vrf"])

    def configure(self, *args, **limits):
        super().configure(*args, **limits)
        edit_config(self, '{"out0"}', '{"out0", "vrf0"}')


@pytest.fixture
def make():
    made = []

    def pair(more="", **stores):
        made.append(Pair(**stores))
        return made[-1].start(more)
    yield pair
    for one in made:
        one.close()


def talk(calls):
    """GRE and control messages, both ways."""
    for call in calls:
        call.both_ways()
        call.control.same(call.control.client, pptp.echorq())
        call.control.same(call.control.server, pptp.echorp())
        call.control.check()


def test_takeover_and_back(make):
    """The next packet of any call is translated, the next segment of any
    control connection goes on to the byte, half a message too.  Records of
    another version are refused by their number."""
    pair = make()
    net, (one, two) = pair.ends, pair.nodes
    calls = [net.connect().start().call(500, 20 + n) for n in range(3)]
    half = net.connect().start()
    half.client.send(pptp.ocrq(600)[:13])
    net.loop.until(lambda: len(half.server.stream) >= half.server.read_at + 12,
                   "half a message")
    gone = net.connect().start().call(500, 30)
    gone.control.same(gone.control.server, pptp.cdn(30))
    talk(calls)
    pair.same(one, two)
    status = two.status()
    assert (status["cluster_role"], status["cluster_peer"],
            status["cluster_theirs"]) == ("standby", "fw1", 5)
    assert one.status()["cluster_role"] == "active"
    assert "standby (fw2), the other: fw1" in two.ctl("status").stdout
    shown = two.ctl("cluster").stdout
    assert "standby (fw2), the other: fw1" in shown and "s ago" in shown
    assert two.json("cluster")["cluster_theirs"] == 5

    entries = one.entries()
    one.stop(KILL)
    pair.store.run("HSET", "pptpalg:nodes", "fw1", "1 1 5")
    two.logged(["records of version 5"])
    pair.move(two, entries)
    talk(calls)
    half.client.send(pptp.ocrq(600)[13:])
    got = half.server.read(168)
    assert pptp.call_id(got) not in [c.mapped for c in calls]
    gone.blocked(calls[0])
    again = net.connect().start().call(500, 50)
    assert again.mapped not in [c.mapped for c in calls + [gone]]
    again.both_ways()
    assert two.status()["cluster_role"] == "active"

    # Giving back: the first one starts anew, with nothing of its own.
    one.leave_address()
    one.ns.run("conntrack", "-F")
    os.unlink(one.journal)
    one.start()
    pair.same(two, one)
    two.leave_address()
    pair.move(one, two.entries())
    talk(calls + [again])


def test_an_entry_that_is_made_anew(make):
    """conntrackd does so with entries of its kernel when it is told all; one
    that does not come back is gone."""
    pair = make()
    net, one = pair.ends, pair.nodes[0]
    call = net.connect().start().call(500, 20)
    while True:
        entries, begun = one.entries(), time.monotonic()
        one.ns.run("sh", "-c", "conntrack -D -p tcp; conntrack -R -",
                   input=entries)
        if time.monotonic() - begun < 0.4:
            break
        call = net.connect().start().call(500, 20)
    time.sleep(1)       # it is looked for again
    talk([call])
    one.ns.run("conntrack", "-D", "-p", "tcp")
    for end in call.control.client, call.control.server:
        net.loop.until(lambda: end.reset, "a reset")


def test_a_reply_that_comes_at_once(make):
    """A request passes at one, that dies, and the answer is there before the
    other one has read of the request."""
    pair = make()
    net, (one, two) = pair.ends, pair.nodes
    control = net.connect().start()
    control.call(500, 20)
    pair.same(one, two)
    for n in range(1, 4):
        two.daemon.send_signal(signal.SIGSTOP)
        # More than it reads at a time.
        for _ in range(70):
            control.same(control.client, pptp.echorq())
        seen = control.new_id(control.client, pptp.ocrq(500 + n))
        entries = one.entries()
        one.stop(KILL)
        pair.move(two, entries)
        control.server.send(pptp.ocrp(20 + n, seen))
        net.loop.turn(0.1)      # the kernel queues it
        two.daemon.send_signal(signal.SIGCONT)
        call = Call(control, {control.client: (500 + n, seen),
                              control.server: (20 + n, 20 + n)})
        got = control.client.read(32)
        assert pptp.call_id(got) == 20 + n
        call.both_ways()
        assert len(two.calls()) == n + 1
        one.leave_address()
        one.ns.run("conntrack", "-F")
        os.unlink(one.journal)
        one.start()
        pair.same(two, one)
        one, two = two, one


@pytest.mark.parametrize("node", [Node] + [VrfNode] * has_vrf())
def test_both_have_the_address(make, node):
    """keepalived is dead on one, or their network is split: each keeps what
    passes there, and who loses the address takes the other's state.  What
    connection tracking forgets with its address is not over."""
    pair = make(node=node)
    net, (one, two) = pair.ends, pair.nodes
    call = net.connect().start().call(500, 20)
    pair.same(one, two)
    start = one.log_size()
    pair.move(two, one.entries())
    talk([call])
    one.logged(["both firewalls pass the same"], start)
    assert one.counter("claimed-twice") > 0
    assert [n.status()["cluster_role"] for n in pair.nodes] == ["active"] * 2
    more = call.control.call(501, 21)
    one.leave_address()
    one.ns.run("conntrack", "-F")
    one.until(lambda: one.status()["cluster_theirs"] == 1, "it to be left")
    pair.same(two, one)
    two.leave_address()
    pair.move(one, two.entries())
    talk([call, more])
    assert not call.control.client.reset and not call.control.server.reset


def test_both_active(make):
    """Each has a public address of its own: what passes at one is left alone
    by the other, until that has both addresses, and after it gave one back."""
    pair = make()
    one, two = pair.nodes
    ends = two.network
    two.take_address(SECOND)
    here = pair.ends.connect().start().call(500, 20)
    there = ends.connect(wire=ends.in2).start().call(500, 20)
    talk([here, there])
    pair.same(one, two)
    pair.same(two, one)
    for node in pair.nodes:
        node.until(lambda node=node: node.status()["cluster_theirs"] == 1,
                   "the other's connection")
        assert node.status()["cluster_role"] == "active"

    entries = one.entries()
    one.stop(KILL)
    pair.move(two, entries)
    talk([here])
    more = here.control.call(501, 21)
    pair.plug()
    talk([there])
    assert two.status()["cluster_theirs"] == 0
    ids = [(c["public"], c["mapped_call_id"]) for c in two.calls()]
    assert {public for public, _ in ids} == {PUBLIC, SECOND}
    assert len(set(ids)) == 3

    one.leave_address()
    one.ns.run("conntrack", "-F")
    os.unlink(one.journal)
    one.start()
    pair.same(two, one)
    entries = two.entries()
    two.leave_address()
    one.take(entries)
    talk([here, more, there])
    for node in pair.nodes:
        node.until(lambda node=node: node.status()["cluster_theirs"] == 1,
                   "the other's connection")
        assert node.counter("claimed-twice") == 0


def test_store_fails(make):
    """It dies and comes back with nothing, has no room, hangs, says what
    cannot be, is not there at the start: calls go on, and then the other one
    knows all again."""
    pair = make()
    net, (one, two) = pair.ends, pair.nodes
    calls = [net.connect().start().call(500, 20)]
    pair.store.stop()
    one.logged(["store", "calls go on"])
    calls.append(net.connect().start().call(500, 21))
    talk(calls)
    assert not one.status()["cluster_reached"]
    out = one.ctl("cluster", check=False)
    assert out.returncode == 3 and "not reached" in out.stdout
    pair.store.start()
    for node in pair.nodes:
        pair.complete(node)
    pair.same(one, two)

    start = one.log_size()
    pair.store.run("CONFIG", "SET", "maxmemory", "1")
    calls.append(net.connect().start().call(500, 22))
    one.logged(["OOM", "calls go on"], start)
    talk(calls)
    pair.store.run("CONFIG", "SET", "maxmemory", "0")
    one.logged(["takes all again"], start)
    pair.same(one, two)

    start = one.log_size()
    pair.store.process.send_signal(signal.SIGSTOP)
    calls.append(net.connect().start().call(500, 23))
    one.logged(["does not answer"], start)
    talk(calls)
    pair.store.process.send_signal(signal.SIGCONT)
    one.logged(["answers again"], start)
    pair.same(one, two)

    for field in "x", "y" * 14, "\\xff" * 40:
        pair.store.run("HSET", "pptpalg:connections", field, field * 9)
        pair.store.run("HSET", "pptpalg:calls", field, field * 3)
        pair.store.run("XADD", "pptpalg:changes:fw1", "*", "r", field * 5)
        pair.store.run("XADD", "pptpalg:changes:fw1", "*", "z", field, "r", "")
    two.stop(KILL)
    two.start()
    pair.same(one, two)
    pair.store.run("DEL", "pptpalg:changes:fw1")
    pair.store.run("SET", "pptpalg:changes:fw1", "not a stream")
    two.logged(["WRONGTYPE"])
    pair.store.run("DEL", "pptpalg:changes:fw1")
    calls.append(net.connect().start().call(500, 24))
    talk(calls)
    pair.same(one, two)

    one.stop()
    pair.store.stop()
    start = one.log_size()
    one.start()
    one.logged(["nothing taken from store"], start)
    calls.append(net.connect().start().call(500, 25))
    pair.store.start()
    pair.same(one, two)
    talk(calls)


def test_copy_of_the_store(make):
    """Verdicts wait for the other machine's copy; without one they go, too.
    Then the first machine dies, with all that runs there."""
    pair = make("wait = replica", copied=True)
    net, (one, two) = pair.ends, pair.nodes
    pair.sync()
    calls = [net.connect().start().call(500, 20)]
    pair.same(one, two)
    before = one.counter("cluster-late")
    pair.copy.stop()
    calls.append(net.connect().start().call(500, 21))
    one.until(lambda: one.counter("cluster-late") > before, "it to be late")
    talk(calls)
    pair.copy.start()
    pair.same(one, two)
    two.until(lambda: two.entries().count("ESTABLISHED") >= 2,
              "conntrackd to bring the entries")
    one.stop(KILL)
    pair.programs[0].kill()
    pair.store.stop()
    pair.copy.run("REPLICAOF", "NO", "ONE")
    pair.move(two, None)
    talk(calls)
    calls.append(net.connect().start().call(500, 22))
    talk(calls)
    two.until(lambda: two.status()["cluster_written"] > 0, "records of it")
    assert two.counter("passed-by") == 0


def by_sentinel(pair, port):
    """Both use the store there, and it has all.  When 6380 is the master, one
    that has lied about it tells the truth, too."""
    for node in pair.nodes:
        node.until(lambda node=node: node.status()["cluster_store"] ==
                   "%s:%d" % (HOME, port) and node.status()[
                       "cluster_complete"], "the store at %d" % port)
        assert port == 6380 or \
            node.status()["cluster_sentinel"] == HOME + ":26379"


def test_sentinels(make):
    """The master is where an honest one says; it dies, and its copy is made
    the master; that is made a copy, while the sentinel has not noticed."""
    pair = make(watched=True)
    net, (one, two) = pair.ends, pair.nodes
    by_sentinel(pair, 6379)
    assert one.counter("cluster-sentinel") >= len(LIES) - 2
    for words in ("is no master", "is no address", "knows no master",
                  "NOAUTH", "without an end", "does not answer"):
        one.logged([words])
    calls = [net.connect().start().call(500, 20)]
    pair.same(one, two)
    assert "%s:6379 by sentinel %s:26379, reached" % (HOME, HOME) in \
        one.ctl("cluster", check=False).stdout

    one.until(pair.sentinels.knows_copy, "the sentinel to find the copy")
    pair.store.stop()
    calls.append(net.connect().start().call(500, 21))
    by_sentinel(pair, 6380)
    pair.same(one, two)

    pair.copy.run("REPLICAOF", "127.0.0.1", "9")
    one.until(lambda: not one.status()["cluster_reached"], "it to be left")
    calls.append(net.connect().start().call(500, 22))
    pair.copy.run("REPLICAOF", "NO", "ONE")
    by_sentinel(pair, 6380)
    pair.same(one, two)
    entries = one.entries()
    one.stop(KILL)
    pair.move(two, entries)
    talk(calls)
