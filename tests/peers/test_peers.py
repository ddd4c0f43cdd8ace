# SPDX-License-Identifier: GPL-2.0-or-later
"""Real clients and a real server, that this project did not write, through
pptpalgd: Debian's pptp-linux, pptpd and pppd.

PPTPALG_PEERS=kernel runs the same tests through the kernel's own helper
instead: a check of these tests themselves.
"""
import os
import sys
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "net"))
import firewall  # noqa: E402
import laboratory  # noqa: E402
import peer  # noqa: E402
from host import PATIENCE  # noqa: E402

CLIENTS = 3
CALL_ID = 500
KERNEL = os.environ.get("PPTPALG_PEERS") == "kernel"
HELPER = "-A PREROUTING -p tcp --dport 1723 -j CT --helper pptp"

QUEUE = "engine = nfqueue"
BPF = "engine = bpf  forward = "
EVERY_ENGINE = pytest.mark.parametrize("fw", [QUEUE] if KERNEL else [
    QUEUE, BPF + "auto", BPF + "direct"], ids=lambda words: words.split()[-1],
    indirect=True)

LACKING = laboratory.lacking()
pytestmark = pytest.mark.skipif(bool(LACKING), reason=LACKING)


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
    net = laboratory.Network()
    yield net
    net.close()


@pytest.fixture(scope="module")
def fw(request, network):
    """With the queue engine; EVERY_ENGINE is for tests of all of them."""
    fw = (KernelHelper if KERNEL else firewall.Firewall)(
        network, nat=laboratory.NAT)
    engine = getattr(request, "param", QUEUE)
    # Else rules get hold of what comes by a bridge before programs do.
    network.fw.set("net/bridge/bridge-nf-call-iptables", int(engine == QUEUE),
                   must=False)
    try:
        yield fw.up("gre { %s }" % engine)
    finally:
        fw.close()


class Place:
    """Where server and clients are, and the address that clients dial."""

    def __init__(self, network, server, client):
        outside = server == network.outside
        self.server, self.client = server(10), client
        self.address = self.server.address if outside else laboratory.PUBLIC

    def clients(self, number):
        return [self.client(20 + i) for i in range(number)]


@pytest.fixture
def outgoing(network, fw):
    """Server outside, clients inside."""
    yield Place(network, network.outside, network.inside)
    network.quiet()


@pytest.fixture
def incoming(network, fw):
    """Server inside behind DNAT, clients outside."""
    yield Place(network, network.inside, network.outside)
    network.quiet()


def until(condition, what, whose, seconds=PATIENCE):
    """Waits; when in vain, shows what the peer has logged."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(whose.host.report(f"waited {seconds} s for {what}"))
        time.sleep(0.05)


def log_in(address, hosts, **ppp):
    """All at once, with the same call ID."""
    clients = [peer.Client(host, CALL_ID, **ppp) for host in hosts]
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
    if address == laboratory.PUBLIC:
        assert inside == {"10.77.0.10"}
        assert {call["outside_call_id"] for call in calls} == {CALL_ID}
    else:
        assert inside == {client.host.address for client in clients}
        assert {call["inside_call_id"] for call in calls} == {CALL_ID}
    assert {call["public"] for call in calls} == {laboratory.PUBLIC}
    keys = {(call["outside"], call["mapped_call_id"]) for call in calls}
    assert len(keys) == len(clients)
    for call in calls:
        assert call["packets_in"] and call["packets_out"], call
    if fw.json("status")["engine"] == "bpf":
        assert fw.json("status")["queue_gre_packets"] < sum(
            fw.counter(name) for name in ("bpf_in", "bpf_out")) / 10


def check_logins(fw, clients, place, auth="mschap-v2", mppe="128"):
    """It says who uses each call, and how, as they have agreed in clear."""
    if KERNEL:
        return
    tunnels = {client.tunnel_address() for client in clients}
    inside, outside = {peer.SERVER}, tunnels
    if place.address != laboratory.PUBLIC:
        inside, outside = tunnels, {peer.SERVER}
    until(lambda: all(row["encryption"] for row in fw.calls()),
          f"logins in {fw.calls()}", clients[0])
    rows = fw.calls()
    assert {(row["user"], row["method"], row["encryption"])
            for row in rows} == {("test", auth, "none" if mppe == "none" else
                                  f"mppe-{mppe}")}
    assert {row["tunnel_inside"] for row in rows} == inside
    assert {row["tunnel_outside"] for row in rows} == outside


def end(fw, server):
    until(lambda: server.sessions() == 0, "the end of all sessions", server)
    until(lambda: not fw.calls(), "an empty call table", server)
    server.stop()


def run_session(fw, place, number, **ppp):
    """Log in, ping, hang up; the others do not notice."""
    server = peer.Server(place.server, **ppp)
    clients = log_in(place.address, place.clients(number), **ppp)
    assert server.sessions() == number
    peer.ping(*clients)
    check_calls(fw, clients, place.address)
    check_logins(fw, clients, place, **ppp)
    for client in clients:
        encrypted = ppp.get("mppe") != "none"
        assert client.encrypted() == encrypted, client.log()
    peer.hang_up(clients[0])
    peer.ping(*clients[1:])
    peer.hang_up(*clients[1:])
    closing = ["LCP terminated by peer", "control connection finished"]
    if place.address != laboratory.PUBLIC:
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


STRICT = ("require { authentication = {mschap-v2}  encryption = mppe-128  "
          "otherwise = end }")


def explained(fw, client, name, sentence):
    """pptpalgctl says why this one's last try has failed."""
    address = client.host.address

    def said():
        return [row for row in fw.json("why", address)
                if row["ended"] and row["trouble"] == name]
    until(said, f"{name} in {fw.json('why', address)}", client)
    row = said()[-1]
    assert row["text"].startswith(sentence), row
    assert sentence in fw.ctl("why", address).stdout
    return row


