# SPDX-License-Identifier: GPL-2.0-or-later
"""What two of ours agree on: kinds of encryption, compression, limits."""
import os
import signal
import time

import pytest

from caller import CCP, CHAP, IPCP, LCP, Caller
from topology import GUEST
from tunnels import LOCAL, SERVER, ping, transfer, until, until_resting

SLOWER = 10 if GUEST else 1     # a ping takes seconds there


def both_ways(field, client):
    transfer(client.ns, field.space, LOCAL, 1)
    transfer(field.space, client.ns, client.address, 1)


@pytest.mark.parametrize("method,bits", [
    ("mschap-v2", 40), ("mschap-v2", 56), ("mschap-v2", 128), ("mschap", 56),
    ("mschap", 128)])
def test_encryption(field, method, bits):
    link = "methods = {%s}\nkey-lengths = {%d}" % (method, bits)
    server = field.serve(link)
    client = field.connect(link)
    session, = server.up()
    assert session["encryption"] == "mppe-%d" % bits
    assert session["method"] == method
    assert ping(client.ns, LOCAL, "-s", "1368") == 3
    both_ways(field, client)
    assert server.counter("drop-undecoded") == 0
    assert client.counter("drop-undecoded") == 0


@pytest.mark.parametrize("offered,wanted,agreed", [
    ("128, 56, 40", "56", "mppe-56"), ("128, 40", "128, 56, 40", "mppe-128"),
    ("56, 40", "128, 56, 40", "mppe-56"), ("40", "128, 40", "mppe-40")])
def test_longest_key_of_both(field, offered, wanted, agreed):
    server = field.serve("key-lengths = {%s}" % offered)
    client = field.connect("key-lengths = {%s}" % wanted)
    assert server.up()[0]["encryption"] == agreed
    assert client.up()[0]["encryption"] == agreed
    assert ping(client.ns, LOCAL) == 3


def test_no_key_length_of_both(field):
    server = field.serve("key-lengths = {128}")
    field.dial("key-lengths = {56, 40}")
    assert "reason=mppe-refused" in server.logged("no tunnel:")
    assert not server.up()


def test_stateless_comes_first(field):
    """Stateful is for peers that have nothing else: see the Caller's."""
    server = field.serve("stateful = yes")
    client = field.connect("stateful = yes")
    assert server.up()[0]["stateful"] is False
    assert ping(client.ns, LOCAL) == 3


@pytest.mark.parametrize("encryption", ["none", "required"])
def test_compression(field, encryption):
    """What can be made smaller is; what cannot passes as well."""
    link = "mppc = yes\nencryption = " + encryption
    server = field.serve(link)
    client = field.connect(link)
    assert server.up()[0]["compression"] == "mppc"
    assert ping(client.ns, LOCAL, "-s", "1368", "-p", "00") == 3
    before = server.up()[0], wire(field)
    assert ping(client.ns, LOCAL, "-s", "1300", "-p", "ab", count=50) == 50
    after = server.up()[0], wire(field)
    inner = after[0]["bytes_in"] - before[0]["bytes_in"]
    assert inner >= 50 * 1328
    assert after[1] - before[1] < inner
    both_ways(field, client)
    assert server.counter("drop-undecoded") == 0


def wire(field):
    """Bytes of both directions outside."""
    words = field.space.run("ip", "-s", "link", "show", "br0").stdout.split(
        "\n")
    return sum(int(line.split()[0]) for line in (words[3], words[5]))


@pytest.mark.parametrize("who", ["server", "client"])
def test_only_one_compresses(field, who):
    server = field.serve("mppc = yes" if who == "server" else "")
    client = field.connect("mppc = yes" if who == "client" else "")
    assert server.up()[0]["compression"] is None
    assert ping(client.ns, LOCAL, "-s", "1300") == 3


def test_several_calls_on_one_connection(field):
    """Of one user; one is cleared, the others go on."""
    from test_terminate_hostile import works
    server = field.serve()
    ns = field.client_space()
    first = Caller(ns, SERVER).start().call(500).up()
    others = [first.another(501), first.another(502)]
    for caller in others:
        caller.up()
    everyone = [first] + others
    assert len({caller.tunnel for caller in everyone}) == 3
    assert server.counter("control_connections") == 1
    for number, caller in enumerate(everyone, 1):
        works(caller, number)
    others[0].clear()
    until(lambda: len(server.up()) == 2, "the end of one", server)
    for number, caller in ((11, first), (12, others[1])):
        works(caller, number)
    first.another(503).up()
    assert len(server.up()) == 3
    for caller in everyone:
        caller.close()
    until(lambda: not server.sessions(), "the end of all", server)


