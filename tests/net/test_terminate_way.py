# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels that end here: by which interface, with which mark and rights, and
who is told of logins."""
import os
import struct

import firewall
from tunnels import LOCAL, SERVER, Namespace, cable, ping, until


def test_server_of_one_interface(field):
    """Who comes by another one is refused."""
    lan = Namespace("lan")
    field.spaces.append(lan)
    lan.address = "10.60.0.2"
    cable(field.space, "lan0", lan, "eth0")
    field.space.run("ip", "addr", "add", "10.60.0.1/24", "dev", "lan0")
    lan.run("ip", "addr", "add", "10.60.0.2/24", "dev", "eth0")
    lan.run("ip", "route", "add", SERVER, "via", "10.60.0.1")
    field.serve('bind-device = "br0"')
    assert ping(field.connect().ns, LOCAL) == 3
    assert "refused" in field.dial(ns=lan).logged("reason=connect")


def test_mark_of_gre(field):
    """The rules know what the daemon sends by its mark."""
    for words in ((), ("!",)):
        field.space.run("iptables-legacy", "-w", "-t", "mangle", "-A",
                        "OUTPUT", "-p", "47", "-m", "mark", *words, "--mark",
                        "0x40000000/0x40000000")
    field.serve()
    assert ping(field.connect().ns, LOCAL) == 3
    lines = field.space.run("iptables-legacy", "-w", "-t", "mangle", "-nvxL",
                            "OUTPUT").stdout.splitlines()
    marked, unmarked = (int(line.split()[0]) for line in lines[2:])
    assert marked > 3 and unmarked == 0


def launch(daemon, *words):
    """By another program, which runs it."""
    daemon.log = open(daemon.log_file, "a", encoding="utf-8")
    return daemon.ns.popen(*words, firewall.DAEMON, "-f", daemon.path("conf"),
                           "-d", stdout=-1, stderr=daemon.log)


def records(file):
    """What utmp(5) describes: type, line, user, host."""
    with open(file, "rb") as f:
        data = f.read()
    for at in range(0, len(data), 384):
        kind, line, user, host = struct.unpack_from("=h6x32s4x32s256s", data,
                                                    at)
        yield kind, *(text.rstrip(b"\0").decode()
                      for text in (line, user, host))


def test_wtmp(field):
    """Logins and their ends, in a /var/log of the daemon's own."""
    server = field.server
    os.mkdir(server.path("log.d"))
    file = server.file("log.d/wtmp", "")
    server.launch = lambda: launch(
        server, "unshare", "-m", "sh", "-c",
        'mount --bind "$0" /var/log && exec "$@"', server.path("log.d"))
    field.serve("wtmp = yes")
    client = field.connect("reconnect = no")
    until(lambda: list(records(file)), "a record", server)
    (kind, line, user, host), = records(file)
    assert (kind, user, host) == (7, "ann", client.ns.address)
    assert line == "pptp/%d" % server.up()[0]["session"]
    client.ask("dial-down", name="hq0")
    until(lambda: len(list(records(file))) == 2, "another", server)
    assert list(records(file))[1] == (8, line, "", "")


def test_descriptors(field):
    """As many as are allowed, if not as many as there may be tunnels."""
    field.server.launch = lambda: launch(field.server, "prlimit",
                                         "--nofile=256:2000")
    server = field.serve("interfaces = each")
    with open("/proc/%d/limits" % server.process.pid, encoding="utf-8") as f:
        now, = (line.split()[3] for line in f if line.startswith("Max open"))
    assert int(now) >= 2000


def granted():
    """What the systemd unit lets the daemon do: words by directive."""
    unit = os.path.join(firewall.TOP, "conf", "dist", "pptpalgd.service")
    words = {}
    with open(unit, encoding="utf-8") as f:
        for line in f:
            name, is_one, value = line.partition("=")
            if is_one and not line.startswith("#"):
                words.setdefault(name, []).extend(value.split())
    return words


def test_rights_of_the_unit(field):
    """They are enough for a tunnel to a server with a name."""
    unit = granted()
    assert "-/dev/net/tun" in unit["BindPaths"]
    assert "/dev/net/tun" in unit["DeviceAllow"]
    rights = ",".join("+" + name.lower().replace("cap_", "")
                      for name in unit["CapabilityBoundingSet"])
    words = "setpriv", "--bounding-set", "-all," + rights
    field.server.launch = lambda: launch(field.server, *words)
    field.serve("interfaces = each")
    client = field.daemon(field.client_space())
    client.launch = lambda: launch(client, *words)
    client.start("""dial hq {
        server = "192.0.513"        # no dotted quad: it is looked up
        user = "ann"
        password-file = "%s"
    }""" % client.file("password", "secret\n"))
    until(client.up, "a tunnel", client)
    assert ping(client.ns, LOCAL) == 3
