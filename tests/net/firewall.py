# SPDX-License-Identifier: GPL-2.0-or-later
"""The firewall: routing, the admin's own rules, and the daemon."""
import contextlib
import json
import os
import pwd
import select
import shutil
import signal
import socket
import tempfile
import time

from endpoint import Loop, Tcp, Wire, Listener
from session import Control
from topology import PATIENCE, Namespace, cable

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("PPTPALG_BUILD", "build"))
DAEMON = os.path.join(BUILD, "pptpalgd")
CTL = os.path.join(BUILD, "pptpalgctl")
ENGINE = os.environ.get("PPTPALG_ENGINE", "auto")
FORWARD = os.environ.get("PPTPALG_FORWARD", "auto")
LANGUAGE = ["--nft"] * (os.environ.get("PPTPALG_RULES") == "nft")

# Whom daemons become; a test says another in its configuration.
USER = os.environ.get("PPTPALG_USER", "nobody")

PUBLIC = "203.0.113.1"
POOL = "203.0.113.2-203.0.113.4"
DNATED = "203.0.113.5"          # its port 1723 goes to INSIDE_SERVER
INSIDE_SERVER = "10.77.0.50"
SERVER = "203.0.113.10"
SERVER2 = "203.0.113.11"
STRANGER = "203.0.113.66"       # somebody who is no party to any call
ROUTER = "203.0.113.253"        # on the way outside
MASQUERADE = ("-A POSTROUTING -o out0 -j MASQUERADE",)
DNAT = ("-A PREROUTING -i out0 -d %s -p tcp --dport 1723 "
        "-j DNAT --to-destination %s" % (DNATED, INSIDE_SERVER),)

# What pptpalgctl rules prints with a configuration.
PRINTED = {}

# Commands, and whether their reply is a list, or one object.
ROWS = {"calls": True, "connections": True, "sessions": True,
        "status": False, "counters": False}


class Network:
    """Two inside networks and the outside around one firewall:

    10.77.0.0/16 -- in1 [fw] out0 203.0.113.1 -- 203.0.113.0/24 and all else
    10.78.0.0/16 -- in2

    Every address behind a cable is played by its Wire; .2.2 of each inside
    network and 203.0.113.20 belong to kernels, for tests with real sockets.
    """

    together = staticmethod(Namespace.together)

    def __init__(self):
        self.loop = Loop()
        self.fw = Namespace("fw")
        self.spaces = [self.fw]
        self.fw.set("net/ipv4/ip_forward", 1)
        for device in "all", "default":
            self.fw.set("net/ipv4/conf/%s/rp_filter" % device, 1)
        with self.together():
            laid = [self.lay(*leg) for leg in (
                ("in1", "10.77.255.1", "10.77.255.2", "10.77.0.0/16"),
                ("in2", "10.78.255.1", "10.78.255.2", "10.78.0.0/16"),
                ("out0", PUBLIC, "203.0.113.20", "default"))]
        self.in1, self.in2, self.out = [self.play(*leg) for leg in laid]
        # A test meets many errors in a second; let the kernel tell each.
        self.fw.set("net/ipv4/icmp_ratelimit", 0)
        self.fw.set("net/ipv4/icmp_msgs_per_sec", 100000, must=False)
        self.next = 256

    def leg(self, *leg):
        """A cable with one next hop, which needs no ARP from the fw."""
        with self.together():
            laid = self.lay(*leg)
        return self.play(*laid)

    def lay(self, device, address, kernel, route):
        ns = Namespace(device)
        self.spaces.append(ns)
        mac_fw, mac = self.link(device, ns)
        hop = "169.254.0.%d" % len(self.spaces)
        self.fw.ip(
            "addr add %s/24 dev %s noprefixroute" % (address, device),
            "neigh add %s lladdr %s dev %s nud permanent" % (
                hop, mac.hex(":"), device),
            "route add %s via %s dev %s onlink src %s" % (
                route, hop, device, address))
        ns.ip("addr add %s/32 dev eth0" % kernel,
              "neigh add 169.254.0.1 lladdr %s dev eth0 nud permanent" %
              mac_fw.hex(":"),
              "route add default via 169.254.0.1 dev eth0 onlink src %s" %
              kernel)
        return ns, mac, mac_fw, kernel

    def play(self, ns, mac, mac_fw, kernel):
        wire = Wire(self.loop, ns, "eth0", mac, mac_fw)
        wire.mine = lambda ip: ip.dst != kernel
        wire.kernel = kernel
        return wire

    def link(self, device, ns):
        """Ties the firewall's device to the eth0 there; both addresses."""
        return cable(self.fw, device, ns, "eth0")

    def client(self, wire=None):
        """An inside address that no test has used yet."""
        self.next += 1
        return "10.%d.%d.%d" % (78 if wire is self.in2 else 77,
                                self.next >> 8, self.next & 255)

    def port(self):
        self.next += 1
        return 20000 + self.next

    def connect(self, client=None, server=SERVER, wire=None, port=None,
                **options):
        """Opens a control connection from inside to outside."""
        wire = wire or self.in1
        listener = self.out.listeners.get((server, 1723)) or \
            Listener(self.out, server)
        listener.options = options
        tcp = Tcp(wire, client or self.client(wire), port or self.port(),
                  server, 1723, **options).connect()
        assert not tcp.reset, "the connection was reset"
        return Control(tcp, listener.accept(tcp.isn), tcp)

    def connect_in(self, client="203.0.113.99", **options):
        """Opens one from outside to the server behind DNAT."""
        listener = self.in1.listeners.get((INSIDE_SERVER, 1723)) or \
            Listener(self.in1, INSIDE_SERVER)
        listener.options = options
        tcp = Tcp(self.out, client, self.port(), DNATED, 1723,
                  **options).connect()
        server = listener.accept(tcp.isn)
        return Control(tcp, server, server)

    clock = staticmethod(time.time)

    def close(self):
        for wire in self.loop.wires.values():
            wire.sock.close()
        for ns in self.spaces:
            ns.close()


