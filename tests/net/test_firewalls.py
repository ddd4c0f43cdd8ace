# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole way through each kind of firewall and of translation."""
import functools
import os
import re

import pytest

import pptp
from endpoint import Listener, Tcp
from firewall import DNAT, MASQUERADE, POOL, PUBLIC, TOP
from packet import GRE, ICMP, Gre, Ip, icmp
from session import Control
from test_calls import sides
from test_icmp import OUTPUT_DROPS, arrives, complain, told
from topology import Namespace


@functools.cache
def nft_has_queue():
    """Not every kernel does nftables' own queue statement."""
    ns = Namespace("probe")
    p = ns.run("nft", "add table ip x; add chain ip x y; "
               "add rule ip x y queue num 1", check=False)
    ns.close()
    return p.returncode == 0


# Packets of the direct engine meet no firewall, and the ports and addresses
# of control connections are the queue's with each engine.
NOT_DIRECT = pytest.mark.sections("net", "auto")
NET = pytest.mark.sections("net")
VARIANT = pytest.mark.parametrize("variant", ["legacy", "nft"])
EACH = pytest.mark.parametrize("variant", ["legacy", "nft"] + (
    ["nft-script"] if nft_has_queue() else []))

# What a careful admin has: nothing is forwarded but what is said here.
STRICT = (
    "-P FORWARD DROP", "-P INPUT DROP", "-P OUTPUT DROP",
    "-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    "-A OUTPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    "-A FORWARD -m conntrack --ctstate INVALID -j DROP",
    "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    "-A FORWARD -i in+ -o out0 -p tcp --dport 1723 -j ACCEPT",
    "-A FORWARD -i out0 -o in1 -d 10.77.0.50 -p tcp --dport 1723 -j ACCEPT")


def hears_the_firewall(fw, call, end):
    """Errors that it makes itself get out."""
    sent = call.send(end, ttl=1)
    told(call, end, sent, 11, 0, 0, 28)
    device = "out0" if end is call.control.inside else "in1"
    fw.ns.ip("link set %s mtu 1200" % device)
    sent = call.send(end, bytes(1300), df=True)
    told(call, end, sent, 3, 4, 1200, 28)
    fw.ns.ip("link set %s mtu 1500" % device)


def hears_it_marked(fw, call):
    """An error may carry our mark, if the packet did that it is about."""
    for reflect in 0, 1:
        fw.ns.set("net/ipv4/fwmark_reflect", reflect)
        for end in call.control.client, call.control.server:
            hears_the_firewall(fw, call, end)


def works(fw):
    """Everything that needs rules: calls both ways round, GRE in fragments,
    ICMP both ways, resets."""
    net = fw.network
    for where in "client-inside", "server-inside":
        sides(net, where).call(500, 20).both_ways()
        call = sides(net, where).call(500, 21)
        call.both_ways()
        for end in call.control.client, call.control.server:
            sent = call.packet(end, b"f" * 1532)
            for part in reversed(sent.fragments(800)):
                end.wire.send(part)
            got = call.control.other(end).wire.gather(
                lambda ip: ip.proto == GRE and ip.ident == sent.ident,
                "fragments")
            call.compare(end, sent, got)
            sent, got = arrives(call, end)
            complain(call, end, 3, 4, 1400, bytes(got))
            told(call, end, sent, 3, 4, 1400, 40)
            hears_the_firewall(fw, call, end)
        fw.ctl("clear", call.control.client.src)
        for end in call.control.client, call.control.server:
            net.loop.until(lambda: end.reset, "the reset")


# What "rules --nft" tells the admin of such chains to add.
MARKED = tuple(
    "-I %s -m mark --mark 0x40000000/0x40000000 -j ACCEPT" % rule
    for rule in ("FORWARD -p gre", "FORWARD -p icmp", "OUTPUT -p tcp",
                 "OUTPUT -p gre"))
MANUAL = os.path.join(TOP, "docs", "firewall.md")


def example(words):
    """The indented text in the manual that has these words, for our names."""
    with open(MANUAL, encoding="utf-8") as f:
        texts = re.findall(r"(?:^(?: {4}.*)?\n)+", f.read(), re.M)
    text, = (t for t in texts if words in t)
    return text.replace("lan0", "in1").replace("eth0", "out0")


@EACH
@pytest.mark.parametrize("filter", [
    pytest.param((), id="open", marks=NOT_DIRECT),
    pytest.param(STRICT, id="strict")])
def test_everything_works(own, variant, filter):
    if variant == "nft-script":
        fw = own(variant="nft", filter=filter + MARKED if filter else ())
        fw.configure()
        fw.rules("--nft", "--apply")
        fw.start()
    else:
        fw = own(variant=variant, filter=filter).up()
    works(fw)


