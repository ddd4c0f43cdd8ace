# SPDX-License-Identifier: GPL-2.0-or-later
"""pptpalgctl rules, with each kind of firewall and of translation."""
import shutil
import subprocess

import pytest

import pptp
from firewall import CTL, DNAT, MASQUERADE, POOL, PUBLIC, Rules
from packet import GRE, Gre, Ip
from test_calls import sides

VARIANT = pytest.mark.parametrize("variant", ["legacy", "nft"])

# What a careful admin has: nothing is forwarded but what is said here.
STRICT = (
    "-P FORWARD DROP", "-P INPUT DROP", "-P OUTPUT DROP",
    "-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    "-A OUTPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    "-A FORWARD -m conntrack --ctstate INVALID -j DROP",
    "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    "-A FORWARD -i in+ -o out0 -p tcp --dport 1723 -j ACCEPT",
    "-A FORWARD -i out0 -o in1 -d 10.77.0.50 -p tcp --dport 1723 -j ACCEPT")


def works(fw):
    """Everything that needs rules: calls both ways round, GRE in fragments,
    ICMP both ways, resets."""
    from test_icmp import arrives, complain, told
    net = fw.network
    for where in "client-inside", "server-inside":
        sides(net, where).call(500, 20).both_ways()
        call = sides(net, where).call(500, 21)
        call.both_ways()
        for end in call.control.client, call.control.server:
            sent = call.packet(end, b"f" * 1532)
            for part in reversed(sent.fragments(800)):
                end.wire.send(part)
            got = call.control.other(end).wire.gather(
                lambda ip: ip.proto == GRE and ip.ident == sent.ident,
                "fragments")
            call.compare(end, sent, got)
            sent, got = arrives(call, end)
            complain(call, end, 3, 4, 1400, bytes(got))
            told(call, end, sent, 3, 4, 1400, 40)
            sent = call.send(end, ttl=1)
            told(call, end, sent, 11, 0, 0, 28)
        fw.ctl("clear", call.control.client.src)
        for end in call.control.client, call.control.server:
            net.loop.until(lambda: end.reset, "the reset")


@VARIANT
@pytest.mark.parametrize("filter", [(), STRICT], ids=["open", "strict"])
def test_everything_works(own, variant, filter):
    fw = own(variant=variant, filter=filter).up()
    works(fw)


@pytest.mark.parametrize("admin", ["legacy", "nft"])
@pytest.mark.parametrize("filter", [(), STRICT[:3] + STRICT[6:]],
                         ids=["open", "strict"])
def test_everything_works_with_nftables(own, admin, filter):
    """The script for nft, beside the admin's own rules."""
    fw = own(variant=admin, filter=filter)
    fw.configure()
    if filter:
        mark = "-m mark --mark 0x40000000/0x40000000 -j ACCEPT"
        for rule in ("FORWARD -p gre ", "FORWARD -p icmp ", "OUTPUT -p tcp "):
            fw.admin.run("filter", "-I " + rule + mark)
        fw.admin.run("filter", "-A OUTPUT -o out0 -p icmp -j ACCEPT")
    fw.ns.run("nft", "-f", "-", input=fw.rules("--nft").stdout)
    fw.start()
    works(fw)


def saved(fw):
    return {v: Rules(fw.ns, v).save() for v in ("legacy", "nft")}, \
        fw.ns.run("nft", "list", "ruleset").stdout


ADMIN = ("-N MINE", "-A MINE -p gre -j ACCEPT", "-A FORWARD -j MINE",
         "-A FORWARD -p tcp --dport 22 -j DROP")


