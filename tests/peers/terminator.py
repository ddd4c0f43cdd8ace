# SPDX-License-Identifier: GPL-2.0-or-later
"""pptpalgd as one end of tunnels, for tests with real peers."""
import json
import os
import shutil
import socket
import time

import pytest

import firewall
import laboratory
from host import PATIENCE
from peer import PING

HOSTS = 5
# Of the firewall: a section for each of them.
ADDRESSES = ["203.0.113.%d" % number for number in range(1, 1 + HOSTS)]
USERS = "test * secret *\n"
SERVER = """
terminate at%d {
	listen = {"%s"}
	local-address = "10.99.0.1"
	remote-addresses = {"10.99.0.%d0-10.99.0.%d9"}
	secrets = {"%s"}
	login-delay = 100
	login-timeout = 180
	max-configure = 60
	%s
}
"""
DIAL = """
dial hq%d {
	server = "%s"
	user = '%s'
	password-file = "%s"
	connect-timeout = 180
	reconnect-delay = 1
	restart-time = 1
	max-configure = 100
	%s
}
"""
METHODS = [
    ("mschap-v2", "128"), ("mschap-v2", "40"), ("mschap-v2", "none"),
    ("mschap", "128"), ("mschap", "none"), ("chap", "none"),
    ("pap", "none")]


def until(condition, what, fw, seconds=PATIENCE):
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

    begin = 0           # of the log since the last start

    def start(self):
        if os.path.exists(self.log_file):
            self.begin = self.log_size()
        return super().start()

    def secret_file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
        firewall.give(path)
        return path

    def serve(self, *sections):
        """A section with these words at each address."""
        self.stop()
        users = self.secret_file("chap-secrets", USERS)
        self.configure("".join(
            SERVER % (i, ADDRESSES[i - 1], i, i, users, words)
            for i, words in enumerate(sections or [""], 1)))
        return self.start()

    def dial(self, *dials):
        """For each a dictionary: server and, if need be, user, password and
        more words."""
        self.stop()
        self.configure("".join(self.section(i, **dial)
                               for i, dial in enumerate(dials, 1)))
        return self.start()

    def section(self, number, server, user="test", password="secret",
                more=""):
        file = self.secret_file("password%d" % number, password + "\n")
        return DIAL % (number, server, user, file, more)

    def take_over(self, tree, *files, **changes):
        """What import makes of files in tests/import, with other words in
        them: all of it, and nothing is refused."""
        root = os.path.join(self.folder, tree)
        shutil.copytree(os.path.join(firewall.TOP, "tests/import", tree), root)
        for folder, _, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                os.chmod(path, 0o600)
                with open(path, "r+", encoding="utf-8") as file:
                    text = file.read()
                    for old, new in changes.items():
                        text = text.replace(old, new)
                    file.seek(0)
                    file.write(text)
                    file.truncate()
        text = self.ns.run(
            firewall.CTL, "import", "--root", root, "--secrets",
            os.path.join(root, "secrets"),
            *(os.path.join(root, "etc", file) for file in files)).stdout
        for folder, _, names in os.walk(root):
            for name in names:
                firewall.give(os.path.join(folder, name))
        return text.replace("/etc/ppp/", root + "/etc/ppp/")

    def ask(self, **request):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(PATIENCE)
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

    def up(self):
        return [s for s in self.sessions() if s["state"] == "up"]

    def counter(self, name):
        return self.ask(command="counters")[0][name]


def until_up(fw, number=1):
    """Waits for so many tunnels; them."""
    until(lambda: len(fw.up()) == number, "%d tunnels" % number, fw)
    return fw.up()


@pytest.fixture(scope="module")
def network():
    net = laboratory.Network()
    net.fw.ip(*[f"addr add {address}/24 dev out0"
                for address in ADDRESSES[1:]])
    # Else rules get hold of what comes by a bridge before programs do.
    net.fw.set("net/bridge/bridge-nf-call-iptables", 0, must=False)
    yield net
    net.close()


@pytest.fixture(scope="module")
def fw(network):
    fw = Terminator(network, nat=laboratory.NAT[:1])
    fw.configure()
    fw.rules("--apply")
    try:
        yield fw
    finally:
        fw.close()


@pytest.fixture
def outside(network):
    """Makes so many hosts outside."""
    yield lambda number: [network.outside(20 + i) for i in range(number)]
    network.quiet()


def log_in(clients, addresses=ADDRESSES):
    """All at once, each at its own address."""
    for client, address in zip(clients, addresses):
        client.dial(address)
    for client in clients:
        client.up()


def ping_from(ns, fw, *addresses):
    """The other end's pppd may not be quite ready when we are."""
    for address in addresses:
        until(lambda: ns.run("ping", "-n", "-q", "-c", "1", "-W", "1",
                             address, check=False).returncode == 0,
              "a ping", fw)
    pings = [ns.popen(*PING, address, stdout=-1) for address in addresses]
    for process in pings:
        out = process.communicate()[0]
        assert " 0% packet loss" in out, out
