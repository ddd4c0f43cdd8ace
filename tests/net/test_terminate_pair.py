# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels that end at one of two firewalls: when its address moves, clients
log in again at the other one, with the address that they had."""
import signal

import pytest

from pair import Store
from topology import cable, has_vrf
from tunnels import SERVER, Field, ping, until

OTHER = "192.0.2.201"
# Nothing but a reset tells these clients that their server is another one.
SILENT = "lcp-echo-interval = 0"


class PairField(Field):
    """Both share a store; the second one has an address of its own, too."""

    def __init__(self, vrf=False):
        super().__init__()
        self.more = 'bind-device = "vrf0"' if vrf else ""
        self.store = Store(self.space, 6379)
        self.second = self.bare_space()
        cable(self.space, "fw2", self.second, "eth0")
        self.space.ip("link set fw2 master br0")
        self.second.ip("addr add %s/24 dev eth0" % OTHER)
        self.second.set("net/ipv4/ip_forward", 1)
        self.two = self.daemon(self.second)
        for ns, device in (self.space, "br0"), (self.second, "eth0"):
            if vrf:
                ns.ip("link add vrf0 type vrf table 77", "link set vrf0 up",
                      "link set %s master vrf0" % device)

    def serve_both(self):
        until(lambda: self.store.run("PING") == "PONG", "it", self.server)
        for name, d in ("fw1", self.server), ("fw2", self.two):
            d.file("users", self.USERS)
            d.start("""cluster { store = "unix:%s"  node = "%s" }
            terminate office {
                listen = {"%s", "%s"}
                local-address = "10.99.0.1"
                remote-addresses = {"10.99.0.10-10.99.0.99"}
                secrets = {"%s"}
                user-limit = 0
                source-limit = 0
                %s
            }""" % (self.store.socket, name, SERVER, OTHER, d.path("users"),
                    self.more))

    def move(self):
        """The first one dies, and cannot say so."""
        self.space.ip("addr del %s/24 dev br0" % SERVER)
        self.server.stop(signal.SIGKILL)
        self.second.ip("addr add %s/24 dev eth0" % SERVER)
        for ns in self.spaces:
            ns.run("ip", "neigh", "flush", "all")

    def close(self):
        try:
            super().close()
        finally:
            self.store.close()


@pytest.fixture(params=["plain"] + ["vrf"] * has_vrf())
def both(request):
    f = PairField(request.param == "vrf")
    yield f
    f.close()


def test_takeover(both):
    both.serve_both()
    ann = both.connect(SILENT)
    bob = both.connect(SILENT, user="bob", password="geheim")
    status = lambda: both.two.ask("cluster")[0]
    until(lambda: status()["cluster_sessions"] == 2, "both", both.two)
    assert status()["cluster_role"] == "standby"

    # What the first one has lent is not free here.
    both.server, first = both.two, both.server
    eve = both.connect(user="eve", server=OTHER)
    assert eve.address == "10.99.0.11"
    assert both.two.ask("cluster")[0]["cluster_role"] == "active"

    both.server, was = first, (ann.address, bob.address)
    both.move()
    until(lambda: len(both.two.up()) == 3, "their clients", both.two)
    both.two.logged("2 sessions of the other firewall are over")
    for client, address in zip((ann, bob), was):
        client.logged("dial hq0", "reset")
        until(client.up, "its tunnel", client)
        assert client.up()[0]["local"] == address
        assert ping(client.ns, "10.99.0.1") == 3
    until(lambda: status()["cluster_sessions"] == 0, "none", both.two)
    assert ping(eve.ns, "10.99.0.1") == 3
