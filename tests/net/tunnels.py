# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels that end at pptpalgd: a daemon that serves, daemons that dial.

    clients 192.0.2.2... -- [cable] -- 192.0.2.1 server 10.50.0.1 -- lan
"""
import contextlib
import json
import os
import shutil
import signal
import socket
import threading
import time

import firewall
from topology import GUEST, PATIENCE, Namespace, bridge, cable

SERVER, LOCAL = "192.0.2.1", "10.99.0.1"
MEGABYTES = 1 if GUEST else 3   # of a transfer


def until(condition, what, daemon, seconds=PATIENCE, slowest=0.15):
    """Waits; the condition's value.  To ask for it costs something: what
    takes longer is asked for less often, but after so many seconds."""
    end, pause = time.monotonic() + seconds, 0.01
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "waited %s s for %s\n%s" % (
            seconds, what, daemon.log_text())
        time.sleep(pause)
        pause = min(pause * 1.2, slowest)


class Daemon:
    """pptpalgd in a namespace, with a configuration of a test's own."""

    def __init__(self, ns):
        self.ns = ns
        self.folder = firewall.make_folder()
        self.process = None
        self.socket = self.path("sock")
        self.log_file = self.path("log")

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, text, mode=0o600):
        """A new one: in folders like /tmp root may not write into another's
        (fs.protected_regular, proc_sys_fs(5))."""
        if os.path.exists(self.path(name)):
            os.unlink(self.path(name))
        with open(self.path(name), "w", encoding="utf-8") as f:
            os.fchmod(f.fileno(), mode)
            f.write(text)
        if mode == 0o600:
            firewall.give(self.path(name))
        return self.path(name)

    def configure(self, text):
        self.file("conf", 'user = "%s" control-socket = "%s"\n'
                  'log { level = debug accounting = "%s" }\n%s' % (
                      firewall.USER, self.socket, self.path("accounting"),
                      text), 0o644)

    def launch(self):
        self.log = open(self.log_file, "a", encoding="utf-8")
        return self.ns.popen(firewall.DAEMON, "-f", self.path("conf"), "-d",
                             stdout=-1, stderr=self.log)

    def start(self, text=None):
        if text is not None:
            self.configure(text)
        self.process = self.launch()
        line = firewall.read_line(self.process.stdout)
        assert line == "ready\n", self.log_text()
        return self

    def stop(self, how=signal.SIGTERM):
        p, self.process = self.process, None
        if p is None:
            return
        p.send_signal(how)
        status = p.wait(PATIENCE)
        p.stdout.close()
        self.log.close()
        assert how == signal.SIGKILL or status == 0, self.log_text()

    def log_text(self):
        with open(self.log_file, encoding="utf-8") as f:
            return f.read()

    def accounted(self):
        """What the accounting file says of tunnels that have ended."""
        with open(self.path("accounting"), encoding="utf-8") as f:
            return [json.loads(line) for line in f]

    def logged(self, *words, seconds=PATIENCE):
        """Waits for a log line with all these words; the line."""
        def line():
            for text in self.log_text().splitlines():
                if all(str(word) in text for word in words):
                    return text
        return until(line, "a log line with %s" % (words,), self, seconds)

    def ask(self, command, **arguments):
        return firewall.ask(self.socket, command, **arguments)

    def counter(self, name):
        return self.ask("counters")[0][name]

    def sessions(self, **filters):
        return self.ask("sessions", **filters)

    def up(self):
        return [s for s in self.sessions() if s["state"] == "up"]

    def close(self):
        self.stop()
        text = self.log_text() if os.path.exists(self.log_file) else ""
        shutil.rmtree(self.folder)
        for bad in "Sanitizer", "runtime error", "Assertion":
            assert bad not in text, text


