# SPDX-License-Identifier: GPL-2.0-or-later
"""The journal's files: who may use them, what becomes of damage and of a full
disk, how large they get, how fast they are read."""
import contextlib
import json
import os
import socket
import stat
import subprocess
import sys

import pytest

import kernel
import pptp
from firewall import DAEMON
from test_journal import KILL, fw_up, key, restart  # noqa: F401
from topology import GUEST, PATIENCE

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "bench"))

import lab  # noqa: E402

CALLS = 2000


def files(fw):
    return [f for f in (fw.journal, fw.journal + ".2")
            if os.path.getsize(f)]


def test_private(fw_up):
    for name in fw_up.journal, fw_up.journal + ".2":
        assert stat.S_IMODE(os.stat(name).st_mode) == 0o600


def test_second_daemon(fw_up, tmp_path):
    """The same journal, though all else is different."""
    fw = fw_up
    file = tmp_path / "second.conf"
    file.write_text(open(fw.config_file).read().replace(
        fw.socket, os.path.join(fw.folder, "second")) +
        "queue { control = 7  gre = 8 }\n")
    p = fw.ns.popen(DAEMON, "-d", "-f", str(file), stdout=-1, stderr=-1)
    out, err = p.communicate(timeout=PATIENCE)
    assert p.returncode == 1 and not out
    assert fw.journal in err and "another daemon" in err
    fw.network.connect().start().call(1, 1).both_ways()


def test_something_else_of_this_name(own):
    fw = own()
    fw.configure()
    fw.lay_rules()
    os.mkdir(fw.journal)
    p = fw.launch()
    assert p.wait(PATIENCE) == 1 and fw.journal in fw.log_text()
    p.stdout.close()
    os.rmdir(fw.journal)
    os.symlink(fw.config_file, fw.journal)
    text = open(fw.config_file).read()
    p = fw.launch()
    assert p.wait(PATIENCE) == 1
    p.stdout.close()
    assert open(fw.config_file).read() == text


def overwrite(name, data):
    """Another's file in a folder like /tmp must not be opened as if it were to
    be made (fs.protected_regular, proc_sys_fs(5))."""
    with open(name, "r+b" if os.path.exists(name) else "wb") as file:
        file.truncate()
        file.write(data)


@pytest.mark.parametrize("spoil", [
    lambda b: b[:-1], lambda b: b[:-20], lambda b: b + b"\0" * 100,
    lambda b: b + b[:33], lambda b: b + b[:-9]],
    ids=["byte", "record", "zeros", "torn", "long"])
def test_torn_tail(fw_up, spoil):
    """What was not finished does not count, what stands before it does."""
    fw, net = fw_up, fw_up.network
    call = net.connect().start().call(500, 1)
    fw.stop(KILL)
    name, = files(fw)
    data = open(name, "rb").read()
    overwrite(name, spoil(data))
    fw.start()
    fw.logged(["not finished"])
    row, = fw.calls()
    assert row["inside_call_id"] == 500
    if len(spoil(data)) > len(data):
        call.both_ways()


@pytest.mark.parametrize("junk", [
    b"", b"\0" * 5000, b"\xff" * 5000, b"junk", bytes(range(256)) * 99],
    ids=["empty", "zeros", "ones", "junk", "bytes"])
def test_broken_file(fw_up, junk):
    fw, net = fw_up, fw_up.network
    net.connect().start().call(500, 1)
    fw.stop(KILL)
    for name in fw.journal, fw.journal + ".2":
        overwrite(name, junk)
    fw.start()
    assert not fw.calls()
    net.connect().start().call(500, 2).both_ways()
    restart(fw)
    assert len(fw.calls()) == 1


