# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels that end here: what they do to the host, routes and scripts."""
import contextlib
import os
import resource
import signal

import pytest

import tunnels
from tunnels import LOCAL, SERVER, ping, until, until_resting


def test_routes_of_a_client(field):
    field.serve()
    ns = field.client_space()
    client = field.connect(more='routes = {"10.50.0.0/16"}\n'
                           "default-route = yes", ns=ns)
    routes = ns.run("ip", "route").stdout
    for words in ("10.50.0.0/16 dev pptp0", "0.0.0.0/1 dev pptp0",
                  "128.0.0.0/1 dev pptp0", SERVER + " dev eth0"):
        assert words in routes, routes
    assert ping(ns, "10.99.0.1") == 3
    field.space.run("ip", "addr", "add", "10.50.1.1/32", "dev", "lo")
    assert ping(ns, "10.50.1.1") == 3
    client.stop()
    assert "proto 117" not in ns.run("ip", "route").stdout


def test_leftovers_of_a_killed_client(field):
    field.serve()
    ns = field.client_space()
    client = field.connect("default-route = yes", ns=ns)
    client.stop(signal.SIGKILL)
    assert SERVER + " dev eth0 proto 117" in ns.run("ip", "route").stdout
    client.configure('terminate x { listen = {"192.0.2.%s"}\n'
                     'local-address = "10.1.0.1"\n'
                     'remote-addresses = {"10.1.0.2-10.1.0.3"}\n'
                     'secrets = {"%s"} }' % (ns.address.split(".")[3],
                                            client.file("u", "a * b *\n")))
    client.start()
    assert "proto 117" not in ns.run("ip", "route").stdout


def test_two_daemons_of_a_host(field):
    """Neither takes away what is the other's, however one ends."""
    field.serve()
    ns = field.client_space()
    first = field.connect("default-route = yes", ns=ns)
    second = field.connect('routes = {"10.77.0.0/16"}', user="eve", ns=ns)
    routes = ns.run("ip", "route").stdout
    for words in ("0.0.0.0/1 dev pptp0", "10.77.0.0/16 dev pptp1",
                  SERVER + " dev eth0 proto 117"):
        assert words in routes, routes
    first.stop(signal.SIGKILL)
    first.configure('terminate x { listen = {"127.0.0.1"}\n'
                    'local-address = "10.1.0.1"\n'
                    'remote-addresses = {"10.1.0.2-10.1.0.3"}\n'
                    'secrets = {"%s"} }' % first.file("u", "a * b *\n"))
    first.start()
    routes = ns.run("ip", "route").stdout
    assert "proto 117" not in routes
    assert "10.77.0.0/16 dev pptp1" in routes
    assert len(second.up()) == 1
    assert ping(ns, LOCAL) == 3


def test_proxy_arp(field):
    """Clients have addresses of the network behind the server."""
    lan = tunnels.Namespace("lan")
    field.spaces.append(lan)
    tunnels.cable(field.space, "lan0", lan, "eth0")
    field.space.run("ip", "addr", "add", "10.60.0.1/24", "dev", "lan0")
    lan.run("ip", "addr", "add", "10.60.0.2/24", "dev", "eth0")
    server = field.serve("proxy-arp = yes", pool="10.60.0.100-10.60.0.110")
    client = field.connect('routes = {"10.60.0.0/24"}')
    assert client.address == "10.60.0.100"
    assert ping(lan, client.address) == 3
    assert ping(client.ns, "10.60.0.2") == 3
    neigh = ("ip", "neigh", "show", "proxy")
    assert "10.60.0.100" in field.space.run(*neigh).stdout
    server.stop(signal.SIGKILL)
    server.start()
    server.stop()
    assert "10.60.0.100" not in field.space.run(*neigh).stdout


SCRIPT = """#!/bin/sh
{ echo "$(basename $0)|$*"; env | sort; echo .; } >>%s
echo "words of $(basename $0)"
"""


def test_scripts(field):
    server = field.server
    out = server.path("out")
    names = "ip-pre-up", "ip-up", "ip-down", "auth-up", "auth-down"
    more = "".join('%s = "%s"\n' % (
        name, server.file(name, SCRIPT % out, 0o755)) for name in names)
    field.serve(more + 'dns = {"10.0.0.53"}')
    client = field.connect("reconnect = no")
    assert ping(client.ns, LOCAL) == 3
    server.logged("words of ip-up")
    interface = server.up()[0]["interface"]
    client.ask("dial-down", name="hq0")
    server.logged("words of auth-down")
    server.logged("words of ip-down")
    with open(out, encoding="utf-8") as f:
        runs = {}
        for text in f.read().split("\n.\n")[:-1]:
            first, *rest = text.splitlines()
            name, words = first.split("|")
            runs[name] = words.split(), dict(
                line.split("=", 1) for line in rest)
    assert list(runs) == ["auth-up", "ip-pre-up", "ip-up", "ip-down",
                          "auth-down"]
    words, variables = runs["ip-up"]
    assert words == [interface, "none", "115200", LOCAL, "10.99.0.10",
                     client.ns.address]
    for name, value in {"IFNAME": interface, "IPLOCAL": LOCAL,
                        "IPREMOTE": "10.99.0.10", "PEERNAME": "ann",
                        "DNS1": "10.0.0.53", "SPEED": "115200"}.items():
        assert variables[name] == value
    assert "BYTES_RCVD" not in variables
    assert int(runs["ip-down"][1]["BYTES_RCVD"]) >= 3 * 84
    assert runs["auth-up"][0][1] == "ann"


