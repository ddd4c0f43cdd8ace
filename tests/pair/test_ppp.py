# SPDX-License-Identifier: GPL-2.0-or-later
"""Real clients, logged in at a real server with encryption: their pings go on
when the firewall between them dies, by the same links.

Needs a kernel with PPP: tests/kernel/guest python3 -m pytest THIS FILE, with
PPTPALG_BUILD set.  It takes too long on a busy machine for make test."""
import os
import re
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in "net", "peers":
    sys.path.insert(0, os.path.join(HERE, "..", folder))
import laboratory  # noqa: E402
import peer  # noqa: E402
from endpoint import Loop  # noqa: E402
from firewall import SERVER  # noqa: E402
from host import PATIENCE  # noqa: E402
from recipe import GATEWAY, Recipe, in_step  # noqa: E402
from topology import Namespace, bridge  # noqa: E402

CLIENTS = 2
LACKING = laboratory.lacking()
pytestmark = pytest.mark.skipif(bool(LACKING), reason=LACKING)


class Hosts(laboratory.Network):
    """Around both firewalls: a server outside, clients inside."""

    def __init__(self):
        self.switch = self.fw = Namespace("switch")
        self.loop, self.hosts, self.made = Loop(), [], 0
        for name in "in", "out":
            bridge(self.switch, name)
        self.loop.patience = PATIENCE
        self.server = self.add("out", SERVER + "/24")

    def client(self, number):
        return self.add("in", "10.77.0.%d/16" % number, GATEWAY)


class Tunnel(peer.Client):
    """A client with a ping that does not end, whose pptp tells of all
    Echo-Replies."""

    def log_in(self):
        self.dial(SERVER, "--idle-wait 15 --loglevel 2")
        self.up()
        self.host.run(f"/bin/ping -n -i 0.3 {peer.SERVER} "
                      ">/run/tmp/pings 2>&1 &")
        self.link = self.what_is_up()
        return self

    def what_is_up(self):
        """The interface with its number, and who made it."""
        return (self.host.run("ip -o link show ppp0").split(":")[0],
                sorted(self.host.running("pppd")))

    def answered(self):
        """Pings, and Echo-Requests of PPTP, that were answered: how many."""
        with open(self.host.path("/run/tmp/pings"), encoding="ascii") as file:
            pings = re.findall(r"bytes from .* icmp_seq=(\d+)", file.read())
        return len(pings), self.log().count("Echo Reply received")

    def check(self):
        assert self.what_is_up() == self.link, self.host.report("a new link")
        assert self.log().count("authentication succeeded") == 1
        assert self.encrypted()


@pytest.fixture
def recipe():
    recipe = Recipe(Hosts())
    recipe.machines[0].gre = "engine = nfqueue"
    recipe.machines[1].gre = "engine = bpf  forward = auto"
    try:
        yield recipe.up()
    finally:
        recipe.close()


def go_on(recipe, tunnels):
    """They are answered from now on."""
    before = [tunnel.answered() for tunnel in tunnels]

    def more():
        return all(new[0] > old[0] + 2 and new[1] >= old[1] + 2
                   for old, new in zip(before, [
                       tunnel.answered() for tunnel in tunnels]))
    try:
        recipe.around.loop.until(more, "pings and echos")
    except AssertionError as e:
        raise AssertionError("\n".join([str(e)] + [
            tunnel.host.report(str(tunnel.answered()))
            for tunnel in tunnels])) from e
    for tunnel in tunnels:
        tunnel.check()


def test_nobody_logs_in_again(recipe):
    """One machine dies, comes back with nothing, and the other one dies."""
    one, two = recipe.machines
    server = peer.Server(recipe.around.server)
    tunnels = [Tunnel(recipe.around.client(20 + i), 500).log_in()
               for i in range(CLIENTS)]
    go_on(recipe, tunnels)
    assert len(one.calls()) == CLIENTS
    in_step(one, two)
    one.die()
    go_on(recipe, tunnels)
    assert two.has_addresses() and two.status()["cluster_role"] == "active"

    one.revive()
    assert len(two.calls()) == CLIENTS
    in_step(two, one)
    one.keepalived()
    two.die()
    go_on(recipe, tunnels)
    assert one.has_addresses() and server.sessions() == CLIENTS
    tunnels.append(Tunnel(recipe.around.client(40), 500).log_in())
    go_on(recipe, tunnels)
