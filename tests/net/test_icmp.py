# SPDX-License-Identifier: GPL-2.0-or-later
"""ICMP errors about translated packets reach the sender of the packet, and
quote what it sent itself."""
import random

import pytest

from firewall import PUBLIC, ROUTER, SERVER
from packet import GRE, ICMP, Gre, IcmpError, Ip, icmp
from test_calls import WHERE
from test_gre import END, mapped

INSIDE_ROUTER = "10.77.9.254"
# A careful admin's: these errors belong to nothing that is tracked.
OUTPUT_DROPS = ("-P OUTPUT DROP", "-A OUTPUT -m conntrack "
                "--ctstate ESTABLISHED,RELATED -j ACCEPT")
ERRORS = [(3, 0, 0), (3, 1, 0), (3, 2, 0), (3, 3, 0), (3, 4, 1400),
          (3, 13, 0), (11, 0, 0), (11, 1, 0), (12, 0, 0x14000000),
          (4, 0, 0)]


def arrives(call, end, **fields):
    """Lets a packet through; as it was sent, and as the other end has it."""
    sent = call.send(end, **fields)
    got = call.loop.until(lambda: call.arrived(end, sent), "the packet")
    return sent, got


def complain(call, end, kind, code, rest, quote):
    """An error from a router near the other end."""
    other = call.control.other(end)
    router = ROUTER if other is call.control.outside else INSIDE_ROUTER
    about = Ip.parse(quote, quoted=True)
    other.wire.send(Ip(router, about.src, ICMP,
                       icmp(kind, code, rest, quote)))
    return router


def told(call, end, sent, kind, code, rest, length):
    """The error at the sender, quoting its own packet."""
    ip = end.wire.gather(lambda p: p.proto == ICMP,
                         "ICMP %d/%d at %s" % (kind, code, end.src))
    ip.error = IcmpError.parse(ip)
    assert ip.error.kind == kind
    assert ip.dst == end.src
    assert (ip.error.code, ip.error.rest) == (code, rest)
    quoted = ip.error.quoted()
    assert (quoted.src, quoted.dst) == (sent.src, sent.dst)
    assert len(ip.error.quote) >= length
    mine, theirs = sent.payload, quoted.payload
    assert theirs == mine[:len(theirs)], "quotes call ID %d, not %d" % (
        int.from_bytes(theirs[6:8], "big"), int.from_bytes(mine[6:8], "big"))
    assert quoted.ident == sent.ident
    return ip


# What ends sockets at the outside end, where all inside hosts look like one.
REFUSALS = [error for error in ERRORS
            if error[:2] in ((3, 2), (3, 3), (3, 13), (12, 0))]


@WHERE
@pytest.mark.parametrize("kind,code,rest", REFUSALS)
def test_refusal_by_an_inside_host(net, canary, where, kind, code, rest):
    """It would end the calls of all who share the address."""
    call = mapped(net, where)
    end = call.control.outside
    _, got = arrives(call, end, payload=random.randbytes(300))
    complain(call, end, kind, code, rest, bytes(got)[:100])
    canary.both_ways()
    call.both_ways()
    assert not net.out.take(lambda p: p.proto == ICMP)


@WHERE
@END
@pytest.mark.parametrize("kind,code,rest", ERRORS)
def test_error_from_a_router(net, where, end, kind, code, rest):
    call = mapped(net, where)
    end = getattr(call.control, end)
    if end is call.control.outside and (kind, code, rest) in REFUSALS:
        kind, code = 3, 1
    sent, got = arrives(call, end, payload=random.randbytes(300))
    router = complain(call, end, kind, code, rest, bytes(got)[:100])
    ip = told(call, end, sent, kind, code, rest, 100)
    if end is call.control.inside:
        assert ip.src == router
    else:
        assert ip.src == call.control.client.dst if where == \
            "server-inside" else ip.src == call.control.server.dst, \
            "an inside address is shown outside"
    call.both_ways()


@WHERE
@END
@pytest.mark.parametrize("length", [28, 29, 32, 36, 60, 548])
def test_quotes_of_all_lengths(net, where, end, length):
    call = mapped(net, where)
    end = getattr(call.control, end)
    sent, got = arrives(call, end, payload=random.randbytes(600), ack=3)
    complain(call, end, 3, 4, 1280, bytes(got)[:length])
    told(call, end, sent, 3, 4, 1280, length)


@WHERE
@END
def test_quote_with_ip_options(net, where, end):
    call = mapped(net, where)
    end = getattr(call.control, end)
    sent, got = arrives(call, end, options=b"\x01" * 11 + b"\x00")
    complain(call, end, 11, 0, 0, bytes(got))
    told(call, end, sent, 11, 0, 0, 40)


@WHERE
@END
def test_quote_of_an_ack(net, where, end):
    call = mapped(net, where)
    end = getattr(call.control, end)
    sent, got = arrives(call, end, payload=b"", seq=None, ack=3)
    complain(call, end, 3, 1, 0, bytes(got))
    told(call, end, sent, 3, 1, 0, 32)


@WHERE
@END
def test_ttl_expires_at_the_firewall(net, where, end):
    call = mapped(net, where)
    end = getattr(call.control, end)
    sent = call.send(end, ttl=1)
    told(call, end, sent, 11, 0, 0, 28)
    call.both_ways()
    assert not call.arrived(end, sent)


