# SPDX-License-Identifier: GPL-2.0-or-later
"""GRE goes where its control connection goes, as with the kernel's helper."""
import itertools

import pytest

import pptp
from endpoint import Listener, Tcp
from firewall import (ENGINE, INSIDE_SERVER, LANGUAGE, MASQUERADE, PUBLIC,
                      SERVER)
from nfqueue import tells_conntrack
from packet import GRE, Gre, Ip
from session import Control
from test_calls import sides
from test_firewalls import MARKED, STRICT, example, nft_has_queue
from test_icmp import told
from topology import Namespace

# About control connections, which the queue gets with each engine, and their
# calls; and about packets that meet the firewall's rules.
CONTROL = pytest.mark.sections("net", "auto")
RULED = pytest.mark.sections("net", "auto", "stack")
WHERE = "client-inside", "server-inside"
SIDES = pytest.mark.parametrize("where", WHERE)


def raw(fw, *rules):
    """Where connection tracking is told what to do, behind our own jump."""
    fw.admin.run("raw", *("-A PREROUTING " + rule for rule in rules))


def clear(fw, *calls):
    """An admin ends them, and both ends hear that."""
    for client in {call.control.client.src for call in calls}:
        fw.ctl("clear", client)
    for call in calls:
        for end in call.control.client, call.control.server:
            fw.network.loop.until(lambda: end.reset, "the reset")


# --- Zones of connection tracking ---

ZONES = {
    "both": ("-i in1 -j CT --zone 5", "-i out0 -j CT --zone 5"),
    "from-inside": ("-i in1 -j CT --zone-orig 5",),
    "from-outside": ("-i out0 -j CT --zone-orig 6",),
    "both-ways": ("-i in1 -j CT --zone-orig 5", "-i out0 -j CT --zone-orig 6"),
}


@CONTROL
@pytest.mark.parametrize("name", [*ZONES, "manual"])
def test_zone(own, name):
    """Control connections are found in the zone that they are in; what ends
    one of them ends it there, too."""
    fw = own()
    if name == "manual":
        fw.ns.run("nft", "-f", "-", input=example("table ip zones"))
    else:
        raw(fw, *ZONES[name])
    fw.up()
    net = fw.network
    calls = [sides(net, where).call(500, 1) for where in WHERE]
    for call in calls:
        call.both_ways()
        assert fw.call(call)["state"] == "up"
    fw.stop()
    fw.start()                  # and are found again after a restart
    for call in calls:
        call.both_ways()
        clear(fw, call)
    entries = fw.ns.run("conntrack", "-L", "-p", "tcp").stdout.splitlines()
    assert not [line for line in entries if "dport=1723" in line], entries


@CONTROL
def test_a_zone_that_comes_later(own):
    """The second zone is used when the daemon knows the first already."""
    fw = own()
    raw(fw, *ZONES["both"])
    fw.up()
    net = fw.network
    first = net.connect().start().call(500, 1)
    fw.admin.run("raw", "-F PREROUTING")
    fw.rules("--apply")
    raw(fw, "-i in1 -j CT --zone 7", "-i out0 -j CT --zone 7")
    second = net.connect().start().call(500, 2)
    second.both_ways()
    first.both_ways()


@pytest.mark.sections("net")
def test_what_is_not_tracked_is_explained(own):
    """The log says what was looked for, and the likeliest reason first."""
    fw = own(nat=())
    raw(fw, "-p tcp --dport 1723 -j CT --notrack",
        "-p tcp --sport 1723 -j CT --notrack")
    fw.up()
    net = fw.network
    client = net.client()
    Listener(net.out, SERVER)
    Tcp(net.in1, client, net.port(), SERVER, 1723).open()
    line = fw.logged(["no-conntrack", client, SERVER + ":1723", "notrack"])
    assert "likely a rule exempts it" in line, line


# --- Marks and uplinks ---

