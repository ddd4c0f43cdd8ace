# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients and a server that ends their tunnels, each in a namespace.

    cli 10.0.0.0/16 -- eth0 [srv] 203.0.113.2, in the tunnels 10.128.0.1
"""
import os
import subprocess
import tempfile

import lab
from topology import Namespace, cable

DAEMON = os.path.join(lab.BUILD, "pptpalgd")
SERVER = lab.SERVER
INNER = "10.128.0.1"            # the server's address in the tunnels
POOL = "10.128.1.0-10.128.255.255"
USER, PASSWORD = "user%", "secret"
SECTION = """terminate bench {
	listen = {"%s"}
	local-address = "%s"
	remote-addresses = {"%s"}
	secrets = {"%s"}
	total-limit = %d
	half-open-limit = 1000
	half-open-source-limit = 0
	user-limit = 0
	source-limit = 0
	%s
}
"""
DIAL = """dial bench {
	server = "%s"
	user = "one"
	password-file = "%s"
	%s
}
"""
PLAIN = "encryption = none"


class Files:
    """A folder of a run's own."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="pptpalg-bench-")

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def file(self, name, text):
        """Only we may read it."""
        with open(self.path(name), "w", encoding="utf-8") as f:
            os.fchmod(f.fileno(), 0o600)
            f.write(text)
        return self.path(name)

    def log(self):
        return open(self.path("log"), "a", encoding="utf-8")

    def close(self):
        self.folder.cleanup()


class Ending(Files, lab.Lab):
    """The namespaces; serve() starts the daemon."""

    def __init__(self):
        super().__init__()
        self.socket = self.path("server.sock")
        self.programs = []
        self.cli, self.srv = map(Namespace, ("cli", "srv"))
        self.spaces = [self.cli, self.srv]
        cable(self.srv, "eth0", self.cli, "eth0")
        for ns, words in (
                (self.srv, "addr add %s/24 dev eth0" % SERVER),
                (self.cli, "addr add 203.0.113.3/24 dev eth0"),
                (self.cli, "route add local %s dev lo" % lab.CLIENTS),
                (self.srv, "route add %s via 203.0.113.3" % lab.CLIENTS)):
            ns.run("ip", *words.split())

    def __exit__(self, *_):
        for p in self.programs:
            p.kill()
        for p in self.programs:
            p.wait()
        for ns in self.spaces:
            ns.close()
        self.close()

    def daemon(self, ns, name, section):
        return self.start(ns, DAEMON, "-d", "-f", self.file(name, """
user = ""
control-socket = "%s"
journal = ""
log { level = warning }
%s""" % (self.path(name + ".sock"), section)))

    def serve(self, users, more=""):
        """The daemon, for so many users with a tunnel each at a time."""
        lines = ["%s * %s *\n" % (USER.replace("%", str(n)), PASSWORD)
                 for n in range(users)]
        secrets = self.file("secrets", "one * %s *\n" % PASSWORD +
                            "".join(lines))
        return self.daemon(self.srv, "server", SECTION % (
            SERVER, INNER, POOL, secrets, users, more))

    def dial(self, more=""):
        """The daemon as client; waits for nothing."""
        return self.daemon(self.cli, "client", DIAL % (
            SERVER, self.file("password", PASSWORD + "\n"), more))

    def log_in(self, calls, *options):
        """pptpalg-load with real logins, from an address each."""
        p = self.cli.popen(
            lab.LOAD, "client", "-s", SERVER, "-b", lab.CLIENTS, "-n",
            str(calls), "--login", USER, "--password-file",
            self.file("password", PASSWORD + "\n"), "--json", *options,
            stdout=subprocess.PIPE)
        self.programs.append(p)
        return p
