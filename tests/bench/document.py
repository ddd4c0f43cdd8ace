#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes docs/performance.md and its plots from docs/performance.csv, which
tests/bench/run has written.

    tests/bench/document.py
"""
import os

import plot
import results
from lab import TOP
from measure import NAMES

DOCS = os.path.join(TOP, "docs")
NUMBERS = os.path.join(DOCS, "performance.csv")
WAYS = "out", "in"

HEAD = """# Performance

Measured by `make bench` on {date}, {cores} cores of {cpu}, Linux {kernel}
(version {version} of this tree).  This page and its plots are made from
[performance.csv](performance.csv) by `tests/bench/document.py`.

Everything runs on one machine, in network namespaces: clients, firewall and
server share its cores.  What counts are therefore the ratios: the engines take
turns in one run, a figure is the median of its rounds, the spread goes from
the smallest to the largest.  *Kernel helper* is Linux's own `nf_nat_pptp`.

## Goals
"""
PARTS = {
    "packets": """## GRE: what a packet costs

CPU time for one packet that crosses the firewall, less what sending it costs.
*Out* is from the client to the server; 100 and {size} bytes are with IP
header.  One call; a stateful filter in each firewall but that of plain
routing.  `forward = auto` sends one packet a second through routing, filter and
connection tracking, and the others the same way past them (the probes are part
of the figure); `forward = stack` sends all through them, `forward = direct`
none.

*Bare redirect* is a tc program of three instructions that sends a packet out
by the other interface as it is: the least that any fast path costs.

Where the time of `auto` went on another machine (100 bytes, ns net, out and
in, the quickest tenth of 40 short turns): bare redirect 165 and 168; a program
at egress that does nothing, as `auto` needs one to learn from probes, 23; our
programs 75 and 82; all of it 264 and 281, beside 356 and 348 of plain routing,
907 and 819 of the helper, 327 and 364 of `direct`. Since then our programs
take half as much. What cost most were calls of the kernel's functions: for the
time (13, asked once a jiffy now), about IPsec (15, while there are security
associations only), for the checksum (5, where the call ID changes only). Then
the reading of the programs themselves: between two packets they have left the
processor's first cache, so a program that takes 53 again and again (in the
kernel's test run, below; 14 are the run itself) took some 95 in turn with the
rest of a packet's way, and one that does the same with fewer instructions,
which takes 47, took some 70. What is rare is therefore a function of its own,
headers are read where they lie, and an address' part of the checksum is made
when the call comes up.

Why `stack` is no cheaper than the helper at one call, where the helper's list
is as short as can be (the same turns): plain routing 356 and 348; our programs
without any rule 570 and 490; with the smallest rules of any NAT firewall (one
that leaves packets untracked, one that accepts them, masquerading for others)
860 and 780, which is 0.92 and 0.90 of the helper; with those of `pptpalgctl
rules` 1,060 and 950. What the rest of our rules cost are the tables they stand
in: 140 for mangle. (Since then its jumps ask first, some 60 less, and what
marked GRE meets in raw and filter stands there without a jump, some 40 less.)
In FORWARD an admin's own rules in filter cannot come before ours, in PREROUTING
a restored mark is kept from passing packets unseen. With 100 calls the helper
has a longer list; see below.
""",
    "scale": """## GRE with many calls

The same for packets of 100 bytes, spread over all calls in turn.  The kernel's
helper walks a list of all calls for every packet; it is measured up to 5,000
calls.

What grows with the calls is that their data are no longer in the processor's
cache: the tables of the tc programs take two lines of it, side by side, for
each packet.  A packet waits for them once (165 ns with 60,000 calls, perf,
2026-11-30): which call is next is not known before its packet is there.
Before each turn comes a packet of every call, which is not measured.  A turn
of `auto` lasts a second, so that each call's probe is in it: with 60,000 calls
every ninth packet or so is one, which is a third of the growth.  With
`nfqueue`, connection tracking follows what goes out: of the growth up to 1,000
calls 60 % is its search, 40 % the daemon's own.
""",
    "programs": """## The tc programs themselves

Time for one run of a program by the kernel's own test run, without the way to
it and from it, as the quickest of 500; a program that does nothing takes 14 ns
of it.  With `forward = auto` the way of the call is known: no probe is among
them.  With `forward = stack` a packet to the outside runs two programs.
*other* is a packet that is not GRE.
""",
    "calls": """## Setting up calls

