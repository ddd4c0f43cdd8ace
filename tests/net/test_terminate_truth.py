# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said of tunnels that end here: who it is, why it ended, and whether
packets have a way."""
import os
import socket

import pytest

import oddcaller
import oddserver
from oddcaller import ACK, LCP, NAK, PAP, PLAIN, REQUEST, TERMINATE, TERMINATED
from topology import PATIENCE
from tunnels import LOCAL, SERVER, ping, until

ONCE = "reconnect = no\n"


def dial_of(client):
    return client.ask("dials")[0]


def test_addresses_that_are_not_agreed(field):
    """Not two ends that are up, each with others."""
    server = field.serve()
    client = field.dial(ONCE + 'local-address = "10.0.0.1"\n'
                        'remote-address = "10.0.0.2"')
    client.logged("dial hq0: failed: reason=ip-disagreed attempts=1: the two "
                  "ends do not agree on addresses: it wants IP-Address "
                  + LOCAL)
    line = server.logged("no tunnel:")
    assert line.startswith("warning: no tunnel: from=%s:" % client.ns.address)
    assert line.endswith(' user="ann" login="ann" method=mschap-v2 '
                         "reason=ip-disagreed try=1 section=office "
                         'text="it wants IP-Address 10.0.0.1"')
    assert not client.up() and not server.up()
    assert "login" not in server.log_text().replace('login="ann"', "")


def test_a_full_pool_is_no_failed_login(field):
    """Nor is a peer that goes away after the right password."""
    server = field.serve(PLAIN, pool="10.99.0.10")
    ns = field.client_space()
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(PATIENCE)
        s.connect(server.socket)
        s.sendall(b'{"command":"events"}\n')
        until(lambda: server.ask("status")[0]["followers"], "a follower",
              server)
        events = s.makefile()
        with oddcaller.Caller(ns) as c:
            call = c.call(1)
            call.open_lcp()
            assert call.log_in("ann", "secret")
            call.send(LCP, TERMINATE, 9, b'tired of "this"\n')
            server.logged(' user="ann" login="ann" method=pap '
                          "reason=peer-ended try=1 section=office "
                          'text="it says: tired of \\x22this\\x22\\x0a"')
            c.call(2).connect(user="ann")
            call = c.call(3)
            call.open_lcp()
            call.send(PAP, REQUEST, 2, b"\3eve\6secret")
            assert b"no address is free for this user" in call.wait(PAP, NAK)
            server.logged("login refused: from=%s:" % ns.address,
                          ' user="eve" login="eve" method=pap '
                          "reason=no-address try=1 section=office")
        server.logged("logout: from=", "reason=lost",
                      'text="both ends closed the control connection"')
        told = "".join(events.readline() for _ in range(4))
    for event in "no-tunnel", "login", "login-refused", "logout":
        assert '"event":"%s"' % event in told
    assert "login failed" not in server.log_text()
    assert server.counter("session-no-address") == 1


def test_the_name_is_the_accounts(field):
    """Whatever stands before it; scripts and lists get what was proved."""
    server = field.server
    out = server.path("out")
    script = server.file("up", '#!/bin/sh\nprintf "%%s %%s\\n" "$2" '
                         '"$PEERNAME" >>%s\n' % out, 0o755)
    field.serve(PLAIN + 'auth-up = "%s"' % script,
                users="ann * secret *\nLAB\\\\ann * secret *\n")
    with oddcaller.Caller(field.client_space()) as c:
        c.call(1).connect(user="ANYTHING\\ann")
        c.call(2).connect(user="LAB\\ann")
        until(lambda: len(server.up()) == 2, "two tunnels", server)
        assert [s["user"] for s in server.up()] == ["ann", "LAB\\ann"]
        assert [s["login"] for s in server.up()] == ["ann", "LAB\\ann"]
        assert len(server.sessions(user="ann")) == 1
        assert not server.sessions(user="ANYTHING\\ann")
        server.logged("login: from=", 'user="ANYTHING\\x5cann" login="ann"')
        until(lambda: os.path.exists(out) and len(open(
            out, encoding="utf-8").read().splitlines()) == 2, "both scripts",
              server)
        with open(out, encoding="utf-8") as f:
            assert sorted(f) == ["LAB\\ann LAB\\ann\n", "ann ann\n"]
        call = c.call(3)
        call.open_lcp()
        assert not call.log_in("root\n\\ann", "secret")
        server.logged('user="root\\x0a\\x5cann"', "reason=bad-name")
        assert not [s for s in server.sessions() if s["user"] not in
                    ("ann", "LAB\\ann", None)]


def test_a_long_name_hides_nothing(field):
    """The source stands before it."""
    server = field.serve(PLAIN)
    ns = field.client_space()
    with oddcaller.Caller(ns) as c:
        call = c.call(1)
        call.open_lcp()
        call.send(PAP, REQUEST, 2, b"\xff" + b"\xee" * 255 + b"\1x")
        call.wait(PAP, NAK)
        port = c.tcp.getsockname()[1]
    assert server.logged("login failed:") == \
        'warning: login failed: from=%s:%d user="%s..." login="%s..." ' \
        "method=pap reason=no-such-user try=1 section=office" % (
            ns.address, port, "\\xee" * 25, "\\xee" * 25)


def test_own_address_of_the_same_user(field):
    """An older session makes room; another user's does not."""
    server = field.serve(PLAIN, users="bob * secret 10.99.0.77\n"
                         "eve * secret 10.99.0.77\n")
    with oddcaller.Caller(field.client_space()) as c:
        assert c.call(1).connect(user="bob") == "10.99.0.77"
        until(server.up, "the tunnel", server)
        assert c.call(2).connect(user="bob") == "10.99.0.77"
        server.logged("logout:", "reason=replaced")
        call = c.call(3)
        call.open_lcp()
        assert not call.log_in("eve")
        server.logged("login refused:", 'user="eve"', "reason=no-address")


