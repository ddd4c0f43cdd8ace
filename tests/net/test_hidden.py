# SPDX-License-Identifier: GPL-2.0-or-later
"""What hides control connections from the firewall's rules: the daemon says so
instead of leaving an end in the dark, and the manual's way round it works."""
import pytest

import pptp
from endpoint import Listener, Tcp
from firewall import DNAT, DNATED, INSIDE_SERVER, MASQUERADE, PUBLIC, SERVER
from packet import ACK
from topology import Namespace

TABLE = """table inet fast {
    flowtable f {
        hook ingress priority 0
        devices = { in1, out0 }
    }
    chain forward {
        type filter hook forward priority filter
        meta l4proto tcp %s ct state established flow add @f
    }
}
"""
PROXY = "-A %s -i out0 -p tcp --dport 1723 -m conntrack --ctstate " \
    "INVALID,UNTRACKED -j SYNPROXY --sack-perm --timestamp --wscale 7 " \
    "--mss 1460"


def has_flow_tables():
    ns = Namespace("probe")
    try:
        ns.ip("link add in1 type veth peer name out0")
        return ns.run("nft", "-f", "-", input=TABLE % "",
                      check=False).returncode == 0
    finally:
        ns.close()


def has_synproxy():
    ns = Namespace("probe")
    try:
        return ns.run("iptables-legacy", *(PROXY % "INPUT").split(),
                      check=False).returncode == 0
    finally:
        ns.close()


FLOW = pytest.mark.skipif(not has_flow_tables(),
                          reason="kernel without flow tables")
SYNPROXY = pytest.mark.skipif(not has_synproxy(),
                              reason="kernel without SYNPROXY")


@FLOW
def test_flow_table(own):
    fw = own().up()
    net = fw.network
    fw.ns.run("nft", "-f", "-", input=TABLE % "")
    listener = Listener(net.out, SERVER)
    client = Tcp(net.in1, net.client(), net.port(), SERVER, 1723).connect()
    server = listener.accept(client.isn)
    client.send(pptp.sccrq())   # it may have been reset by now
    net.loop.until(lambda: client.reset, "the client's reset")
    server.raw(ACK)             # RFC 5961: what it has, says the next reset
    net.loop.until(lambda: server.reset, "the server's reset")
    fw.logged(["flow-table", client.src, "flow add"])


@FLOW
def test_flow_table_without_pptp(own):
    fw = own().up()
    fw.ns.run("nft", "-f", "-", input=TABLE %
              "ct reply proto-src != 1723")
    call = fw.network.connect().start().call(500, 1)
    for _ in range(3):
        call.both_ways()
        call.control.same(call.control.client, pptp.echorq())


def behind_proxy(own):
    """To an address of the firewall, so what SYNPROXY sends is in OUTPUT."""
    fw = own(nat=MASQUERADE + DNAT + (
        "-A OUTPUT -d %s -p tcp --dport 1723 -j DNAT --to-destination %s" % (
            DNATED, INSIDE_SERVER),), filter=(PROXY % "INPUT",
                                              PROXY % "FORWARD"))
    fw.ns.ip("addr add %s/32 dev out0" % DNATED)
    fw.ns.set("net/netfilter/nf_conntrack_tcp_loose", 0)
    fw.admin.run("raw", "-A PREROUTING -i out0 -p tcp --dport 1723 --syn "
                 "-j CT --notrack")
    return fw


@SYNPROXY
def test_synproxy(own):
    fw = behind_proxy(own).up()
    net = fw.network
    Listener(net.in1, INSIDE_SERVER)
    client = Tcp(net.out, "203.0.113.99", net.port(), DNATED, 1723).connect()
    client.send(pptp.sccrq())
    fw.logged(["synproxy", INSIDE_SERVER + ":1723"])
    server = net.in1.listeners[INSIDE_SERVER, 1723].accept()
    for end in server, client:
        net.loop.until(lambda: end.reset, "a reset at %s" % end.src)


@SYNPROXY
def test_synproxy_without_pptp(own):
    fw = behind_proxy(own)
    fw.admin.run("raw", "-I PREROUTING -p tcp --dport 1723 -j RETURN")
    fw.up()
    fw.network.connect_in().start().call(500, 1).both_ways()


def test_entry_that_a_program_made(fw, net):
    """Such as conntrackd: it has room for SYNPROXY's number, but has none."""
    client, port = net.client(), net.port()
    fw.ns.run("conntrack", "-I", "-p", "tcp", "-s", client, "-d", SERVER,
              "--sport", str(port), "--dport", "1723", "--src-nat", PUBLIC,
              "--state", "SYN_SENT", "-t", "60")
    net.connect(client, port=port).start().call(500, 1).both_ways()
