# SPDX-License-Identifier: GPL-2.0-or-later
"""The queue engine beside the least that a queue program can do.

CPU of a program is its user and system time as the scheduler counts it, in
ns (/proc/PID/schedstat); that includes the kernel's work on packets that it
hands on.  CPU in all is that of every program of the run (clients, engine,
server) and of the kernel's ksoftirqd; net of sending means less what the same
traffic costs over plain routing.  A packet counts once for each time that it
crosses the firewall.

The do-nothing program (null_queue) gets the same packets by the same rules,
copies each and returns it with its payload, in batches as the daemon does, or
one by one.
"""
from lab import Failed, Lab, phase
from measure import (Profile, cpu, ratios, rounds, row, softirq_threads,
                     values)

ENGINES = "plain", "null_batched", "null", "nfqueue"


def gre(engine, args):
    """CPU of the engine and of all, in µs per packet."""
    with Lab(engine) as lab:
        server = lab.server()
        profile = Profile(engine == "nfqueue" and args.profile, "gre",
                          lab.engine.pid if lab.engine else 0)
        client = lab.client(args.gre_calls, "--hold", str(args.seconds),
                            "--gre", str(args.pps / args.gre_calls),
                            "--size", str(args.size))
        phase(client)
        own = [lab.engine.pid] if lab.engine else []
        # The parents of pptpalg-load's processes do its GRE.
        every = own + [server.pid, client.pid] + softirq_threads()
        before = cpu(*own), cpu(*every)
        traffic = phase(client)
        after = cpu(*own), cpu(*every)
        profile.end()
    packets = traffic["sent"] + traffic["received"]
    if traffic["received"] < traffic["sent"] * args.least:
        raise Failed("the machine is too busy, or --pps too much: %s "
                     "returned %d of %d packets" % (
                         engine, traffic["received"], traffic["sent"]))
    return {"own": (after[0] - before[0]) / packets,
            "all": (after[1] - before[1]) / packets}


def rows(args):
    results = rounds(gre, ENGINES, args)
    names = {"null_batched": "do-nothing queue, batched",
             "null": "do-nothing queue, one by one"}
    for engine in "nfqueue", "null_batched", "null":
        yield row("CPU of %s" % names.get(engine, "pptpalgd"),
                  values(results, engine, "own"), "µs/packet")
    for other in "null_batched", "null":
        yield row("pptpalgd / %s" % names[other],
                  ratios(results, "nfqueue", other, "own"), target=1.15)
        yield row("pptpalgd / %s, in all, net of sending" % names[other],
                  ratios(results, "nfqueue", other, "all", "plain"),
                  target=1.15)
