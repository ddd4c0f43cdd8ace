# SPDX-License-Identifier: GPL-2.0-or-later
"""pptpalgctl and the control socket."""
import json
import os
import pty
import random
import select
import shutil
import signal
import socket

import pytest

import pptp
from firewall import BUILD, CTL, ENGINE, FORWARD, PUBLIC, SERVER, SERVER2, TOP
from packet import RST
from test_calls import WHERE, sides
from topology import PATIENCE

# What it says of packets depends on the engine; all else does not.
pytestmark = pytest.mark.sections("net")
BPF_TOO = pytest.mark.sections("net", "auto")

FIELDS = {"call", "inside", "inside_port", "inside_call_id", "outside",
          "outside_port", "outside_call_id", "public", "mapped_call_id",
          "state", "direction", "asked_by", "since", "packets_in",
          "packets_out", "bytes_in", "bytes_out", "last_seen"}


@BPF_TOO
@WHERE
def test_a_call_in_json(net, fw, where):
    first = sides(net, where).call(500, 20)
    start = net.clock()
    call = sides(net, where).call(500, 21)
    row = fw.call(call)
    assert FIELDS <= set(row)
    control = call.control
    public = (control.server.dst if where == "client-inside"
              else control.client.dst)
    want = {
        "inside": control.inside.src, "inside_port": control.inside.sport,
        "inside_call_id": call.inside_id, "outside": control.outside.src,
        "outside_port": control.outside.sport,
        "outside_call_id": call.outside_id, "public": public,
        "mapped_call_id": call.mapped, "state": "up",
        "direction": "outgoing",
        "asked_by": "inside" if where == "client-inside" else "outside",
        "packets_in": 0, "packets_out": 0, "bytes_in": 0, "bytes_out": 0,
        "last_seen": None}
    assert {k: row[k] for k in want} == want
    assert start - 2 < row["since"] < net.clock() + 2
    assert row["call"] > fw.call(first)["call"]


def test_states_of_a_call(net, fw):
    control = net.connect().start()
    control.say(control.client, pptp.icrq(70))
    port = control.client.sport

    def row():
        return [r for r in fw.calls() if r["inside_port"] == port][0]
    got = row()
    assert (got["state"], got["outside_call_id"], got["direction"],
            got["asked_by"]) == ("requested", None, "incoming", "inside")
    control.say(control.server, pptp.icrp(71, got["mapped_call_id"]))
    assert (row()["state"], row()["outside_call_id"]) == ("up", 71)
    control.say(control.client, pptp.ccrq(70))
    assert row()["state"] == "clearing"
    control.say(control.server, pptp.cdn(71))
    assert not [r for r in fw.calls() if r["inside_port"] == port]


@pytest.fixture(scope="module")
def busy(shared):
    """Some calls, alone in a daemon of their own."""
    import firewall
    fw = firewall.Firewall(firewall.Network()).up()
    net = fw.network
    clients = "10.77.40.1", "10.77.40.2"
    for client in clients:
        for server in SERVER, SERVER2:
            control = net.connect(client, server).start()
            for n in (3, 1, 2):
                control.call(n + 60, n + 570)
    net.connect_in().start().call(3, 4)
    yield fw
    try:
        fw.close()
    finally:
        fw.network.close()


@pytest.mark.parametrize("words,rows", [
    ([], 13), (["--client", "10.77.40.1"], 6), (["--server", SERVER], 6),
    (["--client", "10.77.40.2", "--server", SERVER2], 3),
    (["--public", PUBLIC], 12), (["--public", "203.0.113.9"], 0),
    (["--call-id", "571"], 4), (["--call-id", "61"], 4),
    (["--call-id", "571", "--client", "10.77.40.1"], 2),
    (["--client", "10.77.40.0/24"], 12), (["--client", "10.77.40.2/31"], 6),
    (["--server", "0.0.0.0/0", "--client", "10.77.40.1/32"], 6),
    (["--client", "203.0.113.99"], 1), (["--call-id", "60000"], 0)])
def test_filters(busy, words, rows):
    assert len(busy.calls(*words)) == rows


@pytest.mark.parametrize("field", ["inside_call_id", "call", "inside",
                                   "outside", "mapped_call_id", "since"])
def test_sorting(busy, field):
    def key(row):
        value = row[field]
        return socket.inet_aton(value) if "side" == field[-4:] else value
    rows = busy.calls("--sort", field)
    assert [key(r) for r in rows] == sorted(map(key, rows))
    rows = busy.calls("--sort", "-" + field)
    assert [key(r) for r in rows] == sorted(map(key, rows), reverse=True)


