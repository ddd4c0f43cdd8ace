# SPDX-License-Identifier: GPL-2.0-or-later
"""pptpalgctl why, history, events and the log: why an attempt failed."""
import struct
import time

import pytest

import pptp
from endpoint import Tcp
from firewall import DNATED, INSIDE_SERVER, ROUTER, SERVER
from nfqueue import tells_conntrack
from packet import ACK, ICMP, RST, Ip, icmp
from test_events import Events

QUIET = "203.0.113.77"      # answers only what a test makes it answer


def explained(fw, client, name, sentence, over=True, noted=True):
    """Waits until that is said of a client: by why; and where it is over or
    noted while it goes on, by history, the log and a counter, too."""
    def said():
        rows = fw.json("why", client)
        for row in rows:
            if row["trouble"] == name and row["text"] == sentence and \
                    (row["ended"] is not None) == over:
                return row
        return said.__dict__.update(rows=rows)
    try:
        row = fw.network.loop.until(said, name)
    except AssertionError as e:
        raise AssertionError("%s; there is: %s" % (e, said.rows)) from e
    text = fw.ctl("why", client).stdout
    assert sentence in text and "What to do: " in text
    if not noted:
        return row
    past = fw.json("history", "--client", client)
    assert (name, sentence) in [(r["trouble"], r["text"]) for r in past]
    assert name in fw.ctl("history").stdout
    # Within a line of the log a sentence may begin with a small letter.
    fw.logged(["attempt %d of %s:" % (row["attempt"], client),
               "failed" if over else "is in trouble", " (%s): " % name,
               sentence[1:40]])
    assert not over or fw.counter("failed-" + name) > 0
    return row


def silent(net, client):
    """An end that sends nothing by itself."""
    tcp = Tcp(net.in1, client, net.port(), QUIET, 1723, rto=99)
    tcp.open()
    return tcp


def close(control, first):
    first.fin()
    other = control.other(first)
    control.loop.until(lambda: other.peer_fin is not None, "the FIN")
    other.fin()


def test_syn_without_an_answer(fw, net):
    tcp = silent(net, net.client())
    tcp.open()
    tcp.open()
    row = explained(fw, tcp.src, "tcp-unanswered", QUIET +
                    ":1723 does not answer the SYN (sent 3 times).",
                    over=False)
    assert (row["syns"], row["reached"]) == (3, "syn")


def test_refused_by_a_reset(fw, net):
    tcp = silent(net, net.client())
    ip = net.out.expect(lambda p: p.dst == QUIET, "the SYN")
    server = Tcp(net.out, QUIET, 1723, ip.src, tcp.sport)
    server.raw(RST | ACK, seq=0, ack=(tcp.isn + 1) & 0xFFFFFFFF)
    server.over = True
    row = explained(
        fw, tcp.src, "tcp-refused", QUIET + ":1723 refuses the connection: "
        "no PPTP server is listening there, or a firewall says so.")
    assert (row["ended_by"], row["reached"]) == ("server", "syn")


def give_up(tcp):
    """A client that resets what it has asked for."""
    tcp.raw(RST, seq=(tcp.isn + 1) & 0xFFFFFFFF)
    tcp.over = True


def refused_by_icmp(fw, tcp, server, says):
    """The client got the error; it is told at once, and when it is over."""
    client = tcp.src
    got = tcp.wire.expect(lambda p: p.dst == client and p.proto == ICMP,
                          "the error")
    assert got.error.quoted().src == client
    sentence = "%s:1723 cannot be reached: %s." % (server, says)
    row = explained(fw, client, "tcp-unreachable", sentence, over=False)
    assert (row["reached"], row["syns"]) == ("syn", 1)
    give_up(tcp)
    explained(fw, client, "tcp-unreachable", sentence)
    return row


@pytest.mark.parametrize("by,who,code,name", [
    (ROUTER, ROUTER, 0, "network unreachable"),
    (ROUTER, ROUTER, 1, "host unreachable"),
    (ROUTER, ROUTER, 13, "prohibited by a filter"),
    (QUIET, "it", 3, "port unreachable"),
    (QUIET, "it", 10, "host prohibited")])
def test_refused_by_icmp(fw, net, by, who, code, name):
    tcp = silent(net, net.client())
    ip = net.out.expect(lambda p: p.dst == QUIET, "the SYN")
    net.out.send(Ip(by, ip.src, ICMP, icmp(3, code, 0, bytes(ip)[:28])))
    row = refused_by_icmp(fw, tcp, QUIET, '%s says "%s" (ICMP type 3, '
                          'code %d)' % (who, name, code))
    assert row["client_side"] == "inside"


