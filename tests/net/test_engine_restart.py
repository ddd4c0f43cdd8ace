# SPDX-License-Identifier: GPL-2.0-or-later
"""The BPF engine over the end of a daemon and the start of the next: calls
that stay have no gap, others leave nothing."""
import os
import select
import signal

import pytest

import pptp
from firewall import read_line
from test_engine import (EACH_FORWARD, by_queue, colliding, dead, engine,
                         passed, programs, queued)

KILL, TERM = signal.SIGKILL, signal.SIGTERM
# The maps and what is done with them are the same for auto and stack.
SOME = pytest.mark.parametrize("forward", ["auto", "direct"])


def start(fw, *calls):
    """Starts the daemon while GRE of these calls passes; how many times."""
    rounds = 0
    fw.daemon = fw.launch()
    while not select.select([fw.daemon.stdout], [], [], 0)[0]:
        for call in calls:
            call.both_ways()
        rounds += 1
    assert read_line(fw.daemon.stdout) == "ready\n", fw.log_text()
    for call in calls:
        call.both_ways()
    return rounds + 1


def counted(fw, call):
    """Packets in and out, which were sent in pairs."""
    row = fw.call(call)
    assert row["packets_in"] == row["packets_out"]
    assert row["bytes_in"] >= row["packets_in"] * 40
    return row["packets_in"]


@pytest.mark.parametrize("forward,how", [
    ("auto", KILL), ("auto", TERM), ("stack", KILL), ("direct", TERM)])
def test_calls_stay_without_a_gap(own, forward, how):
    fw = own().up(engine(forward))
    calls = [colliding(fw.network) for _ in range(2)]
    before, rounds = queued(fw), 0
    for _ in range(2):
        fw.stop(how)
        for call in calls:
            call.both_ways()
        began = fw.network.clock()
        rounds += 1 + start(fw, *calls)
        # Not one by the queue of the new daemon either.
        assert queued(fw) == 0
        assert [counted(fw, call) for call in calls] == [rounds, rounds]
        assert fw.call(calls[0])["last_seen"] > began - 2
    gone, stays = calls
    fw.ctl("clear", str(fw.call(gone)["call"]))
    fw.network.loop.until(lambda: fw.call(gone) is None, "its end")
    stays.both_ways()
    fw.stop(how)
    assert dead(gone), "its entries are still there"
    stays.both_ways()


@pytest.mark.parametrize("forward,how", [
    ("auto", KILL), ("stack", TERM), ("direct", KILL)])
def test_calls_of_nobody(own, forward, how):
    """Without a journal the next daemon does not know them."""
    fw = own().up(engine(forward) + 'journal = ""')
    call = colliding(fw.network)
    call.both_ways()
    fw.stop(how)
    for _ in range(3):
        call.both_ways()
    fw.start()
    fw.logged(["former daemon forgotten"])
    assert dead(call)
    colliding(fw.network).both_ways()
    assert sum(passed(fw)) >= 10, "counters go on"


@SOME
def test_a_call_that_ended_meanwhile(own, forward):
    fw = own().up(engine(forward))
    gone, stays = (colliding(fw.network) for _ in range(2))
    fw.stop(signal.SIGKILL)
    fw.ns.run("conntrack", "-D", "-p", "tcp", "--orig-src",
              gone.control.client.src)
    start(fw, stays)
    assert dead(gone)
    fw.stop(signal.SIGKILL)
    assert dead(gone)
    stays.both_ways()


@SOME
def test_another_id_after_a_restart(own, forward):
    """The entry of the former ID, put there by the former daemon, goes."""
    fw = own().up(engine(forward))
    control = fw.network.connect().start()
    first = control.call(7, 3)
    first.both_ways()
    fw.stop(signal.SIGKILL)
    fw.start()
    call = control.call(7, 4)
    call.both_ways()
    assert counted(fw, call) == 2
    first.send(control.client, b"the former ID")
    call.both_ways()
    assert not fw.network.out.take(lambda ip: b"former" in ip.payload)


@SOME
def test_maps_of_another_size(own, forward):
    """Made anew and filled, while the programs still have the former ones."""
    fw = own().up(engine(forward))
    call = colliding(fw.network)
    for _ in range(5):
        call.both_ways()
    fw.stop()
    fw.configure(engine(forward), connections=200000)
    rounds = start(fw, call)
    fw.logged(["maps made anew"])
    before = fw.call(call)
    call.both_ways()
    after = fw.call(call)
    for way in "packets_in", "packets_out":
        assert 6 <= before[way] <= 5 + rounds
        assert after[way] == before[way] + 1
    assert queued(fw) == 0


@pytest.mark.parametrize("before, after", [
    (("stack",), ("direct",)), (("direct",), ("stack",)),
    (("stack",), ("stack", "nfqueue")), (("stack", "nfqueue"), ("direct",))])
def test_another_engine(own, before, after):
    """Calls and their counts stay, and nothing of the former engine does."""
    fw = own().up(engine(*before))
    call = colliding(fw.network)
    for _ in range(5):
        call.both_ways()
    fw.stop()
    fw.configure(engine(*after))
    call.control.client.send(pptp.echorq())
    if "nfqueue" not in before:
        start(fw, call)
    else:
        fw.start()
        call.both_ways()
    call.control.server.read(16)
    row = fw.call(call)
    assert row["packets_in"] >= 5 and row["packets_out"] >= 5
    status = fw.json("status")
    if "nfqueue" in after:
        assert status["engine"] == "nfqueue"
        assert programs(fw) == [] and not fw.pinned()
    else:
        assert status["forward"] == after[0]
        assert len(programs(fw)) == (4 if after[0] == "stack" else 3)
    # The kernel takes its time to let go of a program.
    fw.network.loop.until(lambda: by_queue(fw, call) == (
        2 if "nfqueue" in after else 0), "the new engine")
    colliding(fw.network).both_ways()
    last = fw.call(call)
    assert last["packets_in"] > row["packets_in"]
    assert last["packets_out"] > row["packets_out"]


@EACH_FORWARD
def test_shutdown(own, forward):
    fw = own().up(engine(forward))
    call = colliding(fw.network)
    fw.ctl("shutdown")
    assert fw.stop(None) == 0
    call.both_ways()
    assert fw.pinned()
    start(fw, call)
    fw.ctl("shutdown", "--purge")
    assert fw.stop(None) == 0
    assert not fw.pinned()
    # The kernel takes its time to let go of a program.
    fw.network.loop.until(lambda: dead(call), "the end of its GRE")
    assert dead(call) and programs(fw) == []


def test_an_interface_that_is_no_longer_ours(own):
    """Its programs go, though another daemon has put them there."""
    fw = own().up(engine())
    assert len(programs(fw)) == 4
    fw.stop()
    fw.configure(engine() + 'inside = {"in2"}')
    fw.start()
    assert len(programs(fw)) == 3
    colliding(fw.network, fw.network.in2).both_ways()