def test_table_in_a_pipe_is_plain(busy):
    out = busy.ctl("calls").stdout
    assert "\x1b" not in out
    lines = out.splitlines()
    assert len(lines) == 14
    for word in "10.77.40.1", PUBLIC, SERVER2, "up", "61", "571":
        assert word in out
    heads = [lines[0].index(w) for w in ("INSIDE", "PUBLIC", "OUTSIDE")]
    for line in lines[1:]:
        assert all(line[at - 1] == " " and line[at] != " " for at in heads)


def test_columns_by_field_or_heading(busy):
    out = busy.ctl("calls", "--columns", "outside,inside_port,STATE",
                   "--sort", "-OUTSIDE").stdout.splitlines()
    assert out[0].split() == ["OUTSIDE", "inside_port", "STATE"]
    assert out[1].startswith("203.0.113.99:")
    assert {line.split()[2] for line in out[1:]} == {"up"}
    p = busy.ctl("calls", "--columns", "state,bogus", check=False)
    assert p.returncode == 2 and "fields are: call state" in p.stderr


@pytest.mark.parametrize("words,meant", [
    (["cals"], "calls"), (["conections"], "connections"), (["stat"], "status"),
    (["rulse"], "rules"), (["calls", "--cleint", "10.0.0.1"], "client"),
    (["calls", "--colums", "call"], "columns")])
def test_did_you_mean(fw, words, meant):
    p = fw.ctl(*words, check=False)
    assert p.returncode == 2 and "did you mean '%s'?" % meant in p.stderr


def test_a_network_is_not_cleared_at_once(fw):
    p = fw.ctl("clear", "10.0.0.0/8", check=False)
    assert p.returncode == 2 and "one address at a time" in p.stderr


COMPLETE = """
. %s/conf/dist/completion/pptpalgctl.bash
COMP_WORDS=(%s "$@") COMP_CWORD=$#
_pptpalgctl
echo "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize("words,some", [
    (["ca"], {"calls"}), ([""], {"status", "rules", "top", "why"}),
    (["calls", "--cl"], {"--client"}), (["dial", ""], {"up", "down"}),
    (["rules", "--"], {"--apply", "--nft", "--remove"}),
    (["log", "w"], {"warning"})])
def test_completion(fw, words, some):
    p = fw.ns.run("bash", "-c", COMPLETE % (TOP, CTL), "-", *words)
    got = set(p.stdout.split())
    assert some <= got and all(w.startswith(words[-1]) for w in got), got


SET_UP = """PS1=; fpath=(%s $fpath); PATH=%s:$PATH
autoload -U compinit; compinit -u -D; print rea''dy
"""
READY, EDITS = "ready\r\n", "\x1b[?2004h"      # and then it reads keys


def test_completion_in_zsh(net, tmp_path):
    """By bash's file, at a terminal."""
    folder = os.path.join(TOP, "conf/dist/completion")
    with open(os.path.join(folder, "pptpalgctl.zsh")) as f:
        (tmp_path / "_pptpalgctl").write_text(
            f.read().replace("@COMPLETIONDIR@", str(tmp_path)))
    shutil.copy(os.path.join(folder, "pptpalgctl.bash"),
                tmp_path / "pptpalgctl")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe("zsh", ["zsh", "-f", "-i"], {**os.environ,
                                                "TERM": "dumb"})
    seen = ""

    def wait(text, start=0):
        nonlocal seen
        while text not in seen[start:]:
            assert select.select([terminal], [], [], PATIENCE)[0], seen
            seen += os.read(terminal, 65536).decode(errors="replace")
    os.write(terminal, (SET_UP % (tmp_path, BUILD)).encode())
    try:
        wait(READY)
        wait(EDITS, seen.index(READY))
        for begun, whole in (("hist", "history "), ("calls --cl", "client "),
                             ("dial u", "up "), ("rules --ap", "apply ")):
            start = len(seen)
            os.write(terminal, b"\x15pptpalgctl " + begun.encode() + b"\t")
            wait(whole, start)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def test_empty_lists(own):
    fw = own().up()
    assert fw.calls() == [] and fw.json("connections") == []
    assert len(fw.ctl("calls").stdout.splitlines()) <= 1


def test_connections(net, fw):
    control = net.connect().start()
    control.call(1, 1)
    row, = [r for r in fw.json("connections", "--client",
                               control.client.src)]
    assert (row["inside"], row["outside"], row["state"], row["calls"],
            row["public"], row["public_port"], row["opened_by"]) == (
        control.client.src, SERVER, "open", 1, PUBLIC,
        control.server.dport, "inside")
    assert control.client.src in fw.ctl("connections").stdout
    control.client.raw(RST)
    net.loop.until(lambda: control.server.reset, "the reset")
    net.loop.until(lambda: not [
        r for r in fw.json("connections", "--client", control.client.src)
        if r["state"] == "open"], "the connection to end")


