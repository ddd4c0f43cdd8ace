# SPDX-License-Identifier: GPL-2.0-or-later
"""One of two firewalls: what it costs to tell a store of all calls.

Calls are set up as fast as it goes, with the journal alone, with a store that
is told, and with a store whose copy verdicts wait for.  The stores share the
machine with everything else; the other firewall, which would read them, is not
there.  Memory is what the store's grows by until all calls are up.

At last there are two firewalls, and the cables of the first one are cut while
GRE flows.
"""
import contextlib
import json
import subprocess
import time

from lab import CLIENTS, PATIENCE, PUBLIC, SERVER, Failed, Lab, phase
from measure import patiently, ratios, row, tell, values
from pair import Store
from topology import Namespace, cable

ENGINE = "bpf_auto"
PROCESSES = 4                   # of the server
ALONE, NONE, REPLICA = "alone", "none", "replica"
GOALS = {NONE: 0.9, REPLICA: 0.5}
NAT = "-t nat -A POSTROUTING -o out0 -j SNAT --to-source " + PUBLIC
COPY = "--replicaof", "127.0.0.1", "6379"


def await_text(store, text, *words):
    end = time.monotonic() + PATIENCE
    while text not in store.run(*words):
        if time.monotonic() > end:
            raise Failed("the store does not say %s" % text)
        time.sleep(0.05)


@contextlib.contextmanager
def stores(wait):
    """The store that the daemon is told of, with a copy where it waits."""
    with contextlib.ExitStack() as stack:
        home = Namespace("store")
        stack.callback(home.close)
        store = Store(home, 6379)
        stack.callback(store.close)
        await_text(store, "PONG", "PING")
        if wait == REPLICA:
            copy = Store(home, 6380, *COPY)
            stack.callback(copy.close)
            await_text(copy, "master_link_status:up", "INFO", "replication")
        yield store


def memory(store):
    """Bytes that are in use."""
    fields = dict(line.split(":", 1) for line in
                  store.run("INFO", "memory").splitlines() if ":" in line)
    return int(fields["used_memory"])


def set_up(lab, calls):
    """Calls in a second."""
    lab.server(PROCESSES)
    setup = phase(lab.client(calls, "--hold", "3600"))
    if setup["up"] < calls:
        raise Failed("only %d of %d calls came up" % (setup["up"], calls))
    return setup["calls_per_second"]


def one(wait, calls):
    """The numbers of one lab."""
    if wait == ALONE:
        with Lab(ENGINE) as lab:
            return {"rate": set_up(lab, calls)}
    with stores(wait) as store:
        more = 'cluster { store = "unix:%s"  wait = %s }' % (
            store.socket, wait)
        with Lab(ENGINE, more=more) as lab:
            before = memory(store)
            result = {"rate": set_up(lab, calls)}
            known = int(store.run("HLEN", "pptpalg:calls"))
            if known < calls:
                raise Failed("the store knows %d of %d calls" % (known, calls))
            result["each"] = (memory(store) - before) / calls
    return result


def at_once(commands):
    """Of ip(8), each in its namespace: the programs have started before."""
    programs = [ns.popen("ip", "-batch", "-", stdin=subprocess.PIPE)
                for ns, _ in commands]
    time.sleep(0.5)
    for program, (_, lines) in zip(programs, commands):
        program.stdin.write(lines)
        program.stdin.flush()
    for program in programs:
        program.communicate()


class First(Lab):
    """One of two: what is masqueraded ends with the cable."""

    def cables(self):
        super().cables()
        self.nat = NAT


