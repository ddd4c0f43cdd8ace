# SPDX-License-Identifier: GPL-2.0-or-later
"""forward = auto: packets take the way past the stack that a probe has shown,
and no longer than the stack sends packets so."""
import os
import re
import signal
import struct
import time

import pytest

from firewall import PUBLIC, SERVER, lent, standing
from packet import GRE, ICMP, Ip
from topology import works

AUTO = "gre { engine = bpf  forward = auto }"
ESP = 50


@pytest.fixture(scope="module")
def daemon():
    """One for all tests that can share it."""
    with standing() as fw:
        yield fw.up(AUTO)


@pytest.fixture
def auto(daemon):
    with lent(daemon) as fw:
        yield fw


@pytest.fixture
def alone(own):
    return own().up(AUTO)


def fast(fw):
    """Packets that went past the stack."""
    return fw.counter("bpf_fast_in") + fw.counter("bpf_fast_out")


def go_fast(call):
    """Each way once by the stack, so that the next packets go past it."""
    call.both_ways()
    call.both_ways()


def ends(call):
    return call.control.client, call.control.server


def arrives(call, end):
    """One packet, as it arrives."""
    mark = os.urandom(8)
    call.send(end, mark)
    return call.control.other(end).wire.expect(
        lambda ip: ip.proto == GRE and mark in ip.payload, "GRE")


def sends(call, end, **fields):
    """One packet; the packet that arrives soon, or None."""
    mark = os.urandom(8)
    call.send(end, mark, **fields)
    other = call.control.other(end).wire
    for _ in range(4):
        call.loop.turn()
        got = other.take(lambda ip: ip.proto == GRE and mark in ip.payload)
        if got:
            return got
    return None


def until_blocked(call, end):
    call.loop.until(lambda: sends(call, end) is None, "nothing to arrive")


def until_open(call, end):
    call.loop.until(lambda: sends(call, end), "something to arrive")


def too_large(call, end):
    """Waits until a large packet of that end is answered with what fits."""
    def told():
        call.send(end, os.urandom(1400), df=True)
        for _ in range(3):
            call.loop.turn()
        return end.wire.take(lambda ip: ip.proto == ICMP and
                             ip.payload[:2] == b"\3\4")
    call.loop.until(told, "fragmentation needed")


def test_packets_go_past_the_stack(auto):
    call = auto.network.connect().start().call(500, 20)
    go_fast(call)
    auto.admin.run("filter", "-I FORWARD -p gre")      # only counts
    before, rounds = auto.json("counters"), 0
    past = {"in": 0, "out": 0}
    # A busy machine may make seconds of it, and more probes.
    while min(past.values()) < 10:
        call.both_ways()
        rounds += 1
        assert rounds < 1000
        now = auto.json("counters")
        past = {way: now["bpf_fast_" + way] - before["bpf_fast_" + way]
                for way in past}
    shown = auto.ns.run("iptables-legacy", "-nvxL", "FORWARD").stdout
    line = next(l for l in shown.splitlines() if " 47 " in l or "gre" in l)
    assert int(line.split()[0]) == 2 * rounds - sum(past.values())
    auto.admin.run("filter", "-D FORWARD -p gre")


RULES = (
    ("filter", "FORWARD -p gre -j DROP"), ("mangle", "FORWARD -p gre -j DROP"),
    ("mangle", "POSTROUTING -p gre -j DROP"),
    ("raw", "PREROUTING -p gre -j DROP"))


@pytest.mark.parametrize("variant", ["legacy", "nft"])
def test_a_rule_that_drops(own, variant):
    """It holds, and its end brings the call back."""
    fw = own(variant=variant).up(AUTO)
    call = fw.network.connect().start().call(500, 20)
    for table, rule in RULES:
        go_fast(call)
        fw.admin.run(table, "-I " + rule)
        for end in ends(call):
            until_blocked(call, end)
        fw.admin.run(table, "-D " + rule)
        for end in ends(call):
            until_open(call, end)
    go_fast(call)


@pytest.mark.parametrize("policy", [
    "dir fwd src %s/32 dst 10.77.0.0/16" % SERVER,
    "dir out src 0.0.0.0/0 dst %s/32" % SERVER])
