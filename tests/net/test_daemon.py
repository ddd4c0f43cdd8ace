# SPDX-License-Identifier: GPL-2.0-or-later
"""pptpalgd as the admin meets it: starting, refusing, reloading, ending."""
import os
import re
import signal
import socket
import stat
import threading

import pytest

import pptp
from endpoint import Tcp
from firewall import DAEMON, SERVER, give, read_line, standing
from nfqueue import Binding
from topology import PATIENCE

# How it starts and reads its files is the same with each engine; some are run
# with the BPF engine, too.
pytestmark = pytest.mark.sections("net")
BPF_TOO = pytest.mark.sections("net", "auto")


@pytest.fixture
def fw_idle(own):
    """Configured, with rules, and not started."""
    fw = own()
    fw.configure()
    fw.lay_rules()
    return fw


@pytest.fixture(scope="module")
def host():
    """Where no daemon ever starts."""
    with standing() as fw:
        fw.configure()
        yield fw


def fails(fw, *words, status, start=(), **options):
    """Runs pptpalgd, which must end by itself; what it said."""
    p = fw.ns.popen(*start, DAEMON, *words, stdout=-1, stderr=-1, **options)
    try:
        out, err = p.communicate(timeout=PATIENCE)
    except Exception:
        p.kill()
        out, err = p.communicate()
        raise AssertionError("it runs: " + out + err)
    assert p.returncode == status, (p.returncode, err)
    assert "ready" not in out
    return err


def test_check_prints_the_whole_configuration(host, tmp_path):
    p = host.ns.run(DAEMON, "-f", host.config_file, "-n")
    for word in ("outside", "inside", "queue", "control", "gre", "engine",
                 "control-socket", "journal", "malformed", "mark", "limits",
                 "connections", "calls-per-connection", "calls-per-client",
                 "quarantine", "log", "level"):
        assert re.search(r"^\s*%s\b" % re.escape(word), p.stdout, re.M), word
    again = tmp_path / "again.conf"
    again.write_text(p.stdout)
    assert host.ns.run(DAEMON, "-f", str(again), "-n").stdout == p.stdout


def test_naming_the_outside_interface_is_enough(host, tmp_path):
    file = tmp_path / "short.conf"
    file.write_text('outside = {"eth0"}\n')
    out = host.ns.run(DAEMON, "-n", "-f", str(file)).stdout
    for line in ('outside = {"eth0"}', "inside = {}", "malformed = reset",
                 'control-socket = "/run/pptpalg/pptpalgd.sock"',
                 'journal = "/run/pptpalg/pptpalgd.journal"'):
        assert line in out
    for name, value in (("control", 1723), ("gre", 1724), ("quarantine", 60),
                        ("connections", 100000), ("engine", "auto"),
                        ("calls-per-connection", 64), ("level", "info"),
                        ("calls-per-client", 1024)):
        assert re.search(r"^\s*%s\s*=\s*%s\s*$" % (name, value), out, re.M)


@pytest.mark.parametrize("text,line,expected", [
    ("", None, "outside"),
    ("outside = {}\n", None, "outside"),
    ('outside = {"eth0"}\nmalformed = maybe\n', 2, "reset"),
    ('outside = {"eth0"}\n\n\nqueue { control = 70000 }\n', 4, "65535"),
    ('outside = {"eth0"}\nqueue { control = 7 gre = 7 }\n', 2, "7"),
    ('outside = {"eth0"}\nlimits { connections = many }\n', 2, "number"),
    ('outside = {"eth0"}\nlimits {\n\n  calls = 5\n}\n', 4,
     "calls-per-connection"),
    ('outside = {"eth0"}\nlog { level = loud }\n', 2, "debug"),
    ('outside = {"eth0"}\ngre { engine = magic }\n', 2, "nfqueue"),
    ('outside = {"eth0"\nlog { level = info }\n', 2, ""),
    ('outside = {"eth0"}\nbogus = 1\n', 2, "bogus"),
    ('outside = {"eth0"}\ninside = {"eth0"}\n', 2, "eth0"),
    ('outside = {"much-too-long-a-name"}\n', 1, "interface"),
    ('outside = {"eth0"}\nmark = 3\n', 2, "bit"),
    ('outside = {"eth0"}\ncontrol-socket = "relative"\n', 2, "absolute"),
])
def test_configuration_errors(host, tmp_path, text, line, expected):
    file = tmp_path / "bad.conf"
    file.write_text(text)
    for words in (["-n"], ["-d"]):
        err = fails(host, "-f", str(file), *words, status=2)
        assert str(file) in err and expected in err, err
        assert line is None or "%s:%d:" % (file, line) in err, err


