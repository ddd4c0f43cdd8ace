# SPDX-License-Identifier: GPL-2.0-or-later
"""Two firewalls as conf/dist/pair sets them up, with Debian's keepalived,
conntrackd and redis-server, and the ends of calls around them:

    inside -- switch -- eth1 [fw1] eth0 -- switch -- outside
                   \\--- eth1 [fw2] eth0 ---/
                         eth2: from fw1 to fw2

Each has a namespace, and a /run of its own, where all files are."""
import glob
import os
import pwd
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time

from endpoint import Loop, Wire
from firewall import (CTL, ENGINE, FORWARD, PUBLIC, TOP, USER,
                      Firewall, Network)
from packet import GRE, Gre
from pair import SECRET, redis_server
from topology import Namespace, bridge, cable

# Not below /run, of which each machine has its own.
tempfile.tempdir = "/var/tmp"
DIST = os.path.join(TOP, "conf/dist/pair")
FILES = ("conntrackd.conf", "keepalived.conf", "pptpalg-store", "redis.conf",
         "stunnel.conf", "pptpalg.conf")
GATEWAY = "10.77.0.1"
LINK = "192.168.255.%d"
ETH_P_ARP = 0x0806
ARP = struct.Struct("!HHBBH6s4s6s4s")
SNAT = ("-A POSTROUTING -o eth0 -s 10.77.0.0/16 -p tcp -j SNAT "
        "--to-source " + PUBLIC,)
ROOM = """mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/pair/bin
echo ready
exec sleep infinity"""


class Neighbours:
    """ARP of a Wire: it has all addresses but the firewalls', and sends to
    whoever said last that it has the gateway's."""

    def __init__(self, wire, gateway, theirs):
        self.wire, self.gateway = wire, socket.inet_aton(gateway)
        self.theirs = {socket.inet_aton(address) for address in theirs}
        with wire.namespace:
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                      socket.htons(ETH_P_ARP))
        self.sock.bind((wire.device, ETH_P_ARP))
        self.sock.setblocking(False)
        self.mac = wire.head[6:12]
        wire.loop.add(self)

    def receive(self):
        while True:
            try:
                frame = self.sock.recv(2048)
            except BlockingIOError:
                return
            self.hear(*ARP.unpack(frame[14:14 + ARP.size])[4:])

    def hear(self, what, mac, address, _, wanted):
        if mac == self.mac:
            return
        if address == self.gateway:
            self.wire.head = mac + self.wire.head[6:]
        if what == 1 and wanted not in self.theirs:
            self.sock.send(mac + self.mac + struct.pack("!H", ETH_P_ARP) +
                           ARP.pack(1, 0x0800, 6, 4, 2, self.mac, wanted, mac,
                                    address))


class Around(Network):
    """The ends, for both firewalls."""

    def __init__(self):
        self.loop, self.next = Loop(), 256
        self.switch = Namespace("switch")
        self.spaces = [self.switch]
        self.out = self.side("out", PUBLIC, "203.0.113.%d")
        self.in1 = self.side("in", GATEWAY, "10.77.0.%d")
        self.in2 = None

    def side(self, name, gateway, own):
        bridge(self.switch, name)
        ns = Namespace(name)
        self.spaces.append(ns)
        _, mac = cable(self.switch, name + "0", ns, "eth0")
        self.switch.ip("link set %s0 master %s" % (name, name))
        wire = Wire(self.loop, ns, "eth0", mac, b"\xff" * 6)
        wire.neighbours = Neighbours(wire, gateway, [
            gateway, own % 251, own % 252])
        # What both see: VRRP.
        wire.mine = lambda ip: ip.proto != 112
        return wire

    def close(self):
        for wire in self.out, self.in1:
            wire.neighbours.sock.close()
        for wire in self.out, self.in1:
            wire.sock.close()
        for ns in self.spaces:
            ns.close()

    def strays(self, calls):
        """GRE that has come to an end, but is of none of these calls."""
        known = {(end.dst, end.src, call.own(end)) for call in calls
                 for end in (call.control.client, call.control.server)}
        return [str(ip) for wire in (self.out, self.in1)
                for ip in wire.inbox if ip.proto == GRE and
                (ip.src, ip.dst, Gre.parse(ip.payload).call_id) not in known]


class View:
    """What a Firewall wants to know of the network."""

    def __init__(self, ns, loop):
        self.fw, self.loop = ns, loop


