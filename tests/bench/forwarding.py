# SPDX-License-Identifier: GPL-2.0-or-later
"""What forwarding one GRE packet costs, by what stands in the middle.

All labs of a measurement stand at once, and take turns: each sends as fast as
one core can for a moment (blast), the packets of all its calls in turn.  A
packet is dropped as early as the kernel can where it arrives; net of sending
means less what it costs when that is the near side of the firewall ("cable").
The CPU time is the sender's, which includes all that the kernel does with its
packets, and that of ksoftirqd.  Firewalls with NAT have a stateful filter.
"""
import json
import os
import signal
import statistics
import subprocess

from lab import BUILD, Failed, Lab, phase

BLAST = os.path.join(BUILD, "bench", "blast")
FILTER = (
    "-P FORWARD DROP",
    "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A FORWARD -i in0 -o out0 -p tcp -j ACCEPT",
)
BARE = "cable", "plain"
TURN = 250              # ms of sending
LEARN = 20000           # packets a second, while blast learns the calls
PROCESSES = 4           # of the server: each takes some 20,000 calls
WAYS = "out", "in"


def run_time(*pids):
    """CPU time of processes so far, in ns."""
    total = 0
    for pid in pids:
        with open("/proc/%d/schedstat" % pid) as f:
            total += int(f.read().split()[0])
    return total


def received(ns, device):
    shown = ns.run("ip", "-s", "-j", "link", "show", device).stdout
    return json.loads(shown)[0]["stats64"]["rx"]["packets"]


class Stage(Lab):
    """A lab with all calls up, its ends frozen, and a sender at each end."""

    def __init__(self, engine, calls, softirq):
        super().__init__("plain" if engine == "cable" else engine)
        self.name, self.calls, self.softirq = engine, calls, softirq
        self.frozen = []
        try:
            self.prepare()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *why):
        # Processes of a program see its end, once they run again.
        self.freeze(self.frozen, signal.SIGCONT)
        super().__exit__(*why)

    def prepare(self):
        if self.name not in BARE:
            for rule in FILTER:
                self.fw.run("iptables", *rule.split())
        programs = [self.server(PROCESSES)]
        self.blasts = {"out": self.blast(self.cli), "in": self.blast(self.srv)}
        programs.append(self.client(
            self.calls, "--hold", "3600", "--gre", str(LEARN / self.calls)))
        if phase(programs[1])["up"] < self.calls:
            raise Failed("%s: not all of %d calls came up" % (
                self.name, self.calls))
        for blast in self.blasts.values():
            if blast.stdout.readline() != "ready\n":
                raise Failed("blast has not seen all calls: " + self.name)
        self.frozen = programs
        self.freeze(programs)
        self.ends = {"out": (self.srv, "eth0"), "in": (self.cli, "eth0")}
        if self.name == "cable":
            self.ends = {"out": (self.fw, "in0"), "in": (self.fw, "out0")}
        for ns, device in self.ends.values():
            ns.run(BLAST, "-d", device)

    def blast(self, ns):
        p = ns.popen("taskset", "1", BLAST, "eth0", str(self.calls),
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.programs.append(p)
        return p

    def freeze(self, programs, how=signal.SIGSTOP):
        for p in programs:
            with open("/proc/%d/task/%d/children" % (p.pid, p.pid)) as f:
                for pid in [p.pid] + [int(word) for word in f.read().split()]:
                    os.kill(pid, how)

    def cost(self, way, size):
        """CPU of a packet in one direction, in µs."""
        blast = self.blasts[way]
        pids = self.softirq + [blast.pid]
        before, seen = run_time(*pids), received(*self.ends[way])
        blast.stdin.write("%d %d\n" % (TURN, size))
        blast.stdin.flush()
        sent = int(blast.stdout.readline())
        spent = run_time(*pids) - before
        arrived = received(*self.ends[way]) - seen
        if arrived < sent * 0.99:
            raise Failed("%s: of %d packets %d arrived" % (
                self.name, sent, arrived))
        return spent / 1000 / sent


def measure(stages, sizes, rounds, tell):
    """{(name, calls, way, size): [cost]}, the stages taking turns."""
    costs = {}
    for number in range(rounds):
        tell("round %d of %d" % (number + 1, rounds))
        for size in sizes:
            for way in WAYS:
                for stage in stages:
                    key = stage.name, stage.calls, way, size
                    costs.setdefault(key, []).append(stage.cost(way, size))
    return costs


class Costs:
    """Net costs of (engine, calls) by round, and their ratios."""

    def __init__(self, wanted, sizes, rounds, softirq, tell):
        stages = []
        try:
            cables = [("cable", calls) for calls in
                      sorted({calls for _, calls in wanted})]
            for engine, calls in cables + wanted:
                tell("%s with %d calls" % (engine, calls))
                stages.append(Stage(engine, calls, softirq))
            self.costs = measure(stages, sizes, rounds, tell)
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


def engine_rows(args, softirq, tell, row):
    """The engines beside each other, with few and with many calls."""
    names = {"plain": "plain routing", "helper": "kernel helper",
             "bpf_stack": "bpf stack", "bpf_direct": "bpf direct"}
    targets = ("bpf_direct", 0.50), ("bpf_stack", 0.80)
    for calls in args.forward_calls:
        costs = Costs([(engine, calls) for engine in names], args.sizes,
                      args.rounds, softirq, tell)
        for size in args.sizes:
            for way in WAYS:
                what = "%s, %d calls, %d bytes, %%s" % (way, calls, size)
                for engine, name in names.items():
                    yield row(what % name, costs.net(engine, calls, way, size),
                              "µs/packet")
                for engine, target in targets:
                    yield row(what % (names[engine] + " / helper"),
                              costs.ratio((engine, calls), ("helper", calls),
                                          way, size), target=target)


def scale_rows(args, softirq, tell, row):
    """Does the cost grow with the number of calls?"""
    many = args.scale_calls
    for engine in "bpf_direct", "bpf_stack":
        costs = Costs([(engine, calls) for calls in many], [100],
                      args.rounds, softirq, tell)
        for way in WAYS:
            for calls in many:
                yield row("%s, %s, %d calls" % (way, engine, calls),
                          costs.net(engine, calls, way, 100), "µs/packet")
            yield row("%s, %s, %d calls / %d" % (way, engine, many[-1],
                                                 many[0]),
                      costs.ratio((engine, many[-1]), (engine, many[0]),
                                  way, 100), target=1.2)
