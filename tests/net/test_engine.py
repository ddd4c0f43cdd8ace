# SPDX-License-Identifier: GPL-2.0-or-later
"""The BPF engine: what it takes from the queue, and what outlives whom."""
import os
import re
import signal
import socket
import subprocess

import pytest

import pptp
from endpoint import Tcp
from firewall import (CTL, DAEMON, PUBLIC, SERVER, STRANGER, lent, read_line,
                      standing)
from packet import GRE, ICMP, Gre, Ip
from session import Control
from test_daemon import fails
from topology import Namespace
from tun import Tun

ARPHRD_SLIP = 256       # a link header that the programs do not know
FORWARDS = "auto", "stack", "direct"
EACH_FORWARD = pytest.mark.parametrize("forward", FORWARDS)
CAPABILITIES = "+net_admin,+net_raw,+setpcap"


def engine(forward="stack", name="bpf"):
    return "gre { engine = %s  forward = %s }" % (name, forward)


def queued(fw):
    return fw.json("status")["queue_gre_packets"]


def by_queue(fw, call):
    """How many of a call's next packets, one each way, are queued."""
    before = queued(fw)
    call.both_ways()
    return queued(fw) - before


def colliding(net, wire=None):
    """A call whose ID is another outside: of two, one at least."""
    calls = [net.connect(wire=wire).start().call(500, n) for n in (20, 21)]
    return next(call for call in reversed(calls) if call.mapped != 500)


def passed(fw):
    return fw.counter("bpf_in"), fw.counter("bpf_out")


def dead(call):
    """GRE of it goes nowhere, neither translated nor as it is."""
    marks = []
    for end in call.control.client, call.control.server:
        marks.append(b"dead " + os.urandom(8))
        call.send(end, marks[-1])
    for _ in range(5):
        call.loop.turn()
    return not any(wire.take(lambda ip: any(m in ip.payload for m in marks))
                   for wire in call.loop.wires.values())


@pytest.fixture(scope="module", params=FORWARDS)
def daemon(request):
    """One for all tests that can share it."""
    with standing() as fw:
        yield fw.up(engine(request.param))


@pytest.fixture
def each(daemon):
    with lent(daemon) as fw:
        yield fw


def rise(fw, before):
    """Of the counters since then."""
    return {name: value - before[name]
            for name, value in fw.json("counters").items()}


def test_gre_of_calls_is_not_queued(each):
    fw = each
    call = colliding(fw.network)
    before, counters = queued(fw), fw.json("counters")
    for _ in range(20):
        call.both_ways()
    assert queued(fw) == before
    risen = rise(fw, counters)
    for name in "bpf_in", "bpf_out", "gre_in", "gre_out":
        assert risen[name] == 20, name


def test_what_the_program_leaves_works_by_the_queue(each):
    fw = each
    net = fw.network
    before = fw.json("counters")
    call = colliding(net)
    client, server = call.control.client, call.control.server
    for end in client, server:
        call.passes(end, options=b"\x01\x01\x01\x00")
        sent = call.packet(end, os.urandom(1532))
        for part in sent.fragments(600):
            end.wire.send(part)
        got = call.control.other(end).wire.gather(
            lambda ip: ip.proto == GRE and ip.ident == sent.ident, "parts")
        call.compare(end, sent, got)
        call.send(end, ttl=1)
        end.wire.expect(lambda ip: ip.proto == ICMP and ip.payload[0] == 11,
                        "time exceeded")
    net.out.send(Ip(STRANGER, PUBLIC, GRE, bytes(Gre(999, b"x", seq=1))))
    call.both_ways()
    counters = rise(fw, before)
    assert counters["bpf-ip-options"] == 2
    assert counters["bpf-fragment"] == 6
    assert counters["bpf-ttl"] == 2
    assert counters["bpf-unknown-call"] == 1
    assert counters["gre-unknown-call"] == 1


def test_calls_shows_what_passed(each):
    fw = each
    call = colliding(fw.network)
    start = fw.network.clock()
    for _ in range(3):
        call.passes(call.control.client, b"o" * 100)
    call.passes(call.control.server, b"i" * 50, ack=1)
    row = fw.call(call)
    assert (row["packets_out"], row["packets_in"], row["bytes_out"],
            row["bytes_in"]) == (3, 1, 3 * 132, 86)
    assert start - 2 < row["last_seen"] < fw.network.clock() + 2
    # The numbers outlive the entries in the kernel.
    call.control.say(call.control.client, pptp.ccrq(
        call.own(call.control.client)))
    assert fw.call(call)["packets_out"] == 3
    fw.logged(["call %d down" % row["call"], "out 3 packets 396 bytes"])
    assert dead(call)


def test_an_answer_with_another_id(each):
    fw = each
    control = fw.network.connect().start()
    first = control.call(7, 3)
    first.both_ways()
    control.call(7, 4).both_ways()
    row, = fw.calls("--client", control.client.src)
    assert (row["packets_out"], row["packets_in"]) == (2, 2)
    first.send(control.client, b"the former ID")
    control.calls[-1].both_ways()
    assert not fw.network.out.take(lambda ip: b"former" in ip.payload)