@BPF_TOO
def test_status(net, fw):
    status = fw.json("status")
    engine = "nfqueue" if ENGINE == "nfqueue" else "bpf"
    assert status["engine"] == engine
    assert status["forward"] == (None if engine == "nfqueue" else FORWARD)
    assert status["config_file"] == fw.config_file
    assert (status["queue_control_number"], status["queue_gre_number"]) == \
        (1723, 1724)
    assert status["queue_control_packets"] > 0
    text = fw.ctl("status").stdout
    assert engine in text and fw.config_file in text


@BPF_TOO
def test_counters_add_up(own):
    fw = own().up()
    net = fw.network
    call = net.connect().start().call(1, 1)
    for _ in range(3):
        call.both_ways()
    call.control.say(call.control.client, pptp.ccrq(1))
    call.control.say(call.control.server, pptp.cdn(1))
    control = call.control
    seen = control.new_id(control.client, pptp.ocrq(2))
    control.answer(control.client, 2, seen, 2,
                   lambda own, peer: pptp.ocrp(own, peer, 2, 0))

    def done():
        c = fw.json("counters")
        return (c["messages"], c["calls_up"], c["calls_down"],
                c["calls_refused"], c["gre_in"], c["gre_out"],
                c["reply-refused"]) == (8, 1, 1, 1, 3, 3, 1)
    net.loop.until(done, "the counters: %s" % fw.json("counters"))
    assert "calls_up" in fw.ctl("counters").stdout


@BPF_TOO
@WHERE
@pytest.mark.parametrize("by", ["call", "client"])
def test_clear_tells_both_ends(net, fw, canary, where, by):
    call = sides(net, where).call(1, 2)
    call.both_ways()
    control = call.control
    what = control.client.src if by == "client" else \
        str(fw.call(call)["call"])
    canary.both_ways()
    fw.ctl("clear", what)
    for end in control.client, control.server:
        net.loop.until(lambda: end.reset, "a reset at %s" % end.src)
    call.stops(canary)
    assert not fw.call(call)
    assert not fw.ns.run("conntrack", "-L", "-p", "tcp", "--orig-src",
                         control.client.src, "--sport",
                         str(control.client.sport)).stdout


def test_clear_one_client_of_two(net, fw):
    a, b = (net.connect().start().call(500, 1) for _ in range(2))
    fw.ctl("clear", a.control.client.src)
    net.loop.until(lambda: a.control.client.reset, "the reset")
    b.both_ways()
    again = net.connect(a.control.client.src, port=a.control.client.sport)
    again.start().call(500, 3).both_ways()


def test_clear_after_data_in_flight(net, fw):
    """An end whose last segment was lost must believe the reset, too."""
    call = net.connect().start().call(1, 2)
    control = call.control
    control.server.lose = lambda s: bool(s.payload)
    control.client.send(pptp.echorq())
    net.loop.until(lambda: any(s.payload[8:10] == b"\0\5"
                               for s in control.server.segments), "data")
    fw.ctl("clear", control.client.src)
    for end in control.client, control.server:
        net.loop.until(lambda: end.reset, "a reset at %s" % end.src)


def test_clear_all_connections_of_a_client(net, fw):
    client = net.client()
    calls = [net.connect(client, server).start().call(1, 2)
             for server in (SERVER, SERVER, SERVER2)]
    fw.ctl("clear", client)
    for call in calls:
        for end in call.control.client, call.control.server:
            net.loop.until(lambda: end.reset, "a reset at %s" % end.src)
    assert fw.calls("--client", client) == []


def test_another_user_may_not(fw):
    p = fw.ns.run("setpriv", "--reuid=12345", "--regid=12345",
                  "--clear-groups", *fw.ctl_words("status"), check=False)
    assert p.returncode == 1 and fw.socket in p.stderr


def test_clear_of_what_is_not_there(fw):
    for what in "999999999", "10.1.2.3":
        p = fw.ctl("clear", what, check=False)
        assert p.returncode == 1 and p.stderr, p


def test_no_cluster(fw):
    p = fw.ctl("cluster", check=False)
    assert p.returncode == 1 and "alone" in p.stderr, p


