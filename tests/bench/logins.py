# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels that end at pptpalgd: how many come up in a second, what each of
them takes, and what they cost while nothing happens.

Clients, server and kernel share the machine.  Each client logs in by
MS-CHAPv2 as a user of its own and gets MPPE-128.  When all are up the daemon
is watched at rest; then all log out and in again, and pings go through each
tunnel.  Memory is what the daemon's grows by until all are up, for each; the
kernel's is that of TCP sockets and their files, one end of two.
"""
import time

from ending import Ending
from lab import Failed, phase, stop
from measure import Profile, cpu, memory, patiently, row, tell, values

REST = 2                        # seconds, for what idle tunnels cost
HOLD = 3                        # seconds of pings
PINGS = 1                       # a second, through each tunnel
GOAL = 16                       # KiB for a tunnel
SLABS = "TCP", "sock_inode_cache", "filp", "eventpoll_epi", "dentry"


def kernel():
    """Bytes that the machine's sockets take in the kernel."""
    with open("/proc/slabinfo", encoding="ascii") as f:
        lines = [line.split() for line in f]
    return sum(int(words[1]) * int(words[3]) for words in lines
               if words[0] in SLABS)


def all_up(client, tunnels):
    setup = phase(client)
    if setup["up"] < tunnels:
        raise Failed("of %d tunnels %d came up: %s" % (
            tunnels, setup["up"], setup["failures"]))
    return setup


def pings(lab, tunnels):
    """Pings that got lost, in percent; the tunnels are new ones."""
    client = lab.log_in(tunnels, "--hold", str(HOLD), "--ping", str(PINGS),
                        "--clear")
    all_up(client, tunnels)
    counts, end = phase(client), phase(client)
    if counts["wrong_call"] or counts["strange"] or counts["calls_silent"] \
            or end["lost"]:
        raise Failed("pings of %d tunnels: %s, %s" % (tunnels, counts, end))
    return 100 * counts["lost"] / counts["sent"]


def one(tunnels, args):
    with Ending() as lab:
        daemon = lab.serve(tunnels)
        profile = Profile(args.profile, "logins%d" % tunnels, daemon.pid)
        before, sockets, busy = memory(daemon.pid), kernel(), cpu(daemon.pid)
        client = lab.log_in(tunnels, "--hold", "3600", "--clear")
        setup = all_up(client, tunnels)
        spent = cpu(daemon.pid) - busy
        profile.end()
        after = memory(daemon.pid)
        result = {"rate": setup["calls_per_second"], "own": spent / tunnels,
                  "kernel": (kernel() - sockets) / 2 / tunnels / 1024,
                  "whole": after["rss"] / 2**20}
        for name in "rss", "anonymous":
            result[name] = (after[name] - before[name]) / tunnels / 1024
        for name in "p50", "p99":
            result[name] = setup["latency_%s_ms" % name]
        busy = cpu(daemon.pid)
        time.sleep(REST)
        result["idle"] = (cpu(daemon.pid) - busy) / REST / 1e4
        stop(client)
        result["lost"] = pings(lab, tunnels)
    return result


def rows(args):
    for tunnels in args.tunnels:
        results = {tunnels: []}
        for number in range(args.login_rounds):
            tell("logins: round %d of %d, %d tunnels" % (
                number + 1, args.login_rounds, tunnels))
            results[tunnels].append(patiently(one, tunnels, args))
        for name, words, unit in (
                ("rate", "logins", "logins/s"), ("p50", "login p50", "ms"),
                ("p99", "login p99", "ms"),
                ("own", "CPU of the daemon", "µs/login"),
                ("idle", "CPU of the daemon at rest", "% of a core"),
                ("whole", "memory of the daemon", "MiB"),
                ("anonymous", "the daemon's own part of it, a tunnel", "KiB"),
                ("kernel", "kernel's TCP sockets, a tunnel", "KiB"),
                ("lost", "pings lost", "%")):
            yield row("%d tunnels: %s" % (tunnels, words),
                      values(results, tunnels, name), unit, name=name,
                      tunnels=tunnels)
        yield row("%d tunnels: KiB of memory a tunnel" % tunnels,
                  values(results, tunnels, "rss"),
                  target=GOAL if tunnels == max(args.tunnels) else None)
