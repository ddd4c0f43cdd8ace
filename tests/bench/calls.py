# SPDX-License-Identifier: GPL-2.0-or-later
"""Setting up calls: how fast, how long one takes, what the daemon needs.

Each measurement sets up its calls as fast as it goes, 100 at a time, in fresh
namespaces, then with all of them up some more at a steady rate: the latency
is theirs, from the first SYN to the Outgoing-Call-Reply.  Clients, server,
engine and the kernel share the machine, so that a rate is one of all together.

Masquerading has ports for 64,512 connections from one public address to one
server: more calls than that need several on a connection.  The kernel's helper
gives all calls of a connection one ID, so it is measured with one on each.  Of
its calls 2,048 can wait for their GRE at once: beyond them it lets calls come
up whose GRE does not pass.
"""
import resource
import time

from lab import Failed, Lab, phase
from measure import (NAMES, Profile, cpu, family, faults, memory, patiently,
                     ratios, row, softirq_threads, tell, values)

OURS, HELPER = "bpf_auto", "helper"
FORGETFUL = "bpf_auto_forgetful"       # without a journal, for one step
PROCESSES = 4                   # of the server: each takes 20,000 connections
PROBE = 400                     # calls whose latency is measured
PROBE_RATE = 500                # of them a second
PROBE_FROM = "10.0.250.1-%d" % PROBE
REST = 0.5                      # seconds, for what idle calls cost
MANY = 60000                    # calls beside which what is fixed is little


def one(engine, calls, per_connection, args):
    """The numbers of one lab."""
    with Lab(engine) as lab:
        server = lab.server(PROCESSES)
        own = family(lab.engine)[:1] if lab.engine else []
        sizes = memory(*own) if own else {}
        profile = Profile(own and args.profile, "setup%d" % calls,
                          own[0] if own else 0)
        before = cpu(*own)
        client = lab.client(calls, "--hold", "3600", "--per-connection",
                            str(per_connection))
        setup = phase(client)
        result = {"own": (cpu(*own) - before) / calls,
                  "rate": setup["calls_per_second"]}
        profile.end()
        if setup["up"] < calls:
            raise Failed("%s: only %d of %d calls came up" % (
                engine, setup["up"], calls))
        # The parents of pptpalg-load's processes do nothing now.
        result["all"] = (cpu(*own, *family(client), *family(server)) -
                         before) / calls
        if own:
            result.update(residents(lab, own[0], sizes, calls))
        probe = lab.run_client(PROBE, "--rate", str(PROBE_RATE),
                               bind=PROBE_FROM)["setup"]
        for name in "p50", "p99":
            result[name] = probe["latency_%s_ms" % name]
        if engine == OURS:
            result["restart"] = lab.kill_and_start()
            result["restart_cpu"] = cpu(lab.engine.pid) / 1e6
            result["restart_faults"] = faults(lab.engine.pid)
    return result


