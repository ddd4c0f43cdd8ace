# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels that end at pptpalgd: real clients log in to its server.  The ALG
is at work beside."""
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "net"))
import laboratory  # noqa: E402
import peer  # noqa: E402
from host import PATIENCE  # noqa: E402
from peer import Client, Server, hang_up, ping  # noqa: E402
from terminator import (ADDRESSES, HOSTS, METHODS, fw,  # noqa: E402,F401
                        link, log_in, network, outside, ping_from, until)

LACKING = laboratory.lacking()
pytestmark = pytest.mark.skipif(bool(LACKING), reason=LACKING)

GUIDE = peer.BARE + """noauth
nobsdcomp
nodeflate
require-mppe
mppe-stateful
name test
remotename PPTP
ipparam tunnel
"""


@pytest.mark.parametrize("methods", [METHODS[:HOSTS], METHODS[HOSTS:]],
                         ids=["with-mppe", "without"])
def test_methods(fw, outside, methods):
    """Each allowed by a section of its own, all clients at once."""
    fw.serve(*[link(*method) for method in methods])
    clients = [Client(host, auth=auth, mppe=mppe)
               for host, (auth, mppe) in zip(outside(len(methods)), methods)]
    log_in(clients)
    sessions = {s["source"]: s for s in fw.up()}
    for client, (auth, mppe) in zip(clients, methods):
        session = sessions[client.host.address]
        assert session["method"] == auth
        assert session["encryption"] == ("none" if mppe == "none" else
                                         f"mppe-{mppe}")
    ping(*clients)
    hang_up(*clients)
    until(lambda: not fw.sessions(), "the end of the sessions", fw)
    assert fw.log_text(fw.begin).count("reason=peer-ended") == len(methods)


def test_odd_clients(fw, outside):
    """One with a domain; one that wants other compression, compressed
    headers, IPv6 and allows stateful encryption; one as a guide says: any
    method, no word about compression, secrets for both directions."""
    fw.serve("", "stateful = yes", "")
    hosts = outside(3)
    domain, eager, guide = clients = [
        Client(hosts[0], user="EXAMPLE\\test"),
        Client(hosts[1], common=peer.EAGER + "mppe-stateful\n"),
        Client(hosts[2])]
    hosts[2].write("/etc/ppp/options.client", GUIDE)
    hosts[2].write("/etc/ppp/chap-secrets",
                   "test PPTP secret *\nPPTP test secret *")
    log_in(clients)
    sessions = {s["source"]: s for s in fw.up()}
    assert {s["encryption"] for s in sessions.values()} == {"mppe-128"}
    session = sessions[domain.host.address]
    assert (session["user"], session["login"]) == ("test", "test")
    for words in "<compress VJ", "IPV6CP ConfReq":
        assert words in eager.log()
    ping(domain, eager, guide)


def test_guides(fw, outside):
    """Set-ups of five guides, as import takes them over: three servers, and
    two clients of pptpd.  Only their addresses are the laboratory's."""
    hosts = outside(5)
    servers = [Server(hosts[3], user="ann", network=3),
               Server(hosts[4], user="LOGIN", network=4)]
    hosts[3].write("/etc/ppp/chap-secrets", 'ann * "Open Sesame" *')
    hosts[4].write("/etc/ppp/chap-secrets", "LOGIN * PASSWORD *")
    fw.stop()
    fw.configure("".join([
        fw.take_over("openbsd-server", "pptpd.conf",
                     **{"10.10.10.10": ADDRESSES[0]}).replace(
            "terminate pptpd", "terminate openbsd"),
        fw.take_over("classic", "pptpd.conf", **{
            "speed 115200": "listen " + ADDRESSES[1],
            "192.168.1.": "192.168.2."}).replace(
            "terminate pptpd", "terminate classic"),
        fw.take_over("centos", "pptpd.conf",
                     **{"logwtmp": "listen " + ADDRESSES[2]}),
        fw.take_over("openbsd-client", "ppp/ppp.conf",
                     **{"202.54.1.1": hosts[3].address}),
        fw.take_over("debian-client", "ppp/peers/tunnel",
                     **{"10.1.1.14": hosts[4].address})]))
    fw.start()
    fw.ask(command="dial-up", name="tunnel")
    clients = [
        Client(hosts[0], user="testing", password="testing"),
        Client(hosts[1], user="billy", password="bob", auth="chap",
               mppe="none"),
        Client(hosts[2], user="username", password="password")]
    log_in(clients)
    until(lambda: len(fw.up()) == 5, "five tunnels", fw)
    assert {s["user"]: s["encryption"] for s in fw.up()} == {
        "testing": "mppe-128", "billy": "none", "username": "mppe-128",
        "ann": "mppe-128", "LOGIN": "mppe-128"}
    for client, address in zip(clients, (
            "192.168.1.233", "192.168.0.234", "10.0.0.2")):
        ping(client, to=address)
    ping_from(fw.ns, fw, *[server.address for server in servers])
    hang_up(*clients)


