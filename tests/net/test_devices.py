# SPDX-License-Identifier: GPL-2.0-or-later
"""Inside and outside by every kind of interface that a firewall has."""
import contextlib
import os
import re
import shutil
import socket

import pytest

import firewall
from endpoint import Wire
from firewall import LANGUAGE, PUBLIC, SERVER, SERVER2, STRANGER
from packet import GRE, Gre, Ip
from test_auto import too_large
from test_icmp import told
from topology import Namespace, cable, has_vrf


def vlan(ns, under, name):
    ns.ip("link add link %s name %s type vlan id 5" % (under, name))


def bond(ns, under, name):
    ns.ip("link add %s type bond mode active-backup" % name,
          "link set %s down" % under, "link set %s master %s" % (under, name))


def bridge(ns, under, name):
    ns.ip("link add %s type bridge stp_state 0" % name,
          "link set %s master %s" % (under, name))
    ns.set(FILTERED, 0, must=False)


def filtered(ns, under, name):
    """As Docker has it: what is bridged goes through iptables' rules."""
    bridge(ns, under, name)
    ns.set(FILTERED, 1)


def bridged_vlan(ns, under, name):
    """A VLAN of a bridge, or for one network a bridge of VLANs."""
    between = "m-" + name
    make = [vlan, filtered]
    lower, upper = make if name == "in2" else make[::-1]
    lower(ns, under, between)
    ns.ip("link set %s up" % between)
    upper(ns, between, name)


FILTERED = "net/bridge/bridge-nf-call-iptables"     # not in all kernels
# What stands on the cable's device at the firewall, and at the other end.
KINDS = {"vlan": (vlan, vlan), "bond": (bond, None), "bridge": (bridge, None),
         "filtered-bridge": (filtered, None),
         "bridged-vlan": (bridged_vlan, vlan)}


def possible(kind):
    """Not every kernel has all of them."""
    ns = Namespace("probe")
    try:
        ns.ip("link add under type veth peer name far")
        KINDS[kind][0](ns, "under", "over")
    except (RuntimeError, FileNotFoundError):
        return False
    finally:
        ns.close()
    return True


class Network(firewall.Network):
    """Each leg has a device of this kind in the place of its cable."""
    together = contextlib.nullcontext       # one command needs what others did

    def __init__(self, kind):
        self.here, self.there = KINDS[kind]
        super().__init__()

    def link(self, device, ns):
        cable(self.fw, "c-" + device, ns, "cable")
        self.here(self.fw, "c-" + device, device)
        if self.there:
            self.there(ns, "cable", "eth0")
        else:
            ns.ip("link set cable down", "link set cable name eth0")
        for up, name in ((self.fw, "c-" + device), (self.fw, device),
                         (ns, "eth0")):
            up.ip("link set %s up" % name)
        return [self.fw.link_address(device), ns.link_address("eth0")]


class PppoeNetwork(firewall.Network):
    """The uplink is a PPPoE session with a router that has all the rest
    behind it: two pppd that agree on the session's number beforehand."""
    together = contextlib.nullcontext

    def __init__(self):
        self.programs = []
        super().__init__()

    def link(self, device, ns):
        if device != "out0":
            return super().link(device, ns)
        isp = Namespace("isp")
        self.spaces.append(isp)
        here, there = cable(self.fw, "c-out0", isp, "c-isp")
        self.dial(self.fw, "c-out0", there, "out0", "169.254.9.1:169.254.9.2")
        self.dial(isp, "c-isp", here, "ppp0", "169.254.9.2:169.254.9.1")
        for end, name in (self.fw, "out0"), (isp, "ppp0"):
            self.loop.until(lambda: "169.254.9" in end.run(
                "ip", "addr", "show", "up", "dev", name, check=False).stdout,
                "PPPoE")
        gateway, mac = cable(isp, "eth0", ns, "eth0")
        isp.set("net/ipv4/ip_forward", 1)
        isp.ip("neigh add 169.254.0.77 lladdr %s dev eth0 nud permanent" %
               mac.hex(":"),
               "route add default via 169.254.0.77 dev eth0 onlink",
               *("route add %s dev ppp0" % address for address in
                 (firewall.PUBLIC, firewall.DNATED)))
        # What an end compares has passed one router.
        isp.run("iptables-legacy", "-t", "mangle", "-A", "PREROUTING", "-j",
                "TTL", "--ttl-inc", "1")
        return [gateway, mac]

    def dial(self, ns, device, peer, name, addresses):
        self.programs.append(ns.popen(
            "pppd", "plugin", "rp-pppoe.so", device, "rp_pppoe_sess",
            "1:" + peer.hex(":"), "ifname", name, "nodetach", "noauth",
            "nodefaultroute", "lcp-max-configure", "100", addresses,
            stdin=-3, stdout=-3, stderr=-3))

    def close(self):
        for program in self.programs:
            program.kill()
            program.wait()
        super().close()


class VrfNetwork(firewall.Network):
    """The whole firewall in a VRF, or its outside interface with routes from
    and to the others."""

    def __init__(self, devices):
        super().__init__()
        ip = self.fw.run
        kept = ["%s dev %s" % (line.replace("linkdown", ""), device)
                for device in ("in1", "in2", "out0") for line in ip(
                    "ip", "route", "show", "dev", device).stdout.splitlines()]
        hops = [line.split() for line in ip(
            "ip", "neigh", "show", "nud", "permanent").stdout.splitlines()]
        self.fw.ip("link add vrf0 type vrf table 77", "link set vrf0 up",
                   *("link set %s master vrf0" % device for device in devices),
                   *("neigh replace %s dev %s lladdr %s nud permanent" % (
                       hop, device, mac) for hop, _, device, _, mac, *_ in
                     hops))
        # Addresses in the VRF are no source outside it.
        main = [] if len(devices) > 1 else [
            re.sub(" src [0-9.]+", "", route) for route in kept]
        self.fw.ip(*("route replace " + route for route in main),
                   *("route add %s table 77" % route for route in kept))


