# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is logged in, as read of PPP with every engine, what is required of it,
and the audit."""
import struct

from firewall import ENGINE
from test_events import Events

PPP = b"\xff\x03"
LCP, PAP, CHAP, IPCP, CCP = (b"\xc0\x21", b"\xc0\x23", b"\xc2\x23",
                             b"\x80\x21", b"\x80\xfd")
CLIENT, SERVER = "10.9.0.2", "10.9.0.1"     # in the tunnel
METHODS = {"pap": b"\x03\x04\xc0\x23", "chap": b"\x03\x05\xc2\x23\x05",
           "mschap-v2": b"\x03\x05\xc2\x23\x81"}
MPPE = {40: 0x20, 128: 0x40}


def packet(protocol, code, data=b"", number=1):
    return PPP + protocol + struct.pack("!BBH", code, number,
                                        len(data) + 4) + data


def agree(call, end, protocol, options):
    call.passes(end, packet(protocol, 1, options))
    call.passes(call.control.other(end), packet(protocol, 2, options))


def address(text):
    return b"\x03\x06" + bytes(map(int, text.split(".")))


def log_in(net, user, method, bits):
    """A call whose client logs in, with MPPE of so many bits."""
    control = net.connect().start()
    call = control.call(5, 6)
    client, server = control.client, control.server
    agree(call, client, LCP, b"")
    agree(call, server, LCP, METHODS[method])
    if method == "pap":
        call.passes(client, packet(PAP, 1, bytes([len(user)]) + user +
                                   b"\x03abc"))
        call.passes(server, packet(PAP, 2, b"\x00"))
    else:
        call.passes(server, packet(CHAP, 1, b"\x10" + bytes(16) + b"gw"))
        call.passes(client, packet(CHAP, 2, b"\x31" + bytes(49) + user))
        call.passes(server, packet(CHAP, 3, b"S=" + b"0" * 40))
    mppe = struct.pack("!BBI", 18, 6, 0x01000000 | MPPE[bits])
    for end, own in ((client, CLIENT), (server, SERVER)):
        agree(call, end, CCP, mppe)
        agree(call, end, IPCP, address(own))
    return call


def told(follower, kind, call):
    event = follower.next()
    while event["event"] != kind or \
            event["inside"] != call.control.client.src:
        event = follower.next()
    return event


def who(row):
    return row["user"], row["method"], row["encryption"]


def test_logins_and_what_is_required(own):
    text = "require { authentication = {mschap-v2}  encryption = mppe-128 %s}"
    fw = own().up(text % "")
    net = fw.network
    follower = Events(fw)

    good = log_in(net, b"an\x1bn", "mschap-v2", 128)
    event = told(follower, "login", good)
    assert who(event) == ("an\\x1bn", "mschap-v2", "mppe-128")
    assert event["reason"] is None
    assert (event["tunnel_inside"], event["tunnel_outside"]) == (CLIENT,
                                                                 SERVER)
    name = event["user"]
    row = fw.call(good)
    assert who(row) == who(event)
    assert (row["tunnel_inside"], row["tunnel_outside"]) == (CLIENT, SERVER)
    row, = fw.calls("--user", name)
    assert row["inside"] == good.control.client.src
    for words in ("calls",), ("top", "-b", "-n", "1"):
        assert name in fw.ctl(*words).stdout
    fw.logged(["login: inside " + good.control.client.src, "mschap-v2",
               "mppe-128", CLIENT])

    weak = log_in(net, b"bob", "mschap-v2", 40)
    event = told(follower, "login", weak)
    assert (*who(event), event["reason"]) == (
        "bob", "mschap-v2", "mppe-40", "encryption-required")
    weak.both_ways()
    assert fw.counter("encryption-required") == 1
    fw.logged(["login: inside " + weak.control.client.src, "mppe-40",
               "encryption-required"])

    fw.configure(text % "otherwise = end ")
    fw.ctl("reload")
    ended = log_in(net, b"carl", "pap", 128)
    event = told(follower, "login", ended)
    assert (*who(event), event["reason"]) == (
        "carl", "pap", "mppe-128", "authentication-required")
    event = told(follower, "down", ended)
    assert event["reason"] == "authentication-required"
    for end in ended.control.client, ended.control.server:
        net.loop.until(lambda: end.reset, "the reset")
    assert fw.counter("authentication-required") > 0
    follower.close()

    audit = fw.json("audit")
    assert sorted((*who(r), r["calls"]) for r in audit) == sorted([
        (name, "mschap-v2", "mppe-128", 1), ("bob", "mschap-v2", "mppe-40", 1),
        ("carl", "pap", "mppe-128", 1)])
    assert {r["server"] for r in audit} == {good.control.server.src}
    assert len(fw.json("audit", "--user", "bob")) == 1
    assert "mppe-40" in fw.ctl("audit").stdout

    # All of it outlives the daemon.
    fw.stop()
    fw.start()
    assert who(fw.call(good)) == (name, "mschap-v2", "mppe-128")
    assert sorted(map(who, fw.json("audit"))) == sorted(map(who, audit))
    past, = fw.json("history", "--client", ended.control.client.src)
    assert who(past) == ("carl", "pap", "mppe-128")
    assert past["reason"] == "authentication-required"
    assert past["trouble"] == "required-here"
    assert past["text"].startswith("It is ended here, since PPP came up")
    if ENGINE == "nfqueue":
        return
    assert fw.counter("bpf_ppp_frames_lost") == 0