@pytest.mark.parametrize("words", [
    [], ["bogus"], ["calls", "--client", "x"], ["calls", "--sort", "bogus"],
    ["clear"], ["clear", "call"], ["log", "loud"], ["log"],
    ["calls", "--call-id", "65536"], ["--bogus"], ["status", "extra"]])
def test_usage_errors(fw, words):
    p = fw.ctl(*words, check=False)
    assert p.returncode == 2 and p.stderr and not p.stdout, p


def test_without_a_daemon(fw, tmp_path):
    p = fw.ns.run(*fw.ctl_words("status")[:1], "-s", str(tmp_path / "none"),
                  "status", check=False)
    assert p.returncode == 1 and str(tmp_path / "none") in p.stderr


def test_reload_and_log_level(own):
    fw = own().up("log { level = warning }")
    net = fw.network
    net.connect().start().call(1, 1)
    assert " up" not in fw.log_text()
    fw.ctl("log", "info")
    net.connect().start().call(2, 2)
    fw.logged(["up"])
    fw.ctl("reload")
    size = fw.log_size()
    net.connect().start().call(3, 3)
    assert " up" not in fw.log_text(size)


def test_reload_tells_what_stays(own):
    fw = own().up()
    assert fw.ctl("reload").stdout == ""
    fw.configure(connections=77)
    words = "limits { connections } changes with a restart only"
    assert fw.ctl("reload").stdout == "warning: %s\n" % words
    assert fw.json("reload") == {"warning": words}
    fw.logged([words])


def ask(fw, data, close=True):
    """What the daemon answers to these bytes."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(PATIENCE)
        s.connect(fw.socket)
        try:
            s.sendall(data)
            if close:
                s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        got = b""
        try:
            while True:
                part = s.recv(65536)
                if not part:
                    break
                got += part
        except ConnectionResetError:
            pass
        return got


@pytest.mark.parametrize("data", [
    b"\n", b"status\n", b"{}\n", b"[]\n", b'{"command":5}\n', b'"x"\n',
    b'{"command":"bogus"}\n', b'{"command":"status"\n', b"\0\1\2\xff\n",
    b'{"command":"calls","client":5}\n', b'{"command":"calls","x":"y"}\n',
    b'{"command":"clear"}\n', b'{"command":"status"}{"command":"status"}\n',
    b'{"command":"calls","call_id":-1}\n', b"[" * 4000 + b"\n",
    b'{"command":"' + b"x" * 4050 + b'"}\n', b"x" * 5000 + b"\n",
    b"x" * 5000, b'{"command":"status","command":"calls"}\n'])
def test_bad_requests_get_one_error_line(fw, canary, data):
    got = ask(fw, data)
    assert got.count(b"\n") == 1, got
    answer = json.loads(got)
    assert answer["ok"] is False and answer["error"]
    canary.both_ways()


def test_half_a_request_then_silence(fw, canary):
    socks = []
    for _ in range(5):
        s = socket.socket(socket.AF_UNIX)
        s.connect(fw.socket)
        s.sendall(b'{"comm')
        socks.append(s)
    assert fw.json("status")
    canary.both_ways()
    for s in socks:
        s.close()
    assert fw.json("status")


def test_random_requests(fw, canary):
    dice = random.Random(9)
    for _ in range(100):
        ask(fw, dice.randbytes(dice.randrange(1, 300)) + b"\n")
    good = b'{"command":"calls","client":"10.0.0.1"}\n'
    for _ in range(200):
        at = dice.randrange(len(good) - 1)
        ask(fw, good[:at] + bytes([dice.randrange(256)]) + good[at + 1:])
    canary.both_ways()
    assert fw.json("status")


def test_thousands_of_calls_are_listed(own):
    """And GRE goes on meanwhile."""
    fw = own().up(connections=4000, **{"calls-per-connection": 300})
    net = fw.network
    for _ in range(20):
        control = net.connect().start()
        ids = range(250)
        asked = b"".join(pptp.ocrq(n) for n in ids)
        for at in range(0, len(asked), 2688):
            control.client.send(asked[at:at + 2688], [1344, 1344])
            control.client.flushed()
        got = control.server.read(len(asked))
        said = b"".join(pptp.ocrp(n, pptp.call_id(got, n * 168 + 12))
                        for n in ids)
        for at in range(0, len(said), 2688):
            control.server.send(said[at:at + 2688], [1344, 1344])
            control.server.flushed()
    canary = net.connect().start().call(1, 1)
    p = fw.ns.popen(*fw.ctl_words("--json", "calls"), stdout=-1)
    canary.both_ways()
    rows = json.loads(p.communicate()[0])
    assert len(rows) == 5001
