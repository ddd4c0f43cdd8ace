# SPDX-License-Identifier: GPL-2.0-or-later
"""pptpalgctl events: what happens to calls, and why, as it happens."""
import json
import select
import socket

import pytest

import pptp
from firewall import read_line
from packet import RST

# What they say of packets depends on the engine; all else does not.
pytestmark = pytest.mark.sections("net")


class Events:
    def __init__(self, fw, *words):
        self.fw = fw
        before = fw.json("status")["followers"]
        self.p = fw.ns.popen(*fw.ctl_words("--json", *words, "events"),
                             stdout=-1, stderr=-1)
        fw.network.loop.until(
            lambda: fw.json("status")["followers"] > before, "the follower")

    def next(self):
        """The ends go on meanwhile: they send again what was lost."""
        self.fw.network.loop.until(lambda: select.select(
            [self.p.stdout], [], [], 0)[0], "an event")
        line = read_line(self.p.stdout)
        assert line, "no event"
        return json.loads(line)

    def close(self):
        self.p.kill()
        self.p.communicate()


@pytest.fixture
def events(own):
    fw = own().up(**{"calls-per-connection": 2})
    follower = Events(fw)
    yield fw, follower
    follower.close()


@pytest.mark.sections("net", "auto")
def test_events_of_a_call(events):
    fw, follower = events
    started = fw.network.clock()
    control = fw.network.connect().start()
    call = control.call(500, 20)
    call.both_ways()
    control.say(control.client, pptp.ccrq(500))
    control.say(control.server, pptp.cdn(20))
    got = [follower.next() for _ in range(3)]
    assert [e["event"] for e in got] == ["request", "up", "down"]
    for e in got:
        assert (e["inside"], e["inside_call_id"], e["outside"],
                e["mapped_call_id"]) == (
            control.client.src, 500, control.server.src, call.mapped)
        assert started - 1 <= e["time"] <= fw.network.clock() + 1
    assert got[2]["packets_in"] == got[2]["packets_out"] == 1
    assert got[2]["reason"] in ("clear", "disconnect")


@pytest.mark.parametrize("how,reason", [
    (lambda c: c.say(c.server, pptp.cdn(20)), "disconnect"),
    (lambda c: c.say(c.client, pptp.ccrq(500)), "clear"),
    (lambda c: c.say(c.client, pptp.stoprq()), "stop"),
    (lambda c: c.say(c.client, pptp.sccrq()), "restart"),
    (lambda c: c.client.raw(RST), "reset"),
    (lambda c: c.client.send(b"nonsense" * 5), "bad-length"),
    (lambda c: (c.client.fin(), c.server.fin()), "closed")])
def test_events_name_the_reason(events, how, reason):
    fw, follower = events
    control = fw.network.connect().start()
    control.call(500, 20)
    how(control)
    got = [follower.next() for _ in range(3)]
    assert (got[2]["event"], got[2]["reason"]) == ("down", reason)


def test_events_of_refusals(events):
    fw, follower = events
    control = fw.network.connect().start()
    control.call(1, 1)
    seen = control.new_id(control.client, pptp.ocrq(2))
    control.answer(control.client, 2, seen, 2,
                   lambda own, peer: pptp.ocrp(own, peer, 2, 0))
    control.call(3, 3)
    seen = pptp.call_id(control.say(control.client, pptp.ocrq(4)))
    control.say(control.server, pptp.ocrp(4, seen))
    got = [follower.next() for _ in range(8)]     # one is of the attempt
    assert [e["trouble"] for e in got if e["event"] == "failed"] == [
        "reply-refused"]
    refused = [(e["inside_call_id"], e["reason"]) for e in got
               if e["event"] == "refused"]
    assert refused[0] == (2, "reply-refused")
    assert (4, "connection-calls") in refused


def test_events_as_text(own):
    fw = own().up()
    p = fw.ns.popen(*fw.ctl_words("events"), stdout=-1)
    fw.network.loop.until(lambda: fw.json("status")["followers"] == 1,
                          "the follower")
    control = fw.network.connect().start()
    control.call(500, 20)
    lines = [read_line(p.stdout) for _ in range(2)]
    p.kill()
    p.communicate()
    assert control.client.src in lines[0] and " up " in lines[1]


def test_a_follower_that_does_not_read_harms_nobody(own):
    fw = own().up()
    net = fw.network
    with socket.socket(socket.AF_UNIX) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        s.connect(fw.socket)
        s.sendall(b'{"command":"events"}\n')
        net.loop.until(lambda: fw.json("status")["followers"] == 1, "it")
        control = net.connect().start()
        for n in range(1500):
            control.call(n & 15, n & 15)
            control.say(control.client, pptp.ccrq(n & 15))
            control.say(control.server, pptp.cdn(n & 15))
        control.call(20, 20).both_ways()
    net.loop.until(lambda: fw.json("status")["followers"] == 0, "its end")


def test_events_of_one_client_and_lines_of_the_log(net, fw):
    """Of others nothing comes; the log's lines only to who asks."""
    other, mine = net.client(), net.client()
    follower = Events(fw, "--client", mine + "/32", "--log")
    quiet = Events(fw, "--client", mine)
    try:
        net.connect(other).start().call(1, 2)
        net.connect(mine).start().call(3, 4)
        got = [follower.next()]
        while got[-1]["event"] != "up":
            got.append(follower.next())
        assert {e["inside"] for e in got if e["event"] != "log"} == {mine}
        lines = [e for e in got if e["event"] == "log"]
        assert any(other in e["text"] and e["level"] == "info"
                   for e in lines), got
        assert [quiet.next()["event"] for _ in range(2)] == ["request", "up"]
    finally:
        follower.close()
        quiet.close()


def test_a_hook_is_run_for_events(net, fw, tmp_path):
    """Without a shell, as nobody, with the event in its environment."""
    hook, out = tmp_path / "hook", tmp_path / "out"
    out.touch()
    out.chmod(0o666)
    for folder in tmp_path, *list(tmp_path.parents)[:2]:
        folder.chmod(0o755)
    hook.write_text("#!/bin/sh\n"
                    "echo $1 $(id -un) $PPTPALG_INSIDE >>%s\n" % out)
    hook.chmod(0o755)
    client = net.client()
    before = fw.json("status")["followers"]
    p = fw.ns.popen(*fw.ctl_words("events", "--client", client, "--exec",
                                  str(hook)))
    try:
        net.loop.until(lambda: fw.json("status")["followers"] > before,
                       "the hooks' reader")
        net.connect(client).start().call(5, 6)
        net.loop.until(
            lambda: {"request nobody " + client, "up nobody " + client} <=
            set(out.read_text().splitlines()), "the hooks")
    finally:
        p.terminate()
        p.wait()


def test_a_hook_that_cannot_run_is_told(fw):
    p = fw.ctl("events", "--exec", "/nonexistent", check=False)
    assert p.returncode == 2 and "/nonexistent" in p.stderr
    p = fw.ctl("events", "--exec", "/bin/true", "--as", "no-such-user",
               check=False)
    assert p.returncode == 1 and "no-such-user" in p.stderr
