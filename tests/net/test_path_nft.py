# SPDX-License-Identifier: GPL-2.0-or-later
"""The nftables script.  Not every kernel has the queue statement of nftables:
here what would be queued is counted and goes on as it is."""
import re

import pytest

from crossing import (CTL, IN, INSIDE, Lab, OTHER, OUT, OUTSIDE, PLAIN, POOL,
                      PUBLIC, QUOTED_OUT, talk, until)
from nfqueue import MARK
from packet import GRE, ICMP, Gre, Ip, icmp


@pytest.fixture(scope="module")
def counting(tmp_path_factory):
    lab = Lab("nft", tmp_path_factory.mktemp("nft"))
    lab.fw.run(CTL, "rules", "--remove")
    script = lab.fw.run(CTL, "rules", "-f", lab.config, "--nft").stdout
    lab.fw.run("nft", "-f", "-", input=re.sub(
        r"queue num (\d+)(?: bypass)?", r'counter accept comment "\1"', script))
    # What the script's comments ask for, and a route for GRE that nobody
    # translates.
    lab.iptables("filter", "-I OUTPUT -p icmp -j ACCEPT")
    lab.iptables("filter", "-I FORWARD -p gre -j ACCEPT")
    lab.fw.run("ip", "route", "add", "198.51.100.0/24", "via", INSIDE)
    yield lab
    lab.close()


@pytest.fixture
def nft(counting):
    counting.forget()
    yield counting


def counted(lab):
    """Packets by chain and queue, since the last look."""
    chain, found = None, {}
    for line in lab.fw.run("nft", "list", "table", "ip",
                           "pptpalg").stdout.splitlines():
        words = line.split()
        if words[:1] == ["chain"]:
            chain = words[1]
        if "counter" in words:
            n = int(words[words.index("packets") + 1])
            key = chain, int(words[-1].strip('"'))
            found[key] = found.get(key, 0) + n
    before, lab.before = getattr(lab, "before", {}), found
    return {key: n - before.get(key, 0) for key, n in found.items()
            if n != before.get(key, 0)}


def test_control(nft):
    counted(nft)
    talk(nft.inside, nft.outside)
    talk(nft.inside, nft.other)
    seen = counted(nft)
    assert set(seen) == {("control", 1723)}
    assert seen[("control", 1723)] >= 8         # both directions


def test_gre_from_outside(nft):
    counted(nft)
    nft.outside.send(Ip(OUTSIDE, "198.51.100.1", GRE, IN.payload))
    nft.inside.expect(GRE)
    assert counted(nft) == {("from_outside", 1724): 1}


def test_gre_from_inside(nft):
    """Not tracked, so not masqueraded either."""
    counted(nft)
    nft.inside.send(OUT)
    assert nft.outside.expect(GRE)[0].src == INSIDE
    assert counted(nft) == {("forward_out", 1724): 1}
    assert not nft.tracked("gre")


def test_other_gre(nft):
    """Between inside networks, it passes by a queue that is seldom there."""
    counted(nft)
    nft.inside.send(Ip(INSIDE, OUTSIDE, GRE, PLAIN))
    assert nft.outside.expect(GRE)[0].src == POOL
    nft.inside.send(Ip(INSIDE, OTHER, GRE, OUT.payload))
    nft.other.expect(GRE)
    until(lambda: nft.tracked("gre", "dst=" + OTHER), "conntrack to know it")
    assert counted(nft) == {("forward", 1725): 1}


def test_marked_is_not_queued(nft):
    """As after REPEAT; the other bits of the mark do not matter."""
    counted(nft)
    nft.fw.run("iptables-nft", "-t", "raw", "-A", "PREROUTING", "-p", "gre",
               "-j", "MARK", "--set-xmark", "0x%x" % (MARK | 5))
    nft.inside.send(OUT)
    nft.outside.expect(GRE)
    nft.fw.run("iptables-nft", "-t", "raw", "-F", "PREROUTING")
    assert counted(nft) == {}


@pytest.mark.parametrize("kind", [3, 4, 11, 12])
def test_errors(nft, kind):
    counted(nft)
    nft.outside.send(Ip(OUTSIDE, PUBLIC, ICMP,
                        icmp(kind, 1, 0, bytes(QUOTED_OUT))))
    nft.outside.send(Ip(OUTSIDE, PUBLIC, ICMP, icmp(
        kind, 1, 0, bytes(Ip(PUBLIC, OUTSIDE, 17, bytes(Gre(9)))))))
    nft.outside.send(Ip(OUTSIDE, "198.51.100.1", GRE, IN.payload, ttl=1))
    nft.outside.expect(ICMP)
    assert counted(nft) == {("from_outside", 1724): 2,
                            ("errors", 1724): 1}