def test_an_ipsec_policy(auto, policy):
    """What must be protected does not go past the stack."""
    call = auto.network.connect().start().call(500, 20)
    go_fast(call)
    end = call.control.client if "dir out" in policy else call.control.server
    words = ("policy add %s proto gre tmpl src %s dst %s proto esp "
             "mode tunnel" % (policy, PUBLIC, SERVER)).split()
    if auto.ns.run("ip", "xfrm", *words, check=False).returncode:
        pytest.skip("kernel without IPsec")
    until_blocked(call, end)
    auto.ns.run("ip", "xfrm", "policy", "flush")
    until_open(call, end)
    go_fast(call)


def test_a_rule_without_a_daemon(alone):
    """Nobody tells the programs; their probes do."""
    call = alone.network.connect().start().call(500, 20)
    go_fast(call)
    alone.stop(signal.SIGKILL)
    go_fast(call)
    alone.admin.run("filter", "-I FORWARD -p gre -j DROP")
    for end in ends(call):
        until_blocked(call, end)
    alone.admin.run("filter", "-D FORWARD -p gre -j DROP")
    for end in ends(call):
        until_open(call, end)
    alone.start()
    go_fast(call)


def test_another_next_hop(alone):
    """Its hardware address is that of the neighbour, soon after it moved."""
    fw, net = alone, alone.network
    call = net.connect().start().call(500, 20)
    go_fast(call)
    other = b"\2\0\0\0\0\x99"
    fw.ns.ip("neigh replace 169.254.0.4 lladdr %s dev out0 nud permanent" %
             other.hex(":"))
    client = call.control.client
    call.loop.until(lambda: arrives(call, client).link == other,
                    "the new hop")


def test_no_route(auto):
    call = auto.network.connect().start().call(500, 20)
    go_fast(call)
    auto.ns.ip("route add blackhole 203.0.113.10/32")
    until_blocked(call, call.control.client)
    auto.ns.ip("route del blackhole 203.0.113.10/32")
    until_open(call, call.control.client)


@pytest.mark.parametrize("way", ["out", "in"])
def test_a_smaller_mtu(auto, way):
    """Small packets go on; large ones are told what fits."""
    call = auto.network.connect().start().call(500, 20)
    client, server = ends(call)
    end, device = (client, "out0") if way == "out" else (server, "in1")
    for size in 50, 1400, 1400:
        call.passes(end, os.urandom(size))
    auto.ns.ip("link set %s mtu 1000" % device)
    too_large(call, end)
    call.passes(end, os.urandom(50))
    call.passes(end, os.urandom(50))
    auto.ns.ip("link set %s mtu 1500" % device)


def test_larger_packets_follow(auto):
    before = auto.counter("bpf-larger"), fast(auto)

    def larger():
        """Where a second passes between two, the next is a probe."""
        call = auto.network.connect().start().call(500, 20)
        for end in ends(call):
            for size in 40, 400, 1400, 1400, 400, 40:
                call.passes(end, os.urandom(size))
        return auto.counter("bpf-larger") >= before[0] + 2 and \
            fast(auto) >= before[1] + 6
    auto.network.loop.until(larger, "larger packets by the stack")


def test_every_tos_has_its_own_way(auto):
    before = auto.counter("bpf-other-than-probe")
    call = auto.network.connect().start().call(500, 20)

    def another():
        for end in ends(call):
            for tos in 0, 0, 0xb8, 0xb8, 0:
                call.passes(end, os.urandom(60), tos=tos)
        return auto.counter("bpf-other-than-probe") >= before + 2
    auto.network.loop.until(another, "another TOS by the stack")


@pytest.mark.parametrize("change", ["TTL --ttl-set 40", "DSCP --set-dscp 46"])
def test_what_the_admin_changes_stays_with_the_stack(auto, change):
    call = auto.network.connect().start().call(500, 20)
    auto.admin.run("mangle", "-A POSTROUTING -p gre -j " + change)
    before, changed = fast(auto), auto.counter("bpf-changed")
    for _ in range(4):
        for end in ends(call):
            got = arrives(call, end)
            assert got.ttl == 40 if "TTL" in change else got.tos == 46 << 2
    assert fast(auto) == before
    assert auto.counter("bpf-changed") >= changed + 2
    auto.admin.run("mangle", "-D POSTROUTING -p gre -j " + change)


