# SPDX-License-Identifier: GPL-2.0-or-later
"""What the rules do with packets, seen from outside and from the queues; a
few lines of Python stand in for the daemon.

    inside 10.0.0.2 -- in0 \\
                            fw -- out0 203.0.113.1 -- outside 203.0.113.10
    other  10.1.0.2 -- in1 /
"""
import os
import select
import socket
import struct
import threading
import time

import pytest

from nfqueue import FORWARD, POSTROUTING, PREROUTING, Queues
from packet import GRE, ICMP, TCP, Gre, IcmpError, Ip, icmp
from topology import Namespace, cable

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
CTL = os.path.join(TOP, os.environ.get("PPTPALG_BUILD", "build"),
                   "pptpalgctl")
INSIDE, OTHER, OUTSIDE = "10.0.0.2", "10.1.0.2", "203.0.113.10"
FW_INSIDE, PUBLIC = "10.0.0.1", "203.0.113.1"
CONTROL_QUEUE, GRE_QUEUE = 1723, 1724
ADMIN = {
    "filter": ("-P FORWARD DROP", "-P OUTPUT DROP",
               "-A FORWARD -m conntrack --ctstate INVALID -j DROP",
               "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED "
               "-j ACCEPT",
               "-A FORWARD -i in0 -m conntrack --ctstate NEW -j ACCEPT",
               "-A OUTPUT -m conntrack --ctstate INVALID -j DROP",
               "-A OUTPUT -m conntrack --ctstate ESTABLISHED,RELATED "
               "-j ACCEPT"),
    # A careless DNAT, and SNAT to an address that is not the call's.
    "nat": ("-A PREROUTING -p gre -m addrtype --src-type UNICAST ! -i in1 "
            "! -d 203.0.113.10/32 -j DNAT --to-destination 10.1.0.9",
            "-A POSTROUTING -o out0 -p tcp -j MASQUERADE",
            "-A POSTROUTING -o out0 -j SNAT --to-source 203.0.113.77"),
}