As many as it goes at a time, 100 under way at once; then, with all of them up,
the latency of more calls at a steady rate, from the first SYN to the
Outgoing-Call-Reply.  Clients, server, firewall and daemon share the cores.

Masquerading has ports for 64,512 connections from one public address to one
server, so 65,000 calls come with two on each connection.  The kernel's helper
gives all calls of a connection one ID: it is measured with one on each.
Beyond 2,048 calls that wait for their GRE it does less, and is faster: it lets
calls come up whose GRE does not pass.

The daemon reads six of the ten segments of each call, in one thread; the tc
programs let pass what only acknowledges.  More than half of its time the kernel
spends on sending segments on, which includes a good part of the receiver's
work.  The helper reads them on every core where they pass.

*Killed and ready again*: from the start of the next daemon until it knows all
calls again, from its journal.
""",
    "crowd": """## How many calls

All clients have the same call IDs, and GRE flows on all calls: a call counts
when its own GRE, and no other's, comes back.
""",
    "cluster": """## Telling a store

As one of two firewalls: the daemon, its store and, with `wait = replica`, the
store's copy share the machine with clients and server.  The other firewall,
which would read along, is not there.  *Takeover*: both are, GRE flows on all
calls, the cables of the first one are cut, and the second one gets the address
at once.  What is lost of all GRE is also what the machine, with its clients and
server, is too busy for.
""",
    "queue": """## The queue engine beside a do-nothing program

Where there is no BPF, each packet takes a trip to the daemon.  The do-nothing
program gets the same packets from the same queue, copies them and gives them
back unchanged.
""",
    "logins": """## Tunnels that end here

Clients that log in by MS-CHAPv2 and get MPPE-128, 100 under way at once, all
in one process of the server; then all of them at rest.  Clients and server
share the cores.
""",
    "tunnel": """## Throughput of a tunnel

Our client, our server, and TCP or packets of one size between them, in two
namespaces of one machine: both ends, and the kernel's, share its cores.

Where the server's time goes (perf, 2026-11-21, full packets).  Up with
MPPE-128: 43 % RC4, 16 % its key set-up for each packet, 12 % the kernel's
reading of GRE (`recvmmsg`), 8 % its taking of large segments that stand for
many packets (TUN), 6 % sending acknowledgements.  Down: 29 % and 11 % RC4 and
its key set-up, 52 % the kernel's sending (`sendmmsg`), with the path of the
packets through both namespaces in it, as there is no wire.  Without encryption
87 and 94 % are the kernel's.
""",
    "pptpd": """## The server beside pptpd and pppd

The same clients at either server, which ends the tunnels and forwards what is
in them to a machine behind it; server and real clients (pptp-linux and pppd)
are user-mode-linux guests with one kernel.  CPU is that of the server's whole
guest.  *Fast clients* are one tunnel of our own client on the host.