@pytest.mark.skipif(KERNEL, reason="nobody there to ask")
@pytest.mark.parametrize("fw", [BPF + "auto"], ids=["auto"], indirect=True)
def test_why_they_do_not_log_in(fw, outgoing):
    """A wrong password; encryption that is not agreed on; and what neither
    end minds, but the firewall's admin."""
    server = peer.Server(outgoing.server)
    hosts = outgoing.clients(3)
    wrong = peer.Client(hosts[0], CALL_ID, password="wrong")
    bare = peer.Client(hosts[1], CALL_ID, mppe="none")
    for client in wrong, bare:
        client.dial(outgoing.address)
    for client in wrong, bare:
        assert client.host.finish()[0] != 0, client.log()
    there = outgoing.address
    row = explained(fw, wrong, "auth-failed",
                    f'{there} does not accept user "test" by MS-CHAPv2: '
                    '"E=691 ')
    assert "E=691 is: wrong user name or password" in row["text"]
    assert row["user"] == "test"
    explained(fw, bare, "mppe-not-agreed",
              f"{there} wants encryption (MPPE), {bare.host.address} ")
    end(fw, server)

    fw.configure("gre { %sauto }\n%s" % (BPF, STRICT))
    fw.ctl("reload")
    try:
        server = peer.Server(outgoing.server, auth="pap", mppe="none")
        weak = peer.Client(hosts[2], CALL_ID, auth="pap", mppe="none")
        weak.dial(outgoing.address)
        weak.host.finish()
        weak.until_gone()
        explained(fw, weak, "required-here", "It is ended here, since PPP "
                  "came up by a method that require { } does not allow: "
                  "authentication pap, encryption none.")
        end(fw, server)
    finally:
        fw.configure("gre { %sauto }" % BPF)
        fw.ctl("reload")


def test_transfer(fw, outgoing):
    server = peer.Server(outgoing.server)
    clients = log_in(outgoing.address, outgoing.clients(2))
    for port, client in enumerate(clients, 5001):
        server.receive(port)
        client.send(port)
    for client in clients:
        client.sent()
    peer.hang_up(*clients)
    end(fw, server)


def test_a_deaf_client_harms_nobody(fw, outgoing):
    """Its host tells the server that it knows no GRE.  Passed on with the
    shared address, that would end the other client's call: the server's
    sockets cannot tell the two apart."""
    server = peer.Server(outgoing.server)
    deaf, client = log_in(outgoing.address, outgoing.clients(2))
    deaf.go_deaf()
    server.poke(deaf.tunnel_address())
    peer.ping(client)
    deaf.die()
    until(lambda: server.sessions() == 1, "the end of one session",
          server)
    peer.ping(client)
    peer.hang_up(client)
    end(fw, server)
