# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tc programs themselves cost, by the kernel's test run: one packet
of a known call, again and again, so that all it needs is in the caches.  Those
of bpf auto do the work of routing, too.  And one that is not GRE."""
import os

from lab import BUILD, Lab
from measure import NAMES, row, tell

TEST_RUN = os.path.join(BUILD, "bench", "test_run")
WAYS = ("out", ("from_inside", "to_outside", "from_inside_other",
                "to_outside_other")), \
    ("in", ("from_outside", "from_outside_other"))


def run(lab, forward, calls, size, rounds):
    """{program: [ns]}"""
    tell("programs: %s, %d calls, %d bytes" % (forward, calls, size))
    out = lab.fw.run(TEST_RUN, "in0", "out0", forward, str(calls), str(size),
                     str(rounds), timeout=120).stdout
    results = {}
    for line in out.splitlines():
        name, ns = line.split()
        results.setdefault(name, []).append(float(ns))
    return results


def rows(args):
    with Lab("plain") as lab:
        for address in "192.168.7.2", "203.0.113.2":    # for a neighbour
            lab.fw.run("ping", "-c", "1", "-W", "2", address)
        for forward in "auto", "stack":
            for calls in args.scale_calls[0], args.scale_calls[-1]:
                for size in args.sizes:
                    results = run(lab, forward, calls, size, args.rounds)
                    for way, programs in WAYS:
                        yield from program_rows(forward, calls, size, way, {
                            p: results[p] for p in programs if p in results})


def program_rows(forward, calls, size, way, results):
    engine = "bpf_" + forward
    for name, ns in results.items():
        yield row("%s, %s, %d calls, %d bytes, %s" % (
            way, NAMES[engine], calls, size, name), ns, "ns", engine=engine,
            calls=calls, size=size, way=way, program=name)
