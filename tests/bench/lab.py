# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients, a firewall and a server, each in a namespace, for measuring.

    cli 10.0.0.0/16 -- in0 [fw] out0 203.0.113.1 -- 203.0.113.2 srv

All client addresses are local to cli and behind one next hop, so that no
neighbour table grows with the calls.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tests", "net"))

from topology import Namespace, cable  # noqa: E402

BUILD = os.path.join(TOP, os.environ.get("PPTPALG_BUILD", "build"))
LOAD = os.path.join(BUILD, "pptpalg-load")
CTL = os.path.join(BUILD, "pptpalgctl")
NULL_QUEUE = os.path.join(BUILD, "bench", "null_queue")
PUBLIC = "203.0.113.1"
SERVER = "203.0.113.2"
POOL = "203.0.113.11", "203.0.113.12"   # two public addresses instead
CLIENTS = "10.0.0.0/16"
CALL_ID = 500                   # of every client: what NAT must cope with
PATIENCE = 120

MASQUERADE = "-t nat -A POSTROUTING -o out0 -j MASQUERADE"
SNAT = "-t nat -A POSTROUTING -o out0 -j SNAT --to-source %s-%s" % POOL
HELPER = "-t raw -A PREROUTING -p tcp --dport 1723 -j CT --helper pptp"


class Failed(Exception):
    """A run that gave no number."""


