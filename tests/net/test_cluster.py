# SPDX-License-Identifier: GPL-2.0-or-later
"""Two firewalls, one store: what passes at one of them, the other one knows,
and goes on with when the addresses move, without a command."""
import signal

import pytest

import pptp
from pair import Pair, Store

KILL = signal.SIGKILL


@pytest.fixture
def pair():
    made = Pair()
    yield made
    made.close()


def test_takeover_and_back(pair):
    """The next packet of any call is translated, the next segment of any
    control connection goes on to the byte, half a message too."""
    net, (one, two) = pair.ends, pair.nodes
    calls = [net.connect().start().call(500, 20 + n) for n in range(3)]
    half = net.connect().start()
    half.client.send(pptp.ocrq(600)[:13])
    net.loop.until(lambda: len(half.server.stream) >= half.server.read_at + 12,
                   "half a message")
    gone = net.connect().start().call(500, 30)
    gone.control.same(gone.control.server, pptp.cdn(30))
    for call in calls:
        call.both_ways()
    pair.same(one, two)
    status = two.status()
    assert (status["cluster_role"], status["cluster_peer"],
            status["cluster_theirs"]) == ("standby", "fw1", 5)
    assert one.status()["cluster_role"] == "active"
    assert "standby (fw2), the other: fw1" in two.ctl("status").stdout

    entries = one.entries()
    one.stop(KILL)
    pair.move(one, two, entries)
    for call in calls:
        call.both_ways()
        call.control.same(call.control.client, pptp.echorq())
        call.control.same(call.control.server, pptp.echorp())
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
    import os
    os.unlink(one.journal)
    one.start()
    pair.same(two, one)
    two.leave_address()
    pair.move(two, one, two.entries())
    for call in calls + [again]:
        call.both_ways()
        call.control.same(call.control.client, pptp.echorq())
        call.control.check()
