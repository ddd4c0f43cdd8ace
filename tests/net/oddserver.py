# SPDX-License-Identifier: GPL-2.0-or-later
"""A server made by hand, which does to a client what no server should."""
import socket

import oddcaller
import pptp
from oddcaller import ACK, LCP, REQUEST
from packet import GRE
from topology import PATIENCE
from tunnels import SERVER

CHAP, CHALLENGE, RESPONSE, SUCCESS, FAILURE = 0xC223, 1, 2, 3, 4
EAP = b"\x03\x04\xc2\x27"
MS_CHAP_2 = b"\x03\x05\xc2\x23\x81"


class Server(oddcaller.Caller):
    """Takes one connection at a time; answers nothing by itself."""

    def __init__(self, ns):  # pylint: disable=super-init-not-called
        self.ns = ns
        with ns:
            self.listener = socket.create_server((SERVER, 1723))
            self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, GRE)
        self.listener.settimeout(PATIENCE)
        self.calls, self.tcp = {}, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for s in self.listener, self.raw, self.tcp:
            if s is not None:
                s.close()

    def asked(self):
        """A client has asked for a call, which is not answered yet."""
        if self.tcp is not None:
            self.tcp.close()
        self.tcp, (self.address, _) = self.listener.accept()
        self.tcp.settimeout(PATIENCE)
        self.message(pptp.SCCRQ)
        self.tcp.sendall(pptp.sccrp())
        peer = pptp.call_id(self.message(pptp.OCRQ))
        self.calls[9] = Call(self, 9, peer)
        return self.calls[9]

    def reply(self, call):
        self.tcp.sendall(pptp.ocrp(call.own, call.peer))

    def called(self):
        call = self.asked()
        self.reply(call)
        return call


class Call(oddcaller.Call):
    """The server's end of one."""

    def send_raw(self, gre):
        self.caller.raw.sendto(gre, (self.caller.address, 0))

    def open_lcp(self, options=b""):
        self.send(LCP, REQUEST, 1, options)
        self.wait(LCP, ACK)

    def challenge(self):
        """Asks for a login by MS-CHAPv2; its response has come."""
        self.open_lcp(MS_CHAP_2)
        self.send(CHAP, CHALLENGE, 7, b"\x10" + bytes(range(16)) + b"vpn")
        return self.wait(CHAP, RESPONSE)