def in_class(fw, device):
    """Packets that the device's class 1:7 has had."""
    shown = fw.ns.run("tc", "-s", "class", "show", "dev", device).stdout
    return int(re.search(r"class htb 1:7 .*\n Sent \d+ bytes (\d+) pkt",
                         shown).group(1))


@pytest.mark.parametrize("rule", ["CLASSIFY --set-class 1:7",
                                  "MARK --set-xmark 0x7/0xff"])
def test_marks_and_priorities_go_with_it(alone, rule):
    """The interface's qdisc treats fast packets as it did the probe."""
    for device in "out0", "in1":
        for words in ("qdisc add dev %s root handle 1: htb default 1",
                      "class add dev %s parent 1: classid 1:1 htb rate 1gbit",
                      "class add dev %s parent 1: classid 1:7 htb rate 1gbit",
                      "filter add dev %s parent 1: protocol ip prio 1 u32 "
                      "match mark 0x7 0xff flowid 1:7"):
            alone.ns.run("tc", *(words % device).split())
    call = alone.network.connect().start().call(500, 20)
    alone.admin.run("mangle", "-A POSTROUTING -p gre -j " + rule)
    go_fast(call)
    before = {device: in_class(alone, device) for device in ("out0", "in1")}
    started = fast(alone)
    for _ in range(10):
        call.both_ways()
    assert fast(alone) > started
    assert all(in_class(alone, device) == before[device] + 10
               for device in before)


def test_a_call_of_another_interface(auto):
    """What arrives by another interface than the probe is the stack's."""
    net = auto.network
    call = net.connect().start().call(500, 20)
    go_fast(call)
    before = fast(auto)
    packet = call.packet(call.control.client, os.urandom(40))
    net.in2.send(packet)
    for _ in range(5):
        call.loop.turn()
    assert not net.out.take(lambda ip: ip.proto == GRE and
                            packet.payload[16:] in ip.payload)
    assert fast(auto) == before
    go_fast(call)


def burst(call, end, wire=None, n=20):
    """Packets of an end, by its own wire or another one: by what they are
    known, wherever they arrive."""
    marks = [os.urandom(8) for _ in range(n)]
    for mark in marks:
        (wire or end.wire).send(call.packet(end, mark + bytes(32)))
        call.loop.turn()
    for _ in range(4):
        call.loop.turn()
    return marks


def arrived(wire, marks):
    """Those that have come by this wire, each once."""
    return [ip for ip in wire.inbox if ip.payload and
            any(mark in ip.payload for mark in marks)]


def time_for_a_probe(call):
    """The next packet is one, since the last is a second ago."""
    end = time.monotonic() + 1.1
    while time.monotonic() < end:
        call.loop.turn(0.05)


class Ipsec:
    """An IPsec peer in the clients' network, which may send nothing by it: no
    policy says so."""

    peer, here, spi = "10.77.0.66", "10.77.255.1", 0x100
    state = ("ip", "xfrm", "state", "add", "src", peer, "dst", here, "proto",
             "esp", "spi", str(spi), "mode", "tunnel", "auth", "digest_null",
             "", "enc", "ecb(cipher_null)", "")

    def __init__(self, ns, wire):
        self.wire = wire
        ns.run(*self.state)

    def send(self, packet):
        inner = bytes(packet)
        padding = bytes(range(1, 1 + -(len(inner) + 2) % 4))
        self.wire.send(Ip(self.peer, self.here, ESP, struct.pack(
            "!II", self.spi, 1) + inner + padding +
            bytes([len(padding), 4])))


@pytest.mark.parametrize("way", ["interface"] + ["ipsec"] *
                         works(*Ipsec.state))