def test_refused_by_icmp_inside(fw, net):
    """The server behind DNAT: its client outside, and the admin, hear it."""
    tcp = Tcp(net.out, "203.0.113.98", net.port(), DNATED, 1723, rto=99)
    tcp.open()
    ip = net.in1.expect(lambda p: p.dst == INSIDE_SERVER, "the SYN")
    net.in1.send(Ip(INSIDE_SERVER, ip.src, ICMP,
                    icmp(3, 3, 0, bytes(ip)[:28])))
    row = refused_by_icmp(fw, tcp, INSIDE_SERVER, 'it says "port '
                          'unreachable" (ICMP type 3, code 3)')
    assert row["client_side"] == "outside"


def test_icmp_that_fits_no_syn(fw, net, canary):
    """Off the path nobody knows the SYN's number, and later it is over."""
    tcp = silent(net, net.client())
    ip = net.out.expect(lambda p: p.dst == QUIET, "the SYN")
    forged = bytearray(bytes(ip)[:28])
    forged[27] ^= 1
    net.out.send(Ip(ROUTER, ip.src, ICMP, icmp(3, 13, 0, bytes(forged))))
    tcp.wire.expect(lambda p: p.dst == tcp.src and p.proto == ICMP,
                    "the error")
    row, = fw.json("why", tcp.src)
    assert row["trouble"] is None
    give_up(tcp)
    control = net.connect().start()
    got = bytes(control.server.segments[0].ip)[:28]
    net.out.send(Ip(ROUTER, Ip.parse(got, quoted=True).src, ICMP,
                    icmp(3, 13, 0, got)))
    control.client.wire.expect(lambda p: p.dst == control.client.src and
                               p.proto == ICMP, "the error")
    assert control.call(5, 6).both_ways() is None
    assert [r["trouble"] for r in fw.json("why", control.client.src)] == [
        None]


def test_refused_by_this_host(fw, net):
    """Nobody answers its ARP requests."""
    server = "198.51.100.9"
    for key, value in (("mcast_solicit", 1), ("retrans_time_ms", 100)):
        net.fw.set("net/ipv4/neigh/out0/" + key, value)
    net.fw.ip("route add %s dev out0" % server)
    try:
        tcp = Tcp(net.in1, net.client(), net.port(), server, 1723, rto=99)
        tcp.open()
        refused_by_icmp(fw, tcp, server, 'this host says "host unreachable" '
                        '(ICMP type 3, code 1)')
    finally:
        net.fw.ip("route del %s dev out0" % server)


@pytest.mark.parametrize("how", ["DROP", "REJECT"])
def test_stopped_by_a_rule_here(fw, net, how):
    """By connection tracking of the queue, where the kernel tells it."""
    rule = "FORWARD -d %s -j %s" % (QUIET, how)
    fw.admin.run("filter", "-I " + rule)
    try:
        tcp = silent(net, net.client())
        time.sleep(0.6)     # as a client does, or both wait in the queue
        tcp.open()
        if how == "REJECT":     # the client hears it, as without the daemon
            for _ in range(2):
                tcp.wire.expect(lambda p: p.dst == tcp.src and
                                p.proto == ICMP, "the error")
        told = tells_conntrack(net.fw)
        what = ("tcp-stopped-here", "The SYN to %s:1723 (sent 2 times) does "
                "not leave this host." % QUIET) if told else (
            "tcp-unanswered", "%s:1723 does not answer the SYN (sent 2 "
            "times)." % QUIET)
        explained(fw, tcp.src, *what, False, False)
        give_up(tcp)
        explained(fw, tcp.src, *what)
    finally:
        fw.admin.run("filter", "-D " + rule)


def test_start_refused(fw, net):
    control = net.connect()
    control.same(control.client, pptp.sccrq())
    control.same(control.server, pptp.sccrp(4))
    sentence = SERVER + ":1723 refuses the control connection, Result Code " \
        "4 (requester is not authorized), Error Code 0 (none)."
    explained(fw, control.client.src, "start-refused", sentence, over=False)
    close(control, control.server)
    row = explained(fw, control.client.src, "start-refused", sentence)
    assert (row["reached"], row["call"]) == ("started", None)


