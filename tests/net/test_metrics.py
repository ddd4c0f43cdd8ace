# SPDX-License-Identifier: GPL-2.0-or-later
"""Metrics and the status page, by HTTP."""
import contextlib
import json
import os
import socket

import pytest

import firewall
import openmetrics
import pptp
from firewall import PUBLIC
from test_logins import log_in
from topology import PATIENCE


@pytest.fixture(scope="module")
def watched():
    """A daemon that serves on a socket: no network is needed to read it."""
    fw = firewall.Firewall(firewall.Network())
    fw.http = os.path.join(fw.folder, "http.sock")
    fw.up('metrics { listen = "%s" }' % fw.http)
    yield fw
    try:
        fw.close()
    finally:
        fw.network.close()


def converse(fw, request):
    """All that comes back for these bytes, until the daemon closes."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(PATIENCE)
        s.connect(fw.http)
        got = b""
        try:
            s.sendall(request)
            while part := s.recv(65536):
                got += part
        except (BrokenPipeError, ConnectionResetError):
            pass
        return got.decode()


def get(fw, path, host="127.0.0.1"):
    head, _, body = converse(
        fw, b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (
            path.encode(), host.encode())).partition("\r\n\r\n")
    return int(head.split()[1]), head, body


def lines(fw, path):
    status, _, body = get(fw, path)
    assert status == 200
    *rows, end = map(json.loads, body.splitlines())
    assert end == {"ok": True}
    return rows


def metrics(fw):
    status, head, body = get(fw, "/metrics")
    assert status == 200 and "application/openmetrics-text" in head
    return openmetrics.read(body)


def test_metrics_count_what_happens(watched):
    net = watched.network
    before = metrics(watched)
    call = net.connect().start().call(500, 20)
    call.both_ways()
    control = call.control
    seen = control.new_id(control.client, pptp.ocrq(2))
    control.answer(control.client, 2, seen, 2,
                   lambda own, peer: pptp.ocrp(own, peer, 2, 0))
    net.loop.until(
        lambda: watched.counter("reply-refused") == 1, "the refusal")
    after = metrics(watched)

    def more(name, **labels):
        return openmetrics.value(after, name, **labels) - \
            openmetrics.value(before, name, **labels)
    assert more("calls") == more("calls_established_total") == 1
    assert more("calls_refused_total") == 1
    assert more("reasons_total", reason="reply-refused") == 1
    assert more("call_setup_seconds_count") == 1
    status, row = watched.json("status"), watched.call(call)
    for direction in "in", "out":
        for name in "packets", "bytes":
            both = [sum(value for (key, labels), value in values.items()
                        if key == "pptpalg_gre_%s_total" % name and
                        ("direction", direction) in labels)
                    for values in (before, after)]
            assert both[1] - both[0] == row["%s_%s" % (name, direction)] > 0
    # The refused one's is in quarantine.
    assert openmetrics.value(after, "call_ids_used", public=PUBLIC) == 2
    assert openmetrics.value(after, "build_info", version=status["version"],
                             engine=status["engine"],
                             forward=status["forward"] or "") == 1


def test_lists_are_those_of_the_control_socket(watched):
    net = watched.network
    call = net.connect().start().call(7, 8)
    client = call.control.client.src
    there, here = lines(watched, "/calls?client=" + client), \
        watched.calls("--client", client)
    assert len(there) == len(here) == 1
    # By another look at the clock: a millisecond more or less.
    assert abs(there[0].pop("since") - here[0].pop("since")) < 1
    assert there == here
    assert lines(watched, "/calls?trouble=true&client=" + client) == []
    assert lines(watched, "/status")[0]["engine"] == \
        watched.json("status")["engine"]
    client = log_in(net, b"ann", "pap", 128).control.client.src
    row, = net.loop.until(lambda: lines(watched, "/audit?client=" + client),
                          "the login")
    assert (row["user"], row["method"]) == ("ann", "pap")
    past = net.loop.until(lambda: lines(watched, "/past"), "a look back")
    assert {"time", "calls", "bytes_in"} <= set(past[0])


def test_the_page_loads_nothing_from_elsewhere(watched):
    status, head, body = get(watched, "/")
    assert status == 200 and body.startswith("<!DOCTYPE html>")
    assert "default-src 'none'" in head
    assert "src=" not in body and "href=" not in body


@pytest.mark.parametrize("request_line,status", [
    (b"POST /metrics HTTP/1.1", 405), (b"GET /clear HTTP/1.1", 404),
    (b"GET /reload HTTP/1.1", 404), (b"GET /events HTTP/1.1", 404),
    (b"GET /../etc/passwd HTTP/1.1", 404), (b"GET metrics HTTP/1.1", 400),
    (b"GET /metrics", 400), (b"\0\1\2", 405),
    (b"GET /calls?client=x HTTP/1.1", 400),
    (b"GET /calls?bogus=1 HTTP/1.1", 400), (b"GET /why HTTP/1.1", 400),
    (b"GET /calls?%%%&=& HTTP/1.1", 400),
    (b"GET /" + b"x" * 9000 + b" HTTP/1.1", 431)])
def test_requests_that_are_refused(watched, request_line, status):
    got = converse(watched, request_line + b"\r\nHost: localhost\r\n\r\n")
    # What is still unread when the daemon closes may take the answer along.
    assert got.split()[1:2] == [str(status)] or (status == 431 and not got)
    assert metrics(watched)


def test_those_who_only_connect_keep_out_nobody_for_long(watched):
    """16 at once; more are closed, and GRE goes on."""
    idle = []
    for _ in range(20):
        s = socket.socket(socket.AF_UNIX)
        s.connect(watched.http)
        idle.append(s)
        with contextlib.suppress(BrokenPipeError):      # one of the others
            s.sendall(b"GET /metr")
    watched.network.connect().start().call(3, 4).both_ways()
    for s in idle:
        s.close()
    watched.network.loop.until(
        lambda: get_or_none(watched), "an answer again")


def get_or_none(fw):
    got = converse(fw, b"GET /metrics HTTP/1.0\r\n\r\n")
    return got.startswith("HTTP/1.1 200")


def test_on_a_port_only_addresses_may_be_asked_for(own):
    fw = own()
    fw.network.fw.ip("link set lo up")
    fw.up('metrics { listen = "127.0.0.1:9723" }')

    def code(host):
        out = fw.ns.run("/usr/bin/python3", "-c", (
            "import socket; s = socket.create_connection(('127.0.0.1', 9723));"
            "s.sendall(b'GET /metrics HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n');"
            "print(s.recv(12).decode())") % host).stdout
        return out.split()[1]
    assert code("127.0.0.1:9723") == code("localhost") == "200"
    assert code("evil.example") == "403"
    fw.ctl("reload")
    assert code("localhost:9723") == "200"
