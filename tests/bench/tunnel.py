# SPDX-License-Identifier: GPL-2.0-or-later
"""One tunnel from pptpalgd to pptpalgd, each in a namespace: how much it
carries, and the daemons' CPU time for it.

TCP sends as fast as it goes, with full packets (1400 bytes); UDP sends small
ones at a rate that all of it bears.  Both daemons, iperf3's two ends and the
kernel share the machine's cores: what counts is the CPU time of a daemon for
one packet or megabit.  "Up" is from client to server.
"""
import json
import re
import statistics
import subprocess
import time

import ending
from ending import Ending
from lab import Failed
from measure import Profile, cpu, patiently, row, tell, values

PORT = "5201"
FULL = 1400 - 20 - 32           # bytes of TCP data in a full packet
SMALL = 72                      # bytes of UDP data: 100 with its headers
WAYS = "up", "down"
KINDS = {"MPPE-128": "", "no encryption": ending.PLAIN}


def client_address(lab):
    """Waits for the tunnel."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        shown = lab.cli.run("ip", "-4", "addr").stdout
        found = re.search(r"inet (10\.128\.[\d.]+)", shown)
        if found:
            return found[1]
        time.sleep(0.05)
    raise Failed("no tunnel")


class Tunnel(Ending):
    def __init__(self, more):
        super().__init__()
        try:
            self.daemons = {"server": self.serve(1, more),
                            "client": self.dial(more)}
            self.ends = {"up": (self.cli, self.srv, ending.INNER),
                         "down": (self.srv, self.cli, client_address(self))}
        except BaseException:
            self.__exit__()
            raise

    def send(self, way, *options):
        """What iperf3's receiver says, and each daemon's CPU time."""
        source, target, address = self.ends[way]
        server = target.popen("iperf3", "-s", "-1", "-p", PORT,
                              stdout=subprocess.DEVNULL)
        self.programs.append(server)
        while ":" + PORT not in target.run("ss", "-Hltn").stdout:
            time.sleep(0.02)
        before = {name: cpu(p.pid) for name, p in self.daemons.items()}
        done = source.run("iperf3", "-J", "-c", address, "-p", PORT, *options)
        server.wait(30)
        spent = {name: cpu(p.pid) - before[name]
                 for name, p in self.daemons.items()}
        return json.loads(done.stdout)["end"], spent


def full(lab, way, seconds):
    end, spent = lab.send(way, "-t", str(seconds))
    received = end["sum_received"]["bytes"]
    packets = received / FULL
    return {"rate": end["sum_received"]["bits_per_second"] / 1e6,
            **{name: us / packets for name, us in spent.items()},
            **{name + "_core": received * 8 / us
               for name, us in spent.items()}}


def small(lab, way, seconds, pps):
    end, spent = lab.send(way, "-u", "-b", str(pps * SMALL * 8), "-l",
                          str(SMALL), "-t", str(seconds))
    packets = end["sum"]["packets"]
    return {"lost": end["sum"]["lost_percent"],
            **{name: us / packets for name, us in spent.items()}}


def one(kind, args):
    """{(way, size): numbers}"""
    result = {}
    with Tunnel(KINDS[kind]) as lab:
        for way in WAYS:
            profile = Profile(args.profile, "tunnel-%s-%s" % (
                kind.split()[0], way), lab.daemons["server"].pid)
            result[way, "full"] = full(lab, way, args.tunnel_seconds)
            profile.end()
            result[way, "small"] = small(lab, way, args.tunnel_seconds,
                                         args.small_pps)
    return result


def rows(args):
    results = {kind: [] for kind in KINDS}
    for number in range(args.tunnel_rounds):
        for kind in KINDS:
            tell("tunnel: round %d of %d, %s" % (
                number + 1, args.tunnel_rounds, kind))
            results[kind].append(patiently(one, kind, args))
    for kind in KINDS:
        for way in WAYS:
            what = "%s, %s, " % (kind, way)
            taken = {kind: [r[way, "full"] for r in results[kind]]}
            for name, words, unit in (
                    ("rate", "TCP", "Mbit/s"),
                    ("server_core", "TCP, of the server's CPU",
                     "Mbit per CPU s"),
                    ("client_core", "TCP, of the client's CPU",
                     "Mbit per CPU s"),
                    ("server", "full packets, server", "µs/packet"),
                    ("client", "full packets, client", "µs/packet")):
                yield row(what + words, values(taken, kind, name), unit,
                          kind=kind, way=way, name=name, packet="full")
            taken = {kind: [r[way, "small"] for r in results[kind]]}
            for name, words, unit in (
                    ("server", "packets of 100 bytes, server", "µs/packet"),
                    ("client", "packets of 100 bytes, client", "µs/packet"),
                    ("lost", "packets of 100 bytes, lost", "%")):
                yield row(what + words, values(taken, kind, name), unit,
                          kind=kind, way=way, name=name, packet="small")