SECTIONS = """user = "%s"
terminate office {
	listen = {"192.0.2.1"}
	remote-addresses = {"10.9.0.1-10.9.0.9"}
	secrets = {"%s"}
}
dial branch {
	server = "192.0.2.2"
	user = "ann"
	secrets = {"%s"}
}
"""


def test_check_reads_the_secrets(host, tmp_path):
    """-n fails where a daemon would that stays root."""
    config, mine, far = (tmp_path / name for name in ("c", "mine", "far"))
    far.mkdir()
    for file in mine, far / "secrets":
        file.write_text("ann * secret *\n")
        file.chmod(0o600)
    config.write_text(SECTIONS % ("", mine, mine))
    check = "-n", "-f", str(config)
    assert "dial branch" in host.ns.run(DAEMON, *check).stdout
    mine.chmod(0o644)
    err = fails(host, *check, status=2)
    assert "terminate office: %s: others" % mine in err
    assert "dial branch: %s: others" % mine in err
    mine.chmod(0o600)
    mine.write_text("bob * secret *\nann\n")
    err = fails(host, *check, status=2)
    assert "%s:2" % mine in err and "terminate office" not in err
    assert "dial branch: no secret for ann at branch" in err
    config.write_text(SECTIONS % ("", far / "secrets", far / "secrets"))
    os.chown(far, 65534, 65534)
    far.chmod(0o700)
    assert "Permission denied" in fails(host, *check, status=2)


def test_check_reads_as_the_user(fw_idle):
    """-n fails, and says what to do, where the daemon would as its user."""
    config, secrets = (os.path.join(fw_idle.folder, name)
                       for name in ("config", "secrets"))
    with open(secrets, "w", encoding="utf-8") as f:
        f.write("ann * secret *\n")
    os.chmod(secrets, 0o600)
    with open(config, "w", encoding="utf-8") as f:
        f.write('control-socket = "%s"\n' % fw_idle.socket +
                SECTIONS % ("nobody", secrets, secrets))
    for words, status in ((["-n"], 2), (["-d"], 1)):
        err = fails(fw_idle, "-f", config, *words, status=status)
        assert "run chgrp 65534 %s and chmod 640" % secrets in err, err
    os.chown(secrets, 0, 65534)
    os.chmod(secrets, 0o640)
    fw_idle.ns.run(DAEMON, "-f", config, "-n")
    os.chmod(secrets, 0o660)
    assert "others than" in fails(fw_idle, "-f", config, "-n", status=2)


@pytest.mark.parametrize("junk", [bytes(range(256)), b"\0" * 100,
                                  b"{" * 5000, b'outside = {"' + b"e" * 9999])
def test_configuration_of_junk(host, tmp_path, junk):
    file = tmp_path / "junk.conf"
    file.write_bytes(junk)
    assert str(file) in fails(host, "-f", str(file), "-n", status=2)


def test_configuration_that_is_not_there(host):
    err = fails(host, "-f", "/nonexistent/x.conf", "-n", status=2)
    assert "/nonexistent/x.conf" in err


def test_usage(host):
    for word in "-x", "--sideways", "extra", "-f":
        err = fails(host, word, status=2)
        assert err.count("\n") == 1 and "try pptpalgd -h" in err, err


