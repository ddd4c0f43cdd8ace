# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels that end here: both ends are pptpalgd, in namespaces."""
import signal

import pytest

from topology import PATIENCE
from tunnels import LOCAL, SERVER, ping, until


def test_login(field):
    server = field.serve()
    client = field.connect()
    session, = server.up()
    assert (session["user"], session["method"], session["encryption"]) == (
        "ann", "mschap-v2", "mppe-128")
    assert session["address"] == client.address == "10.99.0.10"
    assert ping(client.ns, LOCAL, "-s", "1300") == 3
    assert ping(field.space, client.address) == 3
    line = server.logged("login:")
    for word in ('user="ann"', "from=%s:" % client.ns.address,
                 "method=mschap-v2", "encryption=mppe-128",
                 "address=10.99.0.10", "section=office"):
        assert word in line
    assert server.up()[0]["packets_in"] >= 6


def test_end_of_the_client(field):
    server = field.serve()
    client = field.connect()
    assert ping(client.ns, LOCAL) == 3
    client.stop()
    until(lambda: not server.sessions(), "an empty table", server)
    assert "reason=peer-ended" in server.logged("logout:")
    end, = server.accounted()
    assert (end["event"], end["user"], end["reason"], end["address"]) == (
        "logout", "ann", "peer-ended", "10.99.0.10")
    assert end["bytes_in"] and end["bytes_out"] and end["time"]
    assert "10.99.0.10" not in field.space.run("ip", "route").stdout


def test_end_of_the_server(field):
    server = field.serve()
    client = field.connect()
    server.stop()
    until(lambda: not client.up(), "the end", client)
    assert "reason=shutdown" in server.logged("logout:")
    server.start()
    until(lambda: client.up(), "the tunnel again", client)
    assert ping(client.ns, LOCAL) == 3


def test_server_killed(field):
    server = field.serve()
    client = field.connect()
    server.stop(signal.SIGKILL)
    server.start()
    until(lambda: client.up() and server.up(), "the tunnel again", client)
    until(lambda: ping(client.ns, LOCAL) == 3, "pings", client)


@pytest.mark.parametrize("user,password,reason", [
    ("ann", "wrong", "wrong-password"), ("nobody", "secret", "no-such-user")])
def test_refused(field, user, password, reason):
    server = field.serve()
    client = field.dial(user=user, password=password)
    line = server.logged("login failed:")
    for word in ('user="%s"' % user, "from=%s:" % client.ns.address,
                 "reason=" + reason, "try=1", "section=office"):
        assert word in line
    client.logged("dial: login failed:", 'text="E=691, wrong user name '
                  'or password; it says: Access denied"')
    client.logged("dial hq0: failed:", "reason=refused-by-peer")
    assert not server.up()
    until(lambda: server.counter("session-" + reason) > 0, "a count", server)


def test_encryption_is_not_negotiable(field):
    server = field.serve()
    field.dial("encryption = none")
    server.logged("no tunnel:", "reason=mppe-refused")
    assert not server.up()


def test_kick(field):
    server = field.serve()
    client = field.connect()
    number = server.up()[0]["session"]
    assert server.ask("kick", session=number) == [{"kicked": 1}]
    assert "reason=admin" in server.logged("logout:")
    until(lambda: [s["session"] for s in server.up()] not in ([], [number]),
          "the client to come again", server)
    with pytest.raises(AssertionError, match="no such session"):
        server.ask("kick", user="nobody")
    assert client.process.poll() is None


def test_own_address(field):
    server = field.serve()
    client = field.connect(user="bob", password="geheim")
    assert client.address == "10.99.0.77"
    assert ping(client.ns, LOCAL) == 3
    assert server.sessions(address="10.99.0.77")


def test_several_tunnels(field):
    server = field.serve()
    client = field.connect(count=5)
    assert len(server.up()) == 5
    addresses = {s["address"] for s in server.up()}
    assert len(addresses) == 5
    for session in client.up():
        assert ping(client.ns, LOCAL, "-I", session["interface"]) == 3
    client.ask("dial-down", name="hq2")
    until(lambda: len(server.up()) == 4, "the end of one", server)


