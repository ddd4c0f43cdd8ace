# SPDX-License-Identifier: GPL-2.0-or-later
"""Fills a namespace's table of tracked connections by ctnetlink, or changes
one of them so often that who listens cannot keep up."""
import contextlib
import itertools
import socket
import struct

from nfqueue import NETLINK_NETFILTER, attribute
from topology import GUEST

NEW, CREATE, CHANGE = 0x100, 0x601, 1   # IPCTNL_MSG_CT_NEW, and its flags
NESTED = 0x8000
ORIG, REPLY, STATUS, TIMEOUT = 1, 2, 3, 7
ASSURED = 2 | 4 | 8             # answered, confirmed: not given up for others
AT_ONCE = 500
UDP = 17
ANYBODY = b"\xAA\xBB\xCC\xDD"


def tuple_of(kind, src, dst, port):
    ip = attribute(1, src) + attribute(2, dst)
    proto = attribute(1, bytes([UDP])) + attribute(2, port) + \
        attribute(3, port)
    return attribute(NESTED | kind, attribute(NESTED | 1, ip) +
                     attribute(NESTED | 2, proto))


def entry(client, flags=CREATE, port=7):
    """A connection from this address to 192.0.2.1."""
    server = bytes([192, 0, 2, 1])
    port = struct.pack("!H", port)
    body = struct.pack("BBH", socket.AF_INET, 0, 0) + \
        tuple_of(ORIG, client, server, port) + \
        tuple_of(REPLY, server, client, port) + \
        attribute(STATUS, struct.pack("!I", ASSURED)) + \
        attribute(TIMEOUT, struct.pack("!I", 3600))
    return struct.pack("=IHHII", 16 + len(body), NEW, flags, 0, 0) + body


def sender(ns):
    with ns:
        s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    return s


def number(ns, name):
    with ns, open("/proc/sys/net/netfilter/nf_conntrack_" + name) as f:
        return int(f.read())


MOST = "/proc/sys/net/netfilter/nf_conntrack_max"   # for each namespace


@contextlib.contextmanager
def small():
    """In the guest, where nobody else is, tables that are soon full."""
    if not GUEST:
        yield
        return
    with open(MOST) as f:
        most = f.read()
    with open(MOST, "w") as f:
        f.write("8192")
    try:
        yield
    finally:
        with open(MOST, "w") as f:
            f.write(most)


def fill(ns):
    """Until there is no room for another one."""
    marked = entry(ANYBODY)
    places = [i for i in range(len(marked)) if marked[i:i + 4] == ANYBODY]
    batch = bytearray(marked * AT_ONCE)
    most, client = number(ns, "max"), 0x0B000001
    with sender(ns) as s:
        for _ in range(most // AT_ONCE + 2):
            for at in range(0, len(batch), len(marked)):
                for place in places:
                    struct.pack_into("!I", batch, at + place, client)
                client += 1
            s.send(batch)
    assert number(ns, "count") >= most


def overrun(ns, port):
    """Changes an entry of this port until some listener has lost events."""
    before = lost(ns)
    with sender(ns) as s:
        s.send(entry(ANYBODY, port=port))
        for _ in itertools.takewhile(lambda _: lost(ns) == before, range(999)):
            s.send(entry(ANYBODY, CHANGE, port) * AT_ONCE)
    assert lost(ns) > before


def lost(ns):
    """What the namespace's netlink sockets had no room for."""
    with ns, open("/proc/thread-self/net/netlink") as f:
        return sum(int(line.split()[8]) for line in list(f)[1:])