def test_refused_clients(fw, outside):
    """pppd gives up first when keys differ; it ends with 19 when it is not
    let in."""
    fw.serve("", "", "", "", link("mschap-v2", "none"))
    hosts = outside(5)
    clients = [
        Client(hosts[0], password="wrong"),
        Client(hosts[1], user="nobody"), Client(hosts[2], mppe="none"),
        Client(hosts[3], mppe="40"), Client(hosts[4])]
    for client, address in zip(clients, ADDRESSES):
        client.dial(address)
    status = [client.host.finish()[0] for client in clients]
    assert status[:2] == [19, 19] and 0 not in status
    for number, words in enumerate([
            ("login failed:", 'user="test"', "reason=wrong-password",
             "try=1"),
            ("login failed:", 'user="nobody"', "reason=no-such-user"),
            ("no tunnel:", "reason=mppe-refused"),
            ("no tunnel:", "reason=peer-ended"),
            ("no tunnel:", "reason=peer-ended")]):
        fw.logged([f"from={hosts[number].address}:",
                   "method=mschap-v2", f"section=at{number + 1}", *words],
                  fw.begin)
    until(lambda: not fw.sessions(), "the end of the sessions", fw)
    assert "login: from" not in fw.log_text(fw.begin)


def test_transfer(fw, outside):
    """Both ways at once."""
    fw.serve()
    clients = [Client(host) for host in outside(2)]
    log_in(clients, ADDRESSES[:1] * 2)
    receivers = []
    for port, client, way in zip((5201, 5202), clients, ("", "-R")):
        receivers.append(fw.ns.popen("iperf3", "-s", "-1", "-p", str(port),
                                     stdout=-3))
        until(lambda: str(port) in fw.ns.run("ss", "-Hltn").stdout,
              "iperf3 to listen", fw)
        client.host.start(f"iperf3 -c {peer.SERVER} -p {port} -n 256K {way}")
    for client, receiver in zip(clients, receivers):
        client.sent()
        receiver.wait(PATIENCE)


def test_two_clients(fw, outside):
    """They reach each other; one is sent away."""
    fw.serve()
    clients = [Client(host) for host in outside(2)]
    log_in(clients, ADDRESSES[:1] * 2)
    addresses = [client.tunnel_address() for client in clients]
    assert len(set(addresses)) == 2
    for client in clients:
        client.host.run("ip route add 10.99.0.0/24 dev ppp0")
    ping(clients[0], to=addresses[1])
    session, = [s for s in fw.sessions() if s["address"] == addresses[0]]
    fw.ask(command="kick", session=session["session"])
    clients[0].until_gone()
    ping(clients[1])


def test_server_that_ends(fw, outside):
    """Killed without a word, or ended: its clients do not wait for a
    time-out, and may come again."""
    fw.serve()
    clients = [Client(host) for host in outside(2)]
    log_in(clients, ADDRESSES[:1] * 2)
    ping(*clients)
    fw.daemon.kill()
    fw.daemon.wait()
    fw.daemon = None
    fw.start()
    for client in clients:
        client.until_gone()
    log_in(clients, ADDRESSES[:1] * 2)
    ping(*clients)
    fw.stop()
    for client in clients:
        client.until_gone()
    assert fw.log_text(fw.begin).count("reason=shutdown") == 2
