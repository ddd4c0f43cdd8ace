# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls and their IDs, as the two ends see them."""
import pytest

import pptp
from endpoint import Tcp
from firewall import INSIDE_SERVER, SERVER, SERVER2
from packet import ACK, RST


def sides(net, where):
    """A started connection: the client inside, or the server inside."""
    return (net.connect() if where == "client-inside"
            else net.connect_in()).start()


WHERE = pytest.mark.parametrize("where", ["client-inside", "server-inside"])


def test_own_id_is_kept_when_it_is_free(net):
    call = net.connect(server="203.0.113.30").start().call(501, 8)
    assert call.mapped == 501
    call.both_ways()


def test_two_clients_with_one_id_to_one_server(net):
    calls = [net.connect(wire=w).start().call(500, 0)
             for w in (net.in1, net.in2)]
    assert calls[0].mapped != calls[1].mapped
    for call in calls + calls:
        call.both_ways()


def test_forty_clients_with_one_id(net):
    calls = [net.connect().start().call(500, n) for n in range(40)]
    assert len({c.mapped for c in calls}) == 40
    for call in calls:
        call.both_ways()


def test_one_client_to_two_servers(net):
    client = net.client()
    calls = [net.connect(client, server).start().call(500, 9)
             for server in (SERVER, SERVER2)]
    for call in calls:
        call.both_ways()


def test_two_clients_to_two_servers_with_one_id(net):
    clients = net.client(), net.client()
    calls = [net.connect(c, s).start().call(77, 77)
             for c in clients for s in (SERVER, SERVER2)]
    for call in calls:
        call.both_ways()


def test_several_connections_of_one_host(net):
    client = net.client()
    calls = [net.connect(client).start().call(n, n + 100) for n in range(5)]
    for call in calls:
        call.both_ways()


def test_one_id_on_two_connections_of_one_host(net):
    """Call IDs are unique per connection only; the server tells them apart
    by its own."""
    client = net.client()
    a = net.connect(client).start().call(600, 11)
    b = net.connect(client).start().call(600, 12)
    assert a.mapped != b.mapped
    a.passes(a.control.client)
    b.passes(b.control.client)


@WHERE
def test_several_calls_on_one_connection(net, canary, where):
    control = sides(net, where)
    calls = [control.call(n, n + 50) for n in range(100, 106)]
    for call in calls:
        call.both_ways()
    gone = calls.pop(2)
    control.say(control.client, pptp.ccrq(gone.own(control.client)))
    gone.stops(canary)
    for call in calls:
        call.both_ways()


@WHERE
@pytest.mark.parametrize("client_id", [0, 1, 65535])
@pytest.mark.parametrize("server_id", [0, 65535])
def test_outermost_ids(net, where, client_id, server_id):
    """0 and 65535 are ordinary; twice, so that one copy must be mapped."""
    for _ in range(2):
        sides(net, where).call(client_id, server_id).both_ways()


@WHERE
@pytest.mark.parametrize("asked_by", ["client", "server"])
@pytest.mark.parametrize("kind", ["outgoing", "incoming"])
def test_either_end_asks_for_either_kind(net, where, asked_by, kind):
    for _ in range(2):
        control = sides(net, where)
        asker = getattr(control, asked_by)
        call = getattr(control, kind)(asker, 700, 800)
        call.both_ways()


def test_several_servers_inside_one_public_address(net):
    """Several clients outside; the server behind DNAT uses one ID for each."""
    calls = [net.connect_in("198.51.100.%d" % n).start().call(n, 33)
             for n in range(1, 6)]
    for call in calls:
        assert call.control.server.src == INSIDE_SERVER
        call.both_ways()


@WHERE
@pytest.mark.parametrize("kind", ["sccrq", "sccrp", "stoprq", "stoprp",
                                  "echorq", "echorp"])
def test_messages_without_ids_pass_unchanged(net, where, kind):
    control = sides(net, where)
    for end in control.client, control.server:
        control.same(end, getattr(pptp, kind)())


def mapped_call(net, where):
    """A call whose inside ID is not the one seen outside.  That one keeps the
    high byte, so it cannot be the outside end's own ID as well: an ID that
    may be either is read as the RFC says, not as its sender means it."""
    first = (sides(net, where).call(900, 1901) if where == "client-inside"
             else sides(net, where).call(1901, 900))
    call = (sides(net, where).call(900, 1902) if where == "client-inside"
            else sides(net, where).call(1902, 900))
    assert call.inside_id != call.mapped
    return first, call


# What an ID means to its sender; the first is the RFC's word, the second
# what implementations do (a peer's ID in CDN, one's own in SLI).
@WHERE
@pytest.mark.parametrize("end", ["inside", "outside"])
@pytest.mark.parametrize("whose", ["own", "peer"])
@pytest.mark.parametrize("kind", ["wen", "iccn", "sli", "ccrq", "cdn"])
def test_ids_in_messages_about_a_call(net, canary, where, end, whose, kind):
    if kind in ("wen", "iccn") and whose == "own":
        whose = "peer"
    _, call = mapped_call(net, where)
    control = call.control
    sender = getattr(control, end)
    if end == "inside":
        sent, seen = ((call.inside_id, call.mapped) if whose == "own" else
                      (call.outside_id, call.outside_id))
    else:
        sent, seen = ((call.outside_id, call.outside_id) if whose == "own"
                      else (call.mapped, call.inside_id))
    data = getattr(pptp, kind)(sent)
    assert control.say(sender, data) == pptp.with_id(data, seen)
    if kind in ("ccrq", "cdn"):
        call.stops(canary)
    else:
        call.both_ways()


