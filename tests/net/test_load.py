# SPDX-License-Identifier: GPL-2.0-or-later
"""Many calls at once, all with the same call IDs, by pptpalg-load; and
pptpalg-load itself."""
import json
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "bench"))

import lab  # noqa: E402
from topology import GUEST  # noqa: E402

# Packets a second of each call, and for how many seconds; the guest's
# processor is an emulated one.
CALLS = 20 if GUEST else 100
GRE = ["--gre", "1", "--hold", "5"] if GUEST else ["--gre", "10", "--hold", "1"]
ENGINES = "nfqueue", "bpf_stack", "bpf_direct"


def all_well(ends, served, calls):
    """Every call came up, and got back its own GRE and nobody else's."""
    gre = ends["gre"]
    assert ends["setup"]["up"] == ends["end"]["cleared"] == calls
    assert gre["calls"] == calls and gre["calls_silent"] == 0
    assert gre["received"] == gre["sent"] == sum(
        one["gre_echoed"] for one in served)
    for what in "lost", "wrong_call", "duplicates", "late", "strange":
        assert gre[what] == 0, what
    assert sum(one["calls"] for one in served) == calls
    assert sum(one["calls_cleared"] for one in served) == calls


@pytest.fixture(params=ENGINES, scope="module")
def laboratory(request):
    with lab.Lab(request.param) as net:
        yield net


@pytest.fixture
def net(laboratory):
    """Its firewall goes from test to test, its ends do not."""
    yield laboratory
    for program in laboratory.programs:
        if program is not laboratory.engine:
            program.kill()
            program.wait()
    laboratory.programs[:] = [laboratory.engine]


def test_same_call_id(net):
    server = net.server()
    ends = net.run_client(CALLS, *GRE, "--clear")
    all_well(ends, [lab.report(server)], CALLS)


def test_calls_on_one_connection(net):
    """Some calls on each connection, the last one with fewer."""
    server = net.server()
    ends = net.run_client(CALLS, *GRE, "--clear",
                          "--per-connection", "3")
    served = lab.report(server)
    all_well(ends, [served], CALLS)
    assert served["connections"] == (CALLS + 2) // 3


def test_several_servers(net):
    """Clients that call each server in turn."""
    others = ["203.0.113.3", "203.0.113.4"]
    for address in others:
        net.srv.run("ip", "addr", "add", address + "/24", "dev", "eth0")
    servers = [net.server(address=address)
               for address in [lab.SERVER] + others]
    ends = net.run_client(CALLS, *GRE, "--clear",
                          server=lab.SERVER + "-3")
    served = [lab.report(server) for server in servers]
    all_well(ends, served, CALLS)
    assert max(one["calls"] for one in served) - min(
        one["calls"] for one in served) <= 1


def until_used(net):
    """Waits for GRE of each call, both ways; the calls."""
    end = time.monotonic() + lab.PATIENCE
    while True:
        calls = json.loads(net.ctl("--json", "calls").stdout)
        if all(call["packets_in"] and call["packets_out"] for call in calls):
            return calls
        assert time.monotonic() < end, calls
        time.sleep(0.2)


@pytest.mark.parametrize("engine", ENGINES)
def test_second_public_address(engine):
    """Both are used, each with call IDs of its own."""
    with lab.Lab(engine, pool=True) as net:
        server = net.server()
        client = net.client(CALLS, *GRE[:2], "--hold", "3600", "--clear")
        assert lab.phase(client)["up"] == CALLS
        calls = until_used(net)
        client.send_signal(signal.SIGINT)
        ends = {one["phase"]: one for one in map(json.loads, client.stdout)}
        ends["setup"] = {"up": CALLS}
        all_well(ends, [lab.report(server)], CALLS)
    assert {call["public"] for call in calls} == set(lab.POOL)
    keys = {(call["public"], call["mapped_call_id"]) for call in calls}
    assert len(keys) == len(calls) == CALLS


def test_without_translation():
    """The same without anyone's help fails: the tests above can."""
    with lab.Lab("masquerade") as net:
        server = net.server()
        client = net.client(CALLS, *GRE)
        assert lab.phase(client)["up"] == CALLS
        gre = lab.phase(client)
        served = lab.report(server)
        assert client.wait(lab.PATIENCE) == 1
    assert served["gre_received"] > 0
    assert gre["calls_silent"] > CALLS / 2
    assert gre["lost"] == gre["sent"] - gre["received"] > 0


