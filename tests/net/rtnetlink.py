# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands of ip(8) that tests give most, without a program to start:
they are said to the kernel as they are meant (rtnetlink(7))."""
import os
import re
import socket
import struct

NEWLINK, NEWADDR, NEWROUTE, NEWNEIGH = 16, 20, 24, 28
ERROR, REQUEST, ACK, EXCL, CREATE = 2, 0x01, 0x04, 0x200, 0x400
LINK, ADDR, ROUTE, NEIGH = (struct.Struct(text) for text in (
    "BxHiII", "BBBBi", "BBBBBBBBI", "BxxxiHBB"))
UP, NOPREFIXROUTE, PERMANENT, ONLINK = 0x1, 0x200, 0x80, 0x4
MAIN, BOOT, UNICAST = 254, 3, 1


def attribute(kind, value):
    if isinstance(value, int):
        value = struct.pack("I", value)
    head = struct.pack("HH", 4 + len(value), kind)
    return head + value + bytes(-len(value) % 4)


def address(kind, text):
    return attribute(kind, socket.inet_aton(text))


def name(kind, text):
    return attribute(kind, text.encode() + b"\0")


def hardware(kind, text):
    return attribute(kind, bytes.fromhex(text.replace(":", "")))


def kind_of_link(kind, data):
    return attribute(18, name(1, kind) + attribute(2, data))


def veth(device, mac, peer, peer_mac, file):
    """The other end is in the namespace that a file of /proc names."""
    fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        end = LINK.pack(0, 0, 0, 0, 0) + hardware(1, peer_mac) + \
            name(3, peer) + attribute(28, fd)
        yield NEWLINK, EXCL | CREATE, LINK.pack(0, 0, 0, 0, 0) + \
            hardware(1, mac) + name(3, device) + \
            kind_of_link("veth", attribute(1, end))
    finally:
        os.close(fd)


def bridge(device, mac):
    """Without the spanning tree, and deaf to multicast's membership."""
    yield NEWLINK, EXCL | CREATE, LINK.pack(0, 0, 0, 0, 0) + \
        hardware(1, mac) + name(3, device) + kind_of_link(
            "bridge", attribute(5, 0) + attribute(23, b"\0"))


def set_up(device):
    yield NEWLINK, 0, LINK.pack(0, 0, socket.if_nametoindex(device), UP, UP)


def enslave(device, master):
    yield NEWLINK, 0, LINK.pack(
        0, 0, socket.if_nametoindex(device), 0, 0) + \
        attribute(10, socket.if_nametoindex(master))


def own_address(text, length, device, bare):
    yield NEWADDR, EXCL | CREATE, ADDR.pack(
        socket.AF_INET, int(length), 0, 0, socket.if_nametoindex(device)) + \
        address(1, text) + address(2, text) + \
        attribute(8, NOPREFIXROUTE if bare else 0)


def neighbour(text, mac, device):
    yield NEWNEIGH, EXCL | CREATE, NEIGH.pack(
        socket.AF_INET, socket.if_nametoindex(device), PERMANENT, 0, 0) + \
        address(1, text) + hardware(2, mac)


def route(to, gateway, device, source):
    """Onlink if it has a device."""
    to, _, length = to.replace("default", "0.0.0.0/0").partition("/")
    yield NEWROUTE, EXCL | CREATE, ROUTE.pack(
        socket.AF_INET, int(length), 0, 0, MAIN, BOOT, 0, UNICAST,
        ONLINK if device else 0) + address(1, to) + address(5, gateway) + (
            attribute(4, socket.if_nametoindex(device)) if device else b"") + (
                address(7, source) if source else b"")


COMMANDS = [(re.compile(pattern), say) for pattern, say in (
    (r"link add (\S+) address (\S+) type veth peer name (\S+) "
     r"address (\S+) netns (/\S+)", veth),
    (r"link add (\S+) address (\S+) type bridge stp_state 0 "
     r"mcast_snooping 0", bridge),
    (r"link set (\S+) up", set_up),
    (r"link set (\S+) master (\S+)", enslave),
    (r"addr add ([\d.]+)/(\d+) dev (\S+)( noprefixroute)?", own_address),
    (r"neigh add ([\d.]+) lladdr (\S+) dev (\S+) nud permanent", neighbour),
    (r"route add ([\d.]+/\d+|default) via ([\d.]+)(?: dev (\S+) onlink)?"
     r"(?: src ([\d.]+))?", route))]


def find(command):
    """How it is said, and its words; None: a program has to."""
    for pattern, say in COMMANDS:
        match = pattern.fullmatch(command)
        if match:
            return say, match.groups()
    return None


def run(commands):
    """In this namespace; the error is the kernel's."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as s:
        for command in commands:
            say, words = find(command)
            try:
                for kind, flags, body in say(*words):
                    ask(s, kind, flags, body)
            except OSError as e:
                raise RuntimeError("%s: %s" % (command, e)) from None


def ask(s, kind, flags, body):
    s.send(struct.pack("IHHII", 16 + len(body), kind,
                       REQUEST | ACK | flags, 1, 0) + body)
    reply = s.recv(65536)
    error, = struct.unpack_from("i", reply, 16)
    if error:
        raise OSError(-error, os.strerror(-error))