# Wherever a connection came from or goes: its uplink is in its mark.
RESTORE = "PREROUTING -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff"
SAVE = "POSTROUTING -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff"
FIRST = "-m conntrack --ctstate NEW -j MARK --set-xmark 2/0xff"
MARKS = {
    # Only connections to port 1723, remembered.
    "connmark": (RESTORE, "PREROUTING -i in1 -p tcp --dport 1723 " + FIRST,
                 "PREROUTING -i out1 -p tcp " + FIRST, SAVE),
    # The same without memory: segments alone.
    "mark": ("PREROUTING -i in1 -p tcp --dport 1723 -j MARK --set-mark 2",
             "PREROUTING -i out1 -p tcp -j MARK --set-mark 2",
             "PREROUTING -i in1 -p tcp --sport 1723 -j MARK --set-mark 2"),
}
SECOND = "192.0.2.1"            # the second uplink's address
# rp_filter, src_valid_mark
REVERSE = {"none": (0, 0), "strict": (1, 1), "loose": (2, 0)}


def set_reverse(fw, reverse):
    """Says how the kernel checks where packets come from."""
    strict, valid = REVERSE[reverse]
    fw.ns.set("net/ipv4/conf/all/rp_filter", 0)
    for device in "out0", "out1", "in1", "in2":
        fw.ns.set("net/ipv4/conf/%s/rp_filter" % device, strict)
        fw.ns.set("net/ipv4/conf/%s/src_valid_mark" % device, valid)


def uplinks(own, marks=(), rules=(), **options):
    """A firewall with two, and policy routing to the second by mark 2."""
    fw = own(nat=("-A POSTROUTING -o out+ -j MASQUERADE",
                  "-A PREROUTING -i out1 -d %s -p tcp --dport 1723 "
                  "-j DNAT --to-destination %s" % (SECOND, INSIDE_SERVER)),
             **options)
    net = fw.network
    net.second = net.leg("out1", SECOND, "192.0.2.20", "192.0.2.0/24")
    set_reverse(fw, "loose")
    fw.ns.ip("route add default via 169.254.0.5 dev out1 onlink table 102",
             "route add 10.77.0.0/16 via 169.254.0.2 dev in1 onlink table 102",
             "rule add fwmark 2/0xff lookup 102")
    fw.admin.run("mangle", *("-A " + rule for rule in marks))
    fw.configure()
    text = open(fw.config_file).read()
    with open(fw.config_file, "w") as f:
        f.write(text.replace('{"out0"}', '{"out0", "out1"}'))
    if rules:
        fw.rules(*rules)
    else:
        fw.lay_rules()
    return fw.start()


def by_second(net, where):
    """A connection by the second uplink, opened from inside or outside."""
    wires = (net.in1, net.second, net.client(), SERVER) if \
        where == "client-inside" else (
            net.second, net.in1, "203.0.113.99", SECOND)
    here, there, client, server = wires
    listener = Listener(there, SERVER if here is net.in1 else INSIDE_SERVER)
    tcp = Tcp(here, client, net.port(), server, 1723).connect()
    other = listener.accept(tcp.isn)
    return Control(tcp, other,
                   tcp if where == "client-inside" else other).start()


@pytest.mark.parametrize("marks", MARKS)
def test_gre_follows_the_mark(own, marks):
    """It leaves by its connection's uplink, with that one's address, however
    the kernel checks where packets come from."""
    fw = uplinks(own, MARKS[marks])
    net = fw.network
    calls = []
    for n, (reverse, where) in enumerate(itertools.product(REVERSE, WHERE)):
        set_reverse(fw, reverse)
        call = by_second(net, where).call(500 + n, n)
        assert fw.call(call)["public"] == SECOND
        call.both_ways()
        other = net.connect(wire=net.in2).start().call(500 + n, n)
        other.both_ways()
        calls.append((reverse, call, other))
    fw.stop()
    fw.start()
    for reverse, call, other in calls:
        set_reverse(fw, reverse)
        for each in call, other, call:
            each.both_ways()
    assert not [ip for ip in net.out.inbox if ip.src == SECOND]
    clear(fw, *(call for _, call, _ in calls))


