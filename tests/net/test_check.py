# SPDX-License-Identifier: GPL-2.0-or-later
"""pptpalgctl check, and what the daemon itself says of its host."""
import json
import os

from firewall import CTL, SERVER


def check(fw, *words):
    done = fw.ns.run(CTL, "check", "-f", fw.config_file, "--json", *words,
                     check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {(r["level"], r["matter"]): r["text"]
                             for r in rows}


def test_a_host_in_order(fw):
    status, found = check(fw)
    assert [k for k in found if k[0] == "wrong"] == []
    assert status == 0
    assert found["ok", "rules"] == \
        "iptables-legacy hands control connections to queue 1723."
    assert ("ok", "interfaces") in found and ("ok", "helper") in found
    out = fw.ns.run(CTL, "check", "-f", fw.config_file).stdout
    assert "ok    rules" in out and "\x1b" not in out
    status = fw.json("status")
    assert (status["outside"], status["inside"], status["rules"],
            status["interfaces_missing"]) == ("out0", "", "iptables-legacy",
                                              0)
    text = fw.ctl("status").stdout
    assert "outside        out0; inside: all others" in text
    assert "rules          iptables-legacy" in text
    fw.logged(["pptpalgd", "starts:", "outside out0; inside all others; "
               "queues 1723, 1724, 1725; rules: iptables-legacy"])


def test_ids_in_use(fw, net):
    control = net.connect(server="203.0.113.12").start()
    control.call(1, 2)
    assert "203.0.113.1 to 203.0.113.12: 1" in fw.json("status")["ids_used"]


def test_what_is_wrong_with_a_host(own):
    """A name that is not there, no rules, no forwarding, another's mark."""
    fw = own(nat=())
    fw.configure()
    with open(fw.config_file) as f:
        text = f.read().replace('"out0"', '"uot0"')
    with open(fw.config_file, "w") as f:
        f.write(text)
    fw.ns.set("net/ipv4/ip_forward", 0)
    fw.admin.run("mangle", "-A PREROUTING -j MARK --set-mark 0x40000000")
    status, found = check(fw)
    assert status == 1
    assert found["wrong", "interfaces"].startswith(
        'outside = {"uot0"}: there is no such interface; there are: in1, in2, '
        'out0.')
    assert found["wrong", "rules"] == (
        "No rule hands control connections to queue 1723: pptpalgctl rules "
        "--apply (or --nft --apply).")
    assert found["wrong", "sysctl"] == (
        "This host forwards nothing: sysctl net.ipv4.ip_forward=1.")
    assert "--set-xmark 0x40000000/0xffffffff" in found["wrong", "mark"]
    assert found["look", "nat"].startswith("No rule translates the source")
    # The daemon says the same of what it needs at once, and goes on.
    fw.start()
    fw.logged(["warning: interfaces: outside = {\"uot0\"}: there is no such"])
    fw.logged(["warning: rules: No rule hands control connections to"])
    assert "missing: 1" in fw.ctl("status").stdout
    # It comes: that is told, too.
    fw.ns.ip("link add uot0 type bridge")
    fw.logged(["interfaces: all that the configuration names are there"])
    fw.ns.ip("link del uot0")
    fw.network.loop.until(
        lambda: fw.log_text().count("there is no such interface") == 2,
        "the second warning")


TERMINATE = """terminate office {
    listen = {"192.0.2.77"}
    remote-addresses = {"10.9.0.1-10.9.0.9"}
    secrets = {"%s", "%s"}
}"""


def test_what_else_may_be_wrong(own):
    """Sections, zones, settings, and rules that fit the configuration no
    more."""
    fw = own()
    secrets = os.path.join(fw.folder, "secrets")
    with open(secrets, "w") as f:
        f.write("ann * secret *\n")
    os.chmod(secrets, 0o644)
    fw.configure(TERMINATE % (secrets, "/nowhere/secrets"),
                 connections=1000000)
    fw.rules("--apply")
    fw.ns.run("iptables-nft-restore", "--noflush", input=fw.rules().stdout)
    fw.admin.run("raw", "-A PREROUTING -i in1 -j CT --zone 5")
    fw.admin.run("raw", "-A PREROUTING -p tcp --dport 1723 -j CT --helper pptp")
    fw.ns.set("net/netfilter/nf_conntrack_tcp_timeout_established", 100)
    fw.ns.set("net/netfilter/nf_conntrack_events", 0)
    bridge = "net/bridge/bridge-nf-call-iptables"       # not in all kernels
    fw.ns.set(bridge, 1, must=False)
    with open(fw.config_file, "a") as f:
        f.write('cluster { store = "unix:/nowhere/redis" }\n')

    def said():
        done = fw.ns.run(CTL, "check", "-f", fw.config_file, "--json",
                         check=False)
        assert done.returncode == 1
        return {(r["level"], r["text"]) for r in map(
            json.loads, done.stdout.splitlines())}
    found = said()
    for expected in (
            ("wrong", "terminate office: listen = 192.0.2.77 is no address of "
             "this host: correct it, or add it to an interface."),
            ("wrong", "terminate office: %s can be read by others than the "
             "daemon: chmod 600." % secrets),
            ("wrong", "terminate office: /nowhere/secrets: No such file or "
             "directory."),
            ("wrong", "Two kinds of rules hand over the same packets "
             "(iptables-legacy, iptables-nft, nft): remove one of them "
             "(pptpalgctl rules --remove, or nft delete table ip pptpalg)."),
            ("look", "Rules put connections into zones of connection "
             "tracking; both directions of PPTP have to be in the right one: "
             "-A PREROUTING -i in1 -j CT --zone 5"),
            ("look", "A control connection that is idle for 100 seconds is "
             "forgotten: sysctl net.netfilter.nf_conntrack_tcp_timeout_"
             "established=7440."),
            ("look", "Connection tracking sends no events, and ends are "
             "noticed late: sysctl net.netfilter.nf_conntrack_events=1."),
            ("wrong", "Of two firewalls, each must take connections that are "
             "further than it has seen: sysctl net.netfilter.nf_conntrack_"
             "tcp_be_liberal=1."),
            ("wrong", "the kernel's own pptp helper is assigned to PPTP and "
             "would translate call IDs a second time: remove this rule "
             "(iptables-legacy -t raw -D): -A PREROUTING -p tcp -m tcp "
             "--dport 1723 -j CT --helper pptp"),
            *[("look", "What is bridged here goes through the rules, too, "
               "perhaps twice: sysctl net.bridge.bridge-nf-call-iptables=0, "
               "unless it is needed.")] * os.path.exists(
                   "/proc/sys/" + bridge)):
        assert expected in found, found
    assert [t for _, t in found if t.endswith(
        "less than limits { connections } = 1000000.")]
    os.chmod(secrets, 0o600)
    with open(fw.config_file) as f:
        text = f.read().replace('{"out0"}', '{"out0", "in2"}')
    with open(fw.config_file, "w") as f:
        f.write(text)
    found = said()
    assert ("wrong", "No rule of pptpalg names the outside interface in2: "
            "pptpalgctl rules --apply.") in found
    assert ("ok", "terminate office: %s is there, and nobody else can read "
            "it." % secrets) in found
    with open(fw.config_file, "a") as f:
        f.write("queue { control = 7 }\n")
    assert ("wrong", "No rule hands control connections to queue 7, though "
            "there are rules of pptpalg (for another queue?): pptpalgctl "
            "rules --apply (or --nft --apply).") in said()


def test_order_of_rules(own):
    fw = own()
    fw.configure()
    fw.rules("--apply")
    assert ("look", "rules") not in check(fw)[1]
    fw.admin.run("mangle", "-I FORWARD -p tcp -j ACCEPT")
    assert "-A FORWARD -p tcp -j ACCEPT" in check(fw)[1]["look", "rules"]


def test_rules_that_vanish(own):
    """A restore of other rules wipes ours: the next connection tells."""
    fw = own().up()
    net = fw.network
    net.connect().start().call(1, 2).both_ways()
    fw.rules("--remove")
    control = net.connect()
    control.client.send(b"unread")
    control.server.read(6)
    line = fw.logged(["has passed the daemon by"])
    assert "from %s to %s" % (control.client.src, SERVER) in line
    assert "pptpalgctl check" in line
    assert fw.counter("passed-by") >= 1
    assert "1 connections have passed them by" in fw.ctl("status").stdout
