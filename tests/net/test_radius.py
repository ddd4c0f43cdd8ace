# SPDX-License-Identifier: GPL-2.0-or-later
"""Users whom RADIUS servers know: FreeRADIUS, and servers that lie."""
import pytest

import radius
from tunnels import LOCAL, ping, until

pytestmark = pytest.mark.skipif(radius.missing(), reason="no FreeRADIUS")

USERS = """
ann Cleartext-Password := "secret"
    Framed-IP-Address = 10.99.0.50,
    Framed-MTU = 1300,
    Session-Timeout = 3600,
    Class = "gold"

bob Cleartext-Password := "geheim"
    Reply-Message = "welcome"

short Cleartext-Password := "secret"
    Session-Timeout = 1

locked Cleartext-Password := "secret", SMB-Account-Ctrl-Text := "[UL]"
"""


@pytest.fixture
def start(field):
    """Starts FreeRADIUS and a server that asks it."""
    servers = []

    def begin(more="", servers_of="127.0.0.1", users=USERS, **options):
        servers.append(radius.FreeRadius(field.space, users, **options))
        field.server.file("radius", "# ours\n127.0.0.1 %s\n127.0.0.2\t%s\n" %
                          (radius.SECRET, radius.SECRET))
        field.serve("""radius = {%s}
            radius-accounting = {%s}
            radius-secrets = "%s"
            radius-timeout = 1
            nas-identifier = "gate"
            %s""" % (servers_of, servers_of, field.server.path("radius"),
                     more))
        return servers[-1]
    yield begin
    for server in servers:
        server.close()


def test_login(field, start):
    """MS-CHAPv2: keys, address, MTU and Class come from the server, and it
    hears of the whole session."""
    server = start()
    client = field.connect()
    session, = field.server.up()
    assert (session["user"], session["method"], session["encryption"]) == (
        "ann", "mschap-v2", "mppe-128")
    assert session["address"] == client.address == "10.99.0.50"
    assert session["mtu"] == 1300
    assert ping(client.ns, LOCAL) == 3
    begin = server.record("Start")
    assert (begin["User-Name"], begin["Framed-IP-Address"]) == (
        "ann", "10.99.0.50")
    assert begin["Calling-Station-Id"] == client.ns.address
    assert begin["NAS-Identifier"] == "gate"
    assert begin["Class"] == "0x" + b"gold".hex()
    client.stop()
    end = server.record("Stop")
    assert end["Acct-Session-Id"] == begin["Acct-Session-Id"]
    assert end["Acct-Terminate-Cause"] == "User-Request"
    assert int(end["Acct-Input-Octets"]) >= 3 * 84
    assert int(end["Acct-Output-Octets"]) >= 3 * 84
    assert end["Class"] == begin["Class"]


def test_methods(field, start):
    """The other methods, a wrong password, an account that is locked, and a
    session that is short."""
    server = start("methods = {pap, chap, mschap, mschap-v2} "
                   "encryption = optional")
    for method, mppe in ("pap", "none"), ("chap", "none"), (
            "mschap", "mppe-128"):
        client = field.connect("methods = %s encryption = %s" % (
            method, "none" if mppe == "none" else "required"), user="bob",
                               password="geheim")
        session, = [s for s in field.server.up()
                    if s["source"] == client.ns.address]
        assert (session["method"], session["encryption"]) == (method, mppe)
        assert ping(client.ns, LOCAL) == 3
    client = field.dial(password="wrong")
    line = field.server.logged("login failed:", "reason=rejected")
    assert 'user="ann"' in line and "from=%s:" % client.ns.address in line
    client.logged("dial: login failed:", "E=691")
    assert "Login incorrect" in server.log_text()
    client = field.dial("reconnect = no", user="locked")
    client.logged("dial: login failed:", 'text="E=647, the account is')
    field.server.logged("login failed:", 'user="locked"', "reason=rejected",
                        "try=1", 'text="E=647, the account is disabled"')
    field.dial(user="short")
    assert server.record("Stop")["Acct-Terminate-Cause"] == "Session-Timeout"


def test_servers_that_are_down(field, start):
    """Nobody listens at the first, the second does not answer, the third one
    knows, and does not sign; when that is down, too, it is nobody's wrong
    password."""
    field.space.run("iptables", "-A", "OUTPUT", "-d", "127.0.0.2", "-j",
                    "DROP")
    server = start("radius-unsigned = yes radius-tries = 1", signs=False,
                   servers_of="127.0.0.1:9, 127.0.0.2, 127.0.0.1")
    client = field.connect(user="bob", password="geheim")
    field.server.logged("radius: office: server 127.0.0.1:9 does not answer")
    field.server.logged("radius: office: server 127.0.0.2:1812 does not")
    assert ping(client.ns, LOCAL) == 3
    server.record("Start")
    server.stop()
    field.dial()
    line = field.server.logged("login refused:", "reason=radius-silent")
    assert "login failed:" not in field.server.log_text()
    assert 'user="ann"' in line
    assert ping(client.ns, LOCAL) == 3