class Machine(Firewall):
    """One of the two, with all that runs on it."""

    tls, limits = False, ""
    gre = "engine = %s  forward = %s" % (ENGINE, FORWARD)

    def __init__(self, around, number):
        self.number, self.other = number, 3 - number
        ns = Namespace("fw%d" % number)
        super().__init__(View(ns, around.loop), nat=SNAT)
        self.programs = {}
        self.room = ns.popen("unshare", "--mount", "--propagation", "private",
                             "sh", "-ec", ROOM, stdout=subprocess.PIPE)
        assert self.room.stdout.readline() == "ready\n"
        self.home = "/proc/%d/root/run/pair/" % self.room.pid
        for device, side, own in (("eth0", "out", "203.0.113.%d/24"),
                                  ("eth1", "in", "10.77.0.%d/16")):
            port = "%s%d" % (side, number)
            cable(around.switch, port, ns, device)
            around.switch.ip("link set %s master %s" % (port, side))
            ns.ip("addr add %s dev %s" % (own % (250 + number), device),
                  "link set %s multicast on" % device)
        ns.ip("route add default via 203.0.113.254")
        ns.set("net/ipv4/ip_forward", 1)
        with open(os.path.join(DIST, "sysctl.conf")) as f:
            for name, value in re.findall(r"^(\S+) = (.*)", f.read(), re.M):
                ns.set(name.replace(".", "/"), value)

    def tie(self, other):
        cable(self.ns, "eth2", other.ns, "eth2")
        for machine in self, other:
            machine.ns.ip("addr add %s/24 dev eth2" % (
                LINK % machine.number))

    # --- files

    def localize(self, text):
        """As the admin does: addresses, passwords, and here the folder."""
        if self.number == 2:
            text = re.sub(r"192\.168\.255\.([12])", lambda m: LINK % (
                3 - int(m.group(1))), text)
        text = text.replace("CHANGE-ME", SECRET)
        if self.tls:
            text = text.replace(LINK % self.number + "\nport", "\nport")
            text = re.sub("(-store copy) [0-9.]+", r"\1 127.0.0.1 6380", text)
        return re.sub("/etc/(conntrackd|keepalived|pptpalg|stunnel)/",
                      "/run/pair/", text)

    def file(self, name, text, mode=0o600):
        with open(self.home + name, "w") as f:
            os.fchmod(f.fileno(), mode)
            f.write(text)

    def files(self):
        for name in FILES:
            with open(os.path.join(DIST, name)) as f:
                text = self.localize(f.read())
            self.file(name, text, 0o755 if name == "pptpalg-store" else 0o644)
        self.file("pptpalg.psk", "pair:%s\n" % ("5a" * 32))
        self.file("redis.password", SECRET + "\n", 0o640)
        os.chown(self.home + "redis.password", 0, pwd.getpwnam(USER).pw_gid)
        self.file("bin/pptpalgctl", '#!/bin/sh\nexec %s -s %s "$@"\n' % (
            CTL, self.socket), 0o755)
        redis_server(self.home + "bin")

    def configure(self, text="", **limits):
        with open(self.home + "pptpalg.conf") as f:
            shipped = f.read()
        with open(self.config_file, "w") as f:
            f.write(shipped.replace("cluster {", 'cluster {\nnode = "fw%d"' %
                                    self.number))
            f.write('control-socket = "%s"\njournal = "%s"\nuser = "%s"\n'
                    "limits { connections = 2000  %s }\n"
                    "log { level = debug }\ngre { %s }\n" % (
                        self.socket, self.journal, USER, self.limits,
                        self.gre))

    # --- programs

    def inside(self, *words):
        """A command in its namespaces, which finds its programs."""
        return ("nsenter", "-t", str(self.room.pid), "-m", "env",
                "PATH=/run/pair/bin:" + os.environ["PATH"] + ":/usr/sbin",
                *words)

    def run(self, name, *words):
        with open(os.path.join(self.folder, name), "a") as log:
            self.programs[name] = self.ns.popen(
                *self.inside(*words), stdout=log, stderr=log)

    def launch(self, *more, **options):
        self.log = open(self.log_file, "a")
        return self.ns.popen(*self.inside(
            os.path.join(os.path.dirname(CTL), "pptpalgd"), "-f",
            self.config_file, "-d", *more), stdout=-1, stderr=self.log,
            **options)

    def redis(self):
        self.run("redis", "redis-server", "/run/pair/redis.conf",
                 "--dir", "/run/pair")
        self.until(lambda: self.store("PING") == "PONG", "redis")
        if self.tls:
            self.stunnel()

    def stunnel(self):
        self.run("stunnel", "stunnel4", "/run/pair/stunnel.conf")

    def conntrackd(self):
        """Without what one that was killed has left: it would not start."""
        root = "/proc/%d/root" % self.room.pid
        for left in "/run/lock/conntrack.lock", "/run/conntrackd.ctl":
            if os.path.exists(root + left):
                os.unlink(root + left)
        self.run("conntrackd", "conntrackd", "-C", "/run/pair/conntrackd.conf")
        self.until(lambda: os.path.exists(
            "/proc/%d/root/run/conntrackd.ctl" % self.room.pid), "conntrackd")

    def tell_all(self):
        """What conntrackd has missed while it was away."""
        words = self.inside("conntrackd", "-C", "/run/pair/conntrackd.conf",
                            "-B")
        self.until(lambda: self.ns.run(*words, check=False).returncode == 0,
                   "conntrackd to tell all")

    def keepalived(self):
        """Without what one that was killed has left: where nobody has waited
        for its child yet, it would not start."""
        root = "/proc/%d/root/run/" % self.room.pid
        for left in glob.glob(root + "*.pid") + glob.glob(
                root + "keepalived/*.pid"):
            os.unlink(left)
        self.run("keepalived", "keepalived", "--dont-fork", "--log-console",
                 "--log-detail", "--vrrp", "-f", "/run/pair/keepalived.conf")

    def store(self, *words):
        return self.ns.run(*self.inside(
            "redis-cli", "-a", SECRET, *words),
            check=False).stdout.strip()

    def until(self, condition, what):
        return self.network.loop.until(condition, what)

    def kill(self, name):
        """With its children, which would else end in order."""
        process = self.programs.pop(name)
        if process.poll() is None:
            process.send_signal(signal.SIGSTOP)
            with open("/proc/%d/task/%d/children" % (
                    (process.pid,) * 2)) as f:
                for child in f.read().split():
                    os.kill(int(child), signal.SIGKILL)
        process.kill()
        process.wait()

    def die(self):
        """All at once: nothing passes when the first program is gone."""
        self.cables("down")
        self.stop(signal.SIGKILL)
        for name in list(self.programs):
            self.kill(name)
        self.ns.ip("link set eth2 down")

    def revive(self):
        """What has died comes back with nothing that it knew; without
        keepalived still."""
        self.ns.run("conntrack", "-F")
        for name in glob.glob(self.journal + "*"):
            os.unlink(name)
        self.cables("up")
        self.ns.ip("link set eth2 up",
                   "route replace default via 203.0.113.254")
        self.redis()
        self.store("REPLICAOF", LINK % self.other, "6379")
        self.conntrackd()
        self.start()

    def cables(self, state):
        self.ns.ip(*["link set eth%d %s" % (n, state) for n in range(2)])

    # --- what it says

    def has_addresses(self):
        return PUBLIC + "/24" in self.ns.run("ip", "-4", "addr").stdout

    def status(self):
        return self.json("status")

    def close(self):
        for name in list(self.programs):
            self.kill(name)
        try:
            super().close()
        finally:
            self.room.kill()
            self.room.wait()
            self.room.stdout.close()
            self.ns.close()


