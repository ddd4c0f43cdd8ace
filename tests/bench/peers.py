# SPDX-License-Identifier: GPL-2.0-or-later
"""Five real clients and a real server (pptp-linux, pptpd, pppd with MPPE-128,
in user-mode-linux), all with one call ID, behind one firewall: how much they
carry, and what gets lost.

Throughput is that of TCP from all clients at once, loss that of UDP at a rate
that these guests can take.  The guests need far more time for a packet than
the firewall: with no engine in the way it would be about the same.
"""
import contextlib
import importlib.util
import json
import os
import sys

from lab import HELPER, TOP, Failed
from measure import NAMES, ratios, row, tell, values

PEERS = os.path.join(TOP, "tests", "peers")
sys.path.insert(1, PEERS)
import firewall  # noqa: E402

spec = importlib.util.spec_from_file_location(
    "peers_lab", os.path.join(PEERS, "lab.py"))
guests = importlib.util.module_from_spec(spec)
spec.loader.exec_module(guests)

ENGINES = "helper", "bpf_stack", "bpf_direct", "nfqueue"
OURS = {"bpf_stack": "engine = bpf  forward = stack",
        "bpf_direct": "engine = bpf  forward = direct",
        "nfqueue": "engine = nfqueue"}
CALL_ID = 500
PORT = 5001
UDP_RATE = "1M"                 # bits a second, of each client
DATAGRAM = 1000                 # bytes


@contextlib.contextmanager
def engine(network, name):
    """Its rules and, if it is ours, the daemon."""
    if name == "helper":
        admin = firewall.Rules(network.fw, "legacy")
        admin.run("nat", *guests.NAT)
        admin.run("raw", HELPER.replace("-t raw ", ""))
        yield
    else:
        fw = firewall.Firewall(network, nat=guests.NAT)
        try:
            yield fw.up("gre { %s }" % OURS[name])
        finally:
            fw.rules("--remove", check=False)
            fw.close()
    for table in "nat", "raw":
        network.fw.run("iptables-legacy", "-t", table, "-F")
    network.fw.run("conntrack", "-F", check=False)


def transfer(server, clients, seconds, *options):
    """What each client's iperf3 says at its end."""
    for port, client in enumerate(clients, PORT):
        server.receive(port)
        client.guest.start("iperf3 -J -c %s -p %d -t %s %s" % (
            guests.SERVER, port, seconds, " ".join(options)), seconds + 30)
    ends = []
    for client in clients:
        status, output = client.guest.finish()
        if status != 0:
            raise Failed("iperf3: %s" % output[-300:])
        ends.append(json.loads(output)["end"])
    return ends


def session(network, name, seconds):
    """Throughput in Mbit/s, and loss in percent."""
    with engine(network, name):
        server = guests.Server(network.guests[0])
        clients = [guests.Client(guest, CALL_ID)
                   for guest in network.guests[1:]]
        for client in clients:
            client.dial(network.guests[0].address)
        for client in clients:
            client.up()
        tcp = transfer(server, clients, seconds)
        udp = transfer(server, clients, seconds, "-u", "-b", UDP_RATE, "-l",
                       str(DATAGRAM))
        network.quiet()
    lost, sent = (sum(end["sum"][key] for end in udp)
                  for key in ("lost_packets", "packets"))
    return {"rate": sum(end["sum_received"]["bits_per_second"]
                        for end in tcp) / 1e6, "loss": 100 * lost / sent}


def rows(args):
    if guests.lacking():
        tell("no real peers: " + guests.lacking())
        return
    # Real-time guests would keep each other from their clocks.
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    tell("real peers: %d guests boot" % (1 + args.peers))
    network = guests.Network(1 + args.peers)
    try:
        network.plug_out(network.guests[0], 10)
        for number, guest in enumerate(network.guests[1:]):
            network.plug_in(guest, 20 + number)
        results = {name: [] for name in ENGINES}
        for number in range(args.peer_rounds):
            for name in ENGINES:
                tell("real peers: round %d of %d, %s" % (
                    number + 1, args.peer_rounds, name))
                results[name].append(session(network, name,
                                             args.peer_seconds))
    finally:
        network.close()
    yield from result_rows(results)


def result_rows(results):
    for name in ENGINES:
        yield row("%s, TCP" % NAMES[name], values(results, name, "rate"),
                  "Mbit/s", engine=name, name="rate")
        yield row("%s, UDP lost" % NAMES[name], values(results, name, "loss"),
                  "%", engine=name, name="loss")
    for name in OURS:
        yield row("TCP, %s / helper" % NAMES[name],
                  ratios(results, name, "helper", "rate"))