@EACH
@NOT_DIRECT
def test_nftables_as_in_the_manual(own, variant):
    """Word for word."""
    fw = own(variant="nft" if variant == "nft-script" else variant,
             nat=(), filter=())
    fw.ns.run("nft", "-f", "-", input=example("table inet fw"))
    fw.configure()
    fw.rules(*(["--nft"] if variant == "nft-script" else []), "--apply")
    fw.start()
    call = fw.network.connect().start().call(500, 20)
    call.both_ways()
    hears_it_marked(fw, call)
    for end in call.control.client, call.control.server:
        sent, got = arrives(call, end)
        complain(call, end, 3, 4, 1400, bytes(got))
        told(call, end, sent, 3, 4, 1400, 40)
    fw.ctl("clear", call.control.client.src)
    for end in call.control.client, call.control.server:
        fw.network.loop.until(lambda: end.reset, "the reset")


# What fw4 of OpenWrt makes of its own configuration, and of the manual's rule,
# as far as packets of PPTP meet it; with masq_allow_invalid.
FW4 = """table inet fw4
flush table inet fw4
table inet fw4 {
    chain input {
        type filter hook input priority filter; policy drop;
        ct state vmap { established : accept, related : accept }
        iifname "in1" accept
    }
    chain forward {
        type filter hook forward priority filter; policy drop;
        ct state vmap { established : accept, related : accept }
        iifname "in1" jump forward_lan
        iifname "out0" jump forward_wan
        jump refuse
    }
    chain output {
        type filter hook output priority filter; policy accept;
        ct state vmap { established : accept, related : accept }
        oifname "in1" jump to_lan
        oifname "out0" jump to_wan
    }
    chain refuse {
        meta l4proto tcp reject with tcp reset
        reject with icmpx type port-unreachable
    }
    chain forward_lan {
        jump to_wan
        jump to_lan
    }
    chain forward_wan {
        meta l4proto gre meta mark & 0x40000000 == 0x40000000 jump to_lan
        meta l4proto icmp meta mark & 0x40000000 == 0x40000000 jump to_lan
        oifname "out0" jump refuse
    }
    chain to_lan {
        oifname "in1" counter accept
    }
    chain to_wan {
        oifname "out0" counter accept
    }
    chain srcnat {
        type nat hook postrouting priority srcnat; policy accept;
        oifname "out0" meta nfproto ipv4 masquerade
    }
    chain mangle_forward {
        type filter hook forward priority mangle; policy accept;
        iifname "out0" tcp flags syn tcp option maxseg size set rt mtu
    }
}
include "%s/*.nft"
"""


@pytest.mark.skipif(not nft_has_queue(), reason="nftables without queue")
def test_openwrt_with_native_rules(own, tmp_path):
    """Its ruleset includes ours; a reload of it harms no call."""
    fw = own(variant="nft", nat=())
    fw.configure()
    (tmp_path / "pptpalg.nft").write_text(fw.rules("--nft").stdout)
    load = lambda: fw.ns.run("nft", "-f", "-", input=FW4 % tmp_path)
    load()
    fw.start()
    call = fw.network.connect().start().call(500, 20)
    call.both_ways()
    load()
    call.both_ways()
    for end in call.control.client, call.control.server:
        sent, got = arrives(call, end)
        complain(call, end, 3, 4, 1400, bytes(got))
        told(call, end, sent, 3, 4, 1400, 40)
        hears_the_firewall(fw, call, end)
    fw.network.connect().start().call(600, 20).both_ways()
    fw.ctl("clear", call.control.client.src)
    for end in call.control.client, call.control.server:
        fw.network.loop.until(lambda: end.reset, "the reset")


@VARIANT
@NOT_DIRECT
def test_iptables_as_in_the_manual(own, variant):
    """A firewall that drops by default, word for word; and OUTPUT, too."""
    fw = own(variant=variant, filter=OUTPUT_DROPS)
    for line in example("iptables -P FORWARD DROP").split("\n"):
        if line:
            fw.admin.run("filter", line.split("iptables ")[1])
    fw.up()
    call = fw.network.connect().start().call(500, 20)
    call.both_ways()
    hears_it_marked(fw, call)


@NOT_DIRECT
def test_printed_rules_can_be_restored(own):
    fw = own()
    fw.configure()
    fw.ns.run("iptables-legacy-restore", "--noflush", input=fw.rules().stdout)
    fw.start()
    works(fw)


