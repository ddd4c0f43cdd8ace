# SPDX-License-Identifier: GPL-2.0-or-later
"""Real clients log in to pptpalgd by FreeRADIUS, which sends them away."""
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "net"))
import laboratory  # noqa: E402
import radius  # noqa: E402
from peer import Client, ping  # noqa: E402
from terminator import (ADDRESSES, fw, log_in, network,  # noqa: E402,F401
                        outside, until, until_up)

LACKING = laboratory.lacking() or radius.missing() and "no FreeRADIUS"
pytestmark = pytest.mark.skipif(bool(LACKING), reason=LACKING)

METHODS = [("mschap-v2", "128"), ("mschap", "128"), ("chap", "none"),
           ("pap", "none")]
# Each user has the name of a method, and an address that is not the pool's.
ADDRESS = {auth: f"10.99.0.{50 + i}" for i, (auth, _) in enumerate(METHODS)}
USER = '%s Cleartext-Password := "secret"\n    Framed-IP-Address = %s\n\n'
LOCKED = ('locked Cleartext-Password := "secret", '
          'SMB-Account-Ctrl-Text := "[UL]"\n')
SERVER = "127.0.0.1"
WORDS = """
radius = {%(server)s}
radius-accounting = {%(server)s}
radius-listen = {%(server)s}
radius-secrets = "%(secrets)s"
methods = {pap, chap, mschap, mschap-v2}
encryption = optional
"""
DISCONNECT, ACK, USER_NAME = 40, 41, 1


@pytest.fixture
def server(fw):
    """FreeRADIUS on the firewall, whose daemon asks it."""
    users = "".join(map(USER.__mod__, ADDRESS.items())) + LOCKED
    made = radius.FreeRadius(fw.ns, users)
    secrets = fw.secret_file("radius", f"{SERVER} {radius.SECRET}\n")
    fw.serve(WORDS % {"server": SERVER, "secrets": secrets})
    yield made
    made.close()


def test_radius(fw, outside, server):
    """By all methods at once; then each is ended by a Disconnect-Message, and
    the server hears of the whole session."""
    clients = [Client(host, auth=auth, mppe=mppe, user=auth)
               for host, (auth, mppe) in zip(outside(4), METHODS)]
    log_in(clients, ADDRESSES[:1] * 4)
    sessions = {s["user"]: s for s in until_up(fw, 4)}
    for client, (auth, mppe) in zip(clients, METHODS):
        session = sessions[auth]
        assert session["method"] == auth
        assert session["encryption"] == ("none" if mppe == "none" else
                                         f"mppe-{mppe}")
        assert session["source"] == client.host.address
        assert session["address"] == client.tunnel_address() == ADDRESS[auth]
        assert client.encrypted() == (mppe == "128")
    ping(*clients)
    for client, (auth, _) in zip(clients, METHODS):
        assert radius.order(fw.ns, SERVER, DISCONNECT, radius.attribute(
            USER_NAME, auth.encode())) == ACK
        client.until_gone()
        assert "LCP terminated by peer" in client.log()
        fw.logged(["logout:", f'user="{auth}"', "reason=radius-disconnect"],
                  fw.begin)
    stops = until_stopped(server, fw, 4)
    assert {r["User-Name"]: r["Framed-IP-Address"] for r in stops} == ADDRESS
    assert {r["Acct-Terminate-Cause"] for r in stops} == {"Admin-Reset"}
    assert not fw.sessions()


def until_stopped(server, fw, number):
    """Waits for so many records of sessions' ends; them."""
    until(lambda: len(server.records("Stop")) == number, "records", fw)
    return server.records("Stop")


def test_refused(fw, outside, server):
    """A wrong password, a user whom the server does not know, and one whose
    account is locked, who hears so.  pppd ends with 19, or, when we hang up
    first, with 16."""
    hosts = outside(3)
    clients = [Client(hosts[0], user="mschap-v2", password="wrong"),
               Client(hosts[1], user="nobody"),
               Client(hosts[2], user="locked")]
    for client in clients:
        client.dial(ADDRESSES[0])
    for client, code in zip(clients, (691, 691, 647)):
        assert client.host.finish()[0] in (16, 19)
        assert f"E={code}" in client.log()
        fw.logged([f"from={client.host.address}:", "login failed:",
                   "reason=rejected"], fw.begin)
