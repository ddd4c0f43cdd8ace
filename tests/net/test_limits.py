# SPDX-License-Identifier: GPL-2.0-or-later
"""What one client can take, and what the others then still have."""
import pytest

import pptp
from endpoint import PATIENCE
from session import Call


def refused(control, client_id, server_id):
    """Asks for a call that the firewall refuses: the client hears result 2
    error 4 (no resources), and no GRE passes."""
    client, server = control.client, control.server
    data = pptp.ocrq(client_id)
    seen = pptp.call_id(control.say(client, data))
    got = control.say(server, pptp.ocrp(server_id, seen))
    assert pptp.kind(got) == pptp.OCRP
    assert pptp.call_id(got, 14) == client_id
    assert (got[16], got[17]) == (2, 4), "result %d error %d" % (
        got[16], got[17])
    return Call(control, {client: (client_id, seen),
                          server: (server_id, server_id)})


def unanswered(net, *client):
    """Nobody answers, as long as we wait."""
    net.loop.patience = 4
    with pytest.raises(AssertionError):
        net.connect(*client).start().call(9, 9).both_ways()
    net.loop.patience = PATIENCE


def give_up(net, calls):
    """Ends whatever still tries to connect beside these calls."""
    living = [e for c in calls for e in (c.control.client, c.control.server)]
    for tcp in net.loop.tcps:
        tcp.over |= tcp not in living


def test_calls_per_connection(own):
    fw = own().up(**{"calls-per-connection": 5})
    net = fw.network
    canary = net.connect().start().call(1, 1)
    control = net.connect(canary.control.client.src).start()
    calls = [control.call(n, n) for n in range(5)]
    refused(control, 100, 100).blocked(canary)
    refused(control, 101, 101).blocked(canary)
    for call in calls:
        call.both_ways()
    control.say(control.client, pptp.ccrq(2))
    control.same(control.server, pptp.cdn(2))
    control.call(102, 102).both_ways()
    assert fw.counter("connection-calls") == 2
    fw.logged([control.client.src, "calls-per-connection"])


def test_calls_per_client(own):
    fw = own().up(**{"calls-per-client": 10})
    net = fw.network
    other = net.connect().start().call(1, 1)
    client = net.client()
    controls = [net.connect(client).start() for _ in range(3)]
    calls = [c.call(n, n) for n in range(3) for c in controls]
    calls.append(controls[0].call(20, 20))
    for control in controls:
        refused(control, 30, 30).blocked(other)
    for call in calls:
        call.both_ways()
    net.connect().start().call(30, 30).both_ways()
    assert fw.counter("client-calls") == 3


def test_incoming_calls_are_refused_as_well(own):
    """The asker is the inside server; it must hear of it, too."""
    fw = own().up(**{"calls-per-connection": 2})
    net = fw.network
    control = net.connect_in().start()
    canary = control.incoming(control.server, 1, 1)
    control.incoming(control.server, 2, 2)
    seen = pptp.call_id(control.say(control.server, pptp.icrq(3)))
    got = control.say(control.client, pptp.icrp(3, seen))
    assert pptp.call_id(got, 14) == 3
    assert got[16] != 1, "an incoming call above the limit was accepted"
    canary.both_ways()


def test_connections_per_client(own):
    """One client cannot take all connections."""
    fw = own().up(**{"calls-per-client": 4, "connections": 100})
    net = fw.network
    client = net.client()
    calls = [net.connect(client).start().call(n, n) for n in range(4)]
    unanswered(net, client)
    give_up(net, calls)
    for call in calls:
        call.both_ways()
    net.connect().start().call(1, 1).both_ways()
    assert fw.counter("client-connections") >= 1
    fw.logged([client])


def test_all_connections_in_use(own):
    fw = own().up(connections=6)
    net = fw.network
    calls = [net.connect().start().call(n, n) for n in range(6)]
    unanswered(net)
    give_up(net, calls)
    for call in calls:
        call.both_ways()
        call.control.same(call.control.client, pptp.echorq())
    assert fw.counter("connection-limit") >= 1
    fw.logged(["connections"])
    calls[0].control.client.raw(4)
    net.loop.until(lambda: calls[0].control.server.reset, "the reset")
    net.connect().start().call(9, 9).both_ways()


def test_flood_of_requests_that_are_answered(own):
    """The asker hears each time that there is no room."""
    fw = own().up(**{"calls-per-client": 20})
    net = fw.network
    call = net.connect().start().call(1, 1)
    attacker = net.connect(wire=net.in2).start()
    for n in range(20):
        attacker.call(n, n)
    for n in range(20, 200):
        refused(attacker, n, n)
    call.both_ways()
    assert fw.counter("client-calls") == 180
    assert fw.json("status")["calls"] <= 22


def test_flood_of_requests_that_nobody_answers(own):
    """The others do not notice, and little is kept of it."""
    fw = own().up(**{"calls-per-client": 100})
    net = fw.network
    call = net.connect().start().call(1, 1)
    attackers = [net.connect(wire=net.in2).start() for _ in range(5)]
    for attacker in attackers:
        client = attacker.client
        client.send(b"".join(pptp.ocrq(n) for n in range(200)),
                    [1344] * 25)
    call.both_ways()
    for attacker in attackers:
        net.loop.until(lambda: attacker.client.reset or
                       len(attacker.server.stream) == 156 + 200 * 168,
                       "the flood to end")
    call.both_ways()
    net.connect().start().call(2, 2).both_ways()
    assert fw.counter("connection-calls") + fw.counter("client-calls") >= 5
    assert fw.json("status")["calls"] <= 700


def test_a_lowered_limit_keeps_living_calls(own):
    fw = own().up()
    net = fw.network
    control = net.connect().start()
    calls = [control.call(n, n) for n in range(8)]
    fw.configure(**{"calls-per-connection": 3})
    fw.ctl("reload")
    for call in calls:
        call.both_ways()
    refused(control, 50, 50)
    fw.configure(**{"calls-per-connection": 20})
    fw.ctl("reload")
    control.call(51, 51).both_ways()
