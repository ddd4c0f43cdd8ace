# SPDX-License-Identifier: GPL-2.0-or-later
"""pptpalgctl sessions, dial and the events of logins, with a made-up daemon
that knows what it was asked."""
import json
import os
import re
import socket
import subprocess
import threading
import time

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
CTL = os.path.join(TOP, os.environ.get("PPTPALG_BUILD", "build"),
                   "pptpalgctl")
NOW = time.time()

SESSION = {
    "session": 17, "role": "server", "section": "office", "state": "up",
    "user": "EXAMPLE\\ann", "login": "ann", "source": "198.51.100.7",
    "source_port": 49152, "server": "203.0.113.1", "call_id": 5012,
    "peer_call_id": 0, "address": "10.9.0.12", "local": "10.9.0.1",
    "method": "mschap-v2", "encryption": "mppe-128", "stateful": False,
    "compression": None, "mtu": 1396, "interface": "pptp0",
    "way": "ok", "since": NOW - 3600, "last_seen": NOW - 60, "packets_in": 12,
    "packets_out": 13, "bytes_in": 1048576, "bytes_out": 20971520,
    "lost": 0, "late": 1}
HALF = dict(SESSION, session=9, state="opening", user=None, login=None,
            address=None, local=None, method=None, encryption=None,
            mtu=None, interface=None, way=None, last_seen=None,
            source="192.0.2.9", since=NOW - 10, bytes_in=0, bytes_out=0)
DIAL = {
    "dial": "home", "state": "waiting", "server": "vpn.example.com",
    "server_address": None, "session": None, "user": "ann",
    "address": None, "local": None, "method": None, "encryption": None,
    "mtu": None, "interface": None, "way": None, "since": NOW - 5,
    "attempts": 3, "next_try": NOW + 40, "reason": "wrong-password",
    "text": "the peer did not accept our user name or password: E=691, wrong "
    "user name or password; it says: " + "no " * 40 + "entry"}
OK = {"ok": True}


class Daemon:
    """Answers one request with lines."""
    def __init__(self, folder):
        self.path = str(folder / "socket")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()

    def serve(self, reply):
        connection, _ = self.listener.accept()
        with connection, connection.makefile("rb") as lines:
            self.asked = json.loads(lines.readline())
            for item in reply:
                connection.sendall(json.dumps(
                    item, separators=(",", ":")).encode() + b"\n")

    def run(self, reply, *arguments):
        thread = threading.Thread(target=self.serve, args=(reply,))
        thread.start()
        done = subprocess.run([CTL, "-s", self.path, *arguments], timeout=120,
                              capture_output=True, text=True, check=False)
        thread.join(20)
        return done


@pytest.fixture
def daemon(tmp_path):
    made = Daemon(tmp_path)
    yield made
    made.listener.close()


def cells(text):
    """The table's rows by their headings; no cell has two blanks."""
    rows = [re.split(r"  +", line.strip()) for line in text.splitlines()]
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def test_sessions_as_a_table(daemon):
    done = daemon.run([SESSION, HALF, OK], "sessions")
    assert done.returncode == 0, done.stderr
    assert daemon.asked == {"command": "sessions"}
    first, second = cells(done.stdout)
    assert first == {
        "SESSION": "17", "STATE": "up", "SECTION": "office",
        "USER": "EXAMPLE\\ann", "ADDRESS": "10.9.0.12",
        "SOURCE": "198.51.100.7:49152", "METHOD": "mschap-v2",
        "ENCRYPTION": "mppe-128", "MTU": "1396", "INTERFACE": "pptp0",
        "WAY": "ok", "BYTES-IN": "1048576", "BYTES-OUT": "20971520",
        "AGE": first["AGE"], "IDLE": first["IDLE"]}
    assert first["AGE"] != first["IDLE"]
    assert (second["USER"], second["METHOD"], second["IDLE"]) == \
        ("-", "-", "-")


def test_sessions_in_json(daemon):
    done = daemon.run([SESSION, HALF, OK], "sessions", "--json")
    assert json.loads(done.stdout) == [SESSION, HALF]
    done = daemon.run([OK], "--json", "sessions")
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("key, first", [
    ("session", 9), ("-session", 17), ("source", 9), ("-bytes_out", 17),
    ("user", 9), ("since", 17), ("-since", 9)])
def test_sorting(daemon, key, first):
    done = daemon.run([SESSION, HALF, OK], "sessions", "--json", "--sort",
                      key)
    assert json.loads(done.stdout)[0]["session"] == first