def test_a_mark_that_changes(own):
    """An admin moves a connection to the other uplink; GRE goes with it at
    once, before the next control segment."""
    fw = uplinks(own, MARKS["connmark"])
    net = fw.network
    call = by_second(net, "client-inside").call(500, 1)
    call.both_ways()
    fw.ns.run("conntrack", "-U", "-p", "tcp", "--orig-src",
              call.control.client.src, "--mark", "1")

    def moved():
        call.send(call.control.client)
        return [ip for ip in net.out.inbox if ip.proto == GRE]
    net.loop.until(moved, "GRE by the first uplink")


@SIDES
def test_a_small_uplink(own, where):
    """Path MTU discovery works by the marked way, too."""
    fw = uplinks(own, MARKS["connmark"])
    net = fw.network
    call = by_second(net, where).call(500, 1)
    fw.ns.ip("link set out1 mtu 1400")
    inside = call.control.inside
    sent = call.send(inside, b"x" * 1440, df=True)
    told(call, inside, sent, 3, 4, 1400, 28)


@SIDES
def test_a_large_packet_by_a_small_uplink(own, where):
    """What may be fragmented is, as the kernel does."""
    fw = uplinks(own, MARKS["connmark"])
    net = fw.network
    call = by_second(net, where).call(500, 1)
    fw.ns.ip("link set out1 mtu 1000")
    inside = call.control.inside
    sent = call.packet(inside, b"f" * 1532)
    for part in sent.fragments(1400):
        inside.wire.send(part)
    got = call.control.outside.wire.gather(
        lambda ip: ip.proto == GRE and ip.ident == sent.ident, "fragments")
    call.compare(inside, sent, got)


def ways_by(fw, device):
    """Its next hop and its routes, as commands that bring them back."""
    ip = fw.ns.run
    hop, _, mac = ip("ip", "neigh", "show", "dev",
                     device).stdout.split()[:3]
    return ["neigh replace %s lladdr %s dev %s nud permanent" % (
        hop, mac, device)] + ["route replace %s dev %s%s" % (
            line.replace("linkdown", ""), device,
            " table 102" * (name == "102"))
        for name in ("main", "102") for line in ip(
            "ip", "route", "show", "table", name, "dev",
            device).stdout.splitlines()]


def down(fw, device):
    """Takes an uplink away; what brings it back."""
    back = ways_by(fw, device)
    fw.ns.ip("link set %s down" % device)
    return ["link set %s up" % device, *back]


def up_again(fw, back):
    """What is sent before both ends of the cable are running is lost."""
    fw.ns.ip(*back)
    for ns, device in (fw.ns, "out1"), (fw.network.second.namespace, "eth0"):
        fw.network.loop.until(
            lambda: "state UP" in ns.run("ip", "link", "show", device).stdout,
            "%s in %s" % (device, ns.name))


@pytest.mark.parametrize("marks", ["connmark", "mark"])
def test_an_uplink_fails_over(own, marks):
    """Calls by it end: the client hears it at once and dials again, by the
    other uplink; the server when it can be reached.  Other calls go on."""
    fw = uplinks(own, MARKS[marks])
    net = fw.network
    call = by_second(net, "client-inside").call(500, 1)
    other = net.connect(wire=net.in2).start().call(500, 1)
    for each in call, other:
        each.both_ways()
    client, server = call.control.client, call.control.server
    back = down(fw, "out1")
    net.loop.until(lambda: client.reset, "the client's reset")
    fw.logged(["call 1 down", "conntrack-gone"])
    again = net.connect(client.src).start().call(500, 2)
    assert fw.call(again)["public"] == PUBLIC
    for each in again, other:
        each.both_ways()
    assert not server.reset
    assert not [ip for ip in net.out.inbox if ip.src == SECOND]
    up_again(fw, back)
    net.loop.until(lambda: server.reset, "the server's reset")
    other.both_ways()
    by_second(net, "client-inside").call(500, 3).both_ways()