def test_script_of_others_is_not_run(field):
    server = field.server
    script = server.file("ip-up", SCRIPT % server.path("out"), 0o777)
    field.serve('ip-up = "%s"' % script)
    field.connect()
    server.logged("not run, because others")


@pytest.mark.parametrize("text,mode", [
    ("exit 0", 0o777), ("exit 0", 0o644), ("exit 126", 0o755),
    ("sleep 1000 & wait", 0o755),
    ("trap 'exit 0' TERM; sleep 1000 & wait", 0o755)])
def test_no_traffic_without_ip_pre_up(field, text, mode):
    server = field.server
    script = server.file("ip-pre-up", "#!/bin/sh\n%s\n" % text, mode)
    field.serve('ip-pre-up = "%s"\nscript-timeout = 1' % script)
    field.dial("reconnect = no")
    assert "reason=script-failed" in server.logged("no tunnel:")
    until(lambda: not server.sessions(), "its end", server)
    assert server.counter("logins") == 0


def test_ip_pre_up_without_success(field):
    """What it comes to does not matter, as with pppd."""
    script = field.server.file("ip-pre-up", "#!/bin/sh\nexit 1\n", 0o755)
    field.serve('ip-pre-up = "%s"' % script)
    assert ping(field.connect().ns, LOCAL) == 3


def helper(daemon, name="pptpalg-helper"):
    """One of the processes that a daemon has started."""
    return int(daemon.ns.run("pgrep", "-x", "-P", str(daemon.process.pid),
                             name).stdout)


@contextlib.contextmanager
def stopped(daemon, name):
    pid = helper(daemon, name)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_helper_that_hangs(field):
    """Some devices are there; for others nobody waits, and they come."""
    server = field.serve("interfaces = each")
    first = field.connect()
    with stopped(server, "pptpalg-helper"):
        client = field.dial(count=12)
        server.logged("/dev/net/tun: Connection timed out")
        until(lambda: len(server.up()) > 1, "tunnels", server)
        assert ping(first.ns, LOCAL) == 3
    until(lambda: len(client.up()) == 12, "all tunnels", server)


def test_helper_without_descriptors(field):
    """When there are some again, nobody is refused for want of one."""
    server = field.serve("interfaces = each")
    descriptors = resource.prlimit(helper(server), resource.RLIMIT_NOFILE)
    resource.prlimit(helper(server), resource.RLIMIT_NOFILE,
                     (3, descriptors[1]))
    client = field.dial(count=12)
    server.logged("/dev/net/tun: Too many open files")
    resource.prlimit(helper(server), resource.RLIMIT_NOFILE, descriptors)
    field.connect("reconnect = no", user="bob", password="geheim")
    until(lambda: len(client.up()) == 12, "all tunnels", server)


def test_helper_that_is_killed(field):
    """The log says so; tunnels go on, but for those that wait for it."""
    script = field.server.file("ip-pre-up", """#!/bin/sh
test $PEERNAME = ann || sleep 1000 & wait
""", 0o755)
    server = field.serve('ip-pre-up = "%s"' % script)
    first = field.connect()
    field.dial("reconnect = no", user="eve")
    until(lambda: len(server.sessions(user="eve")) == 1, "a login", server)
    waiting = int(until(lambda: server.ns.run(
        "pgrep", "-P", str(helper(server)), check=False).stdout, "a script",
        server))
    os.kill(helper(server), signal.SIGKILL)
    server.logged("the helper process is gone")
    server.logged("no tunnel:", "reason=script-failed")
    assert ping(first.ns, LOCAL) == 3
    until_resting(server)
    assert server.log_text().count("the helper process is gone") == 1
    os.killpg(waiting, signal.SIGKILL)


def test_closing_devices_keeps_nobody_waiting(field):
    server = field.serve("interfaces = each")
    client = field.connect("reconnect = no", count=10)
    with stopped(server, "pptpalg-closer"):
        for n in range(10):
            client.ask("dial-down", name="hq%d" % n)
        until(lambda: not server.sessions(), "their end", server)
        assert field.space.run("ip", "link").stdout.count(": pptp") == 10
        for n in range(10):
            client.ask("dial-up", name="hq%d" % n)
        until(lambda: len(client.up()) == 10, "ten others", server)
        assert ping(client.ns, LOCAL) == 3
    until(lambda: field.space.run("ip", "link").stdout.count(": pptp") == 10,
          "the end of the interfaces", server)


def test_script_that_hangs(field):
    """It is ended, and nobody waits for it."""
    server = field.server
    script = server.file("ip-up", "#!/bin/sh\nsleep 1000 & wait\n", 0o755)
    field.serve('ip-up = "%s"\nscript-timeout = 1' % script)
    client = field.connect()
    assert ping(client.ns, LOCAL) == 3
    server.logged("still running after 1 s, ended")


def test_script_that_talks(field):
    """What it says last is logged, too, though it has ended meanwhile."""
    server = field.server
    script = server.file("ip-up", "#!/bin/sh\nhead -c 9000 /dev/zero | "
                         "tr '\\0' 'x' | fold -w 100\necho the end\n", 0o755)
    field.serve('ip-up = "%s"' % script)
    for times in range(1, 6):
        client = field.connect()
        until(lambda: server.log_text().count("the end") == times, "the end",
              server)
        assert server.log_text().count("x" * 100) == 90 * times
        client.stop()
        until(lambda: not server.sessions(), "the end of it", server)