def test_start_and_call_without_an_answer(fw, net):
    mute, asker = net.connect(), net.connect().start()
    mute.same(mute.client, pptp.sccrq())
    asker.new_id(asker.client, pptp.ocrq(7))
    idle = net.connect().start().call(8, 9)
    for control, name, sentence in (
            (mute, "start-unanswered", SERVER + ":1723 does not answer "
             "Start-Control-Connection-Request."),
            (asker, "request-unanswered", SERVER + ":1723 does not answer "
             "Outgoing-Call-Request with call ID 7.")):
        explained(fw, control.client.src, name, sentence, False, False)
        close(control, control.client)
        row = explained(fw, control.client.src, name, sentence)
        assert row["ended_by"] == "client"
    row, = [r for r in fw.calls("--client", idle.control.client.src)]
    assert row["trouble"] == "no-gre"
    line, = [l for l in fw.ctl("calls", "--client",
                               idle.control.client.src).stdout.splitlines()
             if "no-gre" in l]
    assert "up !" in line


@pytest.mark.parametrize("result,error,cause,words", [
    (4, 0, 17, "Result Code 4 (busy), Error Code 0 (none), "
               "Cause Code 17 (user busy)"),
    (2, 4, 0, "Result Code 2 (general error), Error Code 4 (no resource), "
              "Cause Code 0 (none)")])
def test_call_refused(fw, net, result, error, cause, words):
    control = net.connect().start()
    seen = control.new_id(control.client, pptp.ocrq(7))
    control.say(control.server, pptp.message(pptp.OCRP, struct.pack(
        "!HHBBH", 20, seen, result, error, cause)))
    row = explained(fw, control.client.src, "reply-refused", SERVER +
                    ":1723 refuses the call with ID 7, %s." % words)
    assert (row["reached"], row["reason"]) == ("call asked", "reply-refused")


def test_no_gre(fw, net):
    """Only one end sends some, and the other gives up."""
    for silent_end, name in (("server", "no-gre-from-outside"),
                             ("client", "no-gre-from-inside")):
        control = net.connect().start()
        call = control.call(5, 6)
        end = getattr(control, silent_end)
        for _ in range(3):
            call.passes(control.other(end))
        close(control, control.client)
        explained(
            fw, control.client.src, name,
            "No GRE comes from %s, though %s sends some (packets: 3): IP "
            "protocol 47 is blocked between here and there, or there at the "
            "host." % (end.src if end is control.client else SERVER,
                       SERVER if end is control.client else
                       control.client.src))


@pytest.mark.parametrize("who,how,name,word", [
    ("server", lambda c: close(c, c.server), "closed-early",
     "closes the control connection"),
    ("client", lambda c: c.say(c.client, pptp.ccrq(5)), "cleared-early",
     "clears the call"),
    ("client", lambda c: c.say(c.client, pptp.stoprq()), "closed-early",
     "stops the control connection")])
def test_given_up_before_ppp_is_up(fw, net, who, how, name, word):
    control = net.connect().start()
    control.call(5, 6).both_ways()
    how(control)
    client = control.client.src
    rows = net.loop.until(lambda: [
        r for r in fw.json("why", client) if r["ended"]], "the end")
    text = rows[-1]["text"]
    start, seconds, rest = text.partition(" after ")
    assert (rows[-1]["trouble"], start) == (
        name, "%s %s" % (client if who == "client" else SERVER, word))
    assert " seconds, after too little GRE for a login." in seconds + rest
    explained(fw, client, name, text)


def test_disconnected_by_the_server(fw, net):
    control = net.connect().start()
    control.call(5, 6).both_ways()
    control.say(control.server, pptp.message(pptp.CDN, struct.pack(
        "!HBBH", 6, 1, 0, 0)))
    explained(fw, control.client.src, "disconnected",
              "It ends by a Call-Disconnect-Notify that nobody asked for, "
              "before PPP is up: " + SERVER + ":1723, Result Code 1 "
              "(lost carrier), Error Code 0 (none), Cause Code 0 (none).")


@pytest.mark.parametrize("who", ["server", "client"])
def test_reset_in_the_middle(fw, net, who):
    control = net.connect().start()
    control.call(5, 6).both_ways()
    end = getattr(control, who)
    end.raw(RST | ACK)
    row = explained(
        fw, control.client.src, who + "-reset", "%s:%d resets the control "
        "connection in the middle." % (
            (SERVER, 1723) if who == "server" else (end.src, end.sport)))
    assert row["ended_by"] == who


def complain(call, end, kind, code, rest, count):
    sent = call.send(end)
    got = call.loop.until(lambda: call.arrived(end, sent), "the packet")
    for _ in range(count):
        call.control.other(end).wire.send(Ip(
            ROUTER, got.src, ICMP, icmp(kind, code, rest, bytes(got)[:60])))
        end.wire.expect(lambda p: p.proto == ICMP, "the error")


