# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels through a cable that loses, doubles and reorders frames."""
import pytest

import box
import tunnels
from caller import Caller
from packet import Gre
from topology import PATIENCE
from tunnels import LOCAL, SERVER, ping, transfer, until

HOW = {"1-lost": dict(lost=0.01), "5-lost": dict(lost=0.05),
       "5-late": dict(doubled=0.05, late=0.05),
       "5-of-all": dict(lost=0.05, doubled=0.05, late=0.05)}


class Field(tunnels.Field):
    """With one client's host behind a box."""

    def __init__(self):
        super().__init__()
        self.far = self.bare_space()
        self.box = box.Box(self.far, "eth0", self.space, "far")
        self.space.run("ip", "link", "set", "far", "master", "br0")
        self.far.run("ip", "addr", "add", self.far.address + "/24", "dev",
                     "eth0")

    def close(self):
        super().close()
        self.box.close()


@pytest.fixture
def field():
    field = Field()
    yield field
    field.close()


def both_ways(field, client):
    transfer(field.far, field.space, LOCAL)
    transfer(field.space, field.far, client.address)


@pytest.mark.parametrize("how", HOW)
def test_transfer(field, how):
    """TCP in the tunnel gets to its end; afterwards all is as it was."""
    server = field.serve()
    client = field.connect(ns=field.far)
    field.box.be(**HOW[how])
    both_ways(field, client)
    frames, bad = field.box.be()
    assert bad > frames / 200
    assert ping(field.far, LOCAL, count=10) == 10
    assert ping(field.space, client.address, count=10) == 10
    for end in server, client:
        assert end.counter("drop-undecoded") == 0
        assert end.counter("logins") == 1


def test_login(field):
    """Every step of it takes some tries, none is forgotten."""
    field.box.be(lost=0.1, doubled=0.1, late=0.1)
    # The last segment of a client may be lost, too.
    server = field.serve("restart-time = 1\ncontrol-echo-interval = 4\n"
                         "control-echo-timeout = 10")
    for seed in range(2):
        client = field.connect("restart-time = 1", ns=field.far)
        field.box.be(lost=0.1, doubled=0.1, late=0.1, seed=seed)
        client.stop()
        until(lambda: not server.sessions(), "the end", server)


@pytest.mark.parametrize("confirms", [False, True])
def test_silence(field, confirms):
    """When a frame was lost, some peers keep what came after it until more
    comes: one that acknowledges nothing gets something, less and less."""
    field.serve()
    assert any(silence(field, confirms) for _ in range(4))


def silence(field, confirms):
    """One caller's; true: acknowledgements came as they should."""
    caller = Caller(field.far, SERVER).start().call().up()
    if confirms:
        caller.raw(bytes(Gre(caller.peer_id, b"", ack=caller.heard)))
    caller.acks.clear()
    caller.until(lambda: not confirms and len(caller.acks) > 2, "silence",
                 4.5 if confirms else PATIENCE, must=False)
    acks = caller.acks
    caller.close()
    return len(acks) <= 1 if confirms else less_and_less(acks)


def less_and_less(acks):
    """Not so, now and then, if the machine had no time for us."""
    gaps = [b - a for a, b in zip(acks, acks[1:])]
    return len(gaps) == 2 and gaps[0] < gaps[1]


def echo(caller, count, ahead, quiet=2):
    """Sends so many pings, as fast as they come back, or so many ahead of
    the answers; how many come back before it is quiet for so many seconds."""
    caller.frames.clear()
    for number in range(count):
        caller.encrypted(caller.echo(number))
        while number - newest(caller) > ahead and caller.turn(0.002):
            pass
    while len(caller.frames) < count and caller.turn(quiet):
        pass
    return len(caller.frames)


def newest(caller):
    """The number of the last ping that has come back."""
    return int.from_bytes(caller.frames[-1][1][26:28], "big") \
        if caller.frames else 0


@pytest.mark.parametrize("stateful", [False, True])
@pytest.mark.parametrize("how,count", [("1-lost", 1000), ("5-of-all", 4500)])
def test_pings(field, stateful, how, count):
    """With a client that has one packet in a frame and counts them; once more
    than 4096, so that counts begin again."""
    server = field.serve("stateful = yes")
    caller = Caller(field.far, SERVER, stateful=stateful).start().call().up()
    assert server.up()[0]["stateful"] is stateful
    field.box.be(**HOW[how])
    # What is on its way when a frame is lost is lost as well, if stateful.
    ahead = 3 if stateful else 60
    came = echo(caller, count, ahead)
    field.box.be()
    assert came > count * (0.1 if stateful else 0.8)
    # Each side may have to notice that it has missed the last frame.
    assert any([echo(caller, 1, 1) for _ in range(4)][2:])
    assert echo(caller, 100, ahead, PATIENCE) == 100
    assert len(server.up()) == 1
    if not stateful:
        assert server.counter("drop-undecoded") == 0
    caller.close()