@BPF_TOO
def test_ready_is_one_line_once_queues_are_bound(fw_idle):
    fw = fw_idle
    fw.start()
    assert set(queues(fw)) == {1723, 1724}
    fw.daemon.send_signal(signal.SIGTERM)
    assert fw.daemon.stdout.read() == ""


@BPF_TOO
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_clean_end(fw_idle, how):
    fw = fw_idle.start()
    assert stat.S_IMODE(os.stat(fw.socket).st_mode) == 0o600
    assert fw.stop(how) == 0
    assert not os.path.exists(fw.socket)
    fw.start()


@BPF_TOO
def test_without_privilege(fw_idle):
    err = fails(fw_idle, "-d", "-f", fw_idle.config_file, status=1, start=(
        "setpriv", "--bounding-set=-all", "--inh-caps=-all",
        "--ambient-caps=-all"))
    assert "CAP_NET_ADMIN" in err and "root" in err, err


def test_as_another_user(fw_idle):
    os.chmod(fw_idle.folder, 0o755)
    err = fails(fw_idle, "-d", "-f", fw_idle.config_file, status=1, start=(
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
    assert "CAP_NET_ADMIN" in err, err


def test_queue_number_is_taken(fw_idle, tmp_path):
    fw_idle.start()
    text = open(fw_idle.config_file).read().replace(
        fw_idle.socket, str(tmp_path / "second.sock"))
    file = tmp_path / "second.conf"
    file.write_text(text)
    err = fails(fw_idle, "-d", "-f", str(file), status=1)
    assert "1723" in err and "queue" in err, err
    assert str(fw_idle.daemon.pid) in err, "who has it?\n" + err
    fw_idle.network.connect().start().call(1, 1).both_ways()


def test_queue_of_one_that_is_gone(fw_idle):
    """Its socket is closed a moment later; it is on its way to nobody."""
    binding = Binding(fw_idle.ns, [1723])
    way = socket.socketpair()
    socket.send_fds(way[0], [b"."], [binding.socket.fileno()])
    binding.close()
    err = fails(fw_idle, "-d", "-f", fw_idle.config_file, status=1)
    assert "queue 1723 is taken by another program" in err, err
    closing = threading.Timer(0.2, way[1].close)
    closing.start()
    fw_idle.start()
    closing.join()
    way[0].close()


def test_control_socket_is_taken(fw_idle, tmp_path):
    fw_idle.start()
    file = tmp_path / "second.conf"
    file.write_text(open(fw_idle.config_file).read() +
                    "queue { control = 7  gre = 8 }\n")
    err = fails(fw_idle, "-d", "-f", str(file), status=1)
    assert fw_idle.socket in err
    assert fw_idle.json("status")


def test_stale_control_socket_is_replaced(fw_idle):
    fw_idle.start()
    fw_idle.stop(signal.SIGKILL)
    assert os.path.exists(fw_idle.socket)
    fw_idle.start()
    assert fw_idle.json("status")


@pytest.mark.parametrize("variant", ["legacy", "nft"])
def test_kernel_helper_on_the_same_traffic(own, variant):
    fw = own(variant=variant)
    fw.configure()
    fw.lay_rules()
    fw.admin.run("raw", "-A PREROUTING -p tcp --dport 1723 "
                 "-j CT --helper pptp")
    err = fails(fw, "-d", "-f", fw.config_file, status=1)
    assert "helper" in err and "pptp" in err, err
    fw.admin.run("raw", "-D PREROUTING -p tcp --dport 1723 "
                 "-j CT --helper pptp")
    # What was meant for what the helper let through.
    fw.admin.run("filter", "-A FORWARD -m conntrack --ctstate RELATED "
                 "-m helper --helper pptp -j ACCEPT")
    fw.admin.run("raw", "-A PREROUTING -p udp -m comment --comment "
                 '"was --helper pptp" -j CT --notrack')
    fw.start().network.connect().start().call(1, 1).both_ways()


HELPER = """
table ip admin {
	ct helper vpn { type "pptp" protocol tcp; }
	chain a {
		type filter hook prerouting priority 0;
		tcp dport 1723 ct helper set "vpn"
	}
}
"""


def test_kernel_helper_by_nftables(fw_idle):
    fw = fw_idle
    fw.ns.run("nft", "-f", "-", input=HELPER)
    err = fails(fw, "-d", "-f", fw.config_file, status=1)
    assert "helper" in err and '"vpn"' in err, err
    fw.ns.run("nft", "delete", "table", "ip", "admin")
    fw.start().network.connect().start().call(1, 1).both_ways()


def test_kernel_helper_that_comes_later(fw_idle):
    """No connection is better than one that is translated twice."""
    fw = fw_idle.start()
    net = fw.network
    call = net.connect().start().call(500, 1)
    rule = "PREROUTING -p tcp --dport 1723 -j CT --helper pptp"
    fw.admin.run("raw", "-I " + rule)
    client = Tcp(net.in1, net.client(), net.port(), SERVER, 1723)
    client.open()
    line = fw.logged([client.src, "helper"])
    assert "kernel" in line
    net.loop.until(lambda: client.reset or client.tries > 2, "the refusal")
    assert not client.syn_acked or client.reset
    assert fw.counter("kernel-helper") >= 1
    client.over = True
    call.both_ways()
    fw.admin.run("raw", "-D " + rule)
    net.connect().start().call(500, 2).both_ways()


def test_lost_packets_are_counted(fw_idle):
    """The daemon stands still while more comes than a queue holds."""
    fw_idle.configure("gre { engine = nfqueue }")
    fw = fw_idle.start()
    net = fw.network
    call = net.connect().start().call(500, 1)
    call.both_ways()
    fw.daemon.send_signal(signal.SIGSTOP)
    for _ in range(40):
        for _ in range(1000):
            call.control.client.wire.send(call.packet(
                call.control.client, b"x" * 1400))
    fw.daemon.send_signal(signal.SIGCONT)
    net.loop.until(lambda: fw.json("status")["queue_gre_lost"] > 0,
                   "lost packets to be counted")
    net.loop.until(lambda: fw.counter("queue-loss") > 0, "the reason")
    fw.logged(["lost"])
    # What it still has would fill our socket, too.
    net.loop.until(lambda: queues(fw)[1724] == 0, "an empty queue")
    net.loop.turn()
    call.control.server.wire.inbox.clear()
    call.both_ways()


def queues(fw):
    """{number: packets waiting} of all that are bound."""
    with open("/proc/%d/net/netfilter/nfnetlink_queue" % fw.daemon.pid) as f:
        return {int(words[0]): int(words[2]) for words in map(str.split, f)}


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told(fw_idle, abstract):
    path = os.path.join(fw_idle.folder, "notify")
    if abstract:
        path = "@" + path
    with fw_idle.ns:        # which has its own abstract sockets
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with s:
        s.bind(path.replace("@", "\0"))
        if not abstract:
            give(path)
        s.settimeout(PATIENCE)
        fw_idle.daemon = fw_idle.launch(
            env=dict(os.environ, NOTIFY_SOCKET=path))
        assert b"READY=1" in s.recv(4096)
        assert read_line(fw_idle.daemon.stdout) == "ready\n"
        fw_idle.daemon.send_signal(signal.SIGTERM)
        assert b"STOPPING=1" in s.recv(4096)


@BPF_TOO
def test_in_the_background(fw_idle):
    """Without -d the command returns when the daemon is ready."""
    fw = fw_idle
    p = fw.ns.popen(DAEMON, "-f", fw.config_file, stdout=-1, stderr=-1)
    assert p.wait(PATIENCE) == 0, p.stderr.read()
    call = fw.network.connect().start().call(1, 1)
    call.both_ways()
    assert fw.json("calls")
    owner = [d for d in os.listdir("/proc") if d.isdigit()
             and cmdline(d)[:3] == [DAEMON, "-f", fw.config_file]]
    assert len(owner) == 1
    os.kill(int(owner[0]), signal.SIGTERM)
    fw.network.loop.until(lambda: not os.path.exists("/proc/" + owner[0]) or
                          not cmdline(owner[0])[0], "it to end")


def cmdline(pid):
    try:
        with open("/proc/%s/cmdline" % pid) as f:
            return f.read().split("\0")
    except OSError:
        return [""]


@BPF_TOO
def test_reload_keeps_calls(fw_idle):
    fw = fw_idle.start()
    net = fw.network
    call = net.connect().start().call(1, 1)
    fw.configure("malformed = pass", **{"calls-per-connection": 1})
    fw.daemon.send_signal(signal.SIGHUP)
    control = net.connect().start()
    control.call(2, 2)

    def limited():
        client, server = control.client, control.server
        n = 100 + len(client.out) % 1000
        seen = pptp.call_id(control.say(client, pptp.ocrq(n)))
        got = control.say(server, pptp.ocrp(n, seen))
        if got[16] == 1:
            control.say(client, pptp.ccrq(n))
            control.say(server, pptp.cdn(n))
        return got[16] == 2
    net.loop.until(limited, "the new limit")
    call.both_ways()
    control.same(control.client, pptp.header(16, length=12))
    call.both_ways()


def test_reload_of_a_broken_configuration(fw_idle):
    fw = fw_idle.start()
    call = fw.network.connect().start().call(1, 1)
    with open(fw.config_file, "a") as f:
        f.write("nonsense = 5\n")
    fw.daemon.send_signal(signal.SIGHUP)
    fw.logged([fw.config_file, "nonsense"])
    p = fw.ctl("reload", check=False)
    assert p.returncode == 1 and "nonsense" in p.stderr
    call.both_ways()
    fw.network.connect().start().call(1, 2).both_ways()


def test_control_segments_wait_for_the_daemon(fw_idle):
    """Nothing passes unread while it is away; TCP brings it back."""
    fw = fw_idle.start()
    net = fw.network
    old = net.connect().start()
    fw.stop()
    listener = net.out.listeners[(SERVER, 1723)]
    client = Tcp(net.in1, net.client(), net.port(), SERVER, 1723)
    client.open()
    old.client.send(pptp.echorq())
    before = len(old.server.segments)
    net.loop.until(lambda: client.tries > 3 and old.client.tries > 3,
                   "three more tries")
    assert not listener.accepted
    assert not any(s.payload for s in old.server.segments[before:])
    fw.start()
    net.loop.until(lambda: client.syn_acked, "the connection")
    assert old.server.read(16)


def test_connections_from_before_are_read_from_now_on(fw_idle):
    """Picked up in the middle, without a journal: shown so, and translated
    from the next message on."""
    fw = fw_idle
    fw.configure('journal = ""')
    fw.start()
    net = fw.network
    control = net.connect().start()
    fw.stop()
    fw.start()
    other = net.connect().start().call(500, 1)
    control.same(control.client, pptp.echorq())
    row, = [r for r in fw.json("connections")
            if r["inside_port"] == control.client.sport]
    assert (row["state"], row["reason"]) == ("unread", "unread")
    assert fw.counter("unread") >= 1
    fw.logged([control.client.src, control.client.sport, "middle"])
    control.call(500, 3).both_ways()
    other.both_ways()
    net.connect().start().call(500, 2).both_ways()


@BPF_TOO
def test_start_with_queued_segments_of_old_connections(fw_idle):
    """kill -9 and start again: new connections work at once."""
    fw = fw_idle.start()
    net = fw.network
    for _ in range(3):
        control = net.connect().start()
        control.call(1, 1)
        fw.stop(signal.SIGKILL)
        control.client.send(pptp.echorq())
        fw.start()
        net.connect().start().call(1, 1).both_ways()
        control.server.read(16)