def test_a_probe_is_confirmed_by_itself_alone(auto, way):
    """By the client's own packets nobody else's get past what stops them."""
    net = auto.network
    call = net.connect().start().call(500, 20)
    forger = Ipsec(auto.ns, net.in1) if way == "ipsec" else net.in2
    for _ in range(4):
        forged = burst(call, call.control.client, forger, 4)
        call.passes(call.control.client, os.urandom(40))
        forged += burst(call, call.control.client, forger, 4)
        assert not arrived(net.out, forged)
    assert (auto.counter("bpf-ipsec") > 0) == (way == "ipsec")
    auto.ns.run("ip", "xfrm", "state", "flush", check=False)
    go_fast(call)


class Waiting:
    """A call whose probe to the outside waits, with whatever follows, for the
    next hop's hardware address."""

    def __init__(self, fw):
        self.fw, self.net = fw, fw.network
        self.call = self.net.connect().start().call(500, 20)
        go_fast(self.call)
        time_for_a_probe(self.call)
        # How often it asks, once a second: on a busy machine, too.
        self.fw.ns.set("net/ipv4/neigh/out0/mcast_solicit", 100)
        self.fw.ns.ip("neigh del 169.254.0.4 dev out0")
        self.early = burst(self.call, self.call.control.client, n=1)

    def end(self):
        self.fw.ns.ip(
            "neigh replace 169.254.0.4 lladdr %s dev out0 nud permanent" %
            self.net.out.namespace.link_address("eth0").hex(":"))
        self.net.loop.until(lambda: arrived(self.net.out, self.early),
                            "the early one")


def test_a_late_probe_of_the_client(alone):
    """It does not confirm what a forged one asked after it."""
    waiting = Waiting(alone)
    net, call = alone.network, waiting.call
    client = call.control.client
    time_for_a_probe(call)
    forged = burst(call, client, net.in2, 1)
    waiting.end()
    forged += burst(call, client, net.in2)
    assert not arrived(net.out, forged)
    until_open(call, client)


def test_a_late_probe_and_a_rule(alone):
    """One that has passed before there was the rule shows no way past it."""
    waiting = Waiting(alone)
    call = waiting.call
    alone.admin.run("filter", "-I FORWARD -p gre -j DROP")
    for _ in range(2):
        time_for_a_probe(call)
        burst(call, call.control.client, n=1)
    waiting.end()
    assert not arrived(alone.network.out, burst(call, call.control.client))


@pytest.mark.parametrize("table", ["PREROUTING", "POSTROUTING"])
@pytest.mark.parametrize("way", ["in", "out"])
def test_a_copy_leads_nobody_astray(alone, table, way):
    """What TEE sends to a monitor is no way for all that follows."""
    net = alone.network
    call = net.connect().start().call(500, 20)
    end, there, monitor, device = (
        call.control.server, net.in1, "10.78.255.2", "in2") if way == "in" \
        else (call.control.client, net.out, "203.0.113.200", "out0")
    alone.ns.ip("route add %s/32 dev %s" % (monitor, device),
                "neigh replace %s lladdr 02:00:00:00:00:77 dev %s nud "
                "permanent" % (monitor, device))
    time_for_a_probe(call)
    alone.admin.run("mangle", "-A %s -p gre -%s %s -j TEE --gateway %s" % (
        table, "s" if way == "in" else "d", SERVER, monitor))
    marks = burst(call, end)
    mine = [ip for ip in arrived(there, marks)
            if ip.link.hex(":") != "02:00:00:00:00:77"]
    assert len(mine) == len(marks)


def test_a_bit_that_the_stack_clears(own):
    """DF is not set on what goes past a rule that clears it."""
    fw = own(variant="nft").up(AUTO)
    fw.ns.run("nft", "-f", "-", input="""table ip admin {
        chain a {
            type filter hook forward priority 10
            ip protocol gre ip frag-off set 0
        }
    }
    """)
    call = fw.network.connect().start().call(500, 20)
    for _ in range(10):
        call.send(call.control.client, mark := os.urandom(8), df=True)
        assert not fw.network.out.expect(
            lambda ip: ip.proto == GRE and mark in ip.payload, "GRE").df