def programs(fw):
    """Ours on the firewall's interfaces: what holds them there, which is tc
    filters before Linux 6.6."""
    pinned = os.listdir(fw.pins) if os.path.isdir(fw.pins) else []
    return [name for name in pinned if "gress-" in name] or filters(fw)


def filters(fw):
    with fw.ns:
        devices = [name for _, name in socket.if_nameindex()]
    return [name for device in devices for way in ("ingress", "egress")
            for name in re.findall(r"handle \S+ ((?:from|to)_\w+)", fw.ns.run(
                "tc", "filter", "show", "dev", device, way).stdout)]


def test_two_firewalls_do_not_know_each_other(own):
    one, two = (own().up(engine("auto")) for _ in range(2))
    calls = [colliding(fw.network) for fw in (one, two)]
    for call in calls:
        call.both_ways()
    two.ctl("shutdown", "--purge")
    two.stop(None)
    calls[0].both_ways()
    assert passed(one) == (2, 2)


def test_a_large_packet(each):
    """Too large for the next link: an error when it may not be cut, and
    pieces when it may; on its way out the stack cuts before we translate."""
    fw = each
    net = fw.network
    call = colliding(net)
    for end, device in ((call.control.client, "out0"),
                        (call.control.server, "in1")):
        fw.ns.run("ip", "link", "set", device, "mtu", "1000")
        call.send(end, os.urandom(1400), df=True)
        error = end.wire.expect(lambda ip: ip.proto == ICMP, "ICMP 3/4")
        assert error.payload[:2] == b"\x03\x04"
        quoted = error.error.quoted()
        assert (quoted.src, quoted.dst) == (end.src, end.dst)
        for size in 1400, 980 - 12 + 1, 968 + 7:
            sent = call.send(end, os.urandom(size), df=False)
            got = call.control.other(end).wire.gather(
                lambda ip: ip.proto == GRE and ip.ident == sent.ident, "parts")
            call.compare(end, sent, got)
        fw.ns.run("ip", "link", "set", device, "mtu", "1500")
    row = fw.call(call)
    # What comes in is translated before the next link is known.
    assert (row["packets_out"], row["packets_in"]) == (3, 4)


def test_large_packets_go_out_without_the_daemon(own):
    fw = own().up(engine("stack"))
    call = colliding(fw.network)
    fw.ns.run("ip", "link", "set", "out0", "mtu", "1000")
    fw.stop()
    sent = call.send(call.control.client, os.urandom(1400), df=False)
    got = fw.network.out.gather(
        lambda ip: ip.proto == GRE and ip.ident == sent.ident, "parts")
    call.compare(call.control.client, sent, got)


def test_no_neighbour_yet(each):
    """The packet waits for the neighbour, as any other does."""
    fw = each
    net = fw.network
    call = colliding(net)
    hops = [line.split()[0] for line in
            fw.ns.run("ip", "neigh", "show").stdout.splitlines()]
    for hop, device, wire in zip(sorted(hops), ("in1", "in2", "out0"),
                                 (net.in1, net.in2, net.out)):
        fw.ns.run("ip", "neigh", "del", hop, "dev", device)
        wire.namespace.run("ip", "addr", "add", hop + "/32", "dev", "eth0")
    call.both_ways()
    call.both_ways()


def start_with_uplinks(own, forward="stack"):
    """Whatever is called out... is outside."""
    fw = own(nat=("-A POSTROUTING -o out+ -j MASQUERADE",))
    fw.configure(engine(forward))
    text = open(fw.config_file).read()
    open(fw.config_file, "w").write(text.replace('{"out0"}', '{"out+"}'))
    fw.lay_rules()
    return fw.start()


@EACH_FORWARD
def test_interfaces_come_and_go(own, forward):
    """A point-to-point uplink without link headers, and an inside one."""
    fw = start_with_uplinks(own, forward)
    net = fw.network
    for turn in range(2):
        uplink = Tun(net.loop, fw.ns, "out9", "203.0.113.9", "198.51.100.0/24")
        inside = Tun(net.loop, fw.ns, "ppp%d" % turn, "10.99.0.1",
                     "10.99.0.0/16")
        net.loop.until(lambda: len(programs(fw)) == {
            "auto": 10, "stack": 7, "direct": 5}[forward], "the programs")
        net.out, ours = uplink, net.out
        for wire, address in (net.in1, None), (inside, "10.99.0.%d" %
                                               (turn + 2)):
            control = net.connect(address, "198.51.100.%d" % (turn + 1),
                                  wire=wire).start()
            call = control.call(500, 30 + turn)
            before = queued(fw)
            for _ in range(3):
                call.both_ways()
            assert queued(fw) == before
        net.out = ours
        control = net.connect("10.99.0.9", SERVER, wire=inside).start()
        control.call(500, 40 + turn).both_ways()
        for tun in uplink, inside:
            tun.vanish()
        net.loop.until(lambda: len(programs(fw)) == {
            "auto": 6, "stack": 4, "direct": 3}[forward], "theirs to go")
        net.loop.tcps.clear()
        colliding(net).both_ways()