In such a guest a system call costs some 40 µs (its kernel is a process that
traces the guest's programs), and so does the interrupt of a packet that comes
alone.  Real clients share the machine's two cores with the server and never
keep it busy: their packets come alone.  The first line says what a guest takes
at most of such packets when nobody reads them.  pptpd takes a fifth of that, so
that no server could take ten times as much as pptpd; ours takes more than half.
Fast clients keep the server busy; then one system call takes, or gives, many
packets.
""",
    "peers": """## Real peers

Five real clients (pptp-linux and pppd with MPPE-128) and pptpd, each in a
user-mode-linux guest, all with the same call ID.  TCP from all at once; then
large pings from all at once.  The guests set the pace here: what matters is
that nothing is lost.
""",
}


def value_of(row):
    return row["measured"], row["smallest"], row["largest"]


def find(rows, **keys):
    """The value of the row with these keys, or None."""
    for row in rows:
        if all(row.get(key) == value for key, value in keys.items()):
            return value_of(row)
    return None


def having(rows, key):
    """What there is under a key, in order."""
    return list(dict.fromkeys(row[key] for row in rows if key in row))


# --- plots ------------------------------------------------------------------

def plot_packets(rows, save):
    sizes = having(rows, "size")
    groups = [(way, size) for size in sizes for way in WAYS]
    plot.bars(save("packets"), "CPU time of one GRE packet, net of sending",
              "µs", ["%s, %d bytes" % group for group in groups],
              [(NAMES[engine], [find(rows, engine=engine, way=way, size=size)
                                for way, size in groups])
               for engine in having(rows, "engine")])


def plot_scale(rows, save):
    series = [(NAMES[engine], way == "in",
               [(calls, find(rows, engine=engine, way=way, calls=calls))
                for calls in having(rows, "calls")
                if find(rows, engine=engine, way=way, calls=calls)])
              for engine in having(rows, "engine") for way in WAYS]
    plot.lines(save("scale"), "CPU time of one GRE packet by number of calls;"
               " out solid, in dashed", "µs", "calls", series)


def plot_programs(rows, save):
    sizes, calls = having(rows, "size"), having(rows, "calls")
    kinds = list(dict.fromkeys((row["engine"], row["program"])
                               for row in rows))
    plot.bars(save("programs"), "One run of a program, %d bytes" % sizes[0],
              "ns", ["%s, %s" % (NAMES[engine].split()[1], program)
                     for engine, program in kinds],
              [("%s call%s" % (plot.number(n), "s" * (n > 1)), [
                  find(rows, engine=engine, program=program, calls=n,
                       size=sizes[0]) for engine, program in kinds])
               for n in calls])


def plot_calls(rows, save):
    steps = [(calls, per) for calls in having(rows, "calls")
             for per in having(rows, "per_connection")
             if find(rows, calls=calls, per_connection=per)]
    groups = ["%s%s" % (plot.number(calls), ", %d a connection" % per
                        if per > 1 else "") for calls, per in steps]
    engines = [engine for engine in having(rows, "engine")
               if engine in NAMES]

    def series(name):
        return [(NAMES[engine], [find(rows, engine=engine, name=name,
                                      calls=calls, per_connection=per)
                                 for calls, per in steps])
                for engine in engines]
    plot.bars(save("setup"), "Calls set up in a second, by number of calls",
              "calls/s", groups, series("rate"))
    for name in "p50", "p99":
        plot.bars(save("latency-" + name),
                  "Latency of a call, %s, by number of calls that are up" %
                  name, "ms", groups, series(name))


def plot_peers(rows, save):
    engines = having(rows, "engine")
    plot.bars(save("peers"), "TCP of five real clients together", "Mbit/s",
              [NAMES[engine] for engine in engines],
              [("throughput", [find(rows, engine=engine, name="rate")
                               for engine in engines])])


PLOTS = {"packets": plot_packets, "scale": plot_scale,
         "programs": plot_programs, "calls": plot_calls, "peers": plot_peers}


# --- text -------------------------------------------------------------------

def cells(row):
    sign = "≤" if row["limit"] == "min" else "≥"
    target = "" if row["target"] is None else "%s %s" % (
        sign, plot.number(row["target"]))
    reached = {True: "yes", False: "**no**", None: ""}[row["reached"]]
    spread = "%s – %s" % tuple(short(row[key])
                               for key in ("smallest", "largest"))
    return [row["what"], target, ("%s %s" % (short(row["measured"]),
                                             row["unit"])).strip(),
            spread, reached]


def short(value):
    return plot.number(round(value) if abs(value) >= 10000
                       else float("%.4g" % value))


def table(rows, columns):
    names = "what", "goal", "measured", "spread", "reached"
    lines = [[names[c] for c in columns], ["---"] * len(columns)]
    lines += [[cells(row)[c] for c in columns] for row in rows]
    return "\n".join("| %s |" % " | ".join(line) for line in lines) + "\n\n"


def write(numbers, folder=DOCS):
    """The page and its plots, from what a run has measured."""
    pictures = []

    def save(name):
        pictures.append("performance-%s.svg" % name)
        return os.path.join(folder, pictures[-1])
    goals, text = [], ""
    for part, about in PARTS.items():
        rows = numbers["parts"].get(part, [])
        if not rows:
            continue
        goals += [dict(row, what="%s: %s" % (part, row["what"]))
                  for row in rows if row["target"] is not None]
        sizes = having(rows, "size")
        text += about.format(size=max(sizes) if sizes else "") + "\n"
        if part in PLOTS:
            PLOTS[part](rows, save)
        text += "".join("![%s](%s)\n\n" % (part, name) for name in pictures)
        pictures.clear()
        text += table([r for r in rows if r["target"] is None], (0, 2, 3))
    page = HEAD.format(**numbers["machine"]) + "\n" + table(goals, range(5))
    with open(os.path.join(folder, "performance.md"), "w",
              encoding="utf-8") as f:
        f.write((page + text).rstrip() + "\n")


def main():
    write(results.read(NUMBERS))


if __name__ == "__main__":
    main()