def test_same_user_again_replaces(field):
    server = field.serve("user-limit = 1")
    first = field.connect("reconnect = no", user="bob", password="geheim")
    second = field.connect("reconnect = no", user="bob", password="geheim")
    until(lambda: not first.up(), "the end of the first", first)
    assert "reason=replaced" in server.logged("logout:")
    assert ping(second.ns, LOCAL) == 3
    assert len(server.up()) == 1


def test_same_user_again_is_denied(field):
    server = field.serve("user-limit = 1\nuser-full = deny")
    first = field.connect("reconnect = no")
    second = field.dial("reconnect = no")
    server.logged("login refused:", "reason=user-limit")
    assert not second.up()
    assert ping(first.ns, LOCAL) == 3


def test_limit_of_a_source(field):
    server = field.serve("source-limit = 2")
    client = field.dial("reconnect = no", count=3)
    server.logged("login refused:", "reason=source-limit")
    until(lambda: len(client.up()) == 2, "two tunnels", client)


def test_limit_of_all(field):
    server = field.serve("total-limit = 2")
    client = field.dial("reconnect = no", count=3)
    until(lambda: len(client.up()) == 2, "two tunnels", client)
    client.logged("failed:", "attempts=1")
    until(lambda: len(server.up()) == 2, "two tunnels", server)
    assert len(server.sessions()) == 2


def test_no_address_is_free(field):
    server = field.serve(pool="10.99.0.10")
    field.connect()
    field.dial(user="eve")
    server.logged("login refused:", 'user="eve"', "reason=no-address")


def test_who_may_connect(field):
    server = field.serve('allow = {"198.51.100.0/24"}')
    client = field.dial()
    client.logged("dial hq0: failed:")
    assert server.counter("source-not-allowed") > 0
    assert not server.sessions()


def test_half_open_connections(field):
    """Those who say nothing cost a record and a timer."""
    import socket
    server = field.serve("half-open-source-limit = 3\nstart-timeout = 4")
    ns = field.client_space()
    ends = []
    with ns:
        for _ in range(5):
            s = socket.create_connection((SERVER, 1723), 5)
            s.settimeout(PATIENCE)
            ends.append(s)
    assert ends[4].recv(1) == b""
    assert server.counter("source-limit") == 2
    until(lambda: server.counter("control_connections") == 0,
          "the end of all", server)
    assert ends[0].recv(1) == b""
    for s in ends:
        s.close()
    assert field.connect(ns=ns).up()


def test_spoofed_source(field):
    """What a client sends has its own address, or does not pass."""
    server = field.serve()
    client = field.connect()
    client.ns.run("ip", "addr", "add", "10.99.0.55/32", "dev", "lo")
    before = server.counter("spoofed")
    assert ping(client.ns, LOCAL, "-I", "10.99.0.55", "-W", "1") == 0
    until(lambda: server.counter("spoofed") >= before + 3, "a count", server)
    assert ping(client.ns, LOCAL) == 3


def test_tunnel_in_itself(field):
    server = field.serve()
    client = field.connect("host-route = no")
    client.ns.run("ip", "route", "add", SERVER + "/32", "dev", "pptp0")
    assert ping(client.ns, SERVER, "-W", "1") == 0
    until(lambda: client.counter("tunnel-in-itself") > 0, "a count", client)
    client.ns.run("ip", "route", "del", SERVER + "/32", "dev", "pptp0")
    assert ping(client.ns, LOCAL) == 3
    assert len(server.up()) == 1


def test_stranger_sends_gre(field):
    """Only the peer of the control connection is heard."""
    import socket
    from packet import Gre
    server = field.serve()
    client = field.connect()
    session = server.up()[0]
    before = server.counter("gre-unknown-call")
    stranger = field.client_space()
    with stranger:
        s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 47)
        s.sendto(bytes(Gre(session["call_id"], b"\xff\x03\xc0\x21", 1000)),
                 (SERVER, 0))
        s.close()
    until(lambda: server.counter("gre-unknown-call") == before + 1, "a count",
          server)
    assert ping(client.ns, LOCAL) == 3