@VARIANT
def test_apply_twice_and_remove(own, variant):
    fw = own(variant=variant, filter=ADMIN)
    fw.configure()
    before = Rules(fw.ns, variant).save()
    fw.rules("--apply")
    once = saved(fw)
    assert "PPTPALG" in str(once[0][variant])
    other = "nft" if variant == "legacy" else "legacy"
    assert "PPTPALG" not in str(once[0][other]), "the other variant was used"
    fw.rules("--apply")
    assert saved(fw) == once
    fw.rules("--remove")
    after = Rules(fw.ns, variant).save()
    # Empty tables that iptables-save now shows have no rules of anyone.
    assert [r for r in after if r.startswith("-A") or "MINE" in r] == \
        [r for r in before if r.startswith("-A") or "MINE" in r]
    assert "PPTPALG" not in str(after)
    fw.rules("--remove")
    assert Rules(fw.ns, variant).save() == after
    fw.rules("--apply")
    assert saved(fw) == once


def test_apply_and_remove_with_nftables(own):
    fw = own(variant="nft", filter=ADMIN)
    fw.configure()
    before = saved(fw)
    fw.rules("--nft", "--apply")
    once = saved(fw)
    assert once != before
    fw.rules("--nft", "--apply")
    assert saved(fw) == once
    fw.start()
    works(fw)
    fw.rules("--nft", "--remove")
    fw.rules("--nft", "--remove")
    assert saved(fw)[1] == before[1]


@VARIANT
def test_apply_after_the_configuration_changed(own, variant):
    """Old rules go, the new ones are what is needed."""
    fw = own(variant=variant)
    fw.configure("queue { control = 7  gre = 8 }")
    fw.rules("--apply")
    fw.configure("mark = 0x10")
    fw.rules("--apply")
    text = str(Rules(fw.ns, variant).save())
    assert "0x10/0x10" in text and "0x40000000" not in text
    assert "queue-num 7" not in text
    fw.start()
    works(fw)


def test_printed_rules_can_be_restored(own):
    fw = own()
    fw.configure()
    for _ in range(2):
        text = fw.rules().stdout
        assert text == fw.rules().stdout
    fw.ns.run("iptables-legacy-restore", "--noflush", input=text)
    fw.start()
    works(fw)


def test_rules_need_neither_daemon_nor_root_to_be_printed(own, tmp_path):
    fw = own()
    fw.configure()
    shutil.copy(CTL, tmp_path / "ctl")
    shutil.copy(fw.config_file, tmp_path / "conf")
    p = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
         "/proc/self/fd/%d" % open_path(tmp_path / "ctl"), "rules", "-f",
         "/dev/stdin"], stdin=open(tmp_path / "conf"), capture_output=True,
        text=True, pass_fds=OPEN)
    assert p.returncode == 0, p.stderr
    assert p.stdout == fw.rules().stdout


OPEN = []


def open_path(path):
    import os
    path.chmod(0o755)
    OPEN.append(os.open(path, os.O_RDONLY))
    return OPEN[-1]


def test_errors(own, tmp_path):
    fw = own()
    file = tmp_path / "bad.conf"
    file.write_text("outside = {}\n")
    p = fw.ns.run(CTL, "rules", "-f", str(file), check=False)
    assert p.returncode == 2 and str(file) in p.stderr
    p = fw.ns.run(CTL, "rules", "--bogus", check=False)
    assert p.returncode == 2
    p = fw.ns.run(CTL, "rules", "-f", str(file), "--apply", "--remove",
                  check=False)
    assert p.returncode == 2


@VARIANT
@pytest.mark.parametrize("more", ["", " --persistent", " --random"])
def test_several_public_addresses(own, variant, more):
    """Calls of one server behind several addresses, each with its own."""
    fw = own(variant=variant, nat=DNAT + (
        "-A POSTROUTING -o out0 -j SNAT --to-source " + POOL + more,)).up()
    net = fw.network
    calls = [net.connect().start().call(500, n) for n in range(24)]
    publics = {c.control.server.dst for c in calls}
    assert publics <= {"203.0.113.2", "203.0.113.3", "203.0.113.4"}
    assert len(publics) > 1
    for call in calls:
        call.both_ways()
        assert fw.call(call)["public"] == call.control.server.dst
    # One ID may be used once behind each address.
    assert len({(c.control.server.dst, c.mapped) for c in calls}) == 24
    stray = calls[0]
    for public in publics - {stray.control.server.dst}:
        net.out.send(Ip(stray.control.server.src, public, GRE, bytes(
            Gre(stray.mapped + 5000, b"stray", seq=1))))
    calls[1].both_ways()


