# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels that end at pptpalgd: a real client logs in to its server, its
client logs in to a real server.  The ALG is at work beside."""
import json
import os
import socket
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
METHODS = [
    ("mschap-v2", "128"), ("mschap-v2", "40"), ("mschap-v2", "none"),
    ("mschap", "128"), ("mschap", "none"), ("chap", "none"),
    ("pap", "none")]


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
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(self.socket)
            s.sendall(json.dumps(request).encode() + b"\n")
            items = []
            for line in map(json.loads, s.makefile()):
                if "ok" in line:
                    assert line["ok"], line
                    return items
                items.append(line)
            raise AssertionError("the reply has no end")

    def logged(self, words, start=0):
        def lines():
            return [line for line in self.log_text(start).splitlines()
                    if all(word in line for word in words)]
        until(lines, f"a log line with {words}", self)
        return lines()[-1]

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


@pytest.mark.parametrize("auth,mppe", METHODS)
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


def ping_from(fw, address):
    """From the firewall's own end, with packets as large as it takes; the
    server's pppd may not be quite ready when we are."""
    until(lambda: fw.ns.run("ping", "-n", "-q", "-c", "1", "-W", "1", address,
                            check=False).returncode == 0, "a ping", fw)
    out = fw.ns.run("ping", "-n", "-q", "-c", "10", "-i", "0.05", "-W", "2",
                    address).stdout
    assert " 0% packet loss" in out, out


@pytest.mark.parametrize("auth,mppe", METHODS)
def test_client(fw, outside, auth, mppe):
    server = lab.Server(outside[0], auth=auth, mppe=mppe)
    fw.dial(server.guest.address, link(auth, mppe))
    until(lambda: [s["state"] for s in fw.sessions()] == ["up"],
          "the tunnel", fw)
    session, = fw.sessions()
    assert (session["role"], session["method"]) == ("client", auth)
    assert session["address"] == lab.SERVER
    ping_from(fw, lab.SERVER)
    fw.ask(command="dial-down", name="hq")
    until(lambda: not fw.sessions(), "the end of the session", fw)
    until(lambda: server.sessions() == 0, "the end at the server", fw)
    server.stop()


def test_server_that_hangs_up(fw, outside):
    server = lab.Server(outside[0])
    fw.dial(server.guest.address)
    until(lambda: [s["state"] for s in fw.sessions()] == ["up"],
          "the tunnel", fw)
    server.stop()
    until(lambda: fw.ask(command="dials")[0]["state"] == "down",
          "the end", fw)


def fail_to_log_in(guest, user="test", password="secret", **ppp):
    """pppd's exit status."""
    client = lab.Client(guest, 0, **ppp)
    guest.write("/etc/ppp/chap-secrets", f"{user} * {password} *")
    guest.run(f"sed -i 's/^name test/name {user}/' /etc/ppp/options.client")
    client.dial(lab.PUBLIC)
    return guest.finish()[0]


def test_wrong_password(fw, outside):
    fw.serve()
    assert fail_to_log_in(outside[0], password="wrong") == 19
    line = fw.logged(["login failed:"])
    for word in ('user="test"', f"from={outside[0].address}:",
                 "method=mschap-v2", "reason=wrong-password", "try=1"):
        assert word in line, line
    until(lambda: not fw.sessions(), "the end of the session", fw)


def test_unknown_user(fw, outside):
    fw.serve()
    assert fail_to_log_in(outside[0], user="nobody") == 19
    assert "reason=no-such-user" in fw.logged(['login failed: user="nobody"'])


def test_client_without_encryption(fw, outside):
    fw.serve()
    client = lab.Client(outside[0], 0, mppe="none")
    client.dial(lab.PUBLIC)
    assert outside[0].finish()[0] != 0
    fw.logged(["login failed:", "reason=mppe-refused"])


def test_domain(fw, outside):
    fw.serve()
    client = lab.Client(outside[0], 0)
    outside[0].write("/etc/ppp/chap-secrets",
                     '"EXAMPLE\\\\test" * secret *')
    outside[0].run("sed -i 's/^name test/name EXAMPLE\\\\\\\\test/' "
                   "/etc/ppp/options.client")
    client.dial(lab.PUBLIC)
    client.up()
    session, = fw.sessions()
    assert (session["user"], session["login"]) == ("EXAMPLE\\test", "test")
    ping(client)
    client.hang_up()


def test_transfer(fw, outside):
    fw.serve()
    client = log_in(outside[0])
    for words in (), ("-R",):
        receiver = fw.ns.popen("iperf3", "-s", "-1", "-p", "5201", stdout=-3)
        until(lambda: "5201" in fw.ns.run("ss", "-Hltn").stdout,
              "iperf3 to listen", fw)
        outside[0].run(f"iperf3 -c {lab.SERVER} -p 5201 -n 3M "
                       "--connect-timeout 5000 " + " ".join(words))
        receiver.wait(10)
    client.hang_up()


def test_restart(fw, outside):
    """Killed without a word: the client notices and comes again."""
    fw.serve()
    client = log_in(outside[0])
    ping(client)
    fw.daemon.kill()
    fw.daemon.wait()
    fw.daemon = None
    fw.start()
    until(lambda: outside[0].run("pgrep -xc pppd || true").strip() == "0",
          "the end of pppd", fw, 30)
    client = log_in(outside[0])
    ping(client)
    client.hang_up()


def test_two_clients(fw, outside):
    fw.serve()
    clients = [log_in(guest) for guest in outside]
    for client in clients:
        ping(client)
    assert len({s["address"] for s in fw.sessions()}) == 2
    # From one to the other, through the server.
    addresses = [client.tunnel_address() for client in clients]
    for guest in outside:
        guest.run("ip route add 10.99.0.0/24 dev ppp0")
    outside[0].run(f"ping -n -q -c 5 -i 0.1 -W 2 {addresses[1]}")
    session = [s for s in fw.sessions() if s["address"] == addresses[0]][0]
    fw.ask(command="kick", session=session["session"])
    until(lambda: outside[0].run("pgrep -xc pppd || true").strip() == "0",
          "the end of pppd", fw)
    ping(clients[1])
    clients[1].hang_up()
