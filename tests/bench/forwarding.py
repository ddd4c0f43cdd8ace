# SPDX-License-Identifier: GPL-2.0-or-later
"""What forwarding one GRE packet costs, by what stands in the middle.

All labs of a measurement stand at once, and take turns: each sends as fast as
one core can for a moment (blast), the packets of all its calls in turn.  A
packet is dropped as early as the kernel can where it arrives; net of sending
means less what it costs when that is the near side of the firewall ("cable").
The CPU time is the sender's, which includes all that the kernel does with its
packets, that of ksoftirqd, and of the daemon.  With the queue engine packets
are sent at a steady rate, so that none is lost.  Before each turn comes a
packet of every call: what the turns of others left in the caches is not what
is asked for.  With one call a round has some short turns of each, of which the
cheapest counts: whatever else runs on the machine only adds to them.  Firewalls
with NAT have a stateful filter.
"""
import os
import signal
import statistics
import subprocess
import time

from lab import BUILD, Failed, Lab, phase
from measure import NAMES, cpu, family, row, softirq_threads, tell

BLAST = os.path.join(BUILD, "bench", "blast")
FILTER = (
    "-P FORWARD DROP",
    "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A FORWARD -i in0 -o out0 -p tcp -j ACCEPT",
)
BARE = "cable", "plain", "redirect"
TURN, WARM = 50, 30     # ms of sending
TURNS = 5               # in a round, of which the cheapest counts
LONG_TURN = 250         # for many calls
PROBED_TURN = 1000      # the same, where each has its probe
LEARN = 20000           # packets a second, while blast learns the calls
QUEUED = 40000          # packets a second, for the queue engine
PROCESSES = 4           # of the server: each takes some 20,000 calls
WAYS = "out", "in"
# The kernel's helper expects two flows of each call, 4,096 at most: the
# next calls come when the GRE of those before has flowed.
HELPER_STEP = 1500
HELPER_LEARN = 5000
HELPER_MOST = 5000      # calls: each takes twice the time of the half
SMALL = 100             # bytes of a packet, with IP header
SCALED = "helper", "bpf_auto", "bpf_stack", "nfqueue"


def received(ns, device):
    return ns.packets(device, "rx")


def address_range(first, count):
    """Client addresses for pptpalg-load -b, from 10.0.0.1 on."""
    at = first + 1
    return "10.0.%d.%d-%d" % (at >> 8, at & 255, count)


