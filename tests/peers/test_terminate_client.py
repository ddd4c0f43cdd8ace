# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels that end at pptpalgd: its client logs in to real servers."""
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "net"))
import laboratory  # noqa: E402
import peer  # noqa: E402
from host import PATIENCE  # noqa: E402
from peer import Server  # noqa: E402
from terminator import (HOSTS, METHODS, fw, link, network,  # noqa: E402,F401
                        outside, ping_from, until, until_up)

LACKING = laboratory.lacking()
pytestmark = pytest.mark.skipif(bool(LACKING), reason=LACKING)

ONCE = "reconnect = no\n"
ECHO = "lcp-echo-interval = 1\nlcp-echo-failures = 5\n"


def dial(fw, servers, **more):
    fw.dial(*[{"server": server.host.address, **more} for server in servers])


def by_server(fw, number):
    """The tunnels, by the servers' addresses outside."""
    return {s["source"]: s for s in until_up(fw, number)}


def reasons(fw):
    """Why each of the tunnels has ended, when all have."""
    until(lambda: {d["state"] for d in fw.ask(command="dials")} == {"down"},
          "the end", fw)
    dials = {d["dial"]: d["reason"] for d in fw.ask(command="dials")}
    return [dials[name] for name in sorted(dials)]


@pytest.mark.parametrize("methods", [METHODS[:HOSTS], METHODS[HOSTS:]],
                         ids=["with-mppe", "without"])
def test_methods(fw, outside, methods):
    """Each allowed for one dial only, all tunnels at once."""
    hosts = outside(len(methods))
    servers = [Server(host, auth, mppe, network=i) for i, (host, (
        auth, mppe)) in enumerate(zip(hosts, methods))]
    fw.dial(*[{"server": server.host.address, "more": link(*method)}
              for server, method in zip(servers, methods)])
    sessions = by_server(fw, len(servers))
    for server, (auth, mppe) in zip(servers, methods):
        session = sessions[server.host.address]
        assert (session["role"], session["method"]) == ("client", auth)
        assert session["encryption"] == ("none" if mppe == "none" else
                                         f"mppe-{mppe}")
        assert session["address"] == server.address
    ping_from(fw.ns, fw, *[server.address for server in servers])
    for number in range(len(servers)):
        fw.ask(command="dial-down", name="hq%d" % (number + 1))
    until(lambda: not fw.sessions(), "the end of the sessions", fw)
    for server in servers:
        until(lambda: server.sessions() == 0, "the end at the server", fw)


def test_odd_servers(fw, outside):
    """One that wants other compression, compressed headers, IPv6 and allows
    stateful encryption; one that knows users by their domain."""
    user = "EXAMPLE\\ann"
    hosts = outside(2)
    eager = Server(hosts[0], common=peer.EAGER + "mppe-stateful\n")
    domain = Server(hosts[1], user=user, network=1)
    fw.dial({"server": eager.host.address, "more": "stateful = yes"},
            {"server": domain.host.address, "user": user})
    sessions = by_server(fw, 2)
    assert sessions[eager.host.address]["encryption"] == "mppe-128"
    assert sessions[domain.host.address]["user"] == user
    ping_from(fw.ns, fw, eager.address, domain.address)
    for words in "<compress VJ", "IPV6CP ConfReq":
        assert words in eager.log()


def test_servers_that_refuse(fw, outside):
    """A wrong password by three methods."""
    methods = [("mschap-v2", "128"), ("chap", "none"), ("pap", "none")]
    servers = [Server(host, *method)
               for host, method in zip(outside(3), methods)]
    fw.dial(*[{"server": server.host.address, "password": "wrong",
               "more": ONCE + link(*method)}
              for server, method in zip(servers, methods)])
    assert reasons(fw) == ["refused-by-peer"] * 3
    for server, (auth, _) in zip(servers, methods):
        fw.logged(["dial: login failed:", 'user="test"', f"method={auth}",
                   f"from={server.host.address}:",
                   "reason=refused-by-peer"], fw.begin)
    assert "dial: up" not in fw.log_text(fw.begin)


def test_wrong_encryption(fw, outside):
    """Ours demands what theirs does not know, or the other way round."""
    demands = [("none", "128"), ("40", "128"), ("128", "none")]
    servers = [Server(host, mppe=theirs)
               for host, (theirs, _) in zip(outside(3), demands)]
    fw.dial(*[{"server": server.host.address,
               "more": ONCE + link("mschap-v2", ours)}
              for server, (_, ours) in zip(servers, demands)])
    assert set(reasons(fw)) <= {"mppe-refused", "peer-ended"}
    assert "dial: up" not in fw.log_text(fw.begin)


def test_transfer(fw, outside):
    """Both ways at once; then the servers hang up."""
    servers = [Server(host, network=i) for i, host in enumerate(outside(2))]
    dial(fw, servers, more=ONCE)
    until_up(fw, 2)
    ping_from(fw.ns, fw, *[server.address for server in servers])
    senders = []
    for server, way in zip(servers, ([], ["-R"])):
        server.receive(5001)
        senders.append(fw.ns.popen("iperf3", "-c", server.address, "-p",
                                   "5001", "-n", "256K", *way, stdout=-3))
    assert [sender.wait(PATIENCE) for sender in senders] == [0, 0]
    for server in servers:
        server.host.signal("TERM", *server.host.running("pppd"))
    assert reasons(fw) == ["peer-ended"] * 2
    assert not fw.sessions()


def test_servers_that_vanish(fw, outside):
    """One is killed and another one started, one is unplugged for longer
    than its echoes may be missing: the client comes again."""
    killed, unplugged = servers = [
        Server(host, network=i) for i, host in enumerate(outside(2))]
    dial(fw, servers, more=ECHO)
    before = by_server(fw, 2)
    unplugged.host.plug(None)
    killed.kill()
    fw.logged(["dial: down", "reason=echo-lost",
               f"from={unplugged.host.address}:"], fw.begin)
    unplugged.host.plug("out0")
    killed.start()
    after = by_server(fw, 2)
    for server in servers:
        address = server.host.address
        assert after[address]["session"] != before[address]["session"]
    ping_from(fw.ns, fw, killed.address, unplugged.address)