def make_folder():
    """Root's, where the daemon's user can make its own files."""
    folder = tempfile.mkdtemp(prefix="pptpalg-net-")
    if USER:
        os.chown(folder, 0, pwd.getpwnam(USER).pw_gid)
        os.chmod(folder, 0o1770)
    return folder


def give(file):
    """A file is the daemon's user's."""
    if USER:
        user = pwd.getpwnam(USER)
        os.chown(file, user.pw_uid, user.pw_gid)


class Rules:
    """The admin's own rules, by either variant of iptables."""

    def __init__(self, ns, variant):
        self.ns, self.variant = ns, variant

    def run(self, table, *rules):
        """All of a table's at once."""
        if rules:
            self.restore("\n".join(("*" + table, *rules, "COMMIT", "")))

    def restore(self, text):
        self.ns.run("iptables-%s-restore" % self.variant, "-w", "--noflush",
                    input=text)

    def save(self):
        out = self.ns.run("iptables-%s-save" % self.variant).stdout
        return [line.split("[")[0].strip() for line in out.splitlines()
                if not line.startswith("#")]


class Firewall:
    """pptpalgd in the fw namespace, with its configuration and rules."""

    def __init__(self, network, variant="legacy", nat=MASQUERADE + DNAT,
                 filter=()):
        self.network, self.ns = network, network.fw
        self.folder = make_folder()
        self.socket = os.path.join(self.folder, "pptpalgd.sock")
        self.config_file = os.path.join(self.folder, "pptpalg.conf")
        self.journal = os.path.join(self.folder, "journal")
        self.log_file = os.path.join(self.folder, "log")
        self.daemon = None
        self.admin = Rules(self.ns, variant)
        self.admin.run("nat", *nat)
        self.admin.run("filter", *filter)

    def configure(self, text="", **limits):
        values = {"connections": 2000, "calls-per-connection": 64,
                  "calls-per-client": 1024, "quarantine": 60, **limits}
        with open(self.config_file, "w") as f:
            f.write('outside = {"out0"}\ncontrol-socket = "%s"\n' %
                    self.socket)
            if "journal" not in text:
                f.write('journal = "%s"\n' % self.journal)
            f.write("limits { %s }\n" % "  ".join(
                "%s = %s" % item for item in values.items()))
            if not text.startswith("user ="):
                f.write('user = "%s"\n' % USER)
            if "gre" not in text:
                f.write("gre { engine = %s  forward = %s }\n" % (
                    ENGINE, FORWARD))
            if "log" not in text:
                f.write("log { level = debug }\n")
            f.write(text + "\n")

    def rules(self, *words, check=True):
        self.ns.ruled = True
        words = words if "--nft" in words else (*LANGUAGE, *words)
        return self.ns.run(CTL, "rules", "-f", self.config_file, *words,
                           check=check)

    def lay_rules(self):
        """What --apply does, too, where it finds none of ours; tests ask for
        the same ones again and again."""
        if getattr(self.ns, "ruled", False) or LANGUAGE:
            self.rules("--apply")
            return
        with open(self.config_file) as f:
            text = f.read().replace(self.folder, "")
        if text not in PRINTED:
            PRINTED[text] = self.rules().stdout
        self.ns.ruled = True
        self.admin.restore(PRINTED[text])

    def launch(self, *more, **options):
        """Starts the daemon, and returns without waiting for it."""
        self.log = open(self.log_file, "a")
        return self.ns.popen(DAEMON, "-f", self.config_file, "-d", *more,
                             stdout=-1, stderr=self.log, **options)

    def start(self):
        self.daemon = self.launch()
        line = read_line(self.daemon.stdout)
        assert line == "ready\n", "pptpalgd is not ready: %r\n%s" % (
            line, self.log_text())
        return self

    def up(self, text="", **limits):
        self.configure(text, **limits)
        self.lay_rules()
        return self.start()

    def stop(self, how=signal.SIGTERM):
        """Ends the daemon; its exit status."""
        if self.daemon is None:
            return None
        p, self.daemon = self.daemon, None
        if how is not None:
            p.send_signal(how)
        try:
            return p.wait(PATIENCE)
        except Exception:
            p.kill()
            p.wait()
            raise AssertionError("pptpalgd did not end:\n" + self.log_text())
        finally:
            p.stdout.close()
            self.log.close()

    def ctl_words(self, *words):
        return (CTL, "-s", self.socket) + words

    def ctl(self, *words, check=True):
        return self.ns.run(*self.ctl_words(*words), check=check)

    def json(self, command, *filters):
        """What pptpalgctl --json prints; tests wait for changes of it, so it
        is asked for without starting a program where it is short."""
        if filters or command not in ROWS:
            return json.loads(self.ctl("--json", command, *filters).stdout)
        rows = ask(self.socket, command)
        return rows if ROWS[command] else rows[0]

    def calls(self, *filters):
        return self.json("calls", *filters)

    def call(self, call):
        """The daemon's row for a call, or None."""
        control = call.control
        rows = [r for r in self.calls()
                if (r["inside"], r["inside_port"], r["inside_call_id"],
                    r["outside"]) == (control.inside.src,
                                      control.inside.sport, call.inside_id,
                                      control.outside.src)]
        return rows[-1] if rows else None

    def counter(self, name):
        return self.json("counters")[name]

    def log_text(self, start=0):
        with open(self.log_file) as f:
            f.seek(start)
            return f.read()

    def log_size(self):
        return os.path.getsize(self.log_file)

    def logged(self, words, start=0):
        """Waits for a log line with all these words; the line."""
        def line():
            for text in self.log_text(start).splitlines():
                if all(str(w) in text for w in words):
                    return text
        return self.network.loop.until(
            line, "a log line with %s" % " ".join(map(str, words)))

    @property
    def pins(self):
        """The folder of the maps that outlive the daemon."""
        return "/sys/fs/bpf/pptpalg-%d" % os.fstat(self.ns.fd).st_ino

    def pinned(self):
        """What is in it; only root can remove the folder itself."""
        return os.listdir(self.pins) if os.path.isdir(self.pins) else []

    def close(self):
        status = self.stop()
        shutil.rmtree(self.pins, ignore_errors=True)
        text = self.log_text() if os.path.exists(self.log_file) else ""
        shutil.rmtree(self.folder)
        assert status in (0, None), "pptpalgd ended with %s:\n%s" % (
            status, text)
        for bad in "Sanitizer", "runtime error", "Assertion":
            assert bad not in text, text


