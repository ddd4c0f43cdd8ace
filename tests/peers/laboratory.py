# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts for real PPTP peers around one firewall.

    hosts -- in0 10.77.0.1 [fw] out0 203.0.113.1 -- hosts

Both networks are bridges in the firewall's namespace.  Hosts outside have no
route to 10.77.0.0/24: what leaves untranslated is never answered.
"""
import os
import shutil
import subprocess

from host import Host
from topology import Namespace, bridge

PROGRAMS = {"busybox": "busybox-static", "pppd": "ppp", "pptpd": "pptpd",
            "pptp": "pptp-linux", "ip": "iproute2", "iperf3": "iperf3",
            "iptables-legacy": "iptables",
            "unshare": "util-linux", "ping": "iputils-ping"}
MODULES = "ppp_async", "ppp_mppe", "ppp_deflate", "bsd_comp"
INSIDE, OUTSIDE = "10.77.0.%d/24", "203.0.113.%d/24"
GATEWAY, PUBLIC = "10.77.0.1", "203.0.113.1"
# What a firewall admin has before pptpalg: clients inside are masqueraded,
# and port 1723 of the public address belongs to a server inside.
NAT = ("-A POSTROUTING -o out0 -j MASQUERADE",
       f"-A PREROUTING -i out0 -d {PUBLIC} -p tcp --dport 1723 "
       "-j DNAT --to-destination 10.77.0.10")


def missing(programs):
    """The packages of programs that are not here, or an empty string."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    packages = sorted({package for program, package in programs.items()
                       if not shutil.which(program, path=path)})
    return "missing packages: " + " ".join(packages) if packages else ""


def lacking():
    """Why there can be no peers here, or an empty string."""
    if os.geteuid() != 0:
        return "needs root"
    if missing(PROGRAMS):
        return missing(PROGRAMS)
    for module in MODULES:
        if subprocess.run(["modprobe", "-q", module], check=False).returncode:
            return f"this kernel has no {module} (tests/kernel/guest has)"
    return ""


class Network:
    """The firewall's namespace, its two bridges, and hosts as a test wants
    them."""

    def __init__(self):
        self.fw = Namespace("fw")
        self.hosts, self.made = [], 0
        for name, address in ("in0", GATEWAY), ("out0", PUBLIC):
            bridge(self.fw, name)
            self.fw.ip(f"addr add {address}/24 dev {name}")
        self.fw.set("net/ipv4/ip_forward", 1)

    def add(self, *where):
        self.made += 1
        self.hosts.append(Host(self.fw, self.made, *where))
        return self.hosts[-1]

    def inside(self, number):
        return self.add("in0", INSIDE % number, GATEWAY)

    def outside(self, number):
        return self.add("out0", OUTSIDE % number)

    def quiet(self):
        """All hosts are gone, with whatever a test has left running."""
        for host in self.hosts:
            host.end()
        self.fw.ip(*[f"link del {host.port}" for host in self.hosts])
        while self.hosts:
            self.hosts.pop().close()

    def close(self):
        self.quiet()
        self.fw.close()