def test_icmp_errors_about_gre(fw, net):
    """Protocol 47 is blocked, or only large packets of it are."""
    control = net.connect().start()
    complain(control.call(5, 6), control.client, 3, 2, 0, 1)
    explained(fw, control.client.src, "unreachable",
              "ICMP errors say that GRE does not reach %s." % SERVER,
              over=False)
    control = net.connect().start()
    call = control.call(5, 6)
    call.both_ways()
    complain(call, control.client, 3, 4, 1400, 3)
    explained(fw, control.client.src, "gre-too-large",
              "ICMP errors (3) say that GRE to %s is too large for the way "
              "there (path MTU 1400)." % SERVER, False, False)


def test_no_trouble_is_none(fw, net, canary):
    call = net.connect().start().call(5, 6)
    call.both_ways()
    client = call.control.client.src
    row, = fw.json("why", client)
    assert (row["trouble"], row["reached"], row["ended"]) == (None, "gre",
                                                              None)
    assert "no trouble seen" in fw.ctl("why", client).stdout
    assert fw.calls("--client", client)[0]["trouble"] is None
    # By the number of its call, too.
    same, = fw.json("why", str(row["call"]))
    assert same["client_port"] == row["client_port"]


def test_nothing_was_tried(fw):
    done = fw.ctl("why", "10.77.200.200", check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("Nothing of it has come to the daemon.")
    assert fw.json("why", "10.77.200.200") == []


def test_event_and_its_text(fw, net):
    follower = Events(fw)
    control = net.connect().start()
    control.call(5, 6).both_ways()
    control.server.raw(RST | ACK)
    got = follower.next()
    while got["event"] != "failed":
        got = follower.next()
    follower.close()
    assert (got["trouble"], got["client"], got["server"]) == (
        "server-reset", control.client.src, SERVER)


def test_history_is_bounded_and_survives(own):
    fw = own().up()
    net = fw.network
    client = net.client()
    for _ in range(20):
        control = net.connect(client).start()
        control.server.raw(RST | ACK)
        net.loop.until(lambda: control.client.reset, "the reset")
    rows = net.loop.until(
        lambda: [r for r in fw.json("history") if r["attempt"] >= 20],
        "the last attempt") and fw.json("history")
    assert len(rows) == 16
    fw.stop()
    fw.start()
    kept = fw.json("history")
    for row in rows + kept:     # a clock's two readings differ by some ms
        row["began"], row["ended"] = map(round, (row["began"], row["ended"]))
    assert kept == rows


PPP = b"\xff\x03"
LCP, CHAP, IPCP, CCP = b"\xc0\x21", b"\xc2\x23", b"\x80\x21", b"\x80\xfd"


def packet(code, data=b"", number=1):
    return struct.pack("!BBH", code, number, len(data) + 4) + data


def test_ppp_that_fails(fw, net):
    """PPP's own words are read with every engine."""
    def up(user=b"ann"):
        control = net.connect().start()
        call = control.call(5, 6)
        for end in control.client, control.server:
            call.passes(end, PPP + LCP + packet(
                1, b"\x03\x05\xc2\x23\x81" if end is control.server else b""))
            call.passes(control.other(end), PPP + LCP + packet(2))
        call.passes(control.server, PPP + CHAP + packet(
            1, b"\x10" + bytes(16) + b"server"))
        call.passes(control.client, PPP + CHAP + packet(
            2, b"\x31" + bytes(49) + user))
        return control, call

    control, call = up()
    client = control.client.src
    call.passes(control.server, PPP + CHAP + packet(
        4, b"E=691 R=0 C=00 V=3 M=no"))
    sentence = ('%s does not accept user "ann" by MS-CHAPv2: "E=691 R=0 C=00 '
                'V=3 M=no", E=691 is: ' % SERVER)
    close(control, control.server)
    row = net.loop.until(lambda: [
        r for r in fw.json("why", client) if r["ended"]], "the end")[0]
    assert row["trouble"] == "auth-failed"
    assert row["text"].startswith(sentence), row["text"]
    assert row["user"] == "ann"
    explained(fw, client, "auth-failed", row["text"])
    assert client in fw.ctl("why", "ann").stdout

    control, call = up(b"bob")
    call.passes(control.server, PPP + CHAP + packet(3, b"S=" + b"0" * 40))
    call.passes(control.server, PPP + CCP + packet(
        1, b"\x12\x06\x01\x00\x00\x40"))
    call.passes(control.client, PPP + CCP + packet(
        4, b"\x12\x06\x01\x00\x00\x40"))
    close(control, control.server)
    explained(fw, control.client.src, "mppe-not-agreed",
              "%s wants encryption (MPPE), %s rejects it." % (
                  SERVER, control.client.src))