def children():
    """CPU time of programs that have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def residents(lab, pid, before, calls):
    """What calls that are up cost the daemon."""
    after = memory(pid)
    time.sleep(REST)
    busy = cpu(pid)
    time.sleep(REST)
    result = {"idle": (cpu(pid) - busy) / REST / 1e4,
              "rss": after["rss"], "maps": after["maps"],
              "each": sum(after[name] - before[name]
                          for name in ("anonymous", "maps")) / calls}
    begun, used = time.monotonic(), cpu(pid) / 1e6 + children()
    listed = lab.ctl("calls").stdout.count("\n")
    result["list"] = time.monotonic() - begun
    result["list_cpu"] = cpu(pid) / 1e6 + children() - used
    if listed < calls:
        raise Failed("pptpalgctl calls shows %d of %d" % (listed, calls))
    return result


def measure(args):
    """{(engine, calls, per connection): [numbers of a round]}"""
    results = {}
    for number in range(args.call_rounds):
        for calls, per_connection in args.call_steps:
            for engine in OURS, FORGETFUL, HELPER:
                if engine == HELPER and per_connection > 1 or \
                        engine == FORGETFUL and calls != args.forgetful:
                    continue
                tell("calls: round %d of %d, %s, %d calls" % (
                    number + 1, args.call_rounds, engine, calls))
                results.setdefault((engine, calls, per_connection), []).append(
                    patiently(one, engine, calls, per_connection, args))
    return results


def rows(args):
    results = measure(args)
    names = {OURS: "pptpalgd", FORGETFUL: "pptpalgd without a journal",
             HELPER: NAMES[HELPER]}
    for key in results:
        engine, calls, per_connection = key
        what = "%d calls%s, %s: " % (calls, ", %d on a connection" %
                                     per_connection if per_connection > 1
                                     else "", names[engine])
        keys = {"engine": engine, "calls": calls,
                "per_connection": per_connection}
        yield row(what + "set up", values(results, key, "rate"), "calls/s",
                  name="rate", **keys)
        for name in "p50", "p99":
            yield row(what + "latency " + name, values(results, key, name),
                      "ms", name=name, **keys)
        yield row(what + "CPU in all", values(results, key, "all"),
                  "µs/call", name="all", **keys)
        if engine == OURS:
            yield from daemon_rows(results, key, what, keys)
    for calls, per_connection in args.call_steps:
        if per_connection == 1:
            ours, other = (OURS, calls, 1), (FORGETFUL, calls, 1)
            yield row("%d calls: set-up rate / helper" % calls,
                      ratios(results, ours, (HELPER, calls, 1), "rate"),
                      target=0.7, better=max)
            if other not in results:
                continue
            for name, words in (("rate", "set-up rate"),
                                ("own", "CPU of the daemon")):
                yield row("%d calls: %s / without a journal" % (calls, words),
                          ratios(results, ours, other, name))


def daemon_rows(results, key, what, keys):
    yield row(what + "CPU of the daemon", values(results, key, "own"),
              "µs/call", name="own", **keys)
    yield row(what + "CPU of the daemon at rest",
              values(results, key, "idle"), "% of a core", name="idle", **keys)
    for name, words in ("rss", "memory of the daemon"), ("maps", "BPF maps"):
        yield row(what + words, [value / 2**20 for value in
                                 values(results, key, name)], "MiB",
                  name=name, **keys)
    for name, words in (
            ("list", "pptpalgctl calls"),
            ("list_cpu", "pptpalgctl calls, CPU of it and the daemon"),
            ("restart_cpu", "killed and ready again, CPU")):
        yield row(what + words, values(results, key, name), "s", name=name,
                  **keys)
    yield row(what + "killed and ready again, page faults",
              values(results, key, "restart_faults"), name="restart_faults",
              **keys)
    yield row(what + "killed and ready again",
              values(results, key, "restart"), "s", name="restart",
              target=1 if key[1] >= MANY else None, **keys)
    if key[1] >= MANY:
        yield row(what + "memory and maps, a call",
                  values(results, key, "each"), "bytes", target=1024)


# --- how many --------------------------------------------------------------

def crowd(engine, calls, per_connection, pool, args):
    """Calls that get their own GRE back, and nothing else, of all."""
    tell("calls: %d with GRE, %s" % (calls, engine))
    with Lab(engine, pool) as lab:
        lab.server(PROCESSES)
        client = lab.client(calls, "--hold", str(args.crowd_seconds), "--gre",
                            str(args.pps / calls), "--per-connection",
                            str(per_connection))
        if phase(client)["up"] < calls:
            raise Failed("not all of %d calls came up" % calls)
        gre = phase(client)
    if gre["wrong_call"] or gre["strange"]:
        raise Failed("%s: GRE of a wrong call: %s" % (engine, gre))
    return gre["calls"] - gre["calls_silent"], 100 * gre["lost"] / gre["sent"]


def crowd_rows(args):
    single, double = args.crowds
    for engine, calls, per_connection, pool, words in (
            (OURS, single, 2, False, "one public address"),
            (OURS, double, 2, True, "two public addresses"),
            (HELPER, single // 4, 1, False, "one public address")):
        heard, lost = patiently(crowd, engine, calls, per_connection, pool,
                                args)
        what = "%s, %s: calls with GRE, of %d" % (
            "pptpalgd" if engine == OURS else NAMES[engine], words, calls)
        yield row(what, [heard], "calls",
                  target=calls if engine == OURS else None, better=max)
        if engine == OURS:
            yield row(what.replace("calls with GRE, of", "GRE lost with"),
                      [lost], "% of packets")
