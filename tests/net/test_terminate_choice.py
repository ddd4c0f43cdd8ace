# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients that ask for an address of their own choice."""
import socket

import pytest

import tunnels
from caller import IPCP, Caller
from tunnels import SERVER, until

POOL = ["10.99.0.%d" % n for n in range(10, 100)]


def ask(field, address, **options):
    """A client that asks for it, and its packets pass; what it got."""
    caller = Caller(field.client_space(), SERVER, **options)
    field.callers.append(caller)
    caller.options[IPCP] = b"\x03\x06" + socket.inet_aton(address)
    caller.start().call().up().ping()
    assert caller.tunnel in [s["address"] for s in field.server.up()]
    return caller.tunnel


@pytest.mark.parametrize("rules", ["*", "", "10.99.0.0/24",
                                   "!10.99.0.51 *"])
def test_free_address(field, rules):
    field.serve("client-chooses = yes", users="ann * secret %s\n" % rules)
    assert ask(field, "10.99.0.50") == "10.99.0.50"


@pytest.mark.parametrize("rules,address", [
    ("*", "10.99.0.77"),                # bob's own
    ("*", "10.98.0.1"),                 # not of the pool
    ("*", tunnels.LOCAL), ("*", SERVER), ("*", "192.0.2.2"),
    ("10.99.0.0/26", "10.99.0.70"), ("!10.99.0.50 *", "10.99.0.50"),
    ("10.99.0.33", "10.99.0.50")])
def test_not_that_address(field, rules, address):
    """The client is told another one, and comes in."""
    field.serve("client-chooses = yes", users="bob * x 10.99.0.77\n"
                "ann * secret %s\n" % rules)
    got = ask(field, address)
    assert got in POOL and got != address


def test_somebody_has_it(field):
    field.serve("client-chooses = yes")
    assert ask(field, "10.99.0.50") == "10.99.0.50"
    assert ask(field, "10.99.0.50", user="eve") in POOL[:40]
    field.callers[0].close()
    until(lambda: len(field.server.up()) == 1, "its end", field.server)
    assert ask(field, "10.99.0.50", user="eve") == "10.99.0.50"


def test_clients_do_not_choose(field):
    field.serve()
    assert ask(field, "10.99.0.50") == POOL[0]