@pytest.mark.parametrize("far", ["ip id 5 dst 10.78.0.9",
                                 "ip6 id 5 dst fd00::9"])
def test_a_route_into_a_tunnel(alone, far):
    """Its far end is written beside the packet, not into it."""
    net = alone.network
    call = net.connect().start().call(500, 20)
    go_fast(call)
    alone.ns.set("net/ipv6/conf/in2/disable_ipv6", 0)
    alone.ns.ip(
        "link add vx0 type vxlan external dstport 4789", "link set vx0 up",
        "neigh add 169.254.7.7 lladdr 02:00:00:00:07:07 dev vx0 nud permanent",
        "addr add fd00::1/64 dev in2 nodad",
        "neigh add fd00::9 lladdr 02:00:00:00:07:09 dev in2 nud permanent",
        "route add %s/32 encap %s via 169.254.7.7 dev vx0 onlink" % (
            call.control.client.src, far))
    time_for_a_probe(call)
    before = alone.ns.packets("vx0", "tx")
    marks = burst(call, call.control.server)
    assert alone.ns.packets("vx0", "tx") == before + len(marks)


def test_another_sender_in_the_same_network(auto):
    """A rule by hardware addresses holds for each packet."""
    net = auto.network
    call = net.connect().start().call(500, 20)
    client, head = call.control.client, net.in1.head
    rule = "FORWARD -i in1 -p gre -m mac ! --mac-source %s -j DROP" % \
        head[6:12].hex(":")
    auto.admin.run("filter", "-I " + rule)
    for _ in range(5):
        call.passes(client)
        net.in1.head = head[:6] + bytes.fromhex("020000000066") + head[12:]
        forged = burst(call, client, n=4)
        net.in1.head = head
        assert not arrived(net.out, forged)
    auto.admin.run("filter", "-D " + rule)
    go_fast(call)


def test_by_a_bridge_and_its_port(own):
    """Both are inside: the first one that sees a packet speaks for it."""
    fw = own()
    net, peer = fw.network, fw.network.in1.namespace.link_address("eth0")
    fw.ns.ip("link add br0 address %s type bridge stp_state 0" %
             fw.ns.link_address("in1").hex(":"),
             "link set in1 master br0", "link set br0 up",
             "addr add 10.77.255.1/24 dev br0 noprefixroute",
             "neigh add 169.254.0.2 lladdr %s dev br0 nud permanent" %
             peer.hex(":"),
             "route replace 10.77.0.0/16 via 169.254.0.2 dev br0 onlink")
    call = fw.up(AUTO).network.connect().start().call(500, 20)
    net.loop.until(lambda: call.both_ways() or fw.counter("bpf_fast_out") and
                   fw.counter("bpf_fast_in"), "the fast way")


def test_the_call_that_ended_has_no_way(auto):
    control = auto.network.connect().start()
    call = control.call(500, 20)
    go_fast(call)
    control.end()
    for end in ends(call):
        until_blocked(call, end)


def test_calls_says_who_carries_them(auto):
    call = auto.network.connect().start().call(500, 20)
    row = auto.call(call)
    assert (row["way_in"], row["way_out"]) == ("stack", "stack")
    assert row["confirmed_in"] is row["confirmed_out"] is None
    start = auto.network.clock()

    def carried():
        go_fast(call)
        row = auto.call(call)
        return (row["way_in"], row["way_out"]) == ("fast", "fast") and row
    row = auto.network.loop.until(carried, "the fast way")
    for way in "in", "out":
        assert start - 2 < row["confirmed_" + way] < auto.network.clock() + 2
    assert "WAY-IN" in auto.ctl("calls").stdout


@pytest.mark.parametrize("gre,way", [
    ("engine = nfqueue", "queue"), ("engine = bpf forward = stack", "stack"),
    ("engine = bpf forward = direct", "direct")])
def test_the_ways_of_others(own, gre, way):
    fw = own().up("gre { %s }" % gre)
    call = fw.network.connect().start().call(500, 20)
    go_fast(call)
    row = fw.call(call)
    assert (row["way_in"], row["way_out"]) == (way, way)
