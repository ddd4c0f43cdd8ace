# SPDX-License-Identifier: GPL-2.0-or-later
"""One daemon that ends tunnels and passes others on, at the same time.

    inside 10.77.2.2 -- in1 [fw] out0 203.0.113.1 -- 203.0.113.20 outside
"""
import signal

import pytest

import firewall
import tunnels
from caller import Caller
from packet import Gre, Ip
from tunnels import MEGABYTES, ping, transfer, until

OUTSIDE = "203.0.113.20"
SECOND = "203.0.113.2"          # one more public address of the firewall
SECTION = """terminate %s {
    listen = {%s}
    local-address = "10.%d.0.1"
    remote-addresses = {"10.%d.0.10-10.%d.0.200"}
    secrets = {"%s"}
    login-delay = 50
    %s
}
"""
DIAL = """dial hq%d {
    server = "%s"
    user = "ann"
    password-file = "%s"
    reconnect-delay = 1
    %s
}
"""
ENGINES = ["nfqueue stack", "bpf stack", "bpf direct"]


class Crossing:
    """Daemons in the firewall, inside and outside."""

    def __init__(self, fw, engine):
        name, forward = engine.split()
        self.fw = fw
        self.inside, _, self.outside = fw.network.spaces[1:]
        self.gre = "gre { engine = %s  forward = %s }\n" % (name, forward)
        self.daemons = []
        self.files = self.daemon(fw.ns)

    def daemon(self, ns):
        d = tunnels.Daemon(ns)
        d.file("users", "ann * secret *\n")
        d.file("password", "secret\n")
        self.daemons.append(d)
        return d

    def section(self, d, network, *addresses, more=""):
        return SECTION % ("at%d" % network, ", ".join(
            '"%s"' % a for a in addresses), network, network, network,
            d.path("users"), more)

    def dials(self, d, *servers, more=""):
        return "".join(DIAL % (i, server, d.path("password"), more)
                       for i, server in enumerate(servers))

    def start(self, more="", network=91):
        """The firewall's own sections serve and dial."""
        self.fw.up(self.gre + self.section(
            self.files, network, firewall.PUBLIC, "10.77.255.1") + more)

    def peer(self, ns, network, address, *servers, more=""):
        d = self.daemon(ns)
        return d.start((self.section(d, network, address, more=more)
                        if address else "") +
                       self.dials(d, *servers, more=more))

    def sessions(self):
        return [s for s in self.fw.json("sessions") if s["state"] == "up"]

    def close(self):
        for d in reversed(self.daemons):
            d.close()


# What the daemon reads itself comes by the queue, or as any mode of BPF has it.
QUEUE_OR_BPF = pytest.mark.parametrize(
    "crossing", [ENGINES[0], ENGINES[-1]], indirect=True)


@pytest.fixture(params=ENGINES)
def crossing(own, request):
    crossing = Crossing(own(), request.param)
    yield crossing
    crossing.close()


def all_up(d, number):
    until(lambda: len(d.up()) == number, "%d tunnels" % number, d)


def clients(d):
    return [s for s in d.up() if s["role"] == "client"]


def through(ns, session, *more):
    """Pings the other end, by this tunnel and no other way."""
    return ping(ns, session["address"], "-I", session["interface"], *more)


def test_both_at_once(crossing):
    """The same two hosts: inside calls outside through the firewall several
    times, outside logs in at the firewall, the firewall at outside, inside at
    the firewall."""
    c, fw = crossing, crossing.fw
    c.start(c.dials(c.files, OUTSIDE))
    outside = c.peer(c.outside, 92, OUTSIDE, firewall.PUBLIC, firewall.PUBLIC)
    inside = c.peer(c.inside, 93, None, OUTSIDE, OUTSIDE, "10.77.255.1")
    all_up(inside, 3)
    all_up(outside, 5)
    until(lambda: len(c.sessions()) == 4, "tunnels of the firewall",
          c.files)
    calls, sessions = fw.calls(), c.sessions()
    assert [call["state"] for call in calls] == ["up", "up"]
    ids = [call["mapped_call_id"] for call in calls] + \
        [s["call_id"] for s in sessions if s["source"] == OUTSIDE]
    assert len(set(ids)) == len(ids) == 5
    for end, d in (c.inside, inside), (c.outside, outside):
        for s in clients(d):
            assert through(end, s, "-s", "1300") == 3
    for s in sessions:
        if s["role"] == "client":
            assert through(fw.ns, s) == 3
    inside.stop()
    until(lambda: not fw.calls(), "the end of calls", c.files)
    for s in clients(outside):
        assert through(c.outside, s) == 3
    until(lambda: len(c.sessions()) == 3, "the end of inside's", c.files)


def test_transfer(crossing):
    """Of the engines, BPF hands GRE on without the queue; both directions
    carry some megabytes, while calls pass."""
    c, fw = crossing, crossing.fw
    c.start()
    outside = c.peer(c.outside, 92, OUTSIDE, firewall.PUBLIC)
    inside = c.peer(c.inside, 93, None, OUTSIDE)
    all_up(inside, 1)
    client, = until(lambda: clients(outside), "a tunnel", outside)
    before = fw.json("status")["queue_gre_packets"]
    transfer(c.outside, fw.ns, client["address"])
    transfer(fw.ns, c.outside, client["local"])
    transfer(c.inside, c.outside, "10.92.0.1")
    queued = fw.json("status")["queue_gre_packets"] - before
    if fw.json("status")["engine"] == "bpf":
        assert queued < 50
        assert fw.counter("bpf_out") > 500 * MEGABYTES
    else:
        assert queued > 500 * MEGABYTES