def test_every_damaged_byte_is_harmless(fw_up):
    """Not each one, but all over the file; the daemon always works."""
    fw, net = fw_up, fw_up.network
    net.connect().start().call(500, 1)
    control = net.connect().start()
    control.say(control.client, pptp.ocrq(77))
    fw.stop(KILL)
    name, = files(fw)
    data = open(name, "rb").read()
    for at in range(3, len(data), len(data) // 12):
        bad = bytearray(data)
        bad[at] ^= 0x40
        overwrite(name, bad)
        fw.start()
        assert len(fw.calls()) <= 2
        fw.stop(KILL)
        for f in files(fw):
            os.truncate(f, 0)


@contextlib.contextmanager
def disk(fw, options):
    """A file system of its own; these are mount's options."""
    folder = os.path.join(fw.folder, "disk")
    os.mkdir(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options,
                    "pptpalg-test", folder], check=True)
    try:
        yield folder
    finally:
        fw.stop()
        subprocess.run(["umount", folder], check=True)


def test_disk_full(own):
    """It is logged and counted, calls go on, and when there is room again the
    journal is whole again."""
    fw = own()
    net = fw.network
    with disk(fw, "size=65536") as folder:
        fw.up('journal = "%s/journal"' % folder)
        calls = [net.connect().start().call(500, 1)]
        filler = os.path.join(folder, "filler")
        with open(filler, "wb", 0) as f:
            with contextlib.suppress(OSError):
                while True:
                    f.write(bytes(4096))
        for n in range(2, 20):
            calls.append(net.connect().start().call(500, n))
        fw.logged(["journal", "No space left"])
        assert fw.counter("journal-failed") >= 1
        for call in calls:
            call.both_ways()
        os.unlink(filler)
        net.loop.until(lambda: "written again" in fw.log_text(),
                       "the next try")
        calls.append(net.connect().start().call(500, 99))
        restart(fw)
        assert len(fw.calls()) == len(calls)
        for call in calls:
            call.both_ways()


def test_disk_full_and_killed(own):
    """Nothing is restored rather than something wrong."""
    fw = own()
    net = fw.network
    with disk(fw, "size=32768") as folder:
        fw.up('journal = "%s/journal"' % folder)
        control = net.connect().start()
        control.call(500, 1)
        with open(os.path.join(folder, "filler"), "wb", 0) as f:
            with contextlib.suppress(OSError):
                while True:
                    f.write(bytes(4096))
        net.loop.until(lambda: control.same(
            control.client, pptp.echorq()) or
            fw.counter("journal-failed"), "the failure")
        restart(fw)
        assert not fw.calls()
        control.same(control.client, pptp.echorq())
        net.connect().start().call(500, 2).both_ways()


def test_file_stays_small(fw_up):
    """Much happens (it is made anew, several times where the processor is
    not emulated), little lives."""
    fw, net = fw_up, fw_up.network
    control = net.connect().start()
    call = control.call(500, 1)
    client, server = kernel.connect(net)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.sendall(pptp.sccrq())
    kernel.read(server, 156)
    size = anew = 0
    while anew < (1 if GUEST else 3):
        for _ in range(20):
            client.sendall(pptp.echorq())
        kernel.read(server, 20 * 16)
        before, size = size, sum(map(os.path.getsize, files(fw)))
        assert size < 5 << 20
        anew += size < before
    net.loop.until(lambda: sum(map(os.path.getsize, files(fw))) < 1 << 20,
                   "the file to be made anew")
    restart(fw)
    net.loop.turn(0)        # what went by fills the wires' sockets
    call.both_ways()
    control.same(control.client, pptp.echorq())
    client.close()
    server.close()


def test_thousands_of_calls():
    """All of them are back."""
    with lab.Lab("nfqueue") as bench:
        server = bench.server()
        client = bench.client(CALLS, "--hold", "3600")
        assert lab.phase(client)["up"] == CALLS
        ctl = [os.path.join(lab.BUILD, "pptpalgctl"), "-s", bench.socket,
               "--json", "calls"]
        before = json.loads(bench.fw.run(*ctl).stdout)
        bench.kill_and_start()
        after = json.loads(bench.fw.run(*ctl).stdout)
        assert len(before) == CALLS
        assert sorted(str(key(c)) for c in after) == sorted(
            str(key(c)) for c in before)
        assert server.poll() is None