@pytest.mark.parametrize("method", ["mschap-v2", "mschap", "chap"])
def test_rechallenge(field, method):
    """A client is asked again and again; nobody notices."""
    link = "methods = {%s}\n%s" % (
        method, "encryption = none\n" if method == "chap" else "")
    server = field.serve(link + "rechallenge = 1")
    client = field.connect(link)
    for _ in range(5):
        time.sleep(0.5)
        assert ping(client.ns, LOCAL) == 3
    assert len(server.up()) == 1, server.log_text()


def test_rechallenge_is_answered_wrong(field):
    """A password that is no longer the right one ends the tunnel."""
    server = field.serve("rechallenge = 1")
    field.connect("reconnect = no")
    server.file("users", "ann * other *\n")
    server.ask("reload")
    assert "reason=wrong-password" in server.logged("logout:")


def test_rechallenge_is_not_answered(field):
    server = field.serve("rechallenge = 1\nlogin-timeout = 2")
    caller = Caller(field.client_space(), SERVER).start().call().up()
    caller.speaks = {LCP, CCP, IPCP}
    caller.until(lambda: CHAP in [p for p, _ in caller.seen[-1:]], "a "
                 "challenge")
    assert "reason=auth-silent" in server.logged("logout:")
    caller.close()


def test_idle_limit(field):
    server = field.serve("idle-timeout = %d" % (4 * SLOWER))
    client = field.connect("reconnect = no")
    end = time.monotonic() + 4.5 * SLOWER
    while time.monotonic() < end:
        assert ping(client.ns, LOCAL) == 3
        time.sleep(0.7)
    assert len(server.up()) == 1
    assert "reason=idle" in server.logged("logout:")
    until(lambda: not client.sessions(), "the end", client)


def test_session_limit(field):
    server = field.serve("session-timeout = %d" % (8 * SLOWER))
    client = field.connect("reconnect = no")
    for _ in range(3):
        time.sleep(0.5)
        assert ping(client.ns, LOCAL) == 3
    assert "reason=session-limit" in server.logged("logout:")


@pytest.mark.parametrize("role", ["server", "client"])
def test_dead_peer(field, role):
    """The other host is gone without a word."""
    link = "lcp-echo-interval = 1\nlcp-echo-failures = 4"
    server = field.serve(link if role == "server" else
                         "lcp-echo-interval = 0")
    client = field.connect("reconnect = no\n" + (
        link if role == "client" else "lcp-echo-interval = 0"))
    ours = server if role == "server" else client
    time.sleep(2.2)         # both are alive: nothing happens
    assert len(ours.up()) == 1
    client.ns.run("ip", "link", "set", "eth0", "down")
    assert "reason=echo-lost" in ours.logged("logout:" if role == "server"
                                             else "dial: down")
    client.stop(signal.SIGKILL)     # there is nobody to say good-bye to


def test_dead_control_connection(field):
    """GRE goes on passing; control messages are not answered."""
    server = field.serve("control-echo-interval = 1\ncontrol-echo-timeout = 4")
    caller = Caller(field.client_space(), SERVER).start().call().up()
    caller.take_message = caller.messages.append
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        assert caller.ping()
        time.sleep(0.2)
    assert "reason=lost" in server.logged("logout:")
    assert server.counter("no-echo-reply") == 1
    caller.close()


def test_interface_for_each(field):
    server = field.serve("interfaces = each\ninterface = vpn%d")
    clients = [field.connect() for _ in range(3)]
    names = {s["interface"] for s in server.up()}
    assert names == {"vpn0", "vpn1", "vpn2"}
    for client in clients:
        assert ping(client.ns, LOCAL) == 3
        assert ping(field.space, client.address) == 3
    clients[1].stop()
    until(lambda: len(server.up()) == 2, "the end of one", server)
    until(lambda: "vpn1" not in field.space.run("ip", "link").stdout,
          "the end of its interface", server)
    assert ping(clients[0].ns, LOCAL) == 3
    again = field.connect()
    assert "vpn1" in {s["interface"] for s in server.up()}
    assert ping(again.ns, LOCAL) == 3