def test_ports_are_changed(own):
    fw = own(nat=("-A POSTROUTING -o out0 -j MASQUERADE --random-fully",))
    fw.up()
    net = fw.network
    calls = [net.connect().start().call(500, 1) for _ in range(5)]
    assert any(c.control.client.sport != c.control.server.dport
               for c in calls)
    for call in calls:
        call.both_ways()
    fw.ctl("clear", calls[0].control.client.src)
    for end in calls[0].control.client, calls[0].control.server:
        net.loop.until(lambda: end.reset, "the reset")


def test_two_clients_with_one_source_port(own):
    """The second client's port is changed by the kernel."""
    fw = own().up()
    net = fw.network
    a, b = (net.connect(wire=w, port=5555).start().call(500, 1)
            for w in (net.in1, net.in2))
    assert a.control.server.dport != b.control.server.dport
    a.both_ways()
    b.both_ways()


def test_without_any_translation(own):
    """A firewall between two networks that know each other."""
    fw = own(nat=()).up()
    calls = [fw.network.connect().start().call(500, n) for n in (1, 2)]
    for call in calls:
        assert call.control.server.dst == call.control.client.src
        assert call.mapped == 500
        call.both_ways()


def test_inside_interfaces_by_name(own):
    """Connections of other interfaces are not ours."""
    fw = own()
    fw.up('inside = {"in1"}')
    net = fw.network
    net.connect().start().call(500, 1).both_ways()
    net.connect().start().call(600, 1).both_ways()
    control = net.connect(wire=net.in2).start()
    data = pptp.ocrq(500)
    assert control.say(control.client, data) == data
    assert len(fw.calls()) == 2


def test_outside_by_pattern(own):
    fw = own()
    fw.configure()
    text = open(fw.config_file).read().replace('"out0"', '"out+"')
    with open(fw.config_file, "w") as f:
        f.write(text)
    fw.rules("--apply")
    fw.start()
    works(fw)


def test_an_outside_interface_that_comes_and_goes(own):
    """Down and up again, with another number, like ppp0 after a redial."""
    fw = own()
    fw.up()
    net = fw.network
    net.connect().start().call(500, 1).both_ways()
    run = fw.ns.run
    for name in "elsewhere", "out0":
        run("ip", "link", "set", "out0" if name == "elsewhere" else
            "elsewhere", "down")
        run("ip", "link", "set", "out0" if name == "elsewhere" else
            "elsewhere", "name", name)
    run("ip", "link", "set", "out0", "up")
    hop = "169.254.0.4"
    run("ip", "neigh", "replace", hop, "lladdr", net.out.head[6:12].hex(":"),
        "dev", "out0", "nud", "permanent")
    run("ip", "route", "replace", "default", "via", hop, "dev", "out0",
        "onlink", "src", PUBLIC)
    net.connect().start().call(600, 1).both_ways()


def test_masquerade_is_all_the_admin_needs(own):
    fw = own(nat=MASQUERADE).up()
    calls = [fw.network.connect(wire=w).start().call(500, 1)
             for w in (fw.network.in1, fw.network.in2)]
    for call in calls:
        call.both_ways()


def test_all_gre_sent_to_an_inside_server(own):
    """A rule that admins have for their own server must not catch the GRE
    of inside clients."""
    fw = own(nat=MASQUERADE + DNAT + (
        "-A PREROUTING -p gre -j DNAT --to-destination 10.77.0.50",)).up()
    for where in "client-inside", "server-inside":
        sides(fw.network, where).call(500, 20).both_ways()