class Field:
    """A server and as many clients as a test wants."""
    USERS = "ann * secret *\nbob * geheim 10.99.0.77\neve * secret *\n"

    def __init__(self):
        self.space = Namespace("server")
        self.spaces, self.daemons = [self.space], []
        with Namespace.together():
            bridge(self.space, "br0")
            self.space.ip("addr add %s/24 dev br0" % SERVER)
        self.space.set("net/ipv4/ip_forward", 1)
        self.server = self.daemon(self.space)

    def daemon(self, ns):
        self.daemons.append(Daemon(ns))
        return self.daemons[-1]

    def serve(self, more="", users=USERS, pool="10.99.0.10-10.99.0.99"):
        self.server.file("users", users)
        for limit in "user-limit = 0", "source-limit = 0":
            if limit[:-2] not in more.replace("half-open-source", ""):
                more += "\n" + limit
        return self.server.start("""terminate office {
            listen = {"%s"}
            local-address = "%s"
            remote-addresses = {"%s"}
            secrets = {"%s"}
            login-delay = 50
            %s
        }""" % (SERVER, LOCAL, pool, self.server.path("users"), more))

    def bare_space(self):
        """A client's host without a cable."""
        n = len(self.spaces)
        ns = Namespace("client%d" % n)
        self.spaces.append(ns)
        ns.address = "192.0.2.%d" % (n + 1)
        return ns

    def client_space(self, bridge="br0"):
        n = len(self.spaces)
        ns = self.bare_space()
        with Namespace.together():
            cable(self.space, "c%d" % n, ns, "eth0")
            self.space.ip("link set c%d master %s" % (n, bridge))
            ns.ip("addr add %s/24 dev eth0" % ns.address)
        return ns

    def dial(self, more="", user="ann", password="secret", ns=None,
             server=SERVER, count=1):
        """A client that dials; count: so many tunnels."""
        d = self.daemon(ns or self.client_space())
        d.file("password", password + "\n")
        return d.start("".join("""dial hq%d {
            server = "%s"
            user = "%s"
            password-file = "%s"
            reconnect-delay = 1
            %s
        }
        """ % (i, server, user, d.path("password"), more)
                               for i in range(count)))

    def connect(self, more="", **options):
        """A client whose tunnel is up."""
        d = self.dial(more, **options)
        until(lambda: len(d.up()) == options.get("count", 1), "a tunnel", d)
        until(lambda: {s["local"] for s in d.up()} <= {
            s["address"] for s in self.server.up()}, "it", self.server)
        d.address = d.up()[0]["local"]
        return d

    def close(self):
        try:
            for d in reversed(self.daemons):
                d.close()
        finally:
            for ns in self.spaces:
                ns.close()


def cpu_seconds(pid):
    """That a process has used."""
    with open("/proc/%d/stat" % pid, encoding="utf-8") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def until_resting(daemon):
    """Waits until it sleeps for a while: what spins never does."""
    def look():
        with open("/proc/%d/stat" % daemon.process.pid,
                  encoding="utf-8") as f:
            state = f.read().rsplit(")", 1)[1].split()[0]
        return state, cpu_seconds(daemon.process.pid)

    def resting():
        before = look()
        time.sleep(0.2)
        return look() == before and before[0] == "S"
    until(resting, "its rest", daemon)


def ping(ns, address, *more, count=3):
    """How many of some pings are answered: all sent at once, since ping is
    patient (-W) only as long as it has no answer when it has sent the last."""
    out = ns.run("ping", "-n", "-q", "-c", str(count), "-l", str(count), "-W",
                 "15", *more, address, check=False).stdout
    return int(out.split(" received")[0].split()[-1])


def transfer(here, there, address, megabytes=MEGABYTES):
    """Sends by TCP what no compression makes smaller; all of it arrives."""
    sent, received = os.urandom(megabytes << 20), bytearray()
    with there:
        listener = socket.create_server(("", 0))
    with here:
        sender = socket.socket()
    with listener, sender:
        sender.settimeout(PATIENCE)
        sender.connect((address, listener.getsockname()[1]))
        receiver, _ = listener.accept()
        thread = threading.Thread(target=send_all, args=(sender, sent))
        thread.start()
        with receiver:
            receiver.settimeout(PATIENCE)
            while data := receiver.recv(1 << 20):
                received += data
        thread.join()
    assert received == sent


def send_all(sender, data):
    """And closes, also when the other end has."""
    with contextlib.suppress(OSError):
        sender.sendall(data)
    sender.shutdown(socket.SHUT_WR)