def redial(client):
    """Down and up at once; the new session."""
    (old,) = client.up()
    client.ask("dial-down", name="hq0")
    client.ask("dial-up", name="hq0")
    return until(lambda: [s for s in client.up() if
                          s["session"] != old["session"]],
                 "the next one", client, 10)[0]


def test_interface_by_name(field):
    """Its name is free at once, though closing it takes a while.  One that
    an admin has made ready is used, and stays; others are left alone."""
    options = "interface = vpn0\nreconnect = no"
    field.serve()
    client = field.connect(options)
    for _ in range(20):
        assert redial(client)["interface"] == "vpn0"
    ready, taken = field.client_space(), field.client_space()
    ready.run("ip", "tuntap", "add", "dev", "vpn0", "mode", "tun")
    field.connect(options, ns=ready).stop()
    assert "vpn0" in ready.run("ip", "link").stdout
    taken.run("ip", "link", "add", "vpn0", "type", "bridge")
    field.dial(options, ns=taken).logged("hq0:", "reason=no-interface")


@pytest.mark.parametrize("ready", [False, True])
def test_interface_free_at_once(field, ready):
    """Also when those that close interfaces have much to do."""
    field.serve()
    ns = field.client_space()
    if ready:
        ns.run("ip", "tuntap", "add", "dev", "vpn0", "mode", "tun")
    client = field.connect("interface = vpn0\nreconnect = no", ns=ns)
    closer = int(ns.run("pgrep", "-P", str(client.process.pid),
                        "pptpalg-closer").stdout)
    os.kill(closer, signal.SIGSTOP)
    try:
        redial(client)
    finally:
        os.kill(closer, signal.SIGCONT)


def test_interface_deleted(field):
    """By an admin, and its index is that of another one now: which keeps its
    name and stays up."""
    field.serve()
    client = field.connect("interface = vpn0\nreconnect = no")
    index = client.ns.run("ip", "-o", "link", "show", "vpn0").stdout.split(
        ":")[0]
    client.process.send_signal(signal.SIGSTOP)
    client.ns.run("ip", "link", "del", "vpn0")
    client.ns.run("ip", "link", "add", "other", "index", index, "type",
                  "bridge")
    client.ns.run("ip", "link", "set", "other", "up")
    client.process.send_signal(signal.SIGCONT)
    client.logged("interface vpn0: somebody has deleted it")
    until(lambda: not client.sessions(), "the end", client)
    assert "other" in client.ns.run("ip", "link", "show", "up").stdout


def test_interface_deleted_comes_again(field):
    """When it is dialled; a shared one is missed, and said once."""
    server = field.serve("interface = office0")
    client = field.connect("interface = vpn0")
    client.ns.run("ip", "link", "del", "vpn0")
    client.logged("dial hq0:", "reason=no-interface")
    until(client.up, "the next one", client)
    assert ping(client.ns, LOCAL) == 3
    field.space.run("ip", "link", "del", "office0")
    server.logged("interface office0: somebody has deleted it")
    until_resting(server)


def test_mtu_of_both(field):
    """The smaller one counts, and what is larger comes in pieces."""
    server = field.serve("mtu = 1300\nmru = 1200")
    client = field.connect("mtu = 1280\nmru = 1000")
    assert server.up()[0]["mtu"] == 996
    assert client.up()[0]["mtu"] == 1196
    for size in 960, 968, 969, 1100, 1172, 1400, 3000, 20000:
        assert ping(client.ns, LOCAL, "-s", str(size), "-M", "dont") == 3
        assert ping(field.space, client.address, "-s", str(size), "-M",
                    "dont") == 3


@pytest.mark.parametrize("size", [1000, 1500])
def test_mtu_of_the_path_is_smaller(field, size):
    """GRE is cut to pieces and joined again."""
    field.serve("mtu = 1500\nmru = 1500")
    client = field.connect("mtu = 1500\nmru = 1500")
    for ns, device in (client.ns, "eth0"), (field.space, "c1"), (
            field.space, "br0"):
        ns.run("ip", "link", "set", device, "mtu", "1000")
    assert ping(client.ns, LOCAL, "-s", str(size - 28)) == 3
    assert ping(field.space, client.address, "-s", str(size - 28)) == 3
