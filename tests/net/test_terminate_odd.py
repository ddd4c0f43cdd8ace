# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients that do odd things to a server whose tunnels end at pptpalgd."""
import os
import signal
import socket

import pytest

import caller
import packet
import tunnels
from caller import ACK, IPCP, IPV4, LCP, PLAIN
from tunnels import LOCAL, until


@pytest.fixture
def field():
    field = tunnels.Field()
    yield field
    field.close()


@pytest.fixture
def client(field):
    """A connection by hand to a server that asks for little."""
    field.serve(PLAIN + "total-limit = 3")
    with caller.Caller(field.client_space()) as c:
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
    with caller.Caller(field.client_space()) as c:
        call = c.call()
        address = call.connect()
        until(server.up, "the tunnel", server)
        data = call.packet(IPV4, segment(address))
        end = call.packet(LCP, caller.code_of(5, 9, b""))
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
    """Who starts the daemon in the background gets the end of its output."""
    server = field.serve()
    helper = field.space.run("pgrep", "-P", str(server.process.pid)).stdout
    for fd in "1", "2":
        assert os.readlink("/proc/%s/fd/%s" % (helper.strip(), fd)) == \
            "/dev/null"


def test_server_by_name(field):
    assert "refused" in field.dial(server="localhost").logged("reason=connect")
    field.dial(server="nobody.invalid").logged("reason=unknown-server")
