# SPDX-License-Identifier: GPL-2.0-or-later
"""Our server beside pptpd and pppd: the same user-mode-linux guest, the same
kernel, the same clients.

The server guest ends the tunnels and forwards what is in them to a machine
behind it.  Its CPU time is that of all its processes on the host: kernel and
server.  "Real" clients are guests with pptp-linux and pppd, which never keep a
server busy; "fast" is one tunnel of pptpalgd's own client on the host, which
does.  Up is from the clients to the server.

A system call in a guest costs some 40 µs here, a hundred times as much as on
the host, since the host's kernel runs it by ptrace; and so does a packet that
comes alone, by its interrupt.  What such a packet costs when nobody reads it
is the floor: no server can be below.
"""
import contextlib
import json
import os
import subprocess
import time

import ending
from lab import BUILD, Failed
from measure import row, tell, values
from peers import boot
from topology import Namespace, cable
import peer
from peer import Client, Peer

PORT = 5001
FAR = "203.0.113.99"            # the machine behind the server
SERVERS = {"pptpalgd": "ours", "pptpd": "pptpd and pppd"}
MODES = {"128": "MPPE-128", "none": "no encryption"}
WAYS = {"up": "", "down": " -R"}
CASES = ("128", "real"), ("128", "fast"), ("none", "real")
GOAL = 10
CONF = """user = ""
control-socket = "/run/tmp/sock"
journal = ""
log { level = warning }
limits { connections = 1000 }
terminate bench {
	listen = {"0.0.0.0"}
	local-address = "%s"
	remote-addresses = {"10.99.0.10-10.99.0.99"}
	secrets = {"/etc/ppp/chap-secrets"}
	total-limit = 100
	user-limit = 0
	source-limit = 0
	mtu = %d
	mru = %d
	%s
}
"""
DIAL = """user = ""
control-socket = "%s"
journal = ""
log { level = warning }
dial bench {
	server = "%s"
	user = "test"
	password-file = "%s"
	mtu = %d
	mru = %d
	routes = {"%s/32"}
	%s
}
"""
# Sends packets one by one, as real clients do; how many.
BLAST = """import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end = time.monotonic() + %s
n = 0
while time.monotonic() < end:
    s.sendto(bytes(1400), ("%s", 9))
    n += 1
    time.sleep(0.0001)
print(n)
"""
DEVICE = """test -e /dev/net/tun || {
	modprobe -d /run/modules tun
	mkdir -p /dev/net
	test -e /dev/net/tun || mknod /dev/net/tun c 10 200
}
# Little memory: tables that are reserved, not used, must not count.
echo 1 >/proc/sys/vm/overcommit_memory
"""


def link(mode):
    return ending.PLAIN if mode == "none" else ""


class Ours(Peer):
    """pptpalgd in a guest."""

    def __init__(self, guest, mode):
        super().__init__(guest)
        guest.write("/run/tmp/conf", CONF % (
            peer.SERVER, peer.MTU, peer.MTU, link(mode)))
        guest.run(DEVICE)
        guest.run("%s/pptpalgd -f /run/tmp/conf -d </dev/null "
                  ">/dev/null 2>&1 & %s" % (
                      BUILD, peer.until_listening(1723)))


class Theirs(Peer):
    """pptpd and pppd in a guest, without a line of log for each packet."""

    def __init__(self, guest, mode):
        super().__init__(guest)
        guest.write("/etc/ppp/pptpd.conf", peer.PPTPD)
        guest.write("/etc/ppp/options.pptpd", peer.options(
            "mschap-v2", mode, True).replace("debug\n", ""))
        guest.run("pptpd --fg --conf /etc/ppp/pptpd.conf </dev/null "
                  ">/dev/null 2>&1 & " + peer.until_listening(1723))


def family(pid):
    pids = [pid]
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/children" % (pid, task)) as f:
            for child in f.read().split():
                pids += family(int(child))
    return pids


def spent(guest):
    """CPU seconds of a guest's processes, all their threads."""
    total = 0
    for pid in family(guest.process.pid):
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/schedstat" % (pid, task)) as f:
                total += int(f.read().split()[0])
    return total / 1e9


@contextlib.contextmanager
def behind(network):
    """The machine behind the server, which forwards."""
    server = network.guests[0]
    server.run("echo 1 >/proc/sys/net/ipv4/ip_forward")
    far = Namespace("far")
    cable(network.fw, "far", far, "eth0")
    network.fw.run("ip", "link", "set", "far", "master", "out0")
    far.run("ip", "addr", "add", FAR + "/24", "dev", "eth0")
    far.run("ip", "route", "add", "10.99.0.0/24", "via", server.address)
    try:
        yield far
    finally:
        network.fw.run("ip", "link", "del", "far")
        far.close()


@contextlib.contextmanager
def receiving(far, ports):
    """Takes, or sends, one client's TCP at each port."""
    ends = [far.popen("iperf3", "-s", "-1", "-p", str(port),
                      stdout=subprocess.DEVNULL) for port in ports]
    try:
        for port in ports:
            while ":%d" % port not in far.run("ss", "-Hltn").stdout:
                time.sleep(0.02)
        yield
    finally:
        for end in ends:
            end.kill()
            end.wait()


def floor(network, args):
    """CPU seconds of a guest for 1400 bytes that come alone and unread."""
    server, client = network.guests[:2]
    server.run("python3 -c \'import socket, time; s = socket.socket("
               "type=socket.SOCK_DGRAM); s.bind((\"\", 9)); "
               "time.sleep(%d)\' </dev/null >/dev/null 2>&1 &" % (
                   args.pptpd_seconds + 3))
    client.write("/run/blast", BLAST % (args.pptpd_seconds, server.address))
    before = spent(server)
    packets = int(client.run("python3 /run/blast"))
    return (spent(server) - before) / packets