@pytest.mark.parametrize("arguments, asked", [
    (["--user", "EXAMPLE\\ann"], {"user": "EXAMPLE\\ann"}),
    (["--user", "a\"b ü"], {"user": "a\"b ü"}),
    (["--address", "10.9.0.12", "--source", "1.2.3.4"],
     {"address": "10.9.0.12", "source": "1.2.3.4"})])
def test_filters(daemon, arguments, asked):
    done = daemon.run([OK], "sessions", *arguments)
    assert done.returncode == 0
    assert daemon.asked == {"command": "sessions", **asked}


@pytest.mark.parametrize("whom, asked", [
    ("ann", {"user": "ann"}), ("10.9.0.12", {"address": "10.9.0.12"}),
    ("17", {"session": 17}), ("10.9", {"user": "10.9"}),
    ("17x", {"user": "17x"})])
def test_kick(daemon, whom, asked):
    done = daemon.run([{"kicked": 2}, OK], "sessions", "--kick", whom)
    assert done.returncode == 0
    assert daemon.asked == {"command": "kick", **asked}
    assert done.stdout == "sessions ended: 2\n"


def test_a_refusal_is_told(daemon):
    done = daemon.run([{"ok": False, "error": "nobody is called ann"}],
                      "sessions", "--kick", "ann")
    assert done.returncode == 1
    assert "nobody is called ann" in done.stderr


@pytest.mark.parametrize("words, asked", [
    (["up", "home"], {"command": "dial-up", "name": "home"}),
    (["down", "home"], {"command": "dial-down", "name": "home"}),
    (["status", "home"], {"command": "dials", "name": "home"}),
    (["status"], {"command": "dials"})])
def test_dial(daemon, words, asked):
    done = daemon.run([OK], "dial", *words)
    assert done.returncode == 0
    assert daemon.asked == asked


def test_dial_status_as_a_table(daemon):
    done = daemon.run([DIAL, OK], "dial", "status")
    row, = cells(done.stdout)
    assert (row["DIAL"], row["STATE"], row["SERVER"], row["TRIES"]) == \
        ("home", "waiting", "vpn.example.com", "3")
    assert row["LAST-FAILURE"] == DIAL["text"]


@pytest.mark.parametrize("arguments", [
    ["dial"], ["dial", "sideways"], ["dial", "up"], ["dial", "up", "a", "b"],
    ["sessions", "17"], ["sessions", "--client", "1.2.3.4"],
    ["sessions", "--address", "ann"], ["calls", "--kick", "ann"],
    ["sessions", "--kick", ""], ["dial", "up", "x" * 300],
    ["sessions", "--sort", "colour"], ["sessions", "--kick", "ann", "x"]])
def test_wrong_usage(tmp_path, arguments):
    done = subprocess.run([CTL, "-s", str(tmp_path / "none"), *arguments],
                          capture_output=True, text=True, check=False,
                          timeout=120)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1


def test_events_of_logins(daemon):
    common = {"time": NOW, "section": "office", "user": "ann",
              "source": "198.51.100.7", "source_port": 49152}
    failed = dict(common, event="login-failed", method="mschap-v2", **{
        "try": 1, "reason": "wrong-password",
        "text": "the password is wrong"})
    login = dict(SESSION, event="login", time=NOW, reason=None)
    logout = dict(common, event="logout", session=17, seconds=60,
                  bytes_in=5, bytes_out=6, reason="peer-closed", text=None)
    dialled = {"event": "dial-failed", "time": NOW, "section": "home",
               "attempts": 3, "reason": "no-answer", "text": "no answer"}
    # Followed until the daemon goes, which is an error of its own.
    done = daemon.run([failed, login, logout, dialled], "events")
    lines = [line[19:] for line in done.stdout.splitlines()]
    assert lines == [
        "  login-failed  user ann  from 198.51.100.7:49152  method mschap-v2"
        "  section office  try 1: the password is wrong",
        "  login  user EXAMPLE\\ann  from 198.51.100.7:49152"
        "  method mschap-v2  encryption mppe-128  address 10.9.0.12"
        "  interface pptp0  section office  session 17"
        "  bytes in 1048576  out 20971520",
        "  logout  user ann  from 198.51.100.7:49152  section office"
        "  session 17  seconds 60  bytes in 5  out 6: peer-closed",
        "  dial-failed  section home  attempts 3: no answer"]