def test_another_mark_and_other_queues(own):
    fw = own()
    fw.configure()
    fw.rules("--apply")
    fw.configure("mark = 0x10\nqueue { control = 7  gre = 8 }")
    fw.rules("--apply")
    fw.start()
    works(fw)


@pytest.mark.parametrize("variant, more", [
    ("legacy", ""), pytest.param("nft", "", marks=NET),
    pytest.param("legacy", " --persistent", marks=NET),
    pytest.param("nft", " --random", marks=NET)])
def test_several_public_addresses(own, variant, more):
    """Calls of one server behind several addresses, each with its own."""
    fw = own(variant=variant, nat=DNAT + (
        "-A POSTROUTING -o out0 -j SNAT --to-source " + POOL + more,)).up()
    net = fw.network
    calls = [net.connect().start().call(500, n) for n in range(24)]
    publics = {c.control.server.dst for c in calls}
    assert publics <= {"203.0.113.2", "203.0.113.3", "203.0.113.4"}
    assert len(publics) > 1
    for call in calls:
        call.both_ways()
        assert fw.call(call)["public"] == call.control.server.dst
    # One ID may be used once behind each address.
    assert len({(c.control.server.dst, c.mapped) for c in calls}) == 24
    stray = calls[0]
    for public in publics - {stray.control.server.dst}:
        net.out.send(Ip(stray.control.server.src, public, GRE, bytes(
            Gre(stray.mapped + 5000, b"stray", seq=1))))
    calls[1].both_ways()


@NOT_DIRECT
def test_ports_are_changed(own):
    fw = own(nat=("-A POSTROUTING -o out0 -j MASQUERADE --random-fully",))
    fw.up()
    net = fw.network
    calls = [net.connect().start().call(500, 1) for _ in range(5)]
    assert any(c.control.client.sport != c.control.server.dport
               for c in calls)
    for call in calls:
        call.both_ways()
    fw.ctl("clear", calls[0].control.client.src)
    for end in calls[0].control.client, calls[0].control.server:
        net.loop.until(lambda: end.reset, "the reset")


@NET
def test_two_clients_with_one_source_port(own):
    """The second client's port is changed by the kernel."""
    fw = own().up()
    net = fw.network
    a, b = (net.connect(wire=w, port=5555).start().call(500, 1)
            for w in (net.in1, net.in2))
    assert a.control.server.dport != b.control.server.dport
    a.both_ways()
    b.both_ways()


def test_without_any_translation(own):
    """A firewall between two networks that know each other."""
    fw = own(nat=()).up()
    calls = [fw.network.connect().start().call(500, n) for n in (1, 2)]
    for call in calls:
        assert call.control.server.dst == call.control.client.src
        assert call.mapped == 500
        call.both_ways()


@NOT_DIRECT
def test_inside_interfaces_by_name(own):
    """Connections of other interfaces are not ours."""
    fw = own()
    fw.up('inside = {"in1"}')
    net = fw.network
    net.connect().start().call(500, 1).both_ways()
    net.connect().start().call(600, 1).both_ways()
    control = net.connect(wire=net.in2).start()
    data = pptp.ocrq(500)
    assert control.say(control.client, data) == data
    assert len(fw.calls()) == 2


@NOT_DIRECT
def test_outside_by_pattern(own):
    fw = own()
    fw.configure()
    text = open(fw.config_file).read().replace('"out0"', '"out+"')
    with open(fw.config_file, "w") as f:
        f.write(text)
    fw.lay_rules()
    fw.start()
    works(fw)


def test_an_outside_interface_that_comes_and_goes(own):
    """Down and up again, with another number, like ppp0 after a redial."""
    fw = own()
    fw.up()
    net = fw.network
    net.connect().start().call(500, 1).both_ways()
    run = fw.ns.run
    for name in "elsewhere", "out0":
        run("ip", "link", "set", "out0" if name == "elsewhere" else
            "elsewhere", "down")
        run("ip", "link", "set", "out0" if name == "elsewhere" else
            "elsewhere", "name", name)
    run("ip", "link", "set", "out0", "up")
    hop = "169.254.0.4"
    run("ip", "neigh", "replace", hop, "lladdr", net.out.head[6:12].hex(":"),
        "dev", "out0", "nud", "permanent")
    run("ip", "route", "replace", "default", "via", hop, "dev", "out0",
        "onlink", "src", PUBLIC)
    net.connect().start().call(600, 1).both_ways()