class Echo(threading.Thread):
    """Sends some of the GRE that leaves an interface once more."""

    def __init__(self, ns, wanted):
        super().__init__(daemon=True)
        import socket
        with ns:
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                      socket.htons(3))
        self.sock.bind(("eth0", 0))
        self.outgoing = socket.PACKET_OUTGOING
        self.wanted, self.sent = wanted, 0

    def run(self):
        while self.sent < self.wanted:
            frame, where = self.sock.recvfrom(2048)
            if where[2] == self.outgoing and frame[12:14] == b"\x08\0" and \
                    frame[23] == 47:
                self.sock.send(frame)
                self.sent += 1


def test_duplicates():
    """What arrives twice is told, and counts once."""
    with lab.Lab("plain") as net:
        net.server()
        echo = Echo(net.srv, 50)
        echo.start()
        gre = net.run_client(10, "--gre", "100", "--hold", "1")["gre"]
        echo.join(lab.PATIENCE)
    assert gre["duplicates"] == echo.sent == 50
    assert gre["received"] == gre["sent"] > 50 and gre["lost"] == 0


def test_wrong_call():
    """GRE of another call than it belongs to is told."""
    with lab.Lab("plain") as net:
        net.server()
        # Everything goes to the first client, whoever it is for.
        net.cli.run("iptables", "-t", "mangle", "-A", "INPUT", "-p", "gre",
                    "-d", "10.0.0.2", "-j", "DROP")
        net.cli.run("nft", "-f", "-", input=MISDIRECTED)
        p = net.client(2, "--gre", "50", "--hold", "1")
        lab.phase(p)
        gre = lab.phase(p)
        assert p.wait(lab.PATIENCE) == 1
    assert gre["wrong_call"] > 0 and gre["calls_silent"] == 1


MISDIRECTED = """
table ip test {
	chain early {
		type filter hook prerouting priority -350;
		ip protocol 47 ip daddr 10.0.0.2 ip daddr set 10.0.0.1
	}
}
"""


def test_server_answers_only_those_named():
    with lab.Lab("plain") as net:
        server = net.start(net.srv, lab.LOAD, "server", "-b", lab.SERVER,
                           "--from", "10.0.0.1-2", "--json")
        client = net.client(3, "--hold", "0")
        setup = lab.phase(client)
        assert client.wait(lab.PATIENCE) == 1
        served = lab.report(server)
    assert setup["up"] == served["calls"] == 2
    assert served["strangers"] == 1
    (failure,) = setup["failures"]
    assert failure["count"] == 1


@pytest.mark.parametrize("words", [
    "server", "server -b 203.0.113.2", "server --from 10.0.0.1",
    "server -b 0.0.0.0 --from 10.0.0.1", "client", "client -s 0.0.0.0",
    "client -n 2 -b 10.0.0.1-2"])
def test_it_needs_addresses(words):
    done = subprocess.run([lab.LOAD] + words.split(), capture_output=True,
                          text=True, timeout=lab.PATIENCE)
    assert done.returncode == 2 and "try pptpalg-load -h" in done.stderr


def test_progress_on_a_terminal():
    """Each second a line on stderr, if that is a terminal, and no other."""
    with lab.Lab("plain") as net:
        net.server()
        terminal, end = pty.openpty()
        p = net.cli.popen(lab.LOAD, "client", "-s", lab.SERVER, "-b",
                          lab.CLIENTS, "-n", "40", "--rate", "20", "--json",
                          stdout=subprocess.PIPE, stderr=end)
        os.close(end)
        shown = read_all(terminal)
        assert p.wait(lab.PATIENCE) == 0
        assert len(p.stdout.read().splitlines()) == 2
        quiet = net.cli.run(lab.LOAD, "client", "-s", lab.SERVER, "-b",
                            lab.CLIENTS, "-n", "30", "--rate", "20")
    assert "of 40 calls up, 0 failed" in shown
    assert quiet.stderr == ""


def read_all(terminal):
    text, end = b"", time.monotonic() + lab.PATIENCE
    while time.monotonic() < end and \
            select.select([terminal], [], [], lab.PATIENCE)[0]:
        try:
            text += os.read(terminal, 4096)
        except OSError:         # the other end is closed
            break
    os.close(terminal)
    return text.decode()