@pytest.mark.parametrize("cause", ["address", "route"])
def test_an_uplink_stays_up(own, cause):
    """But its address is taken away, or the route by it: the client hears it
    as soon as masquerading finds out, the server when it says something."""
    fw = uplinks(own, MARKS["connmark"])
    net = fw.network
    fw.ns.ip("rule add from %s lookup 102" % SECOND)
    call = by_second(net, "client-inside").call(500, 1)
    other = net.connect(wire=net.in2).start().call(500, 1)
    for each in call, other:
        each.both_ways()
    client, server = call.control.client, call.control.server
    back = ["addr replace %s/24 dev out1 noprefixroute" % SECOND,
            *ways_by(fw, "out1")]
    if cause == "address":
        fw.ns.ip("addr del %s/24 dev out1" % SECOND)
    else:
        fw.ns.ip("route del default table 102")
        client.send(pptp.echorq())
    net.loop.until(lambda: client.reset, "the client's reset")
    fw.logged(["call 1 down", "conntrack-gone"])
    net.connect(client.src).start().call(500, 2).both_ways()
    fw.ns.ip(*back)
    server.send(pptp.echorq())
    net.loop.until(lambda: server.reset, "the server's reset")
    for each in other, by_second(net, "client-inside").call(500, 3):
        each.both_ways()


def test_an_uplink_of_a_server_fails_over(own):
    """What came by it goes on when it is back, if both ends have waited."""
    fw = uplinks(own, MARKS["connmark"])
    net = fw.network
    call = by_second(net, "server-inside").call(500, 1)
    other = net.connect(wire=net.in2).start().call(500, 1)
    for each in call, other:
        each.both_ways()
    back = down(fw, "out1")
    call.send(call.control.inside)
    other.both_ways()
    up_again(fw, back)
    for each in call, other:
        each.both_ways()


@pytest.mark.parametrize("how", ["source", "multipath"])
def test_uplinks_without_marks(own, how):
    """Addresses alone say which: then GRE takes the same one, too."""
    fw = uplinks(own)
    net = fw.network
    clients = [net.client() for _ in range(12)]
    if how == "source":
        fw.ns.ip(*("rule add from %s lookup 102" % client
                   for client in clients[::2]))
    else:
        fw.ns.ip("route replace default nexthop via 169.254.0.4 dev out0 "
                 "onlink nexthop via 169.254.0.5 dev out1 onlink")
    listeners = [Listener(wire, SERVER) for wire in (net.out, net.second)]
    calls = []
    for client in clients:
        tcp = Tcp(net.in1, client, net.port(), SERVER, 1723).connect()
        listener, = (each for each in listeners if each.accepted)
        control = Control(tcp, listener.accept(tcp.isn), tcp).start()
        calls.append(control.call(500, len(calls)))
    assert {call.control.server.wire for call in calls} == {net.out,
                                                            net.second}
    for call in calls:
        call.both_ways()


RULES = {"iptables": {},
         "native": {"rules": ("--nft", "--apply"), "variant": "nft"}}


@CONTROL
@pytest.mark.parametrize("rules", list(RULES) if nft_has_queue() else
                         ["iptables"])
def test_rules_and_marks(own, rules):
    fw = uplinks(own, MARKS["connmark"], **RULES[rules])
    for where in "client-inside", "server-inside":
        call = by_second(fw.network, where).call(500, 1)
        call.both_ways()
        outside = call.control.outside
        told(call, outside, call.send(outside, ttl=1), 11, 0, 0, 28)


def queue_tells_conntrack():
    """CONFIG_NETFILTER_NETLINK_GLUE_CT"""
    ns = Namespace("probe")
    try:
        return tells_conntrack(ns)
    finally:
        ns.close()


@pytest.mark.parametrize("ports", ["other-port"] + (
    ["same-port"] if queue_tells_conntrack() else []))
