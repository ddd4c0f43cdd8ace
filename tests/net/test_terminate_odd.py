# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients that do odd things to a server whose tunnels end at pptpalgd."""
import os
import signal
import socket
import time

import pytest

import oddcaller
import packet
import pptp
from oddcaller import ACK, IPCP, IPV4, LCP, PLAIN
from tunnels import LOCAL, SERVER, ping, until


@pytest.fixture
def client(field):
    """A connection by hand to a server that asks for little."""
    field.serve(PLAIN + "total-limit = 3")
    with oddcaller.Caller(field.client_space()) as c:
        yield c


@pytest.mark.parametrize("protocol", [LCP, IPCP])
def test_negotiates_again(field, client, protocol):
    """The tunnel stands still, and then goes on; it is counted once."""
    server = field.server
    call = client.call()
    address = call.connect()
    until(server.up, "the tunnel", server)
    old = b"\x01\x0a" + socket.inet_aton(address) + socket.inet_aton(LOCAL)
    new = b"\x03\x06" + socket.inet_aton(address)
    for options in old, new, old:
        if protocol == LCP:
            call.open_lcp()
            assert call.log_in()
        assert call.ask_ipcp(options)[0] == ACK
        until(lambda: server.up() and server.up()[0]["address"] == address,
              "the tunnel again", server)
    assert server.log_text().count("login:") == 1
    call.send(LCP, 5, 9)
    until(lambda: not server.sessions(), "its end", server)
    assert server.log_text().count("logout:") == 1
    assert address not in field.space.run("ip", "route").stdout
    for own in 2, 3, 4:
        client.call(own)
    assert client.ask(5)[16] != 1, "one more than total-limit"


def segment(address):
    """TCP data that could be joined with more of it."""
    data = packet.Segment(1000, 2000, 1, 1, packet.ACK, b"x" * 100)
    return bytes(packet.Ip(address, LOCAL, packet.TCP,
                           data.build(address, LOCAL)))


def test_last_words(field):
    """Data, and then the end, in one batch: the interface of its own is
    still there for the data."""
    server = field.serve(PLAIN + "interfaces = each")
    with oddcaller.Caller(field.client_space()) as c:
        call = c.call()
        address = call.connect()
        until(server.up, "the tunnel", server)
        data = call.packet(IPV4, segment(address))
        end = call.packet(LCP, oddcaller.code_of(5, 9, b""))
        server.process.send_signal(signal.SIGSTOP)
        call.send_raw(data)
        call.send_raw(end)
        server.process.send_signal(signal.SIGCONT)
        until(lambda: not server.sessions(), "its end", server)
    assert server.counter("tun_refused") == 0


def test_only_scripts_of_the_configuration(field):
    """New ones after a reload, too."""
    server = field.server
    out = server.path("out")
    script = server.file("up", "#!/bin/sh\necho ran >>%s\n" % out, 0o755)
    field.serve('ip-up = "%s"' % server.file("old", "#!/bin/sh\n", 0o755))
    field.connect()
    server.configure(open(server.path("conf"), encoding="utf-8").read()
                     .split("\n", 2)[2].replace(server.path("old"), script))
    server.ask("reload")
    field.connect()
    until(lambda: os.path.exists(out), "the script", server)
    assert "not run" not in server.log_text()


def test_nothing_holds_the_terminal(field):
    """Who starts the daemon in the background gets the end of its output.
    A helper process may still be on its way when the daemon is ready."""
    server = field.serve()
    pids = field.space.run("pgrep", "-P", str(server.process.pid)).stdout
    assert pids

    def outputs():
        return {os.readlink("/proc/%s/fd/%s" % (pid, fd))
                for pid in pids.split() for fd in "12"}
    until(lambda: outputs() == {"/dev/null"}, "their own output", server)


def test_server_by_name(field):
    assert "refused" in field.dial(server="localhost").logged("reason=connect")
    field.dial(server="nobody.invalid").logged("reason=unknown-server")


def test_calls_are_strangers_too(field):
    """What counts is who has not logged in, on however few connections."""
    server = field.serve(PLAIN + "half-open-source-limit = 3")
    ns = field.client_space()
    with oddcaller.Caller(ns) as c:
        calls = [c.call(own) for own in (1, 2, 3)]
        assert c.ask(4)[16] != 1
        assert server.counter("source-limit") == 1
        calls[0].connect()
        assert c.call(5)
        assert c.ask(6)[16] != 1
    until(lambda: not server.sessions(), "their end", server)
    with oddcaller.Caller(ns) as c:
        c.call(1).connect()


def test_connections_stay_strangers(field):
    """Even if they have once logged in."""
    server = field.serve(PLAIN + "half-open-source-limit = 1")
    ns = field.client_space()
    with oddcaller.Caller(ns) as c:
        c.call(1).connect()
        c.tcp.sendall(pptp.ccrq(1))
        c.message(pptp.CDN)
        with pytest.raises((EOFError, ConnectionResetError)):
            with oddcaller.Caller(ns):
                pass
    assert server.counter("source-limit") == 1


def test_calls_without_login(field):
    """So many of a connection, then it is ended."""
    server = field.serve(PLAIN)
    with oddcaller.Caller(field.client_space()) as c:
        for own in range(1, 9):
            c.call(own)
            c.tcp.sendall(pptp.ccrq(own))
            c.message(pptp.CDN)
        c.message(pptp.STOPRQ)
    assert server.log_text().count("no login:") == 8


