# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels that end at pptpalgd: a real client logs in to its server, its
client logs in to a real server.  The ALG is at work beside."""
import json
import os
import sys
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "net"))
import firewall  # noqa: E402
import lab  # noqa: E402

pytestmark = pytest.mark.skipif(bool(lab.lacking()), reason=lab.lacking())

USERS = """test * secret *
"EXAMPLE\\\\ann" * secret *
"""
SERVER = """
terminate office {
	listen = {"%s"}
	local-address = "%s"
	remote-addresses = {"10.99.0.10-10.99.0.99"}
	secrets = {"%s"}
	login-delay = 100
	%s
}
"""
DIAL = """
dial hq {
	server = "%s"
	user = "test"
	password-file = "%s"
	reconnect = no
	%s
}
"""
WORDS = {"mschap-v2": "mschap-v2", "mschap": "mschap", "chap": "chap",
         "pap": "pap"}


def until(condition, what, fw, seconds=15):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds} s for {what}\n{fw.log_text()}")
        time.sleep(0.05)


def link(auth, mppe):
    """The section's words for what both ends insist on."""
    if mppe == "none":
        return f"methods = {{{auth}}}\n encryption = none"
    return f"methods = {{{auth}}}\n key-lengths = {{{mppe}}}"


class Terminator(firewall.Firewall):
    """pptpalgd with a section of its own."""

    def secret_file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
        return path

    def serve(self, more=""):
        self.stop()
        users = self.secret_file("chap-secrets", USERS)
        self.configure(SERVER % (lab.PUBLIC, lab.SERVER, users, more))
        return self.start()

    def dial(self, server, more=""):
        self.stop()
        password = self.secret_file("password", "secret\n")
        self.configure(DIAL % (server, password, more))
        return self.start()

    def ask(self, **request):
        import socket
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(self.socket)
            s.sendall(json.dumps(request).encode() + b"\n")
            lines = s.makefile().readline, []
            while True:
                line = json.loads(lines[0]())
                if "ok" in line:
                    assert line["ok"], line
                    return lines[1]
                lines[1].append(line)

    def sessions(self):
        return self.ask(command="sessions")


@pytest.fixture(scope="module")
def network():
    net = lab.Network(2)
    yield net
    net.close()


@pytest.fixture(scope="module")
def fw(network):
    fw = Terminator(network, nat=lab.NAT[:1])
    fw.configure()
    fw.rules("--apply")
    try:
        yield fw
    finally:
        fw.close()


@pytest.fixture
def outside(network):
    """Guests outside."""
    for number, guest in enumerate(network.guests):
        network.plug_out(guest, 20 + number)
    yield network.guests
    network.quiet()


def log_in(guest, **ppp):
    client = lab.Client(guest, 0, **ppp)
    client.dial(lab.PUBLIC)
    client.up()
    return client


def ping(client):
    client.ping()
    lost, output = client.lost()
    assert lost == 0, output


@pytest.mark.parametrize("auth,mppe", [
    ("mschap-v2", "128"), ("mschap-v2", "40"), ("mschap-v2", "none"),
    ("mschap", "128"), ("mschap", "none"), ("chap", "none"),
    ("pap", "none")])
def test_server(fw, outside, auth, mppe):
    fw.serve(link(auth, mppe))
    client = log_in(outside[0], auth=auth, mppe=mppe)
    session, = fw.sessions()
    assert session["state"] == "up"
    assert session["method"] == auth
    assert session["encryption"] == ("none" if mppe == "none" else
                                     f"mppe-{mppe}")
    assert session["source"] == client.guest.address
    ping(client)
    client.hang_up()
    until(lambda: not fw.sessions(), "the end of the session", fw)
    assert "reason=peer-ended" in fw.log_text()
