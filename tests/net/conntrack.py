# SPDX-License-Identifier: GPL-2.0-or-later
"""Fills a namespace's table of tracked connections by ctnetlink."""
import socket
import struct

from nfqueue import NETLINK_NETFILTER, attribute

NEW, FLAGS = 0x100, 0x601       # IPCTNL_MSG_CT_NEW; request, create, exclusive
NESTED = 0x8000
ORIG, REPLY, STATUS, TIMEOUT = 1, 2, 3, 7
ASSURED = 2 | 4 | 8             # answered, confirmed: not given up for others
AT_ONCE = 500
UDP = 17


def tuple_of(kind, src, dst):
    ip = attribute(1, src) + attribute(2, dst)
    proto = attribute(1, bytes([UDP])) + attribute(2, b"\0\7") + \
        attribute(3, b"\0\7")
    return attribute(NESTED | kind, attribute(NESTED | 1, ip) +
                     attribute(NESTED | 2, proto))


def entry(client):
    """A connection from this address to 192.0.2.1."""
    server = bytes([192, 0, 2, 1])
    body = struct.pack("BBH", socket.AF_INET, 0, 0) + \
        tuple_of(ORIG, client, server) + tuple_of(REPLY, server, client) + \
        attribute(STATUS, struct.pack("!I", ASSURED)) + \
        attribute(TIMEOUT, struct.pack("!I", 3600))
    return struct.pack("=IHHII", 16 + len(body), NEW, FLAGS, 0, 0) + body


def number(ns, name):
    with ns, open("/proc/sys/net/netfilter/nf_conntrack_" + name) as f:
        return int(f.read())


def fill(ns):
    """Until there is no room for another one."""
    marked = entry(b"\xAA\xBB\xCC\xDD")
    places = [i for i in range(len(marked))
              if marked[i:i + 4] == b"\xAA\xBB\xCC\xDD"]
    batch = bytearray(marked * AT_ONCE)
    most, client = number(ns, "max"), 0x0B000001
    with ns, socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                           NETLINK_NETFILTER) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        for _ in range(most // AT_ONCE + 2):
            for at in range(0, len(batch), len(marked)):
                for place in places:
                    struct.pack_into("!I", batch, at + place, client)
                client += 1
            s.send(batch)
    assert number(ns, "count") >= most
