# SPDX-License-Identifier: GPL-2.0-or-later
"""One network and one daemon for all tests that can share them."""
import os
import signal
import sys

import pytest

import firewall
import tunnels


def wanted(item):
    """In this section of tests/run, which has an engine; a test's own marks
    count before its file's."""
    here = {"nfqueue": "net", "bpf": firewall.FORWARD}.get(firewall.ENGINE)
    marks = [m for m in item.own_markers if m.name == "sections"] or \
        list(item.iter_markers("sections"))
    return not here or all(here in mark.args for mark in marks)


def pytest_collection_modifyitems(config, items):
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="needs root"))
    config.hook.pytest_deselected(
        items=[item for item in items if not wanted(item)])
    items[:] = filter(wanted, items)


def pytest_configure(config):
    config.addinivalue_line("markers", "sections(*names): of tests/run, "
                            "where it runs: in others the same code would")
    # An ordinary end, so that fixtures close what they opened.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


@pytest.fixture(scope="session")
def shared():
    """A masquerading firewall with a DNATed server inside, and a call that
    is used as canary: where its GRE passes, everything sent before is done."""
    with firewall.standing() as fw:
        yield fw.up()


@pytest.fixture
def fw(shared):
    with firewall.lent(shared) as fw:
        yield fw


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