def test_proxy_arp_without_a_network(field):
    server = field.serve("proxy-arp = yes")
    client = field.connect()
    assert server.up()[0]["way"] == "no-proxy-arp"
    assert dial_of(client)["way"] == client.up()[0]["way"] == "ok"
    assert server.logged("no-proxy-arp") == \
        "warning: session 1: no-proxy-arp: the client's address is in the " \
        "network of no interface"


def test_routes_that_lose(field):
    """At both ends."""
    server = field.serve()
    for words in ("rule add to 10.99.0.10 table 7",
                  "route add 10.99.0.10 dev br0 table 7"):
        field.space.run("ip", *words.split())
    ns = field.client_space()
    ns.run("ip", "route", "add", "10.77.0.0/16", "dev", "eth0")
    client = field.connect('routes = {"10.77.0.0/16", "10.78.0.0/16"}\n'
                           "metric = 100", ns=ns)
    assert server.up()[0]["way"] == "no-route"
    server.logged("warning: session 1: no-route: packets for 10.99.0.10 do "
                  "not go into the tunnel: another route wins")
    assert client.up()[0]["way"] == "route-lost"
    assert client.logged("route-lost").endswith(
        ": route-lost: packets for 10.77.0.0/16 do not go into the tunnel: "
        "another route wins")
    assert "10.78.0.0" not in client.log_text()


def test_addresses_of_this_host(field):
    """A pool's are left out; a server cannot give one to us."""
    field.space.run("ip", "addr", "add", "10.99.0.10/32", "dev", "lo")
    server = field.serve()
    ns = field.client_space()
    client = field.connect(ns=ns)
    assert client.address == "10.99.0.11"
    assert ping(ns, LOCAL) == 3
    server.logged("warning: terminate office: 10.99.0.10 is an address of "
                  "this host, and no client's")
    client.stop()
    ns.run("ip", "addr", "add", "10.99.0.77/32", "dev", "lo")
    client = field.dial(ONCE, user="bob", password="geheim", ns=ns)
    client.logged("dial hq0: failed: reason=own-address attempts=1: the peer "
                  "gave us an address that this host has already")
    assert "10.99.0.77" in ns.run("ip", "addr", "show", "lo").stdout
    client.stop()
    client = field.connect('local-address = "10.99.0.77"', user="bob",
                           password="geheim", ns=ns)
    assert client.address == "10.99.0.77"


def test_a_frame_before_the_reply(field):
    """GRE and TCP are not ordered: it is answered, not waited for again."""
    with oddserver.Server(field.space) as server:
        client = field.dial(ONCE)
        call = server.asked()
        call.send(LCP, REQUEST, 1, oddserver.MS_CHAP_2)
        call.send(LCP, REQUEST, 2, oddserver.MS_CHAP_2)
        until(lambda: client.sessions(), "the call", client)
        server.reply(call)
        assert call.wait(LCP, ACK)[1] == 1
        assert client.counter("gre-unknown-call") == 0


@pytest.mark.parametrize("how,reason,text", [
    ("eap", "auth-demanded", "the peer wants us to authenticate in a way that "
     "we do not allow: it wants Auth-Protocol EAP"),
    (b"E=648 R=0 V=3 M=Renew it\n", "refused-by-peer", "the peer did not "
     "accept our user name or password: E=648, the password has expired; it "
     "says: Renew it\\x0a"),
    (b"Not on Sundays", "refused-by-peer", "the peer did not accept our user "
     "name or password: it says: Not on Sundays")])
def test_what_a_server_says(field, how, reason, text):
    """In the log, at the default level, and in `dial status`."""
    with oddserver.Server(field.space) as server:
        client = field.dial(ONCE)
        call = server.called()
        if how == "eap":
            call.send(LCP, REQUEST, 1, oddserver.EAP)
            call.wait(LCP, NAK)
            call.send(LCP, TERMINATE, 2)
        else:
            call.challenge()
            call.send(oddserver.CHAP, oddserver.FAILURE, 7, how)
        call.wait(LCP, TERMINATE, TERMINATED)
        server.tcp.close()
        client.logged("warning: dial hq0: failed: reason=%s attempts=1: %s" %
                      (reason, text))
        dial = dial_of(client)
        assert (dial["reason"], dial["text"]) == (reason, text)
    assert SERVER == dial["server_address"]