def test_two_uplinks(own):
    """Each call keeps the address of the uplink that its connection has."""
    fw = own(nat=("-A POSTROUTING -o out+ -j MASQUERADE",))
    net = fw.network
    second = net.leg("out1", "192.0.2.1", "192.0.2.20", "198.51.100.0/24")
    fw.configure()
    text = open(fw.config_file).read()
    with open(fw.config_file, "w") as f:
        f.write(text.replace('{"out0"}', '{"out0", "out1"}'))
    fw.lay_rules()
    fw.start()
    client = net.client()
    a = net.connect(client).start().call(500, 1)
    Listener(second, "198.51.100.9")
    tcp = Tcp(net.in1, client, net.port(), "198.51.100.9", 1723).connect()
    b = Control(tcp, second.listeners["198.51.100.9", 1723].accept(), tcp)
    b = b.start().call(500, 1)
    assert (a.control.server.dst, b.control.server.dst) == (
        PUBLIC, "192.0.2.1")
    for call in a, b:
        call.both_ways()
        sent, got = arrives(call, call.control.client)
        call.control.server.wire.send(Ip(
            "203.0.113.253" if call is a else "198.51.100.253", got.src,
            ICMP, icmp(3, 4, 1300, bytes(got)[:60])))
        told(call, call.control.client, sent, 3, 4, 1300, 40)


def test_the_public_address_changes(own):
    """Like a redial: calls through the old address end, new ones work."""
    fw = own().up()
    net = fw.network
    old = net.connect().start().call(500, 1)
    old.both_ways()
    for words in ("addr del %s/24 dev out0" % PUBLIC,
                  "addr add 203.0.113.7/24 dev out0 noprefixroute",
                  "neigh replace 169.254.0.4 lladdr %s dev out0 nud permanent"
                  % net.out.head[6:12].hex(":"),
                  "route replace default via 169.254.0.4 dev out0 onlink "
                  "src 203.0.113.7"):
        fw.ns.run("ip", *words.split())
    net.loop.until(lambda: not fw.call(old), "the end of the old call")
    call = net.connect().start().call(500, 2)
    assert call.control.server.dst == "203.0.113.7"
    call.both_ways()
    old.blocked(call)


@pytest.mark.parametrize("port,real", [
    (2001, 1723), pytest.param(1723, 11723, marks=NOT_DIRECT)])
def test_server_inside_with_another_port_outside(own, port, real):
    fw = own(nat=("-A PREROUTING -i out0 -d 203.0.113.5 -p tcp --dport %d "
                  "-j DNAT --to-destination 10.77.0.50:%d" % (port, real),))
    fw.up()
    net = fw.network
    listener = Listener(net.in1, "10.77.0.50", real)
    for sport, end in ((5000, lambda: fw.ctl("clear", "198.51.100.9")),
                       (5001, lambda: fw.ns.run(
                           "conntrack", "-D", "-p", "tcp", "--sport", "5001"))):
        tcp = Tcp(net.out, "198.51.100.9", sport, "203.0.113.5",
                  port).connect()
        server = listener.accept()
        call = Control(tcp, server, server).start().call(500, 1)
        call.both_ways()
        end()
        for side in tcp, server:
            net.loop.until(lambda: side.reset, "a reset at %s" % side.src)


@NOT_DIRECT
def test_masquerade_is_all_the_admin_needs(own):
    fw = own(nat=MASQUERADE).up()
    calls = [fw.network.connect(wire=w).start().call(500, 1)
             for w in (fw.network.in1, fw.network.in2)]
    for call in calls:
        call.both_ways()


def test_all_gre_sent_to_an_inside_server(own):
    """A rule that admins have for their own server must not catch the GRE
    of inside clients."""
    fw = own(nat=MASQUERADE + DNAT + (
        "-A PREROUTING -p gre -j DNAT --to-destination 10.77.0.50",)).up()
    for where in "client-inside", "server-inside":
        sides(fw.network, where).call(500, 20).both_ways()


@NET
def test_an_admin_who_saves_marks_without_a_mask(own):
    """Our bit is saved with the connection and given to its next packet."""
    fw = own().up()
    for peer_id, rules in (
            (20, ("-A PREROUTING -j CONNMARK --restore-mark",
                  "-A POSTROUTING -j CONNMARK --save-mark")),
            (21, ("-D POSTROUTING -j CONNMARK --save-mark",
                  "-I PREROUTING -m mark ! --mark 0 -j CONNMARK --save-mark"))):
        for rule in rules:
            fw.ns.run("iptables-legacy", "-t", "mangle", *rule.split())
        sides(fw.network, "client-inside").call(500, peer_id)
    calls = fw.calls()
    assert [call["state"] for call in calls] == ["up", "up"]
    assert len({call["mapped_call_id"] for call in calls}) == 2
