# SPDX-License-Identifier: GPL-2.0-or-later
"""What docs/pair.md promises: one of two firewalls dies, or a part of it, and
the other one goes on with every call."""
import contextlib
import os
import signal
import sys
import threading
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "net"))
import pptp  # noqa: E402
from endpoint import PATIENCE, Listener, Tcp  # noqa: E402
from firewall import SERVER  # noqa: E402
from recipe import Recipe, in_step  # noqa: E402
from session import Control  # noqa: E402


@pytest.fixture
def made():
    r = Recipe()
    try:
        yield r
    finally:
        r.close()


@pytest.fixture
def recipe(made):
    return made.up()


IMPATIENCE = 30         # seconds for a call whose firewall dies


class Load:
    """Calls: there are some, and more are set up while something fails."""

    def __init__(self, recipe):
        self.net, self.calls, self.made = recipe.around, [], 0
        self.machines = recipe.machines

    def add(self, n=1):
        for _ in range(n):
            self.made += 1
            control = self.connect()
            try:
                self.calls.append(control.start().call(
                    500 + self.made, 20 + self.made))
            except AssertionError:
                # conntrackd had not told of it yet: no call came up.
                if not control.client.reset and not control.server.reset:
                    raise
                control.end()

    def unconfirmed(self):
        """How much of the machines that run no copy of the store has had in
        time."""
        counts = []
        for machine in self.machines:
            # (Its daemon may be killed while it answers.)
            with contextlib.suppress(OSError, AssertionError):
                if machine.daemon is not None:
                    counts.append(machine.counter("cluster-late"))
        return counts

    def add_confirmed(self):
        """A call; but where the store is late, nobody has promised that it
        outlives its machine: then it ends here."""
        before, n = self.unconfirmed(), len(self.calls)
        self.add()
        if self.unconfirmed() != before:
            for call in self.calls[n:]:
                call.control.end()
            del self.calls[n:]

    def connect(self):
        """A SYN-ACK that comes when nobody knows of the SYN any more is reset
        by the kernel that has the address: no connection yet is lost."""
        while True:
            server = Listener(self.net.out, SERVER)
            client = Tcp(self.net.in1, self.net.client(self.net.in1),
                         self.net.port(), SERVER, 1723).connect()
            alive = [tcp for tcp in server.accepted if not tcp.over]
            if alive and not client.reset:
                return Control(client, alive[-1], client)

    def gre(self):
        """Of all calls, whether it arrives or not."""
        for call in self.calls:
            for end in call.control.client, call.control.server:
                call.send(end)

    def during(self, fail, over, more=True):
        """Fails while calls are set up, or without more of them, until that
        is over."""
        self.net.loop.patience = IMPATIENCE
        thread = threading.Timer(0.1, fail)
        thread.start()
        end = time.monotonic() + 2 * PATIENCE
        while thread.is_alive() or not over():
            assert time.monotonic() < end, "it is not over"
            if more:
                self.add_confirmed()
            self.gre()
            self.net.loop.turn()
        thread.join()
        self.net.loop.patience = PATIENCE
        self.add(2 if more else 0)

    def reaches(self, call, end):
        """What is lost while the addresses move is sent again."""
        def arrived():
            sent.append(call.send(end))
            self.net.loop.turn(0.1)
            return any(call.arrived(end, packet) for packet in sent)
        sent = []
        self.net.loop.until(arrived, "GRE from %s to %s" % (end.src, end.dst))

    def check(self):
        """All of them live, and nothing came that is of no call."""
        for call in self.calls:
            control = call.control
            for end in control.client, control.server:
                assert not end.reset, "a call was lost"
                self.reaches(call, end)
            control.same(control.client, pptp.echorq())
            control.same(control.server, pptp.echorp())
            control.check()
        assert len({call.mapped for call in self.calls}) == len(self.calls)
        assert not self.net.strays(self.calls)


def test_machine_dies(recipe):
    """It comes back with nothing, and then the other one dies."""
    one, two = recipe.machines
    load = Load(recipe)
    load.add(4)
    in_step(one, two)
    load.during(one.die, two.has_addresses)
    load.check()
    assert two.status()["cluster_role"] == "active"

    one.revive()
    in_step(two, one)
    one.keepalived()
    load.during(two.die, one.has_addresses)
    load.check()


