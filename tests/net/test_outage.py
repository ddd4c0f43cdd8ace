# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes away around calls that are up, and comes back: rules, conntrack's
entries, an uplink.  Calls go on, or both ends hear of their end at once."""
import pytest

import conntrack
import pptp
from endpoint import Tcp
from firewall import SERVER
from test_check import check

# With auto, packets go by the stack until a way is known: stack itself has
# what depends on the tables of calls.
pytestmark = pytest.mark.sections("net", "auto", "direct")
STACK_TOO = pytest.mark.sections("net", "auto", "stack", "direct")


@pytest.fixture
def call(own):
    fw = own().up()
    call = fw.network.connect().start().call(10, 20)
    call.both_ways()
    call.fw = fw
    return call


def goes_on(call, peer_id=21):
    """Its connection is read, in both directions, and so are new calls."""
    control = call.control
    call.both_ways()
    control.same(control.client, pptp.echorq())
    control.same(control.server, pptp.echorp())
    control.call(11, peer_id).both_ways()
    row, = [row for row in call.fw.json("connections")
            if row["inside_port"] == control.inside.sport]
    assert (row["state"], row["calls"]) == ("open", 2)
    assert not control.client.reset and not control.server.reset


def told(call, reason):
    """Both ends are reset, and the log says why; the client dials again."""
    fw, control = call.fw, call.control
    for end in control.client, control.server:
        fw.network.loop.until(lambda: end.reset, "%s's reset" % end.src)
    fw.logged(["call 1 down", control.client.src, reason])
    assert not fw.calls()
    fw.network.connect(control.client.src).start().call(10, 21).both_ways()


# --- rules ------------------------------------------------------------------

# They are about control connections, which the queue reads with each engine;
# and of GRE about that which the stack routes.
RULES = pytest.mark.sections("net", "auto")


def remove(fw):
    fw.rules("--remove")


def flush(fw):
    """Another firewall's script."""
    for table in "raw", "mangle", "filter", "nat":
        fw.admin.run(table, "-F", "-X")
    fw.admin.run("nat", "-A POSTROUTING -o out0 -j MASQUERADE")


UNSEEN = {
    "nothing": [],
    "echo": [("client", pptp.echorq()), ("server", pptp.echorp())],
    "echo-of-server": [("server", pptp.echorq()), ("client", pptp.echorp())],
    "only-client": [("client", pptp.echorq())],
    "only-server": [("server", pptp.echorq())],
    "much": [("client", pptp.echorq() * 50), ("server", pptp.echorp() * 50)],
}


@RULES
@pytest.mark.parametrize("how", [remove, flush])
def test_rules_go_and_come_back(own, how):
    """Whatever has been said meanwhile, and whoever has said it."""
    fw = own().up()
    calls = {}
    for n, unseen in enumerate(UNSEEN):
        calls[unseen] = fw.network.connect().start().call(10, 30 + n)
        calls[unseen].both_ways()
        calls[unseen].fw = fw
    how(fw)
    for unseen, call in calls.items():
        control = call.control
        for end, data in UNSEEN[unseen]:
            control.same(getattr(control, end), data)
            getattr(control, end).flushed()
    fw.rules("--apply")
    for n, call in enumerate(calls.values()):
        goes_on(call, 40 + n)


@RULES
def test_rules_come_back_between_request_and_reply(call):
    control = call.control
    remove(call.fw)
    control.same(control.client, pptp.echorq())
    call.fw.rules("--apply")
    control.same(control.server, pptp.echorp())
    goes_on(call)


@RULES
@pytest.mark.parametrize("end", ["client", "server"])
def test_rules_come_back_in_a_message(call, end):
    """Where a message begins cannot be known: both ends are told."""
    control = call.control
    sender = getattr(control, end)
    remove(call.fw)
    control.same(sender, pptp.echorq()[:7])
    sender.flushed()
    call.fw.rules("--apply")
    sender.send(pptp.echorq()[7:])
    told(call, "stray")


# --- conntrack --------------------------------------------------------------

