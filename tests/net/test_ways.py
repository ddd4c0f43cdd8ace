# SPDX-License-Identifier: GPL-2.0-or-later
"""GRE goes where its control connection goes, as with the kernel's helper."""
import pytest

from endpoint import Listener, Tcp
from firewall import SERVER
from test_calls import sides

SIDES = pytest.mark.parametrize("where", ["client-inside", "server-inside"])


def raw(fw, *rules):
    """Where connection tracking is told what to do, behind our own jump."""
    fw.admin.run("raw", *("-A PREROUTING " + rule for rule in rules))


# --- Zones of connection tracking ---

ZONES = {
    "both": ("-i in1 -j CT --zone 5", "-i out0 -j CT --zone 5"),
    "from-inside": ("-i in1 -j CT --zone-orig 5",),
    "from-outside": ("-i out0 -j CT --zone-orig 6",),
    "both-ways": ("-i in1 -j CT --zone-orig 5", "-i out0 -j CT --zone-orig 6"),
}


@pytest.mark.parametrize("name", ZONES)
@SIDES
def test_zone(own, name, where):
    """Control connections are found in the zone that they are in; what ends
    one of them ends it there, too."""
    fw = own()
    raw(fw, *ZONES[name])
    fw.up()
    net = fw.network
    call = sides(net, where).call(500, 1)
    call.both_ways()
    assert fw.call(call)["state"] == "up"
    fw.stop()
    fw.start()                  # and are found again after a restart
    call.both_ways()
    fw.ctl("clear", call.control.client.src)
    for end in call.control.client, call.control.server:
        net.loop.until(lambda: end.reset, "the reset")
    entries = fw.ns.run("conntrack", "-L", "-p", "tcp").stdout.splitlines()
    assert not [line for line in entries if "dport=1723" in line], entries


def test_a_zone_that_comes_later(own):
    """The second zone is used when the daemon knows the first already."""
    fw = own()
    raw(fw, *ZONES["both"])
    fw.up()
    net = fw.network
    first = net.connect().start().call(500, 1)
    fw.admin.run("raw", "-F PREROUTING")
    fw.rules("--apply")
    raw(fw, "-i in1 -j CT --zone 7", "-i out0 -j CT --zone 7")
    second = net.connect().start().call(500, 2)
    second.both_ways()
    first.both_ways()


def test_what_is_not_tracked_is_explained(own):
    """The log says what was looked for, and the likeliest reason first."""
    fw = own(nat=())
    raw(fw, "-p tcp --dport 1723 -j CT --notrack",
        "-p tcp --sport 1723 -j CT --notrack")
    fw.up()
    net = fw.network
    client = net.client()
    Listener(net.out, SERVER)
    Tcp(net.in1, client, net.port(), SERVER, 1723).open()
    line = fw.logged(["no-conntrack", client, SERVER + ":1723", "notrack"])
    assert "likely a rule exempts it" in line, line
