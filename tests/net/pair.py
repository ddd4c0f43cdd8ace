# SPDX-License-Identifier: GPL-2.0-or-later
"""Two firewalls before the same ends, and the store between them.

Each has a network of its own, whose cables are alike.  The ends hold the
cables of one of them; to move the addresses is to plug them into the other's,
and to give it the public address and the entries of connection tracking, as
keepalived and conntrackd would."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from firewall import PUBLIC, TOP, Firewall, Network, give
from topology import Namespace, bridge, cable

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
        words = ["redis-cli", "--no-auth-warning", "-s", self.socket, *words]
        if "--requirepass" in self.options:
            words[1:1] = ["-a", SECRET]
        return subprocess.run(words, capture_output=True,
                              text=True).stdout.strip()

    def stop(self, how=signal.SIGKILL):
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(how)
            self.process.wait()
        self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


SHIPPED = os.path.join(TOP, "conf/dist/pair/%s.conf")
# Of the stores, for what asks sentinels; of the firewalls.
HOME, OWN = "192.168.254.254", "192.168.254.%d"
SECRET = "secret-of-both"
# What others say on the question who is master of it, or on any.
LIES = (b"*2\r\n$15\r\n192.168.254.254\r\n$4\r\n6380\r\n",  # a copy
        b"*2\r\n$15\r\n192.168.254.254\r\n$1\r\n9\r\n",     # nobody
        b"*2\r\n$7\r\n0.0.0.0\r\n$4\r\n6379\r\n",
        b"*2\r\n$3\r\nfw1\r\n$4\r\n6379\r\n",
        b"*2\r\n$9\r\n127.0.0.1\r\n$300\r\n" + 300 * b"9" + b"\r\n",
        b"*1\r\n*1\r\n*0\r\n", b"*-1\r\n", b"-NOAUTH\r\n",
        b"$999999\r\n" + 30000 * b"x", b"")


class Sentinels:
    """Those that lie, and Redis' own, which is the last to be asked."""

    def __init__(self, ns):
        self.folder = tempfile.mkdtemp(prefix="pptpalg-sentinel-")
        self.sockets = []
        with ns:
            for _ in LIES:
                self.sockets.append(socket.create_server((HOME, 0)))
        for lie, listener in zip(LIES, self.sockets):
            threading.Thread(target=self.tell, args=(listener, lie),
                             daemon=True).start()
        self.config = os.path.join(self.folder, "sentinel.conf")
        with open(SHIPPED % "sentinel") as f:
            text = f.read()
        with open(self.config, "w") as f:
            # One alone decides.
            f.write(text.replace("192.168.255.1", HOME).replace(
                "CHANGE-ME", SECRET).replace(" 6379 2", " 6379 1"))
        self.process = ns.popen(redis_server(self.folder), self.config,
                                "--sentinel", stdout=subprocess.DEVNULL,
                                cwd=self.folder)

    def tell(self, listener, lie):
        kept = []
        while True:
            try:
                kept.append(listener.accept()[0])
                kept[-1].recv(1000)
                kept[-1].sendall(b"+OK\r\n" + lie)     # AUTH comes first
            except ConnectionError:
                pass
            except OSError:
                return          # closed

    def knows_copy(self):
        """Only then it can name it, and it asks the master every ten
        seconds: Redis' own writes it down."""
        with open(self.config) as f:
            return "known-replica" in f.read()

    def store(self):
        return "sentinel:" + ",".join("%s:%d" % (HOME, port) for port in [
            *(s.getsockname()[1] for s in self.sockets), 26379])

    def close(self):
        for listener in self.sockets:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder)


class Node(Firewall):
    """One of the two."""
    NETWORK, TABLE = Network, "main"

    def __init__(self, name, store):
        super().__init__(self.NETWORK(), nat=SNAT)
        self.name, self.store = name, store
        self.place = 'store = "unix:%s"' % store.socket
        self.hop = self.network.out.head[6:12].hex(":")
        self.ns.set("net/netfilter/nf_conntrack_tcp_be_liberal", 1)

    def text(self, more=""):
        return 'cluster { %s  node = "%s"  %s }' % (
            self.place, self.name, more)

    def take_address(self, address=PUBLIC):
        self.ns.ip("addr add %s/24 dev out0 noprefixroute" % address,
                   "neigh replace 169.254.0.4 lladdr %s dev out0 nud "
                   "permanent" % self.hop,
                   "route replace default via 169.254.0.4 dev out0 onlink "
                   "table " + self.TABLE)

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
        with open(SHIPPED % "conntrackd") as f:
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

    def __init__(self, copied=False, watched=False, node=Node):
        """With one store for both, or with a copy of it for the second; or
        sentinels say which of the two is to be used."""
        self.home = Namespace("store")
        options = self.wire() if watched else ()
        self.store = Store(self.home, 6379, *options)
        self.copy = Store(
            self.home, 6380, "--replicaof", HOME if watched else "127.0.0.1",
            "6379", *options) if copied or watched else self.store
        self.nodes = [node("fw1", self.store), node("fw2", self.copy)]
        self.sentinels = Sentinels(self.home) if watched else None
        if watched:
            self.reach()
        self.ends = self.nodes[0].network
        self.programs = []

    def wire(self):
        """The stores have an address that others reach."""
        bridge(self.home, "wire")
        self.home.ip("addr add %s/24 dev wire" % HOME)
        return ("--bind", HOME, "127.0.0.1", "--requirepass", SECRET,
                "--masterauth", SECRET)

    def reach(self):
        for number, node in enumerate(self.nodes, 1):
            port = "node%d" % number
            cable(self.home, port, node.ns, "eth3")
            self.home.ip("link set %s master wire" % port)
            node.ns.ip("addr add %s/24 dev eth3" % (OWN % number))
            file = os.path.join(node.folder, "password")
            with open(file, "w") as f:
                os.fchmod(f.fileno(), 0o600)
                f.write(SECRET + "\n")
            give(file)
            node.place = ('store = "%s"  master = pptpalg  password-file = '
                          '"%s"' % (self.sentinels.store(), file))

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
        """Has the standby what the active one has?  (Which may have to learn,
        too: of what passes at the other.)"""
        def key(rows):
            return sorted((r["inside"], r["inside_call_id"],
                           r["mapped_call_id"], r["outside_call_id"],
                           r["state"]) for r in rows)
        new.until(lambda: key(new.calls()) == key(old.calls()),
                  "the calls to be there")

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
            if self.sentinels:
                self.sentinels.close()
            for store in {self.store, self.copy}:
                store.close()
            self.home.close()