def test_an_outside_interface_without_a_program(own):
    """Nothing is left to it untranslated: the queue does the work."""
    fw = start_with_uplinks(own)
    net = fw.network
    calls = [colliding(net)]
    assert len(programs(fw)) == 4
    slip = Tun(net.loop, fw.ns, "out9", "203.0.113.9", "198.51.100.0/24",
               ARPHRD_SLIP)
    net.loop.until(lambda: len(programs(fw)) == 2, "in1, in2 to be left")
    fw.logged(["out9", "without"])
    ours, net.out = net.out, slip
    calls.append(net.connect(server="198.51.100.1").start().call(500, 30))
    net.out = ours
    # The kernel takes its time to let go of a program.
    for call, number in zip(calls, (1, 2)):
        net.loop.until(lambda: by_queue(fw, call) == number, "the queue")
        assert by_queue(fw, call) == number
    slip.vanish()
    net.loop.until(lambda: len(programs(fw)) == 4, "the programs")
    before = queued(fw)
    calls[0].both_ways()
    assert queued(fw) == before


@EACH_FORWARD
def test_the_admins_marks(own, forward):
    """Rules that mark whatever comes from inside with a value of their own
    take our bit away: then the queue does the work."""
    fw = own()
    fw.admin.run("mangle", "-A PREROUTING -i in1 -j MARK --set-mark 1")
    fw.up(engine(forward))
    call = colliding(fw.network)
    for _ in range(3):
        call.both_ways()
    assert fw.counter("bpf-call-gone") == 0


def test_vlan_of_the_outside_interface(own):
    """What comes tagged on the same wire is not the outside's."""
    fw = own().up(engine())
    net = fw.network
    call = colliding(net)
    packet = bytes(call.packet(call.control.server))
    head = net.out.head[:12] + b"\x81\x00\x00\x07\x08\x00"
    net.out.sock.send(head + packet)
    call.both_ways()
    assert fw.counter("bpf_in") == 1


def lacking(fw, *words, name):
    fw.configure(engine(name=name))
    fw.lay_rules()
    return ("setpriv", "--inh-caps=-all", "--bounding-set=-all," +
            CAPABILITIES) + words


def test_auto_without_bpf(own):
    """Says why, and works."""
    fw = own()
    start = lacking(fw, name="auto")
    fw.log = open(fw.log_file, "a")
    fw.daemon = fw.ns.popen(*start, DAEMON, "-f", fw.config_file, "-d",
                            stdout=-1, stderr=fw.log)
    assert read_line(fw.daemon.stdout) == "ready\n", fw.log_text()
    status = fw.json("status")
    assert status["engine"] == "nfqueue" and status["forward"] is None
    assert "CAP_BPF" in status["engine_lack"]
    fw.logged(["auto", "nfqueue", "CAP_BPF"])
    colliding(fw.network).both_ways()


def test_bpf_without_bpf(own):
    """Refuses, and names the way out."""
    fw = own()
    err = fails(fw, "-d", "-f", fw.config_file, status=1,
                start=lacking(fw, name="bpf"))
    assert "engine = bpf" in err and "engine = auto" in err
    assert "CAP_BPF" in err


SHIM = """
#include <errno.h>
int bpf_link_create(int a, int b, int c, const void *d)
{ errno = EINVAL; return -EINVAL; }
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("shim") / "shim.so")
    subprocess.run(["gcc", "-shared", "-fPIC", "-xc", "-", "-o", path],
                   input=SHIM, text=True, check=True)
    return path


@pytest.mark.parametrize("forward", ["auto", "direct"])
def test_a_kernel_without_links(own, forward, shim):
    """Before Linux 6.6 there are tc filters only."""
    fw = own()
    fw.configure(engine(forward))
    fw.lay_rules()
    options = {"env": dict(os.environ, LD_PRELOAD=shim)}
    for _ in range(2):
        fw.daemon = fw.launch(**options)
        assert read_line(fw.daemon.stdout) == "ready\n", fw.log_text()
        call = colliding(fw.network)
        before = queued(fw)
        call.both_ways()
        assert queued(fw) == before
        assert "pref 23" in fw.ns.run("tc", "filter", "show", "dev", "in1",
                                      "ingress").stdout
        fw.stop(signal.SIGKILL)
        call.both_ways()
    fw.start()
    fw.ctl("shutdown", "--purge")
    fw.stop(None)
    assert fw.ns.run("tc", "filter", "show", "dev", "in1",
                     "ingress").stdout == ""


def test_reload_moves_an_interface_to_the_other_side(own):
    fw = own().up(engine())
    assert len(programs(fw)) == 4
    text = open(fw.config_file).read()
    open(fw.config_file, "w").write('inside = {"in2"}\n' + text)
    fw.ctl("reload")
    fw.network.loop.until(lambda: len(programs(fw)) == 3, "in1 to be left")
    colliding(fw.network, fw.network.in2).both_ways()