def test_the_same_addresses_in_two_zones(own, ports):
    """Two networks with one range; marks say which way back."""
    fw = own(nat=MASQUERADE)
    net = fw.network
    raw(fw, "-i in1 -j CT --zone-orig 1", "-i in2 -j CT --zone-orig 2")
    # With native rules no GRE is tracked.
    first = FIRST.replace("NEW", "NEW,UNTRACKED") if LANGUAGE else FIRST
    fw.admin.run("mangle", "-A " + RESTORE, *(
        "-A PREROUTING -i in%d %s" % (n, first.replace("2/", "%d/" % n))
        for n in (1, 2)), "-A " + SAVE)
    for n in 1, 2:
        fw.ns.set("net/ipv4/conf/in%d/src_valid_mark" % n, 1)
        fw.ns.ip("route add 10.77.0.0/16 via 169.254.0.%d dev in%d onlink "
                 "table 20%d" % (n + 1, n, n),
                 "route add default via 169.254.0.4 dev out0 onlink "
                 "table 20%d" % n,
                 "rule add fwmark %d/0xff lookup 20%d" % (n, n))
    fw.up()
    client, port = net.client(), net.port()
    controls = [net.connect(client, wire=wire, port=port if ports ==
                            "same-port" else net.port()).start()
                for wire in (net.in1, net.in2)]
    calls = [c.call(500, n) for n, c in enumerate(controls)]
    assert calls[0].mapped != calls[1].mapped
    for call in calls + calls:
        call.both_ways()
    fw.stop()
    fw.start()
    for call in calls:
        call.both_ways()


# --- Both addresses translated ---

DMZ_SERVER = "10.78.0.50"
FAR = "198.51.100.7"            # an outside address that DNAT takes elsewhere
TO_SERVER = "-A PREROUTING -d %s -p tcp --dport 1723 -j DNAT " \
    "--to-destination %s"
# Who calls whom by which address; where the server is, by its port, too, if
# that is another one; and what the admin does.
BOTH = {
    "dmz": ("in1", PUBLIC, "in2", DMZ_SERVER, ()),
    "dmz-masquerade": ("in1", PUBLIC, "in2", DMZ_SERVER, (
        "-A POSTROUTING -o in2 -s 10.77.0.0/16 -j MASQUERADE",)),
    "lan-masquerade": ("in1", PUBLIC, "in1", INSIDE_SERVER, (
        "-A POSTROUTING -o in1 -s 10.77.0.0/16 -j MASQUERADE",)),
    "redirected": ("in1", FAR, "out", SERVER + ":11723", ()),
    "masqueraded-inward": ("out", PUBLIC, "in1", INSIDE_SERVER, (
        "-A POSTROUTING -o in1 -p tcp --dport 1723 -j MASQUERADE",)),
}


def translated(own, name, **options):
    here, public, there, server, rules = BOTH[name]
    fw = own(nat=MASQUERADE + (TO_SERVER % (public, server),) + rules,
             **options)
    return fw


def through(fw, name, port=None):
    here, public, there, server, _ = BOTH[name]
    net = fw.network
    here, there = getattr(net, here), getattr(net, there)
    client = net.client() if here is not net.out else \
        "203.0.113.%d" % (net.port() % 100 + 100)
    address, _, real = server.partition(":")
    at = address, int(real or 1723)
    listener = there.listeners.get(at) or Listener(there, *at)
    tcp = Tcp(here, client, port or net.port(), public, 1723).connect()
    other = listener.accept(tcp.isn)
    return Control(tcp, other, other if here is net.out else tcp).start()