@contextlib.contextmanager
def standing(network=None):
    """One with a network, of its own if none is given; in the end both are
    taken down."""
    fw = Firewall(network or Network())
    try:
        yield fw
    finally:
        try:
            fw.close()
        finally:
            fw.network.close()


@contextlib.contextmanager
def lent(shared):
    """For a test, which a daemon that is shared must outlive."""
    shared.network.loop.forget()
    yield shared
    ends = list(shared.network.loop.tcps)
    broken = [b for w in shared.network.loop.wires.values() for b in w.broken]
    for tcp in ends:
        tcp.abort()
    shared.network.loop.forget()
    assert shared.daemon.poll() is None, "pptpalgd died:\n" + \
        shared.log_text()[-4000:]
    assert not broken, "packets with wrong checksums: %s" % broken
    conflicts = [c for tcp in ends for c in tcp.conflicts]
    assert not conflicts, "bytes came in two versions: %s" % conflicts


def ask(path, command, **arguments):
    """The rows of the reply on the control socket."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(PATIENCE)
        s.connect(path)
        s.sendall(json.dumps({"command": command, **arguments}).encode() +
                  b"\n")
        rows = []
        for line in s.makefile():
            row = json.loads(line)
            if "ok" in row:
                assert row["ok"], row["error"]
                return rows
            rows.append(row)
        raise AssertionError("a reply without an end")


def read_line(stream, patience=PATIENCE):
    """A line, or what there is of it when patience or the stream ends."""
    end = time.monotonic() + patience
    line = b""
    while time.monotonic() < end and not line.endswith(b"\n"):
        if select.select([stream], [], [], 0.1)[0]:
            byte = os.read(stream.fileno(), 1)
            if not byte:
                break
            line += byte
    return line.decode()
