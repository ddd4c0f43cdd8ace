# SPDX-License-Identifier: GPL-2.0-or-later
"""Three hosts around a firewall that has the rules and no daemon: a few lines
of Python answer its queues.

    inside 10.0.0.2 -- in0 \\
                            fw -- out0 203.0.113.1 -- outside 203.0.113.10
    other  10.1.0.2 -- in1 /
"""
import os
import select
import socket
import time

from firewall import CTL, Rules
from nfqueue import PREROUTING, Queues
from packet import GRE, ICMP, TCP, Gre, IcmpError, Ip, icmp
from topology import PATIENCE, Namespace, cable

INSIDE, OTHER, OUTSIDE = "10.0.0.2", "10.1.0.2", "203.0.113.10"
FW_INSIDE, PUBLIC, POOL = "10.0.0.1", "203.0.113.1", "203.0.113.77"
ETH_P_IP, ETH_P_ALL = 0x0800, 3
NO_CALL = 99
CONTROL_QUEUE, GRE_QUEUE = 1723, 1724
# Strict, and with SNAT to an address that is not the calls' own.
ADMIN = {
    "filter": ("-A FORWARD -m conntrack --ctstate INVALID -j DROP",
               "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED "
               "-j ACCEPT",
               "-A FORWARD -i in0 -m conntrack --ctstate NEW -j ACCEPT",
               "-A OUTPUT -m conntrack --ctstate INVALID -j DROP",
               "-A OUTPUT -m conntrack --ctstate ESTABLISHED,RELATED "
               "-j ACCEPT",
               "-P FORWARD DROP", "-P OUTPUT DROP"),
    "nat": ("-A POSTROUTING -o out0 -p gre -j SNAT --to-source " + POOL,
            "-A POSTROUTING -o out0 -j MASQUERADE"),
}

IN = Ip(OUTSIDE, PUBLIC, GRE, bytes(Gre(7, b"from outside", seq=1)))
OUT = Ip(INSIDE, OUTSIDE, GRE, bytes(Gre(9, b"from inside", seq=1)))
PLAIN = bytes.fromhex("00000800") + b"GRE version 0"
QUOTED_OUT = Ip(PUBLIC, OUTSIDE, GRE, OUT.payload)


def until(condition, what):
    """Waits for a true value, and returns it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        select.select([], [], [], 0.01)
    raise AssertionError("waited for " + what)


class End:
    """A host: sends what we make, shows what arrives."""

    def __init__(self, address, gateway):
        self.address, self.got = address, []
        self.ns = Namespace(address)
        self.gateway = gateway

    def open(self):
        self.ns.ip("addr add %s/24 dev eth0" % self.address,
                   "route add default via " + self.gateway)
        with self.ns:
            self.out = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                                     socket.IPPROTO_RAW)
            # A host that takes GRE does not answer it with ICMP errors.
            self.gre = socket.socket(socket.AF_INET, socket.SOCK_RAW, GRE)
            self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                      socket.htons(ETH_P_ALL))
        self.wire.setblocking(False)
        return self

    def send(self, packet):
        self.out.sendto(bytes(packet), (packet.dst, 0))

    def read(self):
        """All that came or went so far: (outgoing, packet)."""
        while True:
            try:
                raw, place = self.wire.recvfrom(65536)
            except BlockingIOError:
                return self.got
            if place[1] == ETH_P_IP:
                self.got.append((place[2] == socket.PACKET_OUTGOING,
                                 Ip.parse(raw)))

    def arrived(self, proto):
        return [ip for outgoing, ip in self.read()
                if not outgoing and ip.proto == proto]

    def expect(self, proto, n=1):
        """Waits for the n-th packet of a protocol to arrive; all of them."""
        return until(lambda: len(self.arrived(proto)) >= n and
                     self.arrived(proto), "IP protocol %d" % proto)

    def clear(self):
        self.read()
        self.got.clear()

    def close(self):
        for s in self.out, self.gre, self.wire:
            s.close()
        self.ns.close()


class Lab:
    def __init__(self, variant, folder, admin=ADMIN):
        self.variant = variant
        self.config = str(folder / (variant + ".conf"))
        self.fw = Namespace("fw")
        self.admin = Rules(self.fw, variant)
        self.inside = End(INSIDE, FW_INSIDE)
        self.other = End(OTHER, "10.1.0.1")
        self.outside = End(OUTSIDE, PUBLIC)
        self.ends = self.inside, self.other, self.outside
        for device, end in zip(("in0", "in1", "out0"), self.ends):
            cable(self.fw, device, end.ns, "eth0")
            self.fw.ip("addr add %s/24 dev %s" % (end.gateway, device))
            end.open()
        self.fw.ip("addr add %s/32 dev out0" % POOL)
        self.fw.set("net/ipv4/ip_forward", 1)
        self.fw.set("net/ipv4/icmp_ratelimit", 0)
        for table, rules in admin.items():
            self.iptables(table, *rules)
        self.rules('outside = {"out0"}')
        self.queues = Queues(self.fw, (CONTROL_QUEUE, GRE_QUEUE), translate)

    def iptables(self, table, *rules):
        self.admin.run(table, *rules)

    def rules(self, config):
        with open(self.config, "w") as f:
            f.write(config + "\n")
        self.fw.run(CTL, "rules", "-f", self.config, "--apply")

    def queued(self):
        return [(q.queue, q.hook, q.ip.proto) for q in self.queues.seen]

    def tracked(self, *words):
        """Conntrack's entries that have all these words."""
        with self.fw:
            with open("/proc/thread-self/net/nf_conntrack") as f:
                return [line for line in f
                        if set(words) <= set(line.split())]

    def forget(self):
        self.fw.run("conntrack", "-F")
        self.queues.seen.clear()
        for end in self.ends:
            end.clear()

    def close(self):
        self.queues.close()
        for end in self.ends:
            end.close()
        self.fw.close()


def translate(queued):
    """As the daemon would, for the one client that there is."""
    ip, inbound = queued.ip, queued.hook == PREROUTING
    if ip.proto == TCP:
        return ip
    if ip.proto == ICMP:
        error = IcmpError.parse(ip)
        quote = error.quoted()
        if quote.payload[6:8] == NO_CALL.to_bytes(2, "big"):
            return None
        if inbound:
            quote.src = INSIDE
        else:
            quote.dst = PUBLIC
        ip.payload = icmp(error.kind, error.code, error.rest, bytes(quote))
    if inbound:
        ip.dst = INSIDE
    else:
        ip.src = PUBLIC
    return ip


def listen(end):
    with end.ns:
        server = socket.create_server((end.address, 1723))
    server.settimeout(PATIENCE)
    return server


def talk(client, server_end):
    """A TCP connection to port 1723, from SYN to the last ACK."""
    server = listen(server_end)
    with client.ns:
        one = socket.create_connection((server_end.address, 1723),
                                       timeout=PATIENCE)
    two, _ = server.accept()
    two.settimeout(PATIENCE)
    one.sendall(b"request")
    assert two.recv(100) == b"request"
    two.sendall(b"reply")
    assert one.recv(100) == b"reply"
    one.close()
    assert two.recv(100) == b""
    two.close()
    server.close()