def result(server, before, ends):
    """All tunnels' Mbit/s, and that of a CPU second."""
    cpu = spent(server) - before
    if not all("sum_received" in end for end in ends):
        raise Failed("iperf3 was not answered")
    bits = sum(end["sum_received"]["bytes"] for end in ends) * 8 / 1e6
    return {"rate": sum(end["sum_received"]["bits_per_second"]
                        for end in ends) / 1e6, "each": bits / cpu}


def command(port, way, seconds):
    return "iperf3 -J -c %s -p %d -t %s%s" % (FAR, port, seconds, WAYS[way])


def finish(client):
    """What iperf3 says at the end."""
    status, output = client.host.finish()
    if status != 0:
        raise Failed("iperf3: %s" % output[-300:])
    return json.loads(output)["end"]


def real(network, far, mode, args):
    """{way: numbers} with pptp-linux and pppd."""
    server, results = network.guests[0], {}
    clients = [Client(guest, 500, mppe=mode)
               for guest in network.guests[1:]]
    for client in clients:
        client.dial(server.address)
    for client in clients:
        client.up()
        client.host.run("ip route replace %s dev ppp0" % FAR)
    ports = range(PORT, PORT + len(clients))
    for way in WAYS:
        with receiving(far, ports):
            before = spent(server)
            for client, port in zip(clients, ports):
                client.host.start(command(port, way, args.pptpd_seconds),
                                   args.pptpd_seconds + 30)
            results[way] = result(server, before,
                                  [finish(client) for client in clients])
    network.quiet()
    return results


@contextlib.contextmanager
def dialled(network, mode):
    """pptpalgd on the host, as a client."""
    lab = ending.Files()
    password = lab.file("password", "secret\n")
    conf = lab.file("dial", DIAL % (
        lab.path("sock"), network.guests[0].address, password, peer.MTU,
        peer.MTU, FAR, link(mode)))
    daemon = network.fw.popen(ending.DAEMON, "-f", conf, "-d",
                              stdout=lab.log())
    try:
        end = time.monotonic() + 20
        while network.fw.run("ping", "-c", "1", "-W", "1", peer.SERVER,
                             check=False).returncode != 0:
            if time.monotonic() > end:
                raise Failed("no tunnel from the host")
            time.sleep(0.1)
        yield
    finally:
        daemon.terminate()
        daemon.wait()
        lab.close()


def fast(network, far, mode, args):
    """{way: numbers} with our own client."""
    server, results = network.guests[0], {}
    with dialled(network, mode):
        for way in WAYS:
            with receiving(far, [PORT]):
                before = spent(server)
                done = network.fw.run(*command(
                    PORT, way, args.pptpd_seconds).split(), check=False)
                results[way] = result(server, before,
                                      [json.loads(done.stdout)["end"]])
    return results


def one(network, far, name, mode, clients, args):
    server = network.guests[0]
    try:
        (Ours if name == "pptpalgd" else Theirs)(server, mode)
        return {"real": real, "fast": fast}[clients](network, far, mode, args)
    finally:
        network.quiet()
        server.run("pkill -KILL -x pptpalgd; while pgrep -x "
                   "'pptpalgd|pppd' >/dev/null; do sleep 0.05; done")


def patiently(network, far, key, args):
    for _ in range(2):
        try:
            return one(network, far, *key, args)
        except (Failed, AssertionError) as e:
            tell(str(e)[:200])
    return one(network, far, *key, args)


def measure(network, args):
    """Results by server, mode and clients; and the floors."""
    results, floors = {}, []
    for number, guest in enumerate(network.guests):
        network.plug_out(guest, 10 + number)
    with behind(network) as far:
        for number in range(args.pptpd_rounds):
            floors.append(floor(network, args))
            for mode, clients in CASES:
                for name in SERVERS:
                    tell("pptpd: round %d of %d, %s, %s, %s" % (
                        number + 1, args.pptpd_rounds, MODES[mode],
                        clients, name))
                    key = name, mode, clients
                    results.setdefault(key, []).append(
                        patiently(network, far, key, args))
    return results, floors


def rows(args):
    network = boot("pptpd", 1 + args.pptpd_clients)
    if network is None:
        return
    try:
        results, floors = measure(network, args)
    finally:
        network.close()
    yield row("1400 bytes that come alone and that nobody reads: at most",
              [1400 * 8 / 1e6 / seconds for seconds in floors],
              "Mbit per CPU s", name="floor")
    for mode, clients in CASES:
        for way in WAYS:
            yield from result_rows(results, mode, clients, way)


def result_rows(results, mode, clients, way):
    what = "%s, %s clients, %s: " % (MODES[mode], clients, way)
    taken = {}
    for name, words in SERVERS.items():
        taken[name] = [r[way] for r in results[name, mode, clients]]
        yield row(what + words, values(taken, name, "rate"), "Mbit/s",
                  server=name, mode=mode, clients=clients, way=way,
                  name="rate")
        yield row(what + words + ", of CPU", values(taken, name, "each"),
                  "Mbit per CPU s", server=name, mode=mode, clients=clients,
                  way=way, name="each")
    yield row(what + "Mbit per CPU s, ours / pptpd and pppd",
              [a / b for a, b in zip(values(taken, "pptpalgd", "each"),
                                     values(taken, "pptpd", "each"))],
              target=GOAL if mode == "128" else None, better=max)