@pytest.mark.parametrize("name", BOTH)
def test_both_addresses(own, name):
    """Hairpin and its relatives: GRE goes as its control connection does, with
    IDs that are unique between the two, also over a restart."""
    fw = translated(own, name).up()
    net = fw.network
    calls = [through(fw, name).call(500, n) for n in range(3)]
    for call in calls + calls:
        call.both_ways()
    for call in calls:
        row = fw.call(call)
        inside = call.control.inside
        assert row["alias"] == inside.dst
        assert row["outside"] == call.control.outside.src
    fw.stop()
    fw.start()
    for call in calls:
        call.both_ways()
    for end in calls[0].control.client, calls[0].control.server:
        told(calls[0], end, calls[0].send(end, ttl=1), 11, 0, 0, 28)
    assert fw.ctl("calls").stdout.count(calls[0].control.inside.dst) >= 3
    call = calls[0]
    sent = call.packet(call.control.client, b"f" * 1532)
    for part in sent.fragments(800):
        call.control.client.wire.send(part)
    got = call.control.server.wire.gather(
        lambda ip: ip.proto == GRE and ip.ident == sent.ident, "fragments")
    call.compare(call.control.client, sent, got)
    clear(fw, call)
    entries = fw.ns.run("conntrack", "-L", "-p", "tcp").stdout.splitlines()
    assert not [line for line in entries if "sport=%d " %
                call.control.client.sport in line], entries
    calls[1].both_ways()


@pytest.fixture
def behind_one_address(fw):
    """Some outside clients of a server inside, to which they look like one."""
    net = fw.network
    rule = "POSTROUTING -o in1 -s 198.51.100.0/24 -j MASQUERADE"
    fw.admin.run("nat", "-A " + rule)
    yield [net.connect_in("198.51.100.%d" % n).start() for n in (1, 2, 3)]
    fw.admin.run("nat", "-D " + rule)


@CONTROL
def test_one_id_behind_one_address(net, behind_one_address):
    """The server knows them by several; all messages about them fit."""
    calls = [control.call(500, n)
             for n, control in enumerate(behind_one_address)]
    for call in calls + calls:
        call.both_ways()
    for call in calls[:2]:
        control = call.control
        client, server = control.client, control.server
        for end, data, seen in (
                (client, pptp.wen(call.known_as(server)), call.own(server)),
                (server, pptp.wen(call.known_as(client)), call.own(client)),
                (server, pptp.sli(call.known_as(client)), call.own(client)),
                (client, pptp.ccrq(call.own(client)), call.known_as(client)),
                (server, pptp.cdn(call.own(server)), call.mapped)):
            assert control.say(end, data) == pptp.with_id(data, seen)
    calls[2].both_ways()
    assert not [ip for ip in net.out.inbox if ip.proto == GRE]


@CONTROL
def test_two_ids_that_become_one(net, fw, behind_one_address):
    """By chance two get one ID towards the server: the second is reset, when
    it asks, or, where both asked at once, when the answer comes.  By another
    connection it gets in."""
    first, second, third = behind_one_address
    ids = [500 ^ first.server.dport ^ control.server.dport
           for control in behind_one_address]
    seen = [control.new_id(control.client, pptp.ocrq(id_))
            for control, id_ in zip((first, second), ids)]
    assert seen[0] == seen[1]
    call = first.answer(first.client, 500, seen[0], 1, pptp.ocrp)
    call.both_ways()
    for control, end, message in (
            (second, second.server, pptp.ocrp(2, seen[1])),
            (third, third.client, pptp.ocrq(ids[2]))):
        before = fw.counter("shared-call-id")
        end.send(message)
        for other in control.client, control.server:
            net.loop.until(lambda: other.reset, "the reset")
        fw.logged(["shared-call-id", control.client.src])
        assert fw.counter("shared-call-id") > before
    another = net.connect_in(third.client.src).start().call(ids[2], 3)
    for each in call, another, call:
        each.both_ways()
    assert not [ip for ip in net.out.inbox if ip.proto == GRE]


@RULED
@pytest.mark.parametrize("name", ["dmz", "lan-masquerade"])
def test_hairpin_behind_a_strict_firewall(own, name):
    """No rule for GRE is needed there, either, but what "rules --nft" says."""
    here, _, there, server, _ = BOTH[name]
    fw = translated(own, name, filter=STRICT + (MARKED if LANGUAGE else ()) + (
        "-A FORWARD -i %s -o %s -d %s -p tcp --dport 1723 -j ACCEPT" % (
            here, there, server),)).up()
    through(fw, name).call(500, 1).both_ways()


