# SPDX-License-Identifier: GPL-2.0-or-later
"""Many control messages in a row, by real TCP with its offloads on, to an end
that reads one after the other: how long that takes through the daemon, beside
plain masquerading."""
import socket
import struct
import threading
import time

import lab
import pptp     # of tests/net
from measure import ratios, rounds, row, values

MESSAGES = 6000                         # 240 kB
RATIO = 3                               # to masquerading, at most
ENGINES = "masquerade", "nfqueue", "bpf_auto"


def ends(bench):
    """A connection through the firewall, with one call."""
    with bench.srv:
        listener = socket.create_server((lab.SERVER, 1723))
    with bench.cli:
        client = socket.create_connection((lab.SERVER, 1723), lab.PATIENCE,
                                          ("10.0.0.1", 0))
    with listener:
        server, _ = listener.accept()
    for end in client, server:      # blocking, so that MSG_WAITALL does wait
        end.settimeout(None)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO,
                       struct.pack("ll", lab.PATIENCE, 0))
    for end, other, message in (
            (client, server, pptp.sccrq()), (server, client, pptp.sccrp()),
            (client, server, pptp.ocrq(lab.CALL_ID)),
            (server, client, pptp.ocrp(1, lab.CALL_ID))):
        end.sendall(message)
        other.recv(len(message), socket.MSG_WAITALL)
    return client, server


def read_message(end):
    length, = struct.unpack("!H", end.recv(2, socket.MSG_WAITALL))
    return end.recv(length - 2, socket.MSG_WAITALL)


def send(server, client):
    """All messages; the seconds until the last one is there."""
    sender = threading.Thread(target=server.sendall, daemon=True, args=(
        pptp.wen(lab.CALL_ID) * MESSAGES,))
    start = time.monotonic()
    sender.start()
    for _ in range(MESSAGES):
        read_message(client)
    seconds = time.monotonic() - start
    sender.join()
    return seconds


def measure_engine(engine, args):
    with lab.Lab(engine) as bench:
        client, server = ends(bench)
        with client, server:
            return {"seconds": send(server, client)}


def rows(args):
    results = rounds(measure_engine, ENGINES, args)
    for engine in ENGINES:
        yield row("240 kB of control messages: %s" % engine,
                  [v * 1000 for v in values(results, engine, "seconds")],
                  "ms")
    for engine in ENGINES[1:]:
        yield row("240 kB of control messages: %s / masquerading" % engine,
                  ratios(results, engine, "masquerade", "seconds"),
                  target=RATIO)