def test_replies_that_lie(field, start):
    """What is malformed, forged or not signed lets nobody in, and the right
    reply that comes after it does."""
    server = start("methods = {pap} encryption = none")
    server.stop()

    def answer(request):
        good = radius.reply(request, 2)
        yield b""
        yield good[:19]
        yield good[:3] + bytes((good[3] + 1,)) + good[4:]
        yield good[:20] + bytes((18, 0)) + good[22:]
        yield good[:1] + bytes((request[1] ^ 1,)) + good[2:]
        yield radius.reply(request, 5)
        yield radius.reply(request, 2, signed=False)
        yield radius.reply(request, 2, secret="other")
        yield good[:4] + bytes(16) + good[20:]
        yield good[:22] + bytes(16) + good[38:]
        yield radius.reply(request, 2, radius.attribute(26, b"\0\0\1\67\7"))
        yield good
    liar = radius.Liar(field.space, answer)
    client = field.dial("methods = {pap} encryption = none")
    try:
        liar.serve(field.server.up, field.server)
    finally:
        liar.close()
    until(client.up, "a tunnel", client)
    for fault in "malformed", "unasked", "unsigned", "wrong-signature":
        assert field.server.counter("radius-" + fault) > 0, fault
    field.server.logged("reply of 127.0.0.1:1812 dropped", "reason=unsigned")


def test_reply_without_a_proof(field, start):
    """MS-CHAPv2 needs the server's part of the proof."""
    start().stop()
    liar = radius.Liar(field.space, lambda q: [radius.reply(q, 2)])
    field.dial()
    try:
        liar.serve(lambda: "radius-reply" in field.server.log_text(),
                   field.server)
    finally:
        liar.close()
    field.server.logged("login refused:", "reason=radius-reply")
    assert not field.server.up()


def test_orders(field, start):
    """A server ends a session, or shortens it; nobody else does."""
    server = start('radius-listen = {"127.0.0.1"}')
    session = field.connect() and field.server.up()[0]
    number = server.record("Start")["Acct-Session-Id"].encode()
    name = radius.attribute(1, b"ann")
    disconnect, change = 40, 43

    def order(code, attributes, **options):
        return radius.order(field.space, "127.0.0.1", code, attributes,
                            **options)
    assert order(disconnect, radius.attribute(1, b"bob")) == 42
    assert order(disconnect, b"") == 42
    assert order(disconnect, radius.attribute(44, b"1")) == 42
    assert order(disconnect, name + radius.attribute(
        8, bytes((10, 99, 0, 51)))) == 42
    order(disconnect, name, secret="other", answered=False)
    order(disconnect, name, source="127.0.0.9", answered=False)
    order(disconnect, name + radius.attribute(55, bytes(4)), answered=False)
    until(lambda: field.server.counter("radius-orders-refused") == 3,
          "three that are not answered", field.server)
    assert [s["session"] for s in field.server.up()] == [session["session"]]
    field.server.logged("request of 127.0.0.9 dropped", "unknown-server")
    assert order(change, name) == 45
    assert field.server.up() == [session] or field.server.up()
    assert order(change, name + radius.attribute(
        27, (3600).to_bytes(4, "big"))) == 44
    assert order(disconnect, radius.attribute(44, number) + name) == 41
    assert server.record("Stop")["Acct-Terminate-Cause"] == "Admin-Reset"
    field.server.logged("logout:", "reason=radius-disconnect")
    # The client dials again.
    until(field.server.up, "it again", field.server)
    assert order(change, name + radius.attribute(
        27, (1).to_bytes(4, "big"))) == 44
    field.server.logged("logout:", "reason=session-limit")


def test_network_behind_a_client(field, start):
    """Framed-Route: routed into the tunnel, and its hosts are let out."""
    start("interfaces = each", users='''ann Cleartext-Password := "secret"
    Framed-IP-Address = 10.99.0.50,
    Framed-Route = "10.77.1.0/24 0.0.0.0 1"
''')
    client = field.connect()
    client.ns.run("ip", "addr", "add", "10.77.1.1/32", "dev", "lo")
    assert "10.77.1.0/24" in field.space.run("ip", "route").stdout
    assert ping(field.space, "10.77.1.1") == 3
    client.stop()
    until(lambda: not field.server.sessions(), "its end", field.server)
    assert "10.77.1.0/24" not in field.space.run("ip", "route").stdout
