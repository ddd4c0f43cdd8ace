# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts behind an interface without link headers, as ppp0 is one."""
import fcntl
import os
import struct

from endpoint import Wire
from packet import Broken, Ip

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
TUNSETLINK = 0x400454CD


class Tun(Wire):
    """Plays every host behind a point-to-point interface of a namespace."""

    def __init__(self, loop, namespace, device, address, route, kind=None):
        with namespace:
            fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(fd, TUNSETIFF, struct.pack(
                "16sH", device.encode(), IFF_TUN | IFF_NO_PI))
            if kind is not None:
                fcntl.ioctl(fd, TUNSETLINK, kind)
        namespace.set("net/ipv4/conf/%s/rp_filter" % device, 1)
        for words in ("addr add %s/32 dev %s" % (address, device),
                      "link set %s up" % device,
                      "route add %s dev %s" % (route, device)):
            namespace.run("ip", *words.split())
        self.sock = os.fdopen(fd, "r+b", buffering=0)
        self.namespace, self.device, self.loop = namespace, device, loop
        self.inbox, self.broken = [], []
        self.tcps, self.listeners = {}, {}
        loop.add(self)

    def vanish(self):
        self.loop.poll.unregister(self.sock.fileno())
        del self.loop.wires[self.sock.fileno()]
        self.sock.close()

    def send(self, ip):
        os.write(self.sock.fileno(), bytes(ip))

    def receive(self):
        while True:
            try:
                ip = Ip.parse(os.read(self.sock.fileno(), 65535))
                ip.summed = True
                self.deliver(ip)
            except BlockingIOError:
                return
            except Broken as e:
                self.broken.append(str(e)[:200])
