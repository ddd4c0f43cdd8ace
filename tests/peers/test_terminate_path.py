# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels between pptpalgd and real peers: through pptpalgd as a firewall, by
the firewall itself at the same time, and over a bad path."""
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "net"))
import box  # noqa: E402
import laboratory  # noqa: E402
import peer  # noqa: E402
import tunnels  # noqa: E402
from host import PATIENCE  # noqa: E402
from peer import Client, Server, ping  # noqa: E402
from terminator import (DIAL, SERVER, USERS, fw, log_in,  # noqa: E402,F401
                        network, outside, ping_from, until, until_up)
from topology import Namespace, bridge, cable  # noqa: E402

LACKING = laboratory.lacking()
pytestmark = pytest.mark.skipif(bool(LACKING), reason=LACKING)

OURS = "203.0.113.40"           # server
HOSTS = ("ours", "out0", OURS), ("client", "in0", "10.77.0.40")
ENGINES = pytest.mark.parametrize("engine", [
    "engine = nfqueue", "engine = bpf  forward = auto",
    "engine = bpf  forward = direct"], ids=lambda words: words.split()[-1])
# Nothing comes both twice and late: pptp 1.10 keeps what is early, takes all
# that follows for what it has kept, once it has seen one of that again, and
# never gives any of it to pppd.
BAD = {"5-lost": {"lost": 0.05}, "5-late": {"late": 0.05},
       "5-doubled": {"doubled": 0.05}}


@pytest.fixture(scope="module")
def hosts(network):
    """One outside, one inside."""
    made = []
    for device, wire, address in HOSTS:
        made.append(Namespace(device))
        cable(network.fw, device, made[-1], "eth0")
        network.fw.ip(f"link set {device} master {wire}")
        made[-1].ip(f"addr add {address}/24 dev eth0")
    made[1].ip(f"route add default via {laboratory.GATEWAY}")
    yield made
    for host in made:
        host.close()


@pytest.fixture
def daemons(hosts):
    """Of ours on these hosts."""
    made = [tunnels.Daemon(host) for host in hosts]
    yield made
    for daemon in made:
        daemon.close()


@ENGINES
def test_everything_at_once(fw, network, outside, daemons, engine):
    """Through the firewall go a real client to a server of ours, and a client
    of ours to a real server; the firewall itself is a client of that server,
    and has a real client on the same host."""
    there, = outside(1)
    here = network.inside(21)
    fw.stop()
    theirs = Server(there, network=1)
    own = SERVER % (1, laboratory.PUBLIC, 1, 1,
                    fw.secret_file("users", USERS), "")
    fw.configure("gre { %s }\n" % engine + own.replace("10.99.0.", "10.98.0.")
                 + fw.section(1, theirs.host.address))
    fw.rules("--apply")
    fw.start()
    ours, client = daemons
    ours.start(SERVER % (1, OURS, 1, 1, ours.file("users", USERS), ""))
    client.start(DIAL % (1, theirs.host.address, "test",
                         client.file("password", "secret\n"), ""))
    through, back = Client(here), Client(there)
    log_in([through, back], [OURS, laboratory.PUBLIC])
    until(client.up, "our client's tunnel", fw)
    until_up(fw, 2)
    check_calls(fw, ours)
    queued = fw.json("status")["queue_gre_packets"]
    ping(through)
    ping_from(client.ns, fw, theirs.address)
    ping_from(fw.ns, fw, theirs.address)
    ping(back, to="10.98.0.1")
    if "bpf" in engine:
        assert fw.json("status")["queue_gre_packets"] - queued < 5
    through.start_to_hang_up()
    client.stop()
    until(lambda: not fw.calls() and not ours.sessions(), "the end of calls",
          fw)
    ping_from(fw.ns, fw, theirs.address)
    ping(back, to="10.98.0.1")


def check_calls(fw, ours):
    """Both pass, and the IDs of all that come in differ."""
    calls, (session,) = fw.calls(), ours.up()
    assert [call["state"] for call in calls] == ["up", "up"]
    assert session["source"] == laboratory.PUBLIC
    assert session["peer_call_id"] in {c["mapped_call_id"] for c in calls}
    ids = [c["mapped_call_id"] for c in calls if c["outside"] != OURS]
    ids += [s["call_id"] for s in fw.up()]
    assert len(set(ids)) == len(ids) == 3


@pytest.fixture
def bad_path(network, outside):
    """Between two hosts outside, and the firewall: the hosts."""
    bridge(network.fw, "bad0")
    middle = box.Box(network.fw, "bad1", network.fw, "bad2")
    # Else it answers for the firewall's addresses, which others have.
    network.fw.ip("link set bad0 arp off", "link set bad1 master bad0",
                  "link set bad2 master out0")
    for host in outside(2):
        host.plug("bad0")
    yield middle
    middle.close()
    network.fw.ip("link del bad0")


@pytest.mark.parametrize("how", BAD)
def test_bad_path(fw, network, bad_path, how):
    """A real client of ours, and a real server: TCP both ways gets to its
    end; afterwards no ping is lost, and both tunnels are still the same."""
    there, here = network.hosts
    server, client = Server(there, network=1), Client(here)
    users = fw.secret_file("users", USERS)
    fw.stop()
    fw.configure(SERVER % (1, laboratory.PUBLIC, 1, 1, users, "") +
                 fw.section(1, there.address))
    fw.start()
    log_in([client])
    before = {s["session"] for s in until_up(fw, 2)}
    bad_path.be(**BAD[how])
    for port, way in (5001, ""), (5002, "-R"):
        transfer(fw, server, client, port, way)
    frames, bad = bad_path.be()
    assert bad > frames / 200
    ping(client)
    ping_from(fw.ns, fw, server.address)
    assert {s["session"] for s in fw.up()} == before
    assert fw.counter("drop-undecoded") == 0


def transfer(fw, server, client, port, way):
    """In both tunnels at once."""
    patience = ["--connect-timeout", "90000"]
    receiver = fw.ns.popen("iperf3", "-s", "-1", "-p", str(port), stdout=-3)
    until(lambda: f":{port}" in fw.ns.run("ss", "-Hltn").stdout,
          "iperf3 to listen", fw)
    server.receive(port)
    sender = fw.ns.popen("iperf3", "-c", server.address, "-p", str(port),
                         "-n", "64K", *way.split(), *patience, stdout=-3)
    client.host.run(" ".join(["iperf3", "-c", peer.SERVER, "-p", str(port),
                               "-n", "64K", way, *patience]))
    assert (sender.wait(PATIENCE), receiver.wait(PATIENCE)) == (0, 0)