def has_pppoe():
    """The kernel's modules come when they are asked for."""
    try:
        socket.socket(socket.AF_PPPOX, socket.SOCK_STREAM, 0).close()
    except (AttributeError, OSError):
        return False
    return bool(shutil.which("pppd"))


VRFS = {"vrf": ("in1", "in2", "out0"), "vrf-outside": ("out0",)}


# Here what carries GRE decides what the rules see.
WAY_KINDS = (*VRFS, "filtered-bridge", "bridged-vlan")
WAYS = ("engine = auto  forward = auto", "engine = auto  forward = stack",
        "engine = auto  forward = direct", "engine = nfqueue")


def make_network(kind):
    if kind == "pppoe":
        return PppoeNetwork()
    return VrfNetwork(VRFS[kind]) if kind in VRFS else Network(kind)


@pytest.fixture(scope="module",
                params=[kind for kind in KINDS if possible(kind)] +
                (list(VRFS) if has_vrf() else []) +
                ["pppoe"] * has_pppoe())
def made(request):
    with firewall.standing(make_network(request.param)) as fw:
        fw.configure()
        fw.ways = WAYS if request.param in WAY_KINDS else WAYS[:1]
        if request.param in VRFS:
            edit_config(fw, '{"out0"}', '{"out0", "vrf0"}')
        fw.rules("--apply")
        yield fw.start()


@pytest.fixture
def fw(made):
    """One for all tests of a kind."""
    with firewall.lent(made) as fw:
        yield fw


def test_calls_of_all_sides(fw):
    net = fw.network
    calls = [net.connect().start().call(500, 1),
             net.connect(wire=net.in2).start().call(500, 2),
             net.connect_in().start().call(500, 3)]
    for _ in range(3):
        for call in calls:
            call.both_ways()
    fw.stop()
    fw.start()
    for call in calls:
        call.both_ways()
        call.passes(call.control.client, os.urandom(1400))
    control = calls[0].control
    control.end()
    for call in calls[1:]:
        call.both_ways()


def edit_config(fw, *change):
    """As re.sub; whether it changes anything."""
    with open(fw.config_file, encoding="utf-8") as f:
        before = f.read()
    text = re.sub(*change, before)
    with open(fw.config_file, "w", encoding="utf-8") as f:
        f.write(text)
    return text != before


def test_errors_of_the_firewall_itself(fw):
    """Whatever carries GRE, its sender hears why it does not get on."""
    call = fw.network.connect(server=SERVER).start().call(500, 1)
    client, server = call.control.client, call.control.server
    for way in fw.ways:
        if edit_config(fw, r"gre {.*}", "gre { %s }" % way):
            fw.stop()
            fw.start()
        for _ in range(3):
            call.both_ways()
        for end in client, server:
            told(call, end, call.send(end, ttl=1), 11, 0, 0, 28)
        fw.ns.ip("link set out0 mtu 1300")
        too_large(call, client)
        fw.ns.ip("link set out0 mtu 1500")
        call.both_ways()
        client.wire.inbox.clear()       # answers to more of these


@pytest.mark.parametrize("made", [kind for kind in ("filtered-bridge",)
                                  if possible(kind)], indirect=True)
def test_what_is_bridged_outside(fw):
    """Between two ports; not ours, by a rule of docs/firewall.md."""
    net, ns = fw.network, Namespace("beside")
    net.spaces.append(ns)
    cable(fw.ns, "p-out0", ns, "eth0")
    fw.ns.ip("link set p-out0 master out0")
    beside = Wire(net.loop, ns, "eth0", ns.link_address("eth0"),
                  net.out.namespace.link_address("eth0"))
    net.out.head, routed = beside.head[6:12] + beside.head[:6] + \
        beside.head[12:], net.out.head
    with bridged_passes(fw):
        try:
            bridged(net, net.out, beside, STRANGER, SERVER2)
            bridged(net, beside, net.out, SERVER2, STRANGER)
        finally:
            net.out.head = routed
        net.connect().start().call(500, 1).both_ways()


@contextlib.contextmanager
def bridged_passes(fw):
    """By the rule of docs/firewall.md, in the language of the rules."""
    if LANGUAGE:
        chain = "ip pptpalg from_outside"
        out = fw.ns.run("nft", "-ae", "insert", "rule", *chain.split(),
                        "iifname", "out0", "ip", "protocol", "gre", "ip",
                        "daddr", "!=", PUBLIC, "accept").stdout
        undo = "nft", "delete", "rule", *chain.split(), \
            *re.search(r"(handle) (\d+)", out).groups()
        yield
        fw.ns.run(*undo)
    else:
        rule = "PREROUTING -i out0 -p gre ! -d %s -j ACCEPT" % PUBLIC
        fw.admin.run("raw", "-I " + rule)
        yield
        fw.admin.run("raw", "-D " + rule)


def bridged(net, sender, receiver, src, dst):
    """GRE passes; it is sent again, since the port is a new one."""
    sent = Ip(src, dst, GRE, bytes(Gre(77, b"bridged", seq=1)))

    def passes():
        sender.send(sent)
        net.loop.turn()
        return receiver.take(lambda ip: ip.proto == GRE and
                             ip.payload == sent.payload)
    net.loop.until(passes, "bridged GRE")
