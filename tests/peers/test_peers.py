# SPDX-License-Identifier: GPL-2.0-or-later
"""Real clients and a real server, that this project did not write, through
pptpalgd: Debian's pptp-linux, pptpd and pppd, in guests.

PPTPALG_PEERS=kernel runs the same tests through the kernel's own helper
instead: a check of these tests themselves.
"""
import os
import sys
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "net"))
import firewall  # noqa: E402
import lab  # noqa: E402

CLIENTS = 5
CALL_ID = 500
KERNEL = os.environ.get("PPTPALG_PEERS") == "kernel"
HELPER = "-A PREROUTING -p tcp --dport 1723 -j CT --helper pptp"

QUEUE = "engine = nfqueue"
BPF = "engine = bpf  forward = "
EVERY_ENGINE = pytest.mark.parametrize("fw", [QUEUE] if KERNEL else [
    QUEUE, BPF + "stack", BPF + "direct"], ids=lambda words: words.split()[-1],
    indirect=True)

pytestmark = pytest.mark.skipif(bool(lab.lacking()), reason=lab.lacking())


class KernelHelper:
    """Does the firewall's work with the kernel's helper; has no table."""

    def __init__(self, network, nat):
        admin = firewall.Rules(network.fw, "legacy")
        admin.run("nat", *nat)
        admin.run("raw", HELPER)

    def up(self, _text):
        return self

    def calls(self):
        return []

    def close(self):
        pass


@pytest.fixture(scope="module")
def network():
    net = lab.Network(1 + CLIENTS)
    yield net
    net.close()


@pytest.fixture(scope="module")
def fw(request, network):
    """With the queue engine; EVERY_ENGINE is for tests of all of them."""
    fw = (KernelHelper if KERNEL else firewall.Firewall)(network, nat=lab.NAT)
    engine = getattr(request, "param", QUEUE)
    # Else rules get hold of what comes by a bridge before programs do.
    network.fw.set("net/bridge/bridge-nf-call-iptables", int(engine == QUEUE),
                   must=False)
    try:
        yield fw.up("gre { %s }" % engine)
    finally:
        fw.close()


@pytest.fixture
def outgoing(network, fw):
    """Server outside, clients inside: (server's address, server, clients)"""
    yield from place(network, network.plug_out, network.plug_in)


@pytest.fixture
def incoming(network, fw):
    """Server inside behind DNAT, clients outside."""
    yield from place(network, network.plug_in, network.plug_out)


def place(network, plug_server, plug_client):
    server = network.guests[0]
    plug_server(server, 10)
    for number, guest in enumerate(network.guests[1:]):
        plug_client(guest, 20 + number)
    outside = plug_server == network.plug_out
    yield server.address if outside else lab.PUBLIC, server, \
        network.guests[1:]
    network.quiet()


def until(condition, what, peer, seconds=10):
    """Waits; when in vain, shows what the peer has logged."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(peer.guest.report(f"waited {seconds} s for {what}"))
        time.sleep(0.05)


def log_in(address, guests, **ppp):
    """All at once, with the same call ID."""
    clients = [lab.Client(guest, CALL_ID, **ppp) for guest in guests]
    for client in clients:
        client.dial(address)
    for client in clients:
        client.up()
    return clients


def check_calls(fw, clients, address):
    """The table shows each client's call, told apart on the outside."""
    if KERNEL:
        return
    calls = fw.calls()
    assert [call["state"] for call in calls] == ["up"] * len(clients)
    inside = {call["inside"] for call in calls}
    if address == lab.PUBLIC:
        assert inside == {"10.77.0.10"}
        assert {call["outside_call_id"] for call in calls} == {CALL_ID}
    else:
        assert inside == {client.guest.address for client in clients}
        assert {call["inside_call_id"] for call in calls} == {CALL_ID}
    assert {call["public"] for call in calls} == {lab.PUBLIC}
    keys = {(call["outside"], call["mapped_call_id"]) for call in calls}
    assert len(keys) == len(clients)
    for call in calls:
        assert call["packets_in"] and call["packets_out"], call
    if fw.json("status")["engine"] == "bpf":
        assert fw.json("status")["queue_gre_packets"] < sum(
            fw.counter(name) for name in ("bpf_in", "bpf_out")) / 10


def end(fw, server):
    until(lambda: server.sessions() == 0, "the end of all sessions", server)
    until(lambda: not fw.calls(), "an empty call table", server)
    server.stop()


def run_session(fw, place, number, **ppp):
    """Log in, ping, hang up; the others do not notice."""
    address, server_guest, guests = place
    server = lab.Server(server_guest, **ppp)
    clients = log_in(address, guests[:number], **ppp)
    assert server.sessions() == number
    lab.ping(*clients)
    check_calls(fw, clients, address)
    for client in clients:
        encrypted = ppp.get("mppe") != "none"
        assert client.encrypted() == encrypted, client.log()
    lab.hang_up(clients[0])
    lab.ping(*clients[1:])
    lab.hang_up(*clients[1:])
    closing = ["LCP terminated by peer", "control connection finished"]
    if address != lab.PUBLIC:
        # Clients outside may refuse the last GRE before the request is read.
        closing.append("Received CALL CLR request (closing call)")
    for words in closing:
        until(lambda: server.log().count(words) == number,
              f"'{words}' {number} times", server)
    end(fw, server)


@EVERY_ENGINE
def test_clients_inside_with_one_call_id(fw, outgoing):
    run_session(fw, outgoing, CLIENTS)


@EVERY_ENGINE
def test_server_inside_behind_dnat(fw, incoming):
    run_session(fw, incoming, 2)


def test_pap_without_encryption(fw, outgoing):
    run_session(fw, outgoing, 2, auth="pap", mppe="none")


def test_transfer(fw, outgoing):
    address, server_guest, guests = outgoing
    server = lab.Server(server_guest)
    clients = log_in(address, guests[:2])
    for port, client in enumerate(clients, 5001):
        server.receive(port)
        client.send(port)
    for client in clients:
        client.sent()
    lab.hang_up(*clients)
    end(fw, server)


def test_a_deaf_client_harms_nobody(fw, outgoing):
    """Its host tells the server that it knows no GRE.  Passed on with the
    shared address, that would end the other client's call: the server's
    sockets cannot tell the two apart."""
    address, server_guest, guests = outgoing
    server = lab.Server(server_guest)
    deaf, client = log_in(address, guests[:2])
    deaf.go_deaf()
    server.poke(deaf.tunnel_address())
    lab.ping(client)
    deaf.die()
    until(lambda: server.sessions() == 1, "the end of one session",
          server, 40)
    lab.ping(client)
    lab.hang_up(client)
    end(fw, server)
