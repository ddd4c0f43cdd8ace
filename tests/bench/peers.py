# SPDX-License-Identifier: GPL-2.0-or-later
"""Five real clients and a real server (pptp-linux, pptpd, pppd with MPPE-128,
in user-mode-linux), all with one call ID, behind one firewall: how much they
carry, and what gets lost.

Throughput is that of TCP from all clients at once; loss and round-trip time
are those of large pings from all at once.  The guests need far more time for
a packet than the firewall does: they set the pace, and the spread.
"""
import contextlib
import json
import os
import re
import statistics
import sys

from lab import HELPER, TOP, Failed
from measure import NAMES, patiently, ratios, row, tell, values

sys.path.insert(1, os.path.join(TOP, "tests", "net"))
import firewall  # noqa: E402
import uml  # noqa: E402
from laboratory import NAT, missing  # noqa: E402
from peer import SERVER, Client, Server  # noqa: E402

ENGINES = "helper", "bpf_auto", "nfqueue"
OURS = {"bpf_auto": "engine = bpf  forward = auto",
        "nfqueue": "engine = nfqueue"}
CALL_ID = 500
PORT = 5001
PINGS = 150                     # of each client
PING = "ping -n -q -i 0.02 -W 2 -c %d -s 1300 %s" % (PINGS, SERVER)


@contextlib.contextmanager
def engine(network, name):
    """Its rules and, if it is ours, the daemon."""
    if name == "helper":
        admin = firewall.Rules(network.fw, "legacy")
        admin.run("nat", *NAT)
        admin.run("raw", HELPER.replace("-t raw ", ""))
        yield
    else:
        fw = firewall.Firewall(network, nat=NAT)
        try:
            yield fw.up("gre { %s }" % OURS[name])
        finally:
            fw.ctl("shutdown", "--purge", check=False)
            fw.rules("--remove", check=False)
            fw.close()
    for table in "nat", "raw":
        network.fw.run("iptables-legacy", "-t", table, "-F")
    network.fw.run("conntrack", "-F", check=False)


def transfer(server, clients, seconds):
    """Mbit/s of all clients' TCP together."""
    for port, client in enumerate(clients, PORT):
        server.receive(port)
        client.host.start("iperf3 -J -c %s -p %d -t %s" % (
            SERVER, port, seconds), seconds + 30)
    rate = 0
    for client in clients:
        status, output = client.host.finish()
        if status != 0:
            raise Failed("iperf3 ended with %s: %s" % (status, output[-300:]))
        end = json.loads(output)["end"]
        rate += end["sum_received"]["bits_per_second"] / 1e6
    return rate


def ping(clients):
    """Lost pings in percent, and the mean round trip in ms."""
    for client in clients:
        client.host.start(PING)
    lost, times = [], []
    for client in clients:
        _, output = client.host.finish()
        found = re.search(r"([\d.]+)% packet loss", output)
        round_trip = re.search(r"= [\d.]+/([\d.]+)/", output)
        if not found or not round_trip:
            raise Failed("ping: %s" % output[-300:])
        lost.append(float(found[1]))
        times.append(float(round_trip[1]))
    return statistics.mean(lost), statistics.mean(times)


def session(network, name, seconds):
    """Throughput, loss and round-trip time; a guest may have a bad day."""
    try:
        with engine(network, name):
            server, clients = log_in(network)
            loss, rtt = ping(clients)
            rate = transfer(server, clients, seconds)
            network.quiet()
    except AssertionError as e:
        for guest in network.guests:
            guest.revive()
        raise Failed("%s: %s" % (name, e))
    except Failed:
        network.quiet()
        raise
    return {"rate": rate, "loss": loss, "rtt": rtt}


def log_in(network):
    server = Server(network.guests[0])
    clients = [Client(guest, CALL_ID) for guest in network.guests[1:]]
    for client in clients:
        client.dial(network.guests[0].address)
    for client in clients:
        client.up()
    return server, clients


def boot(part, number):
    """A network with so many guests; None where there can be none."""
    lacking = missing(uml.PROGRAMS)
    if lacking:
        tell("%s: no guests: %s" % (part, lacking))
        return None
    # Real-time guests would keep each other from their clocks.
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    tell("%s: %d guests boot" % (part, number))
    return uml.Network(number)


def rows(args):
    network = boot("real peers", 1 + args.peers)
    if network is None:
        return
    try:
        network.plug_out(network.guests[0], 10)
        for number, guest in enumerate(network.guests[1:]):
            network.plug_in(guest, 20 + number)
        results = {name: [] for name in ENGINES}
        for number in range(args.peer_rounds):
            for name in ENGINES:
                tell("real peers: round %d of %d, %s" % (
                    number + 1, args.peer_rounds, name))
                results[name].append(patiently(session, network, name,
                                               args.peer_seconds))
    finally:
        network.close()
    yield from result_rows(results)


def result_rows(results):
    for name in ENGINES:
        yield row("%s, TCP" % NAMES[name], values(results, name, "rate"),
                  "Mbit/s", engine=name, name="rate")
        yield row("%s, pings lost" % NAMES[name],
                  values(results, name, "loss"), "%", engine=name,
                  name="loss")
        yield row("%s, round trip" % NAMES[name],
                  values(results, name, "rtt"), "ms", engine=name, name="rtt")
    for name in OURS:
        yield row("TCP, %s / helper" % NAMES[name],
                  ratios(results, name, "helper", "rate"))
