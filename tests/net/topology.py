# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces without names, tied together by cables (veth).

A namespace lives as long as this process holds its descriptor, so nothing
is left behind, however the process ends.
"""
import contextlib
import ctypes
import fcntl
import itertools
import json
import os
import socket
import struct
import subprocess

import rtnetlink

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, SIOCGIFHWADDR = 0x8914, 0x8927
IFF_UP, IFF_RUNNING = 0x1, 0x40
GUEST = os.path.exists("/run/share/command")    # an emulated processor
PATIENCE = 600 if GUEST else 120    # seconds for what should end at once
BRIDGES = itertools.count(1)
CABLES = itertools.count(1)
libc = ctypes.CDLL(None, use_errno=True)


def check(value):
    if value == -1:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


class Namespace:
    later = None        # namespace -> commands, within together()

    def __init__(self, name):
        self.name = name
        home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            check(libc.unshare(CLONE_NEWNET))
            self.fd = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        finally:
            check(libc.setns(home, CLONE_NEWNET))
            os.close(home)
        self.set("net/ipv6/conf/all/disable_ipv6", 1, must=False)
        self.set("net/ipv6/conf/default/disable_ipv6", 1, must=False)
        self.set_up("lo")

    def __enter__(self):
        """Inside a with block this thread makes its sockets here."""
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        check(libc.setns(self.fd, CLONE_NEWNET))
        return self

    def __exit__(self, *_):
        check(libc.setns(self.home, CLONE_NEWNET))
        os.close(self.home)

    def set(self, name, value, must=True):
        with self:
            try:
                with open("/proc/sys/" + name, "w") as f:
                    f.write(str(value))
            except FileNotFoundError:
                if must:
                    raise

    def popen(self, *words, **options):
        """Starts a program here; it dies with this process.  It is entered
        before the fork, as in run(): what subprocess can do only between
        fork and exec costs a copy of this process."""
        with self:
            return subprocess.Popen(("setpriv", "--pdeathsig", "KILL") + words,
                                    text=True, **options)

    def run(self, *words, check=True, input=None, timeout=PATIENCE):
        """Runs a program to its end; its output, or an error with it."""
        try:
            with self:
                p = subprocess.run(words, input=input, capture_output=True,
                                   text=True, timeout=timeout)
        except subprocess.TimeoutExpired as e:
            raise AssertionError("%s: still running\n%s%s" %
                                 (" ".join(words), e.stdout, e.stderr))
        if check and p.returncode:
            raise RuntimeError("in %s: %s: %s%s" % (
                self.name, " ".join(words), p.stdout, p.stderr))
        return p

    def ip(self, *commands):
        """In their order, by as few programs as can be; within together(),
        at its end."""
        if Namespace.later is not None:
            Namespace.later.setdefault(self, []).extend(commands)
            return
        for simple, some in itertools.groupby(
                commands, lambda command: bool(rtnetlink.find(command))):
            if simple:
                with self:
                    rtnetlink.run(some)
            else:
                self.run("ip", "-batch", "-", input="\n".join(some) + "\n")

    @staticmethod
    @contextlib.contextmanager
    def together():
        """One program a namespace for all that ip() is asked for here, those
        first that were asked first."""
        if Namespace.later is not None:
            yield
            return
        Namespace.later = {}
        try:
            yield
        finally:
            asked, Namespace.later = Namespace.later, None
        for ns, commands in asked.items():
            ns.ip(*commands)

    def device(self, request, name, more=b""):
        """Asks the kernel about a device (netdevice(7)); what it answers."""
        with self, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            return fcntl.ioctl(s, request, struct.pack(
                "16s24s", name.encode(), more))[16:]

    def set_up(self, name):
        self.device(SIOCSIFFLAGS, name,
                    struct.pack("h", IFF_UP | IFF_RUNNING))

    def link_address(self, name):
        return self.device(SIOCGIFHWADDR, name)[2:8]

    def packets(self, name, way):
        """How many a device has sent ("tx") or received ("rx")."""
        shown = self.run("ip", "-s", "-j", "link", "show", name).stdout
        return json.loads(shown)[0]["stats64"][way]["packets"]

    def close(self):
        os.close(self.fd)


def bridge(ns, name):
    """With a hardware address of its own: else it takes the lowest of its
    ports', and the others do not notice when that changes."""
    ns.ip("link add %s address 02:00:00:00:00:%02x type bridge stp_state 0 "
          "mcast_snooping 0" % (name, next(BRIDGES)), "link set %s up" % name)


def cable(a, device_a, b, device_b):
    """A veth pair, and the two hardware addresses."""
    macs = [struct.pack(">HI", 0x0200 + end, next(CABLES)) for end in (1, 2)]
    a.ip("link add %s address %s type veth peer name %s address %s "
         "netns /proc/%d/fd/%d" % (
             device_a, macs[0].hex(":"), device_b, macs[1].hex(":"),
             os.getpid(), b.fd), "link set %s up" % device_a)
    b.ip("link set %s up" % device_b)
    return macs


def works(*words):
    """Does the kernel do what a command asks, in a namespace of its own?"""
    ns = Namespace("probe")
    try:
        return ns.run(*words, check=False).returncode == 0
    finally:
        ns.close()


def has_vrf():
    return works("ip", "link", "add", "vrf0", "type", "vrf", "table", "77")