def test_reload(field):
    server = field.serve()
    client = field.connect()
    server.file("users", "ann * other *\n")
    server.configure(open(server.path("conf"), encoding="utf-8").read()
                     .split("\n", 2)[2].replace("10.99.0.99", "10.99.0.20"))
    server.ask("reload")
    assert ping(client.ns, LOCAL) == 3
    field.dial()
    server.logged("login failed:", "reason=wrong-password")
    second = field.connect(password="other")
    assert second.address != client.address


@pytest.mark.parametrize("before,after", [
    (LOCAL, "10.99.0.2"),
    ("interfaces = shared", "interfaces = each\nsource-check = no"),
    ("interfaces = shared", "ip-up = /bin/true")])
def test_reload_keeps_a_shared_interface(field, before, after):
    """With it stays all of the section."""
    server = field.serve("interfaces = shared")
    server.configure(open(server.path("conf"), encoding="utf-8").read()
                     .split("\n", 2)[2].replace(before, after))
    server.ask("reload")
    server.logged("reload: terminate office stays as it was")
    assert ping(field.connect().ns, LOCAL) == 3


def test_events(field):
    """Logins and logouts are told."""
    import json
    import socket
    server = field.serve()
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(PATIENCE)
        s.connect(server.socket)
        s.sendall(b'{"command":"events"}\n')
        lines = s.makefile()
        until(lambda: server.ask("status")[0]["followers"], "a follower",
              server)
        client = field.connect("reconnect = no")
        event = json.loads(lines.readline())
        assert (event["event"], event["user"]) == ("login", "ann")
        client.ask("dial-down", name="hq0")
        event = json.loads(lines.readline())
        assert (event["event"], event["reason"], event["encryption"]) == (
            "logout", "peer-ended", "mppe-128")


def test_section_that_is_added(field):
    """Reload brings a new section to life, and lets an old one go."""
    server = field.serve()
    client = field.connect()
    with open(server.path("conf"), encoding="utf-8") as f:
        text = f.read().split("\n", 2)[2]
    server.configure(text.replace("terminate office", "terminate other")
                     .replace('{"%s"}' % SERVER, '{"%s:1724"}' % SERVER, 1)
                     .replace("10.99.0.", "10.98.0."))
    server.ask("reload")
    assert ping(client.ns, LOCAL) == 3
    other = field.dial("port = 1724")
    until(lambda: other.up(), "a tunnel", other)
    assert other.up()[0]["local"] == "10.98.0.10"
    until(lambda: len(server.up()) == 2, "both at the server", server)
    old, = [s["interface"] for s in server.up() if s["section"] == "office"]
    client.stop()
    until(lambda: old not in field.space.run("ip", "link").stdout,
          "the end of the old section", server)
    assert ping(other.ns, "10.98.0.1") == 3


def test_sections_come_and_go(field):
    """Of both kinds, with and without tunnels."""
    server = field.serve()
    client = field.connect()
    with open(client.path("conf"), encoding="utf-8") as f:
        text = f.read().split("\n", 2)[2]
    with open(server.path("conf"), encoding="utf-8") as f:
        section = f.read().split("\n", 2)[2]
    for n in range(3):
        client.configure(text.replace("hq0", "name%d" % n))
        client.ask("reload")
        until(lambda: [s["section"] for s in client.up()] == ["name%d" % n],
              "the new one", client)
        assert [d["dial"] for d in client.ask("dials")] == ["name%d" % n]
        server.configure(section + section.replace("office", "two%d" % n)
                         .replace(SERVER, "127.0.0.1")
                         .replace("10.99.", "10.9%d." % n))
        server.ask("reload")
    server.configure(section)
    server.ask("reload")
    until(lambda: field.space.run("ip", "link").stdout.count(": pptp") == 1,
          "the end of all others", server)
    assert ping(client.ns, LOCAL) == 3
