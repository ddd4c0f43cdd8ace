# SPDX-License-Identifier: GPL-2.0-or-later
"""IPv6 in tunnels that end here."""
import os
import socket
import struct

import pytest

from tunnels import LOCAL, ping, until

pytestmark = pytest.mark.skipif(not os.path.exists("/proc/sys/net/ipv6"),
                                reason="no IPv6 in this kernel")
EACH = "ipv6 = yes\ninterfaces = each\n"
NET = "2001:db8:1::"


def with_ipv6(ns):
    for name in "all", "default":
        ns.set("net/ipv6/conf/%s/disable_ipv6" % name, 0)
    return ns


def connect(field, more=""):
    """Server and client, the client's interface, and both addresses."""
    with_ipv6(field.space)
    server = field.serve(EACH + more)
    client = field.connect("ipv6 = yes",
                           ns=with_ipv6(field.client_space()))
    return (client, address(client), address(server))


def address(daemon):
    """The only IPv6 address of its tunnel, when it is there and the kernel
    is done with it."""
    interface = daemon.up()[0]["interface"]

    def shown():
        words = daemon.ns.run("ip", "-6", "-o", "addr", "show", "dev",
                              interface, check=False).stdout.split()
        return "tentative" not in words and words
    words = until(shown, "an IPv6 address", daemon)
    assert words.count("inet6") == 1, words
    assert words[words.index("inet6") + 1].endswith("/64")
    return words[words.index("inet6") + 1][:-3]


def test_ping(field):
    client, ours, theirs = connect(field)
    assert ours != theirs
    assert ping(client.ns, theirs + "%pptp0") == 3
    assert ping(client.ns, theirs + "%pptp0", "-s", "1300") == 3
    assert ping(field.space, ours + "%pptp0") == 3
    assert ping(client.ns, LOCAL) == 3
    assert field.server.counter("spoofed") == 0


def test_spoofed(field):
    client, ours, theirs = connect(field)
    client.ns.run("ip", "addr", "add", NET + "2/64", "dev", "pptp0",
                  "nodad")
    field.space.run("ip", "addr", "add", NET + "1/64", "dev", "pptp0",
                    "nodad")
    assert ping(client.ns, NET + "1", "-W", "1", count=2) == 0
    until(lambda: field.server.counter("spoofed") >= 2, "a count",
          field.server)
    assert ping(client.ns, theirs + "%pptp0") == 3


def advertise(ns, options):
    """A router advertisement into the tunnel: a default route, a prefix."""
    prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 3600, 3600, 0)
    with ns:
        s = socket.socket(socket.AF_INET6, socket.SOCK_RAW,
                          socket.IPPROTO_ICMPV6)
    with s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"pptp0")
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        for option in options:
            s.setsockopt(socket.IPPROTO_IPV6, option,
                         b"\0\0\1\4\0\0\0\0")        # padding
        s.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) +
                 prefix + socket.inet_pton(socket.AF_INET6, NET),
                 ("ff02::1", 0))


@pytest.mark.parametrize("options", [
    (), (socket.IPV6_DSTOPTS,), (socket.IPV6_HOPOPTS, socket.IPV6_DSTOPTS)])
@pytest.mark.parametrize("more", ["", "source-check = no\n"])
def test_clients_are_no_routers(field, options, more):
    """Whoever dials may believe the server; the server believes nobody."""
    client, ours, theirs = connect(field, more)
    advertise(client.ns, options)
    assert ping(client.ns, theirs + "%pptp0") == 3
    assert NET not in field.space.run("ip", "-6", "route").stdout
    assert field.server.counter("spoofed") == 1
    advertise(field.space, options)
    until(lambda: NET in client.ns.run("ip", "-6", "route").stdout,
          "the server's route", client)


def test_network_behind_a_client(field):
    """Without the check of sources, routes are the administrator's."""
    client, ours, theirs = connect(field, "source-check = no\n")
    client.ns.run("ip", "addr", "add", NET + "2/64", "dev", "pptp0",
                  "nodad")
    field.space.run("ip", "addr", "add", NET + "1/64", "dev", "pptp0",
                    "nodad")
    until(lambda: ping(client.ns, NET + "1") == 3, "the network",
          field.server)


def test_scripts(field):
    server = field.server
    script = """#!/bin/sh
echo "$(basename $0): $* $LLLOCAL $LLREMOTE end"
"""
    more = "".join('%s = "%s"\n' % (name, server.file(name, script, 0o755))
                   for name in ("ipv6-up", "ipv6-down"))
    client, ours, theirs = connect(field, more)
    words = "pptp0 none 115200 %s %s %s %s %s end" % (
        theirs, ours, client.ns.address, theirs, ours)
    server.logged("ipv6-up: " + words)
    client.ask("dial-down", name="hq0")
    server.logged("ipv6-down: " + words)


@pytest.mark.parametrize("who", ["server", "client"])
def test_only_one_wants_it(field, who):
    with_ipv6(field.space)
    server = field.serve(EACH if who == "server" else "interfaces = each")
    client = field.connect("ipv6 = yes" if who == "client" else "",
                           ns=with_ipv6(field.client_space()))
    assert ping(client.ns, LOCAL) == 3
    for daemon in server, client:
        assert "inet6" not in daemon.ns.run("ip", "-6", "addr", "show",
                                            "dev", "pptp0").stdout


def test_host_without_ipv6(field):
    """IPv4 goes on."""
    field.serve(EACH)
    client = field.connect("ipv6 = yes")
    client.logged("no-ipv6: interface pptp0 does not take")
    field.server.logged("no-ipv6: interface pptp0 does not take")
    assert ping(client.ns, LOCAL) == 3
