# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels between pptpalgd and real peers: through pptpalgd as a firewall, by
the firewall itself at the same time, and over a bad path."""
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "net"))
import box  # noqa: E402
import lab  # noqa: E402
import tunnels  # noqa: E402
from terminator import (DIAL, SERVER, USERS, fw, log_in,  # noqa: E402,F401
                        network, outside, ping, ping_from, until)
from topology import Namespace, cable  # noqa: E402

pytestmark = pytest.mark.skipif(bool(lab.lacking()), reason=lab.lacking())

ENGINES = pytest.mark.parametrize("engine", [
    "engine = nfqueue", "engine = bpf  forward = stack",
    "engine = bpf  forward = direct"], ids=["queue", "stack", "direct"])
# Nothing comes twice: pptp 1.10 takes no more frames after some of that.
BAD = {"lost": 0.03, "late": 0.03}
LOCAL = "10.98.0.1"             # of the firewall, for its own clients


@pytest.fixture
def host(network):
    """Makes hosts of ours, inside or outside."""
    made = []

    def make(bridge, address, gateway=None):
        ns = Namespace("host%d" % len(made))
        device = "host%d" % len(made)
        cable(network.fw, device, ns, "eth0")
        network.fw.run("ip", "link", "set", device, "master", bridge)
        ns.run("ip", "addr", "add", address, "dev", "eth0")
        if gateway:
            ns.run("ip", "route", "add", "default", "via", gateway)
        made.append(tunnels.Daemon(ns))
        return made[-1]
    yield make
    for daemon in made:
        daemon.close()
        daemon.ns.close()


@pytest.fixture
def inside(network, outside):
    """The first guest stays outside, the second comes in."""
    network.plug_in(network.guests[1], 21)
    return network.guests[1]


def dial(daemon, server):
    password = daemon.file("password", "secret\n")
    daemon.start(DIAL % (server, "test", password, ""))
    until(lambda: len(daemon.up()) == 1, "the tunnel", daemon)


def use(network, engine):
    """Rules get hold of what comes by a bridge before programs do."""
    network.fw.set("net/bridge/bridge-nf-call-iptables",
                   int("nfqueue" in engine), must=False)
    return "gre { %s }\n" % engine


@ENGINES
def test_everything_at_once(fw, network, outside, inside, host, engine):
    """One server outside, and to it: a real client and one of ours through
    the firewall, and the firewall itself; it also is a client of the
    firewall's server."""
    fw.stop()
    server = lab.Server(outside[0])
    users = fw.secret_file("chap-secrets", USERS)
    password = fw.secret_file("password", "secret\n")
    fw.configure(use(network, engine) + "log { level = debug }\n" +
                 DIAL % (server.guest.address, "test", password, "") +
                 (SERVER % (lab.PUBLIC, LOCAL, users, "")).replace(
                     "10.99.0.", "10.98.0."))
    fw.rules("--apply")
    fw.start()
    ours = host("in0", "10.77.0.40/24", lab.GATEWAY)
    dial(ours, server.guest.address)
    client = log_in(inside, server.guest.address)
    back = lab.Client(outside[0], 0)
    back.dial(lab.PUBLIC)
    back.up()
    until(lambda: len(fw.up()) == 2, "the firewall's tunnels", fw)
    assert len(fw.calls()) == 2
    ping(client)
    ping_from(ours.ns, lab.SERVER, ours)
    ping_from(fw.ns, lab.SERVER, fw)
    outside[0].run(f"ping -n -q -c 5 -i 0.1 -W 2 {LOCAL}")
    if "bpf" in engine:
        assert fw.counter("bpf_local") > 20
        assert fw.json("status")["queue_gre_packets"] < fw.counter(
            "bpf_local")
    fw.ask(command="dial-down", name="hq")
    ours.stop()
    until(lambda: len(fw.calls()) == 1, "the end of one call", fw)
    ping(client)
    outside[0].run(f"ping -n -q -c 5 -i 0.1 -W 2 {LOCAL}")


def test_real_client_through_the_alg(fw, network, inside, host):
    """To our server outside."""
    fw.stop()
    fw.configure(use(network, "engine = nfqueue"))
    fw.rules("--apply")
    fw.start()
    server = host("out0", "203.0.113.40/24")
    users = server.file("users", USERS)
    server.start(SERVER % ("203.0.113.40", lab.SERVER, users, ""))
    client = log_in(inside, "203.0.113.40")
    ping(client)
    session, = server.up()
    assert session["source"] == lab.PUBLIC
    assert fw.calls()[0]["mapped_call_id"] == session["peer_call_id"]
    client.hang_up()
    until(lambda: not server.sessions() and not fw.calls(), "the end", server)


@pytest.fixture
def bad_path(network, outside):
    """Between the first guest and the others."""
    guest = outside[0]
    network.fw.run("ip", "link", "add", "bad0", "type", "bridge",
                   "stp_state", "0", "mcast_snooping", "0")
    network.fw.run("ip", "link", "set", "bad0", "up")
    middle = box.Box(network.fw, "bad1", network.fw, "bad2")
    for device, bridge in ("bad1", "bad0"), ("bad2", "out0"), (
            guest.tap, "bad0"):
        network.fw.run("ip", "link", "set", device, "master", bridge)
    # One namespace: what is outside must not meet the rules on its way.
    network.fw.set("net/bridge/bridge-nf-call-iptables", 0, must=False)
    yield middle
    network.fw.run("ip", "link", "set", guest.tap, "nomaster")
    middle.close()
    network.fw.run("ip", "link", "del", "bad0")


def test_real_client_on_a_bad_path(fw, outside, bad_path):
    fw.serve()
    client = log_in(outside[0])
    bad_path.be(**BAD)
    for words in (), ("-R",):
        receiver = fw.ns.popen("iperf3", "-s", "-1", "-p", "5201", stdout=-3)
        outside[0].run(f"iperf3 -c {lab.SERVER} -p 5201 -n 128K "
                       "--connect-timeout 9000 " + " ".join(words), 60)
        receiver.wait(20)
    frames, bad = bad_path.be()
    assert bad > frames / 50
    ping(client)
    assert fw.counter("drop-undecoded") == 0
    client.hang_up()


def test_real_server_on_a_bad_path(fw, outside, bad_path):
    server = lab.Server(outside[0])
    bad_path.be(**BAD)
    fw.dial(server.guest.address)
    until(lambda: len(fw.up()) == 1, "the tunnel", fw, 40)
    for port, words in (5001, ()), (5002, ("-R",)):
        server.receive(port)
        fw.ns.run("iperf3", "-c", lab.SERVER, "-p", str(port), "-n", "128K",
                  "--connect-timeout", "9000", *words, timeout=60)
    bad_path.be()
    ping_from(fw.ns, lab.SERVER, fw)
    assert fw.counter("drop-undecoded") == 0
    fw.stop()