def test_one_part_after_another(recipe):
    """The same calls live through all of it."""
    one, two = recipe.machines
    load = Load(recipe)
    load.add(2)
    in_step(one, two)

    # A cable: both sides move together.
    load.during(lambda: one.ns.ip("link set eth0 down"), two.has_addresses)
    load.check()
    one.ns.ip("link set eth0 up", "route replace default via 203.0.113.254")
    in_step(two, one)

    # The daemon: keepalived's script notices.
    load.during(lambda: two.stop(signal.SIGKILL), one.has_addresses)
    load.check()
    two.start()
    in_step(one, two)

    # The store: calls go on, and all is there again once it is.
    load.during(lambda: one.kill("redis"),
                lambda: not one.status()["cluster_reached"])
    load.check()
    assert one.has_addresses() and not two.has_addresses()
    one.redis()
    in_step(one, two)

    # keepalived: its addresses stay, the other one takes them, too, until the
    # first one is ended.  A call that is set up meanwhile may ask by the one,
    # and be answered by the other, and neither of them knows it.
    load.during(lambda: one.kill("keepalived"), two.has_addresses, more=False)
    assert one.has_addresses()
    one.ns.ip("addr del 203.0.113.1/24 dev eth0",
              "addr del 10.77.0.1/16 dev eth1")
    load.check()
    load.add(2)
    one.keepalived()
    in_step(two, one)

    # conntrackd: what it has told stays in the kernels, what it has missed it
    # tells when it is back, and is asked to.
    load.during(lambda: two.kill("conntrackd"),
                lambda: "conntrackd" not in two.programs)
    load.check()
    two.conntrackd()
    two.tell_all()
    in_step(two, one)
    load.during(two.die, one.has_addresses)
    load.check()


def test_a_store_that_forgets(recipe):
    """It has started anew, with nothing: nobody takes that for the end of
    all."""
    one, two = recipe.machines
    load = Load(recipe)
    load.add(2)
    in_step(one, two)
    two.kill("redis")
    two.redis()
    in_step(one, two)

    # Its own daemon notices by its next sign of life; until it has written all
    # again, the other one does not learn of new calls.
    one.store("FLUSHALL")
    load.add(1)
    one.until(lambda: one.store("HLEN", "pptpalg:calls") ==
              str(len(load.calls)), "the store to have all again")
    in_step(one, two)
    load.during(one.die, two.has_addresses)

    # Now nobody else knows of them; they have said nothing yet.
    load.gre()
    two.kill("redis")
    two.redis()
    two.until(lambda: two.status()["cluster_complete"], "the store to be back")
    assert len(two.calls()) == len(load.calls)
    load.check()


def cleared(call):
    """The server says so; the connection goes on."""
    call.control.same(call.control.server,
                      pptp.cdn(call.own(call.control.server)))


@pytest.mark.parametrize("away", ["daemon", "store", "refusal"])
def test_a_call_that_ends_meanwhile(made, away):
    """It is over at the other one, too, though nobody could tell, and its ID
    has been in quarantine."""
    for machine in made.machines:
        machine.limits = "quarantine = 2"
    one, two = made.up().machines
    load = Load(made)
    load.add(2)
    over = load.calls[0].control.call(900, 90)
    in_step(one, two)
    if away == "daemon":
        two.stop()
    elif away == "refusal":
        one.store("CONFIG", "SET", "min-replicas-to-write", "2")
    else:
        one.kill("redis")
        one.until(lambda: not one.status()["cluster_reached"], "its end")
    cleared(over)
    made.around.loop.turn(0.1)
    time.sleep(3)
    if away == "daemon":
        two.start()
    elif away == "refusal":
        one.store("CONFIG", "SET", "min-replicas-to-write", "0")
    else:
        one.redis()
    in_step(one, two)
    two.until(lambda: len(two.calls()) == 2, "the call to be over")
    load.during(one.die, two.has_addresses, more=False)
    load.check()
    assert not any(over.slips(load.calls[1], end)
                   for end in (over.control.client, over.control.server))


def test_a_copy_that_hears_nothing(recipe):
    """It does not say that it is in step."""
    one, two = recipe.machines
    load = Load(recipe)
    load.add(1)
    in_step(one, two)

    def is_in_step():
        return two.ctl("cluster", check=False).returncode == 0
    two.until(is_in_step, "to be in step")
    one.ns.ip("link set eth2 down")
    two.until(lambda: not is_in_step(), "to be out of step")
    assert one.status()["cluster_role"] == "active"
    one.ns.ip("link set eth2 up")
    two.until(is_in_step, "to be in step again")
    load.check()


def test_stores_by_tls(made):
    """stunnel between them, which dies and comes back, too."""
    one, two = made.machines
    one.tls = two.tls = True
    made.up()
    load = Load(made)
    load.add(2)
    in_step(one, two)
    assert "master_port:6380" in two.store("INFO", "replication")
    load.during(lambda: one.kill("stunnel"), lambda: "master_link_status:up"
                not in two.store("INFO", "replication"))
    load.check()
    one.stunnel()
    in_step(one, two)
    load.during(one.die, two.has_addresses)
    load.check()
