# SPDX-License-Identifier: GPL-2.0-or-later
"""FreeRADIUS with a configuration of a test's own, in a namespace, and what a
RADIUS server sends of its own accord (RFC 5176)."""
import hashlib
import hmac
import os
import re
import shutil
import signal
import socket
import struct
import tempfile

from topology import PATIENCE
from tunnels import until

SECRET = "testing123"
CONFIG = """
prefix = /usr
libdir = /usr/lib/freeradius
logdir = %(dir)s
raddbdir = %(dir)s
run_dir = %(dir)s
max_requests = 1024
cleanup_delay = 1
hostname_lookups = no
log {
    destination = stdout
    auth = yes
}
security {
    reject_delay = 0
    status_server = no
}
client field {
    ipaddr = 127.0.0.0/8
    secret = %(secret)s
    require_message_authenticator = yes
}
modules {
    pap {
    }
    chap {
    }
    mschap {
        use_mppe = yes
        require_encryption = yes
        require_strong = yes
    }
    files {
        filename = %(dir)s/users
    }
    detail {
        filename = %(dir)s/detail
    }
}
server default {
    listen {
        type = auth
        ipaddr = %(address)s
        port = 1812
    }
    listen {
        type = acct
        ipaddr = %(address)s
        port = 1813
    }
    authorize {
        chap
        mschap
        files
        pap
    }
    authenticate {
        Auth-Type PAP {
            pap
        }
        Auth-Type CHAP {
            chap
        }
        Auth-Type MS-CHAP {
            mschap
        }
    }
    accounting {
        detail
    }
    post-auth {
        %(sign)s
        Post-Auth-Type REJECT {
            %(sign)s
        }
    }
}
"""
SIGN = """update reply {
    Message-Authenticator := 0x00
}"""


def missing():
    return shutil.which("freeradius") is None


class FreeRadius:
    def __init__(self, ns, users, address="127.0.0.1", secret=SECRET,
                 signs=True):
        self.ns, self.address = ns, address
        self.dir = tempfile.mkdtemp(prefix="pptpalg-radius-")
        self.write("radiusd.conf", CONFIG % {
            "dir": self.dir, "address": address, "secret": secret,
            "sign": SIGN if signs else ""})
        self.write("users", users)
        self.process = None
        self.start()

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            os.fchmod(f.fileno(), 0o600)
            f.write(text)

    def start(self):
        self.log = open(os.path.join(self.dir, "log"), "a", encoding="utf-8")
        self.process = self.ns.popen(
            "freeradius", "-f", "-d", self.dir, "-n", "radiusd", "-l",
            "stdout", stdout=self.log, stderr=self.log)
        until(lambda: "Ready to process" in self.log_text() or
              self.process.poll() is not None, "FreeRADIUS", self)
        assert self.process.poll() is None, self.log_text()

    def log_text(self):
        with open(os.path.join(self.dir, "log"), encoding="utf-8") as f:
            return f.read()

    def records(self, kind):
        """What it was told for accounting: a dictionary for each."""
        path = os.path.join(self.dir, "detail")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as f:
            parts = f.read().split("\n\n")
        records = [dict(re.findall(r'^\t(\S+) = "?(.*?)"?$', part, re.M))
                   for part in parts]
        return [r for r in records if r.get("Acct-Status-Type") == kind]

    def record(self, kind):
        return until(lambda: self.records(kind), "a record " + kind, self)[-1]

    def stop(self):
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            self.log.close()

    def close(self):
        self.stop()
        shutil.rmtree(self.dir)


class Liar:
    """A RADIUS server by hand: answers each request as it is told."""
    ACCEPT, REJECT = 2, 3

    def __init__(self, ns, answer, address="127.0.0.1"):
        with ns:
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((address, 1812))
        self.sock.settimeout(0.05)
        self.answer, self.requests = answer, []

    def serve(self, condition, daemon):
        """Answers until the condition is true; its value."""
        def turn():
            try:
                data, peer = self.sock.recvfrom(4096)
            except TimeoutError:
                return condition()
            self.requests.append(data)
            for reply in self.answer(data):
                self.sock.sendto(reply, peer)
            return condition()
        return until(turn, "what is to become of it", daemon)

    def close(self):
        self.sock.close()


def attribute(kind, value):
    return bytes((kind, len(value) + 2)) + value


def reply(request, code, attributes=b"", secret=SECRET, signed=True):
    """A reply; not signed: without Message-Authenticator."""
    secret = secret.encode()
    if signed:
        attributes = attribute(80, bytes(16)) + attributes
    head = struct.pack("!BBH", code, request[1], 20 + len(attributes))
    if signed:
        digest = hmac.new(secret, head + request[4:20] + attributes,
                          "md5").digest()
        attributes = attribute(80, digest) + attributes[18:]
    digest = hashlib.md5(head + request[4:20] + attributes + secret).digest()
    return head + digest + attributes


def order(ns, address, code, attributes, secret=SECRET, source="127.0.0.1",
          answered=True):
    """Sends a Disconnect-Request (40) or CoA-Request (43); the code of what
    comes back, if something is to."""
    head = struct.pack("!BBH", code, 7, 20 + len(attributes))
    digest = hashlib.md5(head + bytes(16) + attributes +
                         secret.encode()).digest()
    with ns:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sock:
        sock.bind((source, 0))
        sock.settimeout(PATIENCE)
        sock.sendto(head + digest + attributes, (address, 3799))
        return sock.recv(4096)[0] if answered else None
