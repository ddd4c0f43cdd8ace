# SPDX-License-Identifier: GPL-2.0-or-later
"""What all parts of the benchmark share: the machine's clocks, rounds in which
the engines take turns, and rows of results."""
import datetime
import math
import os
import platform
import statistics
import subprocess
import sys
import time

from lab import TOP, Failed, stop

TRIES = 3
NAMES = {"redirect": "bare redirect", "plain": "plain routing",
         "helper": "kernel helper",
         "nfqueue": "nfqueue", "bpf_stack": "bpf stack",
         "bpf_direct": "bpf direct", "bpf_auto": "bpf auto"}


# --- reading the machine ----------------------------------------------------

def cpu(*pids):
    """CPU time of processes so far, in µs."""
    total = 0
    for pid in pids:
        with open("/proc/%d/schedstat" % pid) as f:
            total += int(f.read().split()[0])
    return total / 1000


def faults(pid):
    """How often a process has touched a page for the first time."""
    with open("/proc/%d/stat" % pid) as f:
        return int(f.read().rsplit(")", 1)[1].split()[7])


def family(program):
    """A program and its children."""
    with open("/proc/%d/task/%d/children" % (program.pid, program.pid)) as f:
        return [program.pid] + [int(pid) for pid in f.read().split()]


def softirq_threads():
    pids = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/comm" % pid) as f:
                if f.read().startswith("ksoftirqd/"):
                    pids.append(int(pid))
        except OSError:
            pass
    return pids


def memory(pid):
    """Resident size of a process, its own memory, and what its BPF maps
    hold in the kernel (which may be mapped), in bytes."""
    sizes = {}
    with open("/proc/%d/smaps_rollup" % pid) as f:
        for line in f:
            words = line.split()
            if words[0] in ("Rss:", "Anonymous:"):
                sizes[words[0][:-1].lower()] = int(words[1]) * 1024
    maps = {}
    for fd in os.listdir("/proc/%d/fdinfo" % pid):
        with open("/proc/%d/fdinfo/%s" % (pid, fd)) as f:
            values = dict(line.split(":", 1) for line in f if ":" in line)
        if "map_id" in values:
            maps[values["map_id"]] = int(values["memlock"])
    sizes["maps"] = sum(maps.values())
    return sizes


def machine():
    model = "unknown"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":")[1].strip()
                break
    done = subprocess.run(["git", "-C", TOP, "describe", "--always",
                           "--dirty"], capture_output=True, text=True)
    return {"cpu": model, "cores": os.cpu_count(),
            "kernel": platform.release(), "load": os.getloadavg()[0],
            "date": datetime.date.today().isoformat(),
            "version": done.stdout.strip()}


class Profile:
    """perf over the daemon's part of a measurement, into a file."""

    def __init__(self, folder, name, pid):
        self.perf = None
        if folder:
            os.makedirs(folder, exist_ok=True)
            self.perf = subprocess.Popen(
                ["perf", "record", "-q", "-g", "-F", "5000", "-p", str(pid),
                 "-o", os.path.join(folder, name + ".perf")])
            time.sleep(1)

    def end(self):
        if self.perf:
            stop(self.perf)


def go_first():
    """All programs of a run alike, before whatever else runs here."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        tell("no real-time priority: other programs will show")


# --- rounds and rows --------------------------------------------------------

def tell(text):
    """Progress: a line that is written over, or lines in a file."""
    start = "\r\x1b[K" if sys.stderr.isatty() else ""
    end = "" if sys.stderr.isatty() else "\n"
    print(start + text, end=end, file=sys.stderr, flush=True)


def patiently(measure, *args):
    """What else runs on the machine may spoil a measurement: once more."""
    for _ in range(TRIES - 1):
        try:
            return measure(*args)
        except Failed as e:
            tell(str(e))
    return measure(*args)


def rounds(measure, engines, args):
    """Results by engine: a list of dictionaries, one for each round."""
    results = {engine: [] for engine in engines}
    for number in range(args.rounds):
        for engine in engines:
            tell("round %d of %d: %s %s" % (number + 1, args.rounds,
                                            measure.__name__, engine))
            results[engine].append(patiently(measure, engine, args))
    return results


def row(what, values, unit="", target=None, better=min, **keys):
    """A line of the report; better=min: the target is an upper limit.  The
    keys are for plots."""
    middle = statistics.median(values)
    reached = None
    if target is not None:
        reached = better(middle, target) == middle
    return {"what": what, "target": target, "limit": better.__name__,
            "measured": middle, "smallest": min(values),
            "largest": max(values), "unit": unit, "reached": reached, **keys}


def values(results, engine, name):
    return [result[name] for result in results[engine]]


def ratios(results, one, other, name, less=None):
    """Ratios of two engines by round, both less a third one's value; none
    (nan) of a round that was too short to tell the others apart."""
    base = values(results, less, name) if less else [0] * len(results[one])
    return [(a - c) / (b - c) if b != c else math.nan for a, b, c in zip(
        values(results, one, name), values(results, other, name), base)]
