# SPDX-License-Identifier: GPL-2.0-or-later
"""Ends of a control connection with the kernel's own TCP."""
import socket
import time

import pptp
from topology import PATIENCE


def chat(net, calls=200):
    """Many calls on one connection of two kernels, in large writes."""
    client, server = connect(net)
    try:
        client.sendall(pptp.sccrq())
        assert len(read(server, 156)) == 156
        server.sendall(pptp.sccrp())
        read(client, 156)
        for start in range(0, calls, 50):
            exchange(client, server, range(start, start + 50))
    finally:
        client.close()
        server.close()


def connect(net):
    with net.out.namespace:
        listener = socket.create_server((net.out.kernel, 1723))
    with net.in1.namespace:
        client = socket.create_connection((net.out.kernel, 1723), PATIENCE)
    listener.settimeout(PATIENCE)
    server, _ = listener.accept()
    listener.close()
    for s in client, server:
        s.settimeout(PATIENCE)
    return client, server


def exchange(client, server, ids):
    asked = [pptp.ocrq(n) for n in ids]
    client.sendall(b"".join(asked))
    got = [read(server, 168) for _ in ids]
    seen = [pptp.call_id(g) for g in got]
    assert len(set(seen)) == len(seen)
    assert got == [pptp.with_id(a, s) for a, s in zip(asked, seen)]
    said = [pptp.ocrp(n + 5, s) for n, s in zip(ids, seen)]
    server.sendall(b"".join(said))
    for n, data in zip(ids, said):
        assert read(client, 32) == pptp.with_id(data, n, 14)
    client.sendall(b"".join(pptp.ccrq(n) for n in ids))
    assert [pptp.call_id(read(server, 16)) for _ in ids] == seen
    server.sendall(b"".join(pptp.cdn(n + 5) for n in ids))
    assert [pptp.call_id(read(client, 148)) for n in ids] == \
        [n + 5 for n in ids]


def read(sock, n):
    data = b""
    end = time.monotonic() + PATIENCE
    while len(data) < n and time.monotonic() < end:
        part = sock.recv(n - len(data))
        assert part, "closed after %d bytes" % len(data)
        data += part
    return data