class Stage(Lab):
    """A lab with all calls up, its ends frozen, and a sender at each end."""

    def __init__(self, engine, calls, softirq):
        super().__init__("plain" if engine in BARE else engine)
        self.name, self.calls = engine, calls
        self.helpers = softirq + ([self.engine.pid] if self.engine else [])
        self.rate = QUEUED if engine == "nfqueue" else 0
        self.turn = TURN if calls == 1 else \
            PROBED_TURN if engine == "bpf_auto" else LONG_TURN
        self.frozen = []
        try:
            self.prepare()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *why):
        # Processes of a program see its end, once they run again.
        for pid in self.frozen:
            os.kill(pid, signal.SIGCONT)
        super().__exit__(*why)

    def prepare(self):
        if self.name not in BARE:
            for rule in FILTER:
                self.fw.run("iptables", *rule.split())
            # Flows wait for their turn longer than conntrack would.
            for name in "gre_timeout", "gre_timeout_stream":
                self.fw.set("net/netfilter/nf_conntrack_" + name, 3600)
        ends = [self.server(PROCESSES)]
        self.blasts = {"out": self.blast(self.cli), "in": self.blast(self.srv)}
        helper = self.name == "helper"
        step = HELPER_STEP if helper else self.calls
        learn = HELPER_LEARN if helper else LEARN
        for first in range(0, self.calls, step):
            ends.append(self.dial(first, min(step, self.calls - first), learn))
        for blast in self.blasts.values():
            if blast.stdout.readline() != "ready\n":
                raise Failed("blast has not seen all calls: " + self.name)
        self.freeze(ends)
        self.ends = {"out": (self.srv, "eth0"), "in": (self.cli, "eth0")}
        if self.name == "cable":
            self.ends = {"out": (self.fw, "in0"), "in": (self.fw, "out0")}
        for ns, device in self.ends.values():
            ns.run(BLAST, "-d", device)
        if self.name == "redirect":
            self.fw.run(BLAST, "-r", "in0", "out0")
            self.fw.run(BLAST, "-r", "out0", "in0")

    def dial(self, first, calls, learn):
        """More calls, with GRE; once each of them has had some."""
        client = self.client(calls, "--hold", "3600", "--gre",
                             str(learn / calls),
                             bind=address_range(first, calls))
        if phase(client)["up"] < calls:
            raise Failed("%s: not all of %d calls came up" % (
                self.name, first + calls))
        if first + calls < self.calls:
            time.sleep(2 * calls / learn)
        return client

    def blast(self, ns):
        p = ns.popen("taskset", "1", BLAST, "eth0", str(self.calls),
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.programs.append(p)
        return p

    def freeze(self, programs):
        for pid in [pid for p in programs for pid in family(p)]:
            self.frozen.append(pid)
            os.kill(pid, signal.SIGSTOP)

    def send(self, way, size, ms):
        """How many packets it was, in one direction."""
        blast = self.blasts[way]
        blast.stdin.write("%d %d %d\n" % (ms, size, self.rate))
        blast.stdin.flush()
        return int(blast.stdout.readline())

    def cost(self, way, size):
        """CPU of a packet in one direction, in µs.  At first a packet of
        every call, and at once the turn, lest what those have taught the
        programs is old by then."""
        seen, sent = received(*self.ends[way]), 0
        while sent < self.calls:
            sent += self.send(way, size, WARM)
        pids = self.helpers + [self.blasts[way].pid]
        before = cpu(*pids)
        turn = self.send(way, size, self.turn)
        spent = cpu(*pids) - before
        arrived = self.arrived(way, seen, sent + turn)
        if arrived < (sent + turn) * 0.99:
            raise Failed("%s with %d calls: of %d packets %d arrived" % (
                self.name, self.calls, sent + turn, arrived))
        return spent / turn

    def arrived(self, way, seen, sent):
        """What is queued may take a moment."""
        for _ in range(20):
            arrived = received(*self.ends[way]) - seen
            if arrived >= sent or not self.rate:
                break
            time.sleep(0.01)
        return arrived


def measure(stages, sizes, rounds):
    """{(name, calls, way, size): [cost]}, the stages taking turns."""
    costs = {}
    for number in range(rounds):
        tell("packets: round %d of %d" % (number + 1, rounds))
        for size in sizes:
            for way in WAYS:
                for key, cost in measure_round(stages, way, size).items():
                    costs.setdefault(key, []).append(cost)
    return costs


def measure_round(stages, way, size):
    least = {}
    for number in range(TURNS):
        for stage in stages:
            if number == 0 or stage.calls == 1:
                key = stage.name, stage.calls, way, size
                cost = stage.cost(way, size)
                least[key] = min(cost, least.get(key, cost))
    return least


class Costs:
    """Net costs of (engine, calls) by round, and their ratios."""

    def __init__(self, wanted, sizes, rounds):
        stages, softirq = [], softirq_threads()
        try:
            cables = [("cable", calls) for calls in
                      sorted({calls for _, calls in wanted})]
            for engine, calls in cables + wanted:
                tell("packets: %s with %d calls" % (engine, calls))
                stages.append(Stage(engine, calls, softirq))
            self.costs = measure(stages, sizes, rounds)
        finally:
            for stage in stages:
                stage.__exit__()

    def net(self, engine, calls, way, size):
        """The cable's median: it varies less than what it is taken from."""
        base = statistics.median(self.costs["cable", calls, way, size])
        return [cost - base
                for cost in self.costs[engine, calls, way, size]]

    def ratio(self, one, other, way, size):
        return [a / b for a, b in zip(self.net(*one, way, size),
                                      self.net(*other, way, size))]


def engine_rows(args):
    """The engines beside each other, with one call."""
    targets = [("bpf_direct", "helper", 0.50), ("bpf_stack", "helper", 0.95),
               ("bpf_auto", "helper", 0.30), ("bpf_auto", "plain", 0.60)]
    costs = Costs([(engine, 1) for engine in NAMES], args.sizes, args.rounds)
    for size in args.sizes:
        for way in WAYS:
            what = "%s, %d bytes, %%s" % (way, size)
            for engine, name in NAMES.items():
                yield row(what % name, costs.net(engine, 1, way, size),
                          "µs/packet", engine=engine, way=way, size=size)
            for engine, other, target in targets:
                yield row(what % "/".join((NAMES[engine] + " ",
                                           " " + NAMES[other])),
                          costs.ratio((engine, 1), (other, 1), way, size),
                          target=target)


def scale_rows(args):
    """Does the cost grow with the number of calls?"""
    many = args.scale_calls
    most = max([calls for calls in many if calls <= HELPER_MOST])
    wanted = [(engine, calls) for engine in SCALED for calls in many
              if engine != "helper" or calls <= HELPER_MOST]
    costs = Costs(wanted, [SMALL], args.scale_rounds)
    for way in WAYS:
        for engine, calls in wanted:
            yield row("%s, %s, %d calls" % (way, NAMES[engine], calls),
                      costs.net(engine, calls, way, SMALL), "µs/packet",
                      engine=engine, way=way, calls=calls)
        for engine in SCALED[1:]:
            yield row("%s, %s, %d calls / %d" % (way, NAMES[engine], many[-1],
                                                 many[0]),
                      costs.ratio((engine, many[-1]), (engine, many[0]),
                                  way, SMALL), target=1.2)
        for engine, target in ("bpf_auto", 0.02), ("bpf_stack", 0.05):
            yield row("%s, %d calls, %s / helper" % (way, most,
                                                     NAMES[engine]),
                      costs.ratio((engine, most), ("helper", most), way,
                                  SMALL),
                      target=target if most == HELPER_MOST else None)