@QUEUE_OR_BPF
def test_same_call_ids(crossing):
    """Clients inside and outside that all use one call ID for one peer."""
    c, fw = crossing, crossing.fw
    c.start(network=99)
    outside = c.peer(c.outside, 99, OUTSIDE)
    transit = [Caller(c.inside, OUTSIDE).start().call(500)]
    local = [Caller(c.outside, firewall.PUBLIC).start().call(500),
             Caller(c.inside, "10.77.255.1").start().call(500)]
    for caller in transit + local:
        caller.up()
    call, = fw.calls()
    until(lambda: len(c.sessions()) == 2, "two tunnels", c.files)
    ends = {s["call_id"] for s in c.sessions()}
    assert call["mapped_call_id"] not in ends and len(ends) == 2
    for number, caller in enumerate(transit + local, 1):
        assert caller.ping(number=number)
    for caller in transit + local:
        caller.close()
    until(lambda: not c.sessions(), "the end", c.files)
    assert outside.process.poll() is None


@QUEUE_OR_BPF
def test_what_others_lack(crossing):
    """56 bits with MPPC, stateful encryption, several calls on a connection:
    through the firewall, which reads along who that is."""
    c, fw = crossing, crossing.fw
    c.start()
    server = c.peer(c.outside, 99, OUTSIDE, more="key-lengths = {128, 56}\n"
                    "stateful = yes\nmppc = yes")
    client = c.peer(c.inside, 93, None, OUTSIDE,
                    more="key-lengths = {56}\nmppc = yes")
    all_up(client, 1)
    session, = client.up()
    assert (session["encryption"], session["compression"]) == ("mppe-56",
                                                               "mppc")
    first = Caller(c.inside, OUTSIDE, stateful=True).start().call(500).up()
    second = first.another(501).up()
    all_up(server, 3)
    assert [s["stateful"] for s in server.up()].count(True) == 1
    assert len(fw.calls()) == 3
    ends = {(s["address"], s["local"]): (s["user"], s["method"],
                                         s["encryption"])
            for s in server.up()}
    until(lambda: {(r["tunnel_inside"], r["tunnel_outside"]): (
        r["user"], r["method"], r["encryption"]) for r in fw.calls()} == ends,
        "what the server says", c.files)
    assert {(r["method"], r["encryption"], r["client_side"], r["calls"])
            for r in fw.json("audit")} == {
        ("mschap-v2", "mppe-56", "inside", 1),
        ("mschap-v2", "mppe-128", "inside", 2)}
    row, = [r for r in server.ask("audit")
            if r["encryption"] == "mppe-56"]
    assert (row["client_side"], row["user"]) == ("here", "ann")
    assert through(c.inside, session, "-s", "1300") == 3
    for number, caller in enumerate((first, second), 1):
        assert caller.ping(number=number)
    second.clear()
    until(lambda: len(fw.calls()) == 2, "the end of one call", c.files)
    assert first.ping(number=3)
    for caller in first, second:
        caller.close()


@QUEUE_OR_BPF
def test_stranger_of_the_same_daemon(crossing):
    """GRE to the public address with the call ID of a tunnel that ends here,
    or of a call that passes, from somebody else."""
    c, fw = crossing, crossing.fw
    c.start()
    outside = c.peer(c.outside, 92, OUTSIDE, firewall.PUBLIC)
    inside = c.peer(c.inside, 93, None, OUTSIDE)
    all_up(inside, 1)
    all_up(outside, 2)
    until(c.sessions, "the tunnel at the firewall", c.files)
    wire = fw.network.out
    ids = [c.sessions()[0]["call_id"], fw.calls()[0]["mapped_call_id"]]
    before = fw.counter("gre-unknown-call")
    for call_id in ids:
        for sequence in range(20):
            wire.send(Ip(firewall.STRANGER, firewall.PUBLIC, 47, bytes(Gre(
                call_id, b"\xff\x03\xc0\x21\x05\x01\x00\x04", sequence))))
    until(lambda: fw.counter("gre-unknown-call") == before + 40, "drops",
          c.files)
    assert through(c.outside, clients(outside)[0]) == 3
    assert through(c.inside, clients(inside)[0]) == 3


@QUEUE_OR_BPF
def test_daemon_is_killed(crossing):
    """Calls that pass survive it; tunnels that end here come again."""
    c, fw = crossing, crossing.fw
    c.start()
    outside = c.peer(c.outside, 92, OUTSIDE, firewall.PUBLIC)
    inside = c.peer(c.inside, 93, None, OUTSIDE)
    all_up(inside, 1)
    all_up(outside, 2)
    fw.stop(signal.SIGKILL)
    fw.start()
    assert through(c.inside, clients(inside)[0]) == 3
    until(lambda: clients(outside) and c.sessions(), "the tunnel again",
          outside, 20)
    assert through(c.outside, clients(outside)[0]) == 3
    assert len(fw.calls()) == 1 and len(c.sessions()) == 1


def test_second_public_address(own):
    """Clients reach it at an address that masquerading does not use, through
    rules that let only answers in."""
    c = Crossing(own(nat=("-A POSTROUTING -o out0 -j MASQUERADE",), filter=(
        "-P INPUT DROP", "-A INPUT -m conntrack --ctstate "
        "ESTABLISHED,RELATED -j ACCEPT", "-A INPUT -i pptp+ -j ACCEPT",
        "-A INPUT -i out0 -p tcp --dport 1723 -j ACCEPT",
        "-A INPUT -i out0 -p 47 -j ACCEPT")), "auto stack")
    try:
        c.fw.ns.run("ip", "addr", "add", SECOND + "/32", "dev", "out0")
        c.fw.up(c.gre + c.section(c.files, 91, SECOND))
        outside = c.peer(c.outside, 92, None, SECOND)
        all_up(outside, 1)
        assert through(c.outside, outside.up()[0]) == 3
    finally:
        c.close()