def test_guessing_takes_longer(field):
    """Also for who guesses right, and on new connections."""
    server = field.serve(PLAIN.replace("methods", "login-tries = 1\nmethods"))
    ns = field.client_space()

    def answer(password):
        with oddcaller.Caller(ns) as c:
            call = c.call()
            call.open_lcp()
            start = time.monotonic()
            return call.log_in(password=password), time.monotonic() - start

    for _ in range(8):
        assert not answer("wrong")[0]
    right, seconds = answer("secret")
    assert right and seconds > 0.5
    assert server.log_text().count("reason=wrong-password") == 8


def test_domains(field):
    """A name is looked up as it was sent; if it is not there, without its
    domain."""
    field.serve(PLAIN, users="ann * one *\nLAB\\\\ann * two *\n* * three *\n")
    ns = field.client_space()
    for user, password, known in (
            ("ann", "one", True), ("LAB\\ann", "two", True),
            ("LAB\\ann", "one", False), ("WORK\\ann", "one", True),
            ("WORK\\ann", "three", False), ("WORK\\bob", "three", True)):
        with oddcaller.Caller(ns) as c:
            call = c.call()
            call.open_lcp()
            assert call.log_in(user, password) == known, user


def test_networks_of_users(field):
    """Who may have addresses of one network gets one of these, however many
    others are free."""
    server = field.serve(PLAIN, users="ann * secret 10.99.0.64/26\n"
                         "bob * secret\neve * secret -\n",
                         pool="10.99.0.10-10.99.0.70")
    with oddcaller.Caller(field.client_space()) as c:
        assert c.call(1).connect() == "10.99.0.64"
        assert c.call(2).connect() == "10.99.0.65"
        assert c.call(3).connect(user="bob") == "10.99.0.10"
        call = c.call(4)
        call.open_lcp()
        assert not call.log_in("eve")
        server.logged("login refused:", 'user="eve"', "reason=no-address")


def test_two_dial_one_server(field):
    """The way to the server stays as long as one of them needs it."""
    field.serve()
    client = field.connect(count=2)
    way = SERVER + " dev eth0 proto 117"
    client.ask("dial-down", name="hq1")
    until(lambda: len(client.up()) == 1, "the end of one", client)
    assert way in client.ns.run("ip", "route").stdout
    client.ask("dial-down", name="hq0")
    until(lambda: way not in client.ns.run("ip", "route").stdout, "no way",
          client)


def test_name_servers_of_a_client(field):
    field.serve('dns = {"10.0.0.53", "10.0.0.54"}')
    ns = field.client_space()
    out = field.server.path("out")
    script = field.server.file("dns", "#!/bin/sh\necho $* >>%s\n" % out, 0o755)
    client = field.connect('use-dns = yes\ndns-script = "%s"' % script, ns=ns)
    client.stop()
    with open(out, encoding="utf-8") as f:
        assert f.read() == "up pptp0 10.0.0.53 10.0.0.54\n" \
            "down pptp0 10.0.0.53 10.0.0.54\n"


def test_bound_to_a_device(field):
    """GRE takes the way of TCP, whatever the routes say."""
    field.serve('bind-device = "br0"')
    ns = field.client_space()
    ns.run("ip", "link", "add", "x0", "type", "veth", "peer", "name", "x1")
    for name in "x0", "x1":
        ns.run("ip", "link", "set", name, "up")
    ns.run("ip", "route", "add", SERVER + "/32", "dev", "x0")
    for name in "all", "eth0":
        ns.set("net/ipv4/conf/%s/rp_filter" % name, 0)
    client = field.connect('bind-device = "eth0"\nhost-route = no', ns=ns)
    assert ping(ns, LOCAL) == 3
    assert len(client.up()) == 1


def test_another_address(field):
    """GRE comes from the address that the client has connected to."""
    field.space.run("ip", "addr", "add", "192.0.2.200/24", "dev", "br0")
    server = field.server
    server.file("users", field.USERS)
    server.start("""terminate office {
        listen = {"192.0.2.200"}
        local-address = "%s"
        remote-addresses = {"10.99.0.10-10.99.0.99"}
        secrets = {"%s"}
    }""" % (LOCAL, server.path("users")))
    client = field.connect(server="192.0.2.200")
    assert ping(client.ns, LOCAL) == 3


def test_marked(field):
    """What a client sends has the mark of its section."""
    field.serve()
    ns = field.client_space()
    ns.run("ip", "route", "add", "192.0.2.0/24", "dev", "eth0", "table", "7")
    ns.run("ip", "rule", "add", "fwmark", "7", "table", "7")
    ns.run("ip", "route", "add", "unreachable", SERVER + "/32")
    client = field.connect("mark = 7\nhost-route = no", ns=ns)
    assert ping(ns, LOCAL) == 3
    assert len(client.up()) == 1


def test_script_in_a_folder_of_others(field):
    """Who can write the folder can put another script in its place."""
    server = field.server
    os.mkdir(server.path("open"))
    os.chmod(server.path("open"), 0o777)
    script = server.file("open/up", "#!/bin/sh\ntouch %s\n" %
                         server.path("ran"), 0o755)
    field.serve('ip-up = "%s"' % script)
    field.connect()
    server.logged("not run, because others")
    assert not os.path.exists(server.path("ran"))