def test_hairpin_beside_others(own):
    """What else goes between inside networks is left alone."""
    fw = translated(own, "dmz-masquerade").up()
    net = fw.network
    through(fw, "dmz-masquerade").call(500, 1).both_ways()
    other = Ip(net.client(), DMZ_SERVER, GRE, bytes(Gre(77, b"other", seq=1)))
    net.in1.send(other)
    net.loop.until(lambda: net.in2.take(
        lambda ip: ip.proto == GRE and b"other" in ip.payload), "other GRE")
    crossing = net.connect(wire=net.in2).start().call(500, 1)
    crossing.both_ways()


@pytest.mark.parametrize("name", ["dmz-masquerade", "dmz"])
def test_hairpin_path_mtu(own, name):
    """Who sends too large a packet hears it, about the packet that it sent."""
    fw = translated(own, name).up()
    call = through(fw, name).call(500, 1)
    call.both_ways()
    fw.ns.ip("link set in2 mtu 1000")
    sent = call.send(call.control.client, b"x" * 1300, df=True)
    told(call, call.control.client, sent, 3, 4, 1000, 28)


@RULED
@SIDES
def test_marks_saved_without_a_mask(own, where):
    """An admin who saves and restores all bits gives GRE no way round us."""
    fw = own()
    fw.admin.run("mangle", "-A PREROUTING -j CONNMARK --restore-mark",
                 "-A POSTROUTING -j CONNMARK --save-mark")
    fw.up()
    call = sides(fw.network, where).call(500, 1)
    for _ in range(3):
        call.both_ways()
    outside = call.control.outside.wire
    assert not [ip for ip in outside.inbox if ip.proto == GRE]


# --- A shaper of the admin's where packets come in ---

def shape(fw, device, protocol):
    """Packets of an IP protocol go through an ifb device's queue."""
    tc = "tc filter add dev %s parent ffff: protocol ip u32 match ip " \
        "protocol %d 0xff action mirred egress redirect dev ifb0"
    for words in ("ip link add ifb0 type ifb", "ip link set ifb0 up",
                  "tc qdisc add dev %s handle ffff: ingress" % device,
                  tc % (device, protocol)):
        p = fw.ns.run(*words.split(), check=False)
        if p.returncode and words.startswith(("ip link add", "tc filter")):
            pytest.skip("kernel without ifb or mirred: " + p.stderr)


def shaped(fw):
    return fw.ns.packets("ifb0", "tx")


@pytest.mark.parametrize("device", ["out0", "in1"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_ingress_shaper_is_not_skipped(own, device, when):
    """Whether it was there first, or came while calls are up."""
    fw = own()
    if when == "before":
        shape(fw, device, GRE)
    fw.up()
    net = fw.network
    call = net.connect().start().call(500, 1)
    call.both_ways()
    if when == "after":
        shape(fw, device, GRE)
    end = call.control.server if device == "out0" else call.control.client

    def passes_by():
        before = shaped(fw)
        call.passes(end)
        return shaped(fw) > before
    net.loop.until(passes_by, "GRE through the shaper")
    for _ in range(3):
        assert passes_by()
    # Refused while the daemon just asks for the filters.
    net.loop.until(lambda: fw.ns.run(
        "tc", "qdisc", "del", "dev", device, "ingress",
        check=False).returncode == 0, "tc to remove it")
    call.both_ways()


def test_another_filter_at_ingress(own):
    """What it does not take goes the fast way."""
    fw = own()
    shape(fw, "out0", 17)
    fw.up()
    call = fw.network.connect().start().call(500, 1)
    call.both_ways()
    assert shaped(fw) == 0
    # Said once: it is not tried again and again.
    assert fw.log_text().count("without the BPF program") <= 1
    if "without the BPF program" in fw.log_text():
        pytest.skip("kernel without tc filters of BPF")
    if ENGINE != "nfqueue":
        assert fw.json("counters")["bpf_in"] > 0