def test_id_that_could_be_either_end_is_read_as_the_rfc_says(net, canary):
    """The server disconnects its call 65, while 65 is also what it knows
    another call's client by."""
    control = net.connect(server="203.0.113.31").start()
    a = control.call(61, 65)
    b = control.call(65, 62)
    assert b.mapped == 65
    control.same(control.server, pptp.cdn(65))
    a.stops(canary)
    b.both_ways()


def test_unknown_ids_pass_as_they_are(net):
    control = net.connect().start()
    call = control.call(31, 32)
    for end in control.client, control.server:
        for kind in "ccrq", "cdn", "wen", "sli", "iccn":
            control.same(end, getattr(pptp, kind)(40000))
    call.both_ways()


def test_strange_values_pass(net):
    """Reserved fields and result codes are nobody's business."""
    control = net.connect().start()
    data = pptp.message(pptp.ECHORQ, reserved=0xFFFF)
    control.same(control.client, data)
    call = control.call(41, 42)
    data = pptp.sli(call.mapped, reserved=41366)
    assert control.say(control.server, data) == \
        pptp.with_id(data, call.inside_id)
    call.both_ways()


@WHERE
@pytest.mark.parametrize("kind", ["outgoing", "incoming"])
def test_refused_call(net, canary, where, kind):
    control = sides(net, where)
    ask, reply = ((pptp.ocrq, pptp.ocrp) if kind == "outgoing"
                  else (pptp.icrq, pptp.icrp))
    asker, other = control.client, control.server
    seen = control.new_id(asker, ask(51))
    call = control.answer(asker, 51, seen, 52, lambda own, peer: reply(
        own, peer, result=2, error=4))
    call.blocked(canary)
    control.outgoing(asker, 51, 52).both_ways()


def test_no_gre_before_the_reply(net, canary):
    control = net.connect().start()
    call = control.call(53, 54)
    seen = control.new_id(control.client, pptp.ocrq(55))
    early = type(call)(control, {control.client: (55, seen),
                                 control.server: (56, 56)})
    early.blocked(canary)
    control.answer(control.client, 55, seen, 56, pptp.ocrp).both_ways()


def test_a_cleared_call_and_a_new_one_with_the_same_id(net, canary):
    control = net.connect().start()
    for n in range(20):
        call = control.call(500, 3)
        call.both_ways()
        data = pptp.ccrq(500)
        assert control.say(control.client, data) == \
            pptp.with_id(data, call.mapped)
        control.same(control.server, pptp.cdn(3))
    call.blocked(canary)
    control.call(500, 3).both_ways()


def test_a_freed_id_is_not_given_to_the_next_client(net):
    """A late packet of the old call must not reach a new owner."""
    server = "203.0.113.32"
    control = net.connect(server=server).start()
    old = control.call(500, 3)
    control.say(control.client, pptp.ccrq(500))
    control.same(control.server, pptp.cdn(3))
    new = net.connect(server=server).start().call(500, 4)
    assert new.mapped != old.mapped


def test_the_same_request_again_gets_the_same_id(net):
    """A client that repeats an OCRQ which was not answered yet."""
    control = net.connect().start()
    first = control.new_id(control.client, pptp.ocrq(58))
    again = control.new_id(control.client, pptp.ocrq(58))
    control.answer(control.client, 58, again, 59, pptp.ocrp).both_ways()
    assert first == again


def reboot(net, control):
    """The client forgets all and opens a connection on the same ports.  The
    server's answer names the old one, and the client resets that."""
    client, server = control.client, control.server
    server.flushed()        # else what it sends again comes as well
    client.over = True
    # Its SYN goes once: another would open a connection behind the reset.
    fresh = Tcp(net.in1, client.src, client.sport, client.dst, 1723,
                rto=net.loop.patience)
    fresh.open()
    answer = net.loop.until(lambda: [
        s for s in fresh.segments if not s.payload], "the server's answer")[0]
    assert answer.flags == ACK
    fresh.raw(RST, seq=answer.ack)
    net.loop.until(lambda: server.reset, "the client's reset")
    fresh.over = True
    return net.connect(client.src, port=client.sport).start()


def test_client_reboots_and_comes_back(net, canary):
    control = net.connect().start()
    old = control.call(500, 5)
    reboot(net, control).call(500, 6).both_ways()
    old.blocked(canary)


def test_client_reboots_after_the_daemon_was_restarted(own):
    """The old connection is not known to the daemon any more."""
    fw = own().up()
    control = fw.network.connect().start()
    control.call(500, 5)
    fw.stop()
    fw.start()
    reboot(fw.network, control).call(500, 6).both_ways()


def test_client_comes_back_after_a_clear_that_the_server_missed(net, fw):
    control = net.connect().start()
    control.call(500, 5)
    control.server.lose = lambda s: s.flags & RST
    fw.ctl("clear", control.client.src)
    net.loop.until(lambda: control.client.reset, "the reset")
    control.server.lose = lambda s: False
    reboot(net, control).call(500, 6).both_ways()


def test_server_and_client_forgot_the_connection(net, canary):
    """A new connection on the same ports, with nobody left of the old."""
    control = net.connect().start()
    old = control.call(500, 5)
    control.client.over = control.server.over = True
    control = net.connect(control.client.src, port=control.client.sport)
    new = control.start().call(500, 6)
    new.both_ways()
    old.blocked(canary)
