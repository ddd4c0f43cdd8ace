# SPDX-License-Identifier: GPL-2.0-or-later
"""One network and one daemon for all tests that can share them."""
import os
import signal
import sys

import pytest

import firewall
import tunnels


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="needs root"))


def pytest_configure(config):
    # An ordinary end, so that fixtures close what they opened.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


@pytest.fixture(scope="session")
def shared():
    """A masquerading firewall with a DNATed server inside, and a call that
    is used as canary: where its GRE passes, everything sent before is done."""
    network = firewall.Network()
    fw = firewall.Firewall(network).up()
    yield fw
    try:
        fw.close()
    finally:
        network.close()


@pytest.fixture
def fw(shared):
    """The shared daemon; it must outlive the test."""
    shared.network.loop.forget()
    yield shared
    ends = list(shared.network.loop.tcps)
    broken = [b for w in shared.network.loop.wires.values() for b in w.broken]
    for tcp in ends:
        tcp.abort()
    shared.network.loop.forget()
    assert shared.daemon.poll() is None, "pptpalgd died:\n" + \
        shared.log_text()[-4000:]
    assert not broken, "packets with wrong checksums: %s" % broken
    conflicts = [c for tcp in ends for c in tcp.conflicts]
    assert not conflicts, "bytes came in two versions: %s" % conflicts


@pytest.fixture
def net(fw):
    return fw.network


@pytest.fixture
def canary(net):
    """A call that lives beside the one under test."""
    return net.connect().start().call(4242, 2424)


@pytest.fixture
def own():
    """Makes firewalls of a test's own, and takes them down again."""
    made = []

    def make(**options):
        made.append(firewall.Firewall(firewall.Network(), **options))
        return made[-1]
    yield make
    for fw in made:
        try:
            fw.close()
        finally:
            fw.network.close()


@pytest.fixture
def field():
    """A host for tunnels that end there; callers: clients made by hand."""
    field = tunnels.Field()
    field.callers = []
    yield field
    for caller in field.callers:
        caller.close()
    field.close()
