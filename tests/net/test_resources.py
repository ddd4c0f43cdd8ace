# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemon lives on is missing: it says so, harms no call, and goes on
when it is there again."""
import ctypes
import os
import resource
import signal
import struct

import pytest

import conntrack
from test_daemon import fails
from test_engine import engine, passed
from test_journal_file import disk

BPF_MAP_CREATE, BPF_OBJ_PIN, BPF_MAP_TYPE_ARRAY, SYS_BPF = 0, 6, 2, 321
libc = ctypes.CDLL(None, use_errno=True)


def test_a_read_only_journal(own):
    """It is refused at the start, by its name, before anything is touched."""
    fw = own()
    with disk(fw, "ro") as folder:
        fw.configure('journal = "%s/journal"' % folder)
        fw.lay_rules()
        said = fails(fw, "-f", fw.config_file, "-d", status=1)
        assert folder in said and "Read-only" in said
    fw.configure()
    call = fw.start().network.connect().start().call(500, 1)
    call.both_ways()


def test_no_descriptors(own):
    """Requests are refused; calls and new connections go on."""
    fw = own().up('user = ""')      # whose limits are ours to change
    net = fw.network
    call = net.connect().start().call(500, 1)
    pid = fw.daemon.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = max(map(int, os.listdir("/proc/%d/fd" % pid))) + 1
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, before[1]))
    asked = [fw.ns.popen(*fw.ctl_words("status"), stdout=-1, stderr=-1)
             for _ in range(2)]
    call.both_ways()
    net.connect().start().call(500, 2).both_ways()
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    for program in asked:
        program.communicate(timeout=120)
    assert len(fw.calls()) == 2
    call.both_ways()


def test_events_of_conntrack_are_lost(own):
    """The daemon says so, and looks for every connection: the ends of one of
    which it never heard that it is gone are told."""
    fw = own().up()
    net = fw.network
    gone, stays = (net.connect().start().call(500, n) for n in range(2))
    fw.daemon.send_signal(signal.SIGSTOP)
    conntrack.overrun(fw.ns, 1723)
    fw.ns.run("conntrack", "-D", "-p", "tcp", "--orig-src",
              gone.control.client.src)
    fw.daemon.send_signal(signal.SIGCONT)
    fw.logged(["conntrack: events were lost"])
    for end in gone.control.client, gone.control.server:
        net.loop.until(lambda: end.reset, "%s's reset" % end.src)
    fw.logged(["call 1 down", "conntrack-gone"])
    stays.both_ways()


def bpf(command, attributes):
    """The system call; its result."""
    attributes = attributes.ljust(128, b"\0")
    result = libc.syscall(SYS_BPF, command, attributes, len(attributes))
    assert result >= 0, os.strerror(ctypes.get_errno())
    return result


def pin_map(path, value, entries):
    """An array of such values, as another version might have left it."""
    fd = bpf(BPF_MAP_CREATE, struct.pack("=IIII", BPF_MAP_TYPE_ARRAY, 4,
                                         value, entries))
    name = ctypes.create_string_buffer(path.encode())
    bpf(BPF_OBJ_PIN, struct.pack("=QI", ctypes.addressof(name), fd))
    os.close(fd)


@pytest.mark.parametrize("forward,name", [
    ("auto", "inbound"), ("stack", "outbound"), ("direct", "counters")])
def test_maps_of_another_layout(own, forward, name):
    """They are made anew, not read as what they are not."""
    fw = own()
    os.mkdir(fw.pins, 0o700)
    pin_map(os.path.join(fw.pins, name), 8, 64)
    fw.up(engine(forward))
    fw.logged(["maps made anew"])
    call = fw.network.connect().start().call(500, 1)
    before = passed(fw)
    call.both_ways()
    assert passed(fw) == (before[0] + 1, before[1] + 1)