@STACK_TOO
def test_conntrack_is_flushed(call):
    """Nobody has to say anything first."""
    call.fw.ns.run("conntrack", "-F")
    told(call, "conntrack-gone")


def test_conntrack_has_another_address(call):
    """The entry is made anew by the client's next segment, and the server
    would not know where that comes from."""
    fw, control = call.fw, call.control
    fw.ns.ip("addr add 203.0.113.7/32 dev out0")
    fw.admin.run("nat", "-I POSTROUTING -o out0 -j SNAT --to 203.0.113.7")
    fw.ns.run("conntrack", "-F")
    control.client.send(pptp.echorq())
    told(call, "conntrack-gone")


@STACK_TOO
@pytest.mark.parametrize("where", ["client-inside", "server-inside"])
def test_idle_connection_of_a_busy_call(own, where):
    """It outlives the admin's short timeout: its entry gets more time."""
    fw = own().up()
    net, short = fw.network, 15
    control = net.connect() if where == "client-inside" else net.connect_in()
    call = control.start().call(10, 20)
    call.fw = fw
    fw.ns.set("net/netfilter/nf_conntrack_tcp_timeout_established", short)
    control.same(control.client, pptp.echorq())

    def kept():
        call.both_ways()
        return int(fw.ns.run("conntrack", "-L", "-p", "tcp", "--dport",
                             "1723").stdout.split()[2]) > short
    net.loop.until(kept, "the entry to get more time")
    control.same(control.server, pptp.echorp())
    goes_on(call)


@pytest.mark.sections("net")
def test_conntrack_is_full(call):
    """Calls that are up go on; the kernel lets nothing new begin, and check
    says so.  (GRE of calls is not tracked with any engine.)"""
    fw, control = call.fw, call.control
    with conntrack.small():
        conntrack.fill(fw.ns)
        status, found = check(fw)
        most = conntrack.number(fw.ns, "max")
        assert status == 1
        assert found["wrong", "conntrack"].endswith(
            " of %d entries are in use: sysctl "
            "net.netfilter.nf_conntrack_max=%d." % (most, most * 4))
        late = Tcp(fw.network.in1, fw.network.client(), 2000, SERVER, 1723)
        late.open()
        control.same(control.client, pptp.echorq())
        control.same(control.server, pptp.echorp())
        call.both_ways()
        assert not late.syn_acked
        fw.ns.run("conntrack", "-D", "-p", "udp")
        late.connect()
        assert ("ok", "conntrack") in check(fw)[1]
    assert "down" not in fw.log_text()


# --- an uplink --------------------------------------------------------------

def routes(fw):
    return ["route add " + line.replace("linkdown", "")
            for line in fw.ns.run("ip", "route", "show", "dev",
                                  "out0").stdout.splitlines()]


def test_uplink_flaps(call):
    """With it go the entries of masquerading: the client hears it at once,
    the server when it can be reached."""
    fw, control = call.fw, call.control
    before = ["%s dev out0" % line for line in routes(fw)]
    neighbour = fw.ns.run("ip", "neigh", "show", "dev", "out0").stdout.split()
    fw.ns.ip("link set out0 down")
    fw.network.loop.until(lambda: control.client.reset, "the client's reset")
    assert not control.server.reset
    fw.ns.ip("link set out0 up",
             "neigh replace %s lladdr %s dev out0 nud permanent" % (
                 neighbour[0], neighbour[2]), *before)
    told(call, "conntrack-gone")


def test_cable_is_pulled(call):
    """Nothing is forgotten for that."""
    fw, control = call.fw, call.control
    peer = fw.network.out.namespace
    peer.ip("link set eth0 down")
    control.client.send(pptp.echorq())
    with pytest.raises(OSError):        # the wire's socket hears of it
        fw.network.loop.until(lambda: False, "nothing")
    peer.ip("link set eth0 up")
    assert control.server.read(16) == pptp.echorq()
    control.same(control.server, pptp.echorp())
    control.client.read_at = len(control.client.stream)
    goes_on(call)