class Lab:
    """The three namespaces with an engine in the middle; for a with block.
    With a pool there are two public addresses; more is configuration."""

    def __init__(self, engine, pool=False, more=""):
        self.folder = tempfile.TemporaryDirectory(prefix="pptpalg-bench-")
        self.journal = os.path.join(self.folder.name, "journal")
        self.socket = os.path.join(self.folder.name, "pptpalgd.sock")
        self.programs = []
        self.engine = None
        self.gre = "engine = nfqueue"
        self.more = more
        self.nat = SNAT if pool else MASQUERADE
        self.seen_from = POOL[0] + "-2" if pool else PUBLIC
        self.cli, self.fw, self.srv = map(Namespace, ("cli", "fw", "srv"))
        self.cables()
        getattr(self, "engine_" + engine)()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for p in self.programs:
            p.kill()
        for p in self.programs:
            p.wait()
        shutil.rmtree("/sys/fs/bpf/pptpalg-%d" % os.fstat(self.fw.fd).st_ino,
                      ignore_errors=True)
        for ns in self.cli, self.fw, self.srv:
            ns.close()
        self.folder.cleanup()

    def cables(self):
        cable(self.fw, "in0", self.cli, "eth0")
        cable(self.fw, "out0", self.srv, "eth0")
        for ns, words in (
                (self.fw, "addr add 192.168.7.1/24 dev in0"),
                (self.fw, "addr add %s/24 dev out0" % PUBLIC),
                (self.fw, "addr add %s/24 dev out0" % POOL[0]),
                (self.fw, "addr add %s/24 dev out0" % POOL[1]),
                (self.cli, "addr add 192.168.7.2/24 dev eth0"),
                (self.srv, "addr add %s/24 dev eth0" % SERVER),
                (self.cli, "route add default via 192.168.7.1"),
                (self.cli, "route add local %s dev lo" % CLIENTS),
                (self.fw, "route add %s via 192.168.7.2" % CLIENTS),
                (self.srv, "route add %s via 203.0.113.1" % CLIENTS)):
            ns.ip(words)
        self.fw.set("net/ipv4/ip_forward", 1)
        # Else many clients have the same few ports, and NAT's search for
        # other ones gives up long before there are none.
        self.cli.set("net/ipv4/ip_local_port_range", "1024 65535")

    # What stands in the middle.

    def engine_plain(self):
        """Plain routing: what the traffic costs without any engine."""
        self.seen_from = CLIENTS

    def engine_masquerade(self):
        """NAT without any ALG."""
        self.fw.run("iptables", *self.nat.split())

    def engine_helper(self):
        """The kernel's own ALG."""
        for rule in HELPER, self.nat:
            self.fw.run("iptables", *rule.split())

    def engine_nfqueue(self):
        """The queue engine."""
        self.fw.run("iptables", *self.nat.split())
        self.rules()
        self.start_daemon()

    def start_daemon(self):
        self.engine = self.start(self.fw, os.path.join(BUILD, "pptpalgd"),
                                 "-f", self.config(), "-d")

    def kill_and_start(self):
        """Seconds that the next daemon takes to be ready."""
        self.engine.kill()
        self.engine.wait()
        start = time.monotonic()
        self.start_daemon()
        return time.monotonic() - start

    def engine_bpf_stack(self):
        self.gre = "engine = bpf forward = stack"
        self.engine_nfqueue()

    def engine_bpf_auto(self):
        self.gre = "engine = bpf forward = auto"
        self.engine_nfqueue()

    def engine_bpf_auto_forgetful(self):
        """The same without a journal."""
        self.journal = ""
        self.engine_bpf_auto()

    def engine_bpf_direct(self):
        self.gre = "engine = bpf forward = direct"
        self.engine_nfqueue()

    def engine_null(self, batch=1):
        """The daemon's rules, but nobody translates: the server needs, and
        has, a route to the clients."""
        self.seen_from = CLIENTS
        self.rules()
        self.engine = self.start(self.fw, NULL_QUEUE, "-b", str(batch),
                                 "1723", "1724")

    def engine_null_batched(self):
        self.engine_null(64)

    def config(self):
        path = os.path.join(self.folder.name, "pptpalg.conf")
        with open(path, "w") as f:
            f.write('outside = {"out0"}\ncontrol-socket = "%s"\n'
                    'journal = "%s"\nlog { level = warning }\n'
                    'gre { %s }\n%s\n' % (
                        self.socket, self.journal, self.gre, self.more))
        return path

    def rules(self):
        self.fw.run(CTL, "rules", "-f", self.config(), "--apply")

    # Programs.

    def start(self, ns, *words):
        """Starts a program and waits for its line "ready"."""
        log = open(os.path.join(self.folder.name, "log"), "a+")
        p = ns.popen(*words, stdout=subprocess.PIPE, stderr=log)
        self.programs.append(p)
        if p.stdout.readline() != "ready\n":
            log.seek(0)
            raise Failed("%s did not start: %s" % (words[0], log.read()))
        return p

    def server(self, processes=1, address=SERVER):
        return self.start(self.srv, LOAD, "server", "-b", address, "--from",
                          self.seen_from, "--json",
                          "--processes", str(processes))

    def client(self, calls, *options, bind=CLIENTS, server=SERVER):
        p = self.cli.popen(LOAD, "client", "-s", server, "-b", bind,
                           "-n", str(calls), "--call-id", str(CALL_ID),
                           "--json", *options, stdout=subprocess.PIPE)
        self.programs.append(p)
        return p

    def ctl(self, *words):
        return self.fw.run(CTL, "-s", self.socket, *words, timeout=PATIENCE)

    def run_client(self, calls, *options, **where):
        """Runs one to its end, however busy the machine; what it printed, by
        phase."""
        p = self.client(calls, "--timeout", "60", *options, **where)
        phases = [json.loads(line) for line in p.stdout]
        if p.wait(PATIENCE) != 0:
            raise Failed("pptpalg-load: %s" % phases)
        return {phase["phase"]: phase for phase in phases}


def phase(client):
    """Waits for a client's next phase to end; its numbers."""
    line = client.stdout.readline()
    if not line:
        raise Failed("pptpalg-load ended early")
    return json.loads(line)


def stop(program):
    program.send_signal(signal.SIGINT)
    program.wait(PATIENCE)


def report(server):
    """Stops a server; its numbers."""
    stop(server)
    return phase(server)
