# SPDX-License-Identifier: GPL-2.0-or-later
"""Two firewalls before the same ends, and the store between them.

Each has a network of its own, whose cables are alike.  The ends hold the
cables of one of them; to move the addresses is to plug them into the other's,
and to give it the public address and the entries of connection tracking, as
keepalived and conntrackd would."""
import os
import shutil
import signal
import subprocess
import tempfile

from firewall import PUBLIC, TOP, Firewall, Network
from topology import Namespace, cable

SECOND = "203.0.113.2"          # of clients behind in2
SNAT = tuple("-A POSTROUTING -o out0 -s %s -p tcp -j SNAT --to-source %s" % way
             for way in (("10.77.0.0/16", PUBLIC), ("10.78.0.0/16", SECOND)))
LEGS = "in1", "in2", "out"
PLUG = "sock", "head"


def redis_server(folder):
    """Debian's redis-tools have the server, by another name and without a
    service: here it goes by its own name."""
    program = os.path.join(folder, "redis-server")
    if not os.path.lexists(program):
        os.symlink(shutil.which("redis-check-rdb"), program)
    return program


class Store:
    """A redis-server behind a Unix socket; a second one copies the first."""

    def __init__(self, ns, port, *options):
        self.folder = tempfile.mkdtemp(prefix="pptpalg-store-")
        # For the daemon's user, which connects.
        os.chmod(self.folder, 0o755)
        self.ns, self.port, self.options = ns, port, options
        self.socket = os.path.join(self.folder, "redis.sock")
        self.start()

    def start(self):
        program = redis_server(self.folder)
        self.process = self.ns.popen(
            program, "--port", str(self.port), "--bind", "127.0.0.1",
            "--unixsocket", self.socket, "--unixsocketperm", "777",
            "--save", "", "--dir", self.folder,
            "--daemonize", "no", "--repl-diskless-sync-delay", "0",
            *self.options, stdout=subprocess.DEVNULL)

    def run(self, *words):
        return subprocess.run(["redis-cli", "-s", self.socket, *words],
                              capture_output=True, text=True).stdout.strip()

    def stop(self, how=signal.SIGKILL):
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(how)
            self.process.wait()
        self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


SHIPPED = os.path.join(TOP, "conf/dist/pair/conntrackd.conf")


class Node(Firewall):
    """One of the two."""

    def __init__(self, name, store):
        super().__init__(Network(), nat=SNAT)
        self.name, self.store = name, store
        self.hop = self.network.out.head[6:12].hex(":")
        self.ns.set("net/netfilter/nf_conntrack_tcp_be_liberal", 1)

    def text(self, more=""):
        return 'cluster { store = "unix:%s"  node = "%s"  %s }' % (
            self.store.socket, self.name, more)

    def take_address(self, address=PUBLIC):
        self.ns.ip("addr add %s/24 dev out0 noprefixroute" % address,
                   "neigh replace 169.254.0.4 lladdr %s dev out0 nud "
                   "permanent" % self.hop,
                   "route replace default via 169.254.0.4 dev out0 onlink")

    def take(self, entries):
        """As keepalived and, where there are entries, conntrackd do it."""
        self.take_address()
        if entries:
            self.ns.run("conntrack", "-R", "-", input=entries)

    def leave_address(self):
        self.ns.ip("addr del %s/24 dev out0" % PUBLIC)

    def conntrackd(self, own, other):
        """The real one, by the file that is shipped."""
        self.ns.ip("addr add %s/24 dev eth2" % own)
        with open(SHIPPED) as f:
            text = f.read()
        for path in "/var/run/conntrackd", "/var/lock/conntrack":
            text = text.replace(path, self.folder + "/conntrackd")
        if own.endswith("2"):
            text = text.replace(other, "OTHER").replace(own, other).replace(
                "OTHER", own)
        name = os.path.join(self.folder, "conntrackd.conf")
        with open(name, "w") as f:
            f.write(text)
        program = self.ns.popen("conntrackd", "-C", name,
                                stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        self.until(lambda: os.path.exists(self.folder + "/conntrackd.ctl"),
                   "conntrackd")
        return program

    def entries(self):
        return self.ns.run("conntrack", "-L", "-p", "tcp", "-o", "save").stdout

    def status(self):
        return self.json("status")

    def until(self, condition, what):
        return self.network.loop.until(condition, what)


class Pair:
    """The ends are with the first one."""

    def __init__(self, copied=False):
        """With one store for both, or with a copy of it for the second."""
        self.home = Namespace("store")
        self.store = Store(self.home, 6379)
        self.copy = Store(self.home, 6380, "--replicaof", "127.0.0.1",
                          "6379") if copied else self.store
        self.nodes = [Node("fw1", self.store), Node("fw2", self.copy)]
        self.ends = self.nodes[0].network
        self.programs = []

    def start(self, more=""):
        self.nodes[1].leave_address()
        for node in self.nodes:
            node.until(lambda node=node: node.store.run("PING") == "PONG",
                       "the store")
            node.up(node.text(more))
            self.complete(node)
        return self

    def sync(self):
        """Entries of connection tracking go to the other one by themselves."""
        one, two = self.nodes
        cable(one.ns, "eth2", two.ns, "eth2")
        first, second = "192.168.255.1", "192.168.255.2"
        self.programs = [one.conntrackd(first, second),
                         two.conntrackd(second, first)]

    def complete(self, node):
        node.until(lambda: node.status()["cluster_complete"],
                   "the store to have all of %s" % node.name)

    def plug(self):
        """The ends' cables go into the other one, in exchange for its own."""
        loop = self.ends.loop
        for leg in LEGS:
            wire, other = (getattr(network, leg) for network in
                           (self.ends, self.nodes[1].network))
            loop.poll.unregister(wire.sock)
            del loop.wires[wire.sock.fileno()]
            for name in PLUG:
                mine, its = getattr(wire, name), getattr(other, name)
                setattr(wire, name, its)
                setattr(other, name, mine)
            loop.add(wire)

    def move(self, new, entries):
        """The addresses, and the ends with them."""
        new.take(entries)
        self.plug()

    def same(self, old, new):
        """Has the standby what the active one has?"""
        def key(rows):
            return sorted((r["inside"], r["inside_call_id"],
                           r["mapped_call_id"], r["outside_call_id"],
                           r["state"]) for r in rows)
        want = key(old.calls())
        new.until(lambda: key(new.calls()) == want, "the calls to be there")

    def close(self):
        for program in self.programs:
            program.kill()
            program.wait()
        try:
            for node in self.nodes:
                node.close()
        finally:
            for node in self.nodes:
                node.network.close()
            for store in {self.store, self.copy}:
                store.close()
            self.home.close()