class Second(Lab):
    """The other firewall, before the same clients and server."""

    def __init__(self, first, more):
        self.first = first
        super().__init__(ENGINE, more=more)

    def cables(self):
        cable(self.fw, "in0", self.first.cli, "eth1")
        cable(self.fw, "out0", self.first.srv, "eth1")
        self.fw.ip("addr add 192.168.8.1/24 dev in0",
                   "route add %s via 192.168.8.2" % CLIENTS)
        self.first.cli.ip("addr add 192.168.8.2/24 dev eth1")
        self.fw.set("net/ipv4/ip_forward", 1)
        self.fw.set("net/netfilter/nf_conntrack_tcp_be_liberal", 1)
        self.nat = NAT

    def known(self):
        """Calls."""
        return json.loads(self.ctl("--json", "status").stdout)["calls"]

    def passes(self):
        """Both ways."""
        c = json.loads(self.ctl("--json", "counters").stdout)
        return c["gre_in"] > 0 and c["gre_out"] > 0

    def take(self):
        """Its cables are cut, and this one has its address at once; the
        entries of connection tracking came before."""
        entries = self.first.fw.run("conntrack", "-L", "-p", "tcp", "-o",
                                    "save").stdout
        self.fw.run("conntrack", "-R", "-", input=entries)
        at_once(((self.first.fw, "link set in0 down\nlink set out0 down\n"),
                 (self.fw, "addr add %s/24 dev out0\n" % PUBLIC),
                 (self.first.srv, "route replace %s dev eth1 src %s\n" % (
                     PUBLIC, SERVER)),
                 (self.first.cli, "route replace default via 192.168.8.1\n")))


def takeover(calls, args):
    """Seconds until GRE passes, seconds without it on average of all calls,
    and calls that are known then."""
    tell("cluster: takeover of %d calls" % calls)
    text = 'cluster { store = "unix:%s"  node = "%s" }'
    with stores(NONE) as store, \
            First(ENGINE, more=text % (store.socket, "one")) as lab, \
            Second(lab, text % (store.socket, "two")) as second:
        lab.server(PROCESSES)
        client = lab.client(calls, "--hold", str(args.takeover_seconds),
                            "--gre", str(args.pps / calls),
                            "--per-connection", "2")
        if phase(client)["up"] < calls:
            raise Failed("not all of %d calls came up" % calls)
        end = time.monotonic() + PATIENCE
        while second.known() < calls:
            if time.monotonic() > end:
                raise Failed("the other one does not know all calls")
        second.take()
        start = time.monotonic()
        while not second.passes():
            if time.monotonic() > start + PATIENCE:
                raise Failed("no GRE passes")
        first, known = time.monotonic() - start, second.known()
        gre = phase(client)
    if gre["wrong_call"] or gre["strange"]:
        raise Failed("GRE of a wrong call: %s" % gre)
    lost = gre["lost"] / gre["sent"] * args.takeover_seconds
    return first, lost, known


def takeover_rows(args):
    calls = args.crowds[0]
    first, lost, known = patiently(takeover, calls, args)
    yield row("takeover of %d calls: until GRE passes, beyond VRRP's "
              "detection" % calls, [first], "s", target=1)
    yield row("takeover of %d calls: all GRE lost" % calls, [lost],
              "s of each call", target=1)
    yield row("takeover of %d calls: known to who takes over" % calls,
              [known], "calls", target=calls, better=max)


def rows(args):
    calls, results = args.cluster_calls, {}
    for number in range(args.cluster_rounds):
        for wait in ALONE, NONE, REPLICA:
            tell("cluster: round %d of %d, %s" % (
                number + 1, args.cluster_rounds, wait))
            results.setdefault(wait, []).append(patiently(one, wait, calls))
    for wait in ALONE, NONE, REPLICA:
        yield row("%d calls, %s: set up" % (calls, "the journal alone" if
                                            wait == ALONE else
                                            "wait = " + wait),
                  values(results, wait, "rate"), "calls/s")
    for wait, goal in GOALS.items():
        yield row("set-up rate with wait = %s / the journal alone" % wait,
                  ratios(results, wait, ALONE, "rate"), target=goal,
                  better=max)
    yield row("memory of the store, a call", values(results, NONE, "each"),
              "bytes", target=2048)
    yield from takeover_rows(args)