def in_step(old, new):
    """The standby has what the active one has, by all three ways."""
    def clients(machine):
        return {(call["inside"], str(call["inside_port"]))
                for call in machine.calls()}
    new.until(lambda: clients(new) == clients(old),
              "the other one to be in step")
    old.until(lambda: old.status()["cluster_complete"],
              "all to be in the store")
    new.until(lambda: clients(old) <= set(re.findall(
        r"src=(\S+) dst=\S+ sport=(\d+) dport=1723",
        new.ns.run("conntrack", "-L", "-p", "tcp").stdout)),
        "conntrackd to bring the entries")
    # On a machine that stands still the addresses may move again: whichever is
    # the copy takes nothing.  A new one gets no news for up to a second.
    def are_copies():
        for machine in old, new:
            machine.store("SET", "news", "%d %f" % (machine.number, now))
        old.network.loop.turn(0.1)
        got = {machine.store("GET", "news") for machine in (old, new)}
        return len(got) == 1 and "%f" % now in got.pop()
    now = time.monotonic()
    new.until(are_copies, "the copy of the store")


class Recipe:
    """Both of them, up: the first one has the addresses."""

    def __init__(self, around=None):
        self.around = around or Around()
        self.machines = [Machine(self.around, n) for n in (1, 2)]
        one, two = self.machines
        one.tie(two)

    def up(self):
        one, two = self.machines
        for machine in self.machines:
            machine.files()
            machine.redis()
            machine.conntrackd()
            machine.up()
        one.keepalived()
        one.until(one.has_addresses, "the first one to have the addresses")
        two.keepalived()
        one.until(lambda: "role:slave" in two.store("INFO", "replication") and
                  "role:master" in one.store("INFO", "replication"),
                  "the second one's store to be a copy")
        return self

    def close(self):
        try:
            for machine in self.machines:
                machine.close()
        finally:
            self.around.close()