@WHERE
@END
def test_too_large_for_the_next_link(own, where, end):
    """The firewall's own errors get out past an admin's OUTPUT."""
    fw = own(filter=OUTPUT_DROPS).up()
    call = mapped(fw.network, where)
    end = getattr(call.control, end)
    told(call, end, call.send(end, ttl=1), 11, 0, 0, 28)
    device = "out0" if end is call.control.inside else "in1"
    fw.ns.run("ip", "link", "set", device, "mtu", "1000")
    sent = call.send(end, random.randbytes(1300), df=True)
    told(call, end, sent, 3, 4, 1000, 28)
    call.both_ways()
    assert not call.arrived(end, sent)


def test_no_route_behind_the_firewall(own):
    """The firewall itself complains about a client that is gone."""
    fw = own().up()
    call = mapped(fw.network)
    fw.ns.run("ip", "route", "add", "unreachable",
              call.control.client.src + "/32")
    sent = call.send(call.control.server)
    told(call, call.control.server, sent, 3, 1, 0, 28)


@pytest.mark.parametrize("what", ["unknown ID", "another peer",
                                  "inside ID", "cut before the ID"])
def test_error_about_no_known_packet(net, canary, what):
    """From outside: nothing reaches an inside host."""
    call = mapped(net)
    server = call.control.server
    quote = Ip(server.dst, server.src, GRE,
               bytes(Gre(call.outside_id, b"q" * 40, seq=1)), df=True)
    if what == "unknown ID":
        quote.payload = bytes(Gre(47111, b"q" * 40, seq=1))
    elif what == "another peer":
        quote.dst = "203.0.113.77"
    elif what == "inside ID":
        quote.src = call.control.client.src
    raw = bytes(quote)[:24 if what == "cut before the ID" else 60]
    net.out.send(Ip(ROUTER, server.dst, ICMP, icmp(3, 4, 1000, raw)))
    canary.both_ways()
    call.both_ways()
    for wire in net.in1, net.in2:
        assert not wire.take(lambda p: p.proto == ICMP)


def test_no_inside_address_in_errors_that_go_out(net, canary):
    """An inside host complains about GRE that belongs to no call."""
    quote = Ip(SERVER, "10.77.9.9", GRE, bytes(Gre(77, b"q" * 40, seq=1)))
    net.in1.send(Ip("10.77.9.9", SERVER, ICMP,
                    icmp(3, 2, 0, bytes(quote))))
    canary.both_ways()
    ip = net.out.take(lambda p: p.proto == ICMP)
    assert ip is None or b"\x0a\x4d\x09\x09" not in bytes(ip)


def test_errors_about_the_control_connection(net):
    """The kernel's own translation of them still works."""
    control = net.connect().start()
    client, server = control.client, control.server
    segment = server.segments[-1]
    net.out.send(Ip(ROUTER, server.dst, ICMP, icmp(
        3, 4, 1200, bytes(segment.ip)[:60])))
    ip = client.wire.expect(lambda p: p.proto == ICMP, "the ICMP error")
    quoted = ip.error.quoted()
    assert (ip.dst, quoted.src, quoted.dst) == (
        client.src, client.src, client.dst)
    control.same(client, b"\0\x10\0\1\x1a\x2b\x3c\x4d\0\5\0\0\0\0\0\7")


def test_error_in_fragments(net):
    """A large error that was itself cut on its way."""
    call = mapped(net)
    end = call.control.client
    sent, got = arrives(call, end, payload=random.randbytes(1000))
    error = Ip(ROUTER, got.src, ICMP, icmp(3, 4, 1300, bytes(got)),
               ident=77)
    for part in reversed(error.fragments(400)):
        call.control.server.wire.send(part)
    told(call, end, sent, 3, 4, 1300, 500)


@WHERE
@END
def test_broken_errors(net, canary, where, end):
    """Wrong sums, cut quotes, quotes of quotes: dropped or passed, but no
    harm, and nothing that names an inside address goes out."""
    call = mapped(net, where)
    end = getattr(call.control, end)
    other = call.control.other(end)
    _, got = arrives(call, end)
    raw = bytes(got)
    dice = random.Random(4)
    inner = icmp(3, 4, 1000, raw)
    todo = [icmp(3, 4, 0, raw[:n]) for n in range(0, 29)]
    todo += [inner[:n] for n in range(0, 9)]
    todo += [inner[:2] + b"\0\0" + inner[4:]]
    todo += [icmp(3, 4, 0, bytes(Ip(got.src, got.dst, ICMP, inner)))]
    todo += [icmp(3, 4, 0, bytes([raw[0] ^ bit]) + raw[1:])
             for bit in (1, 4, 8, 0x10, 0x40)]
    todo += [icmp(dice.choice((3, 4, 11, 12)), dice.randrange(20), 0,
                  dice.randbytes(dice.randrange(80))) for _ in range(50)]
    for data in todo:
        other.wire.send(Ip(ROUTER if other is call.control.outside
                           else INSIDE_ROUTER, got.src, ICMP, data))
    call.both_ways()
    canary.both_ways()
    for wire in net.loop.wires.values():
        wire.broken.clear()
