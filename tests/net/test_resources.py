# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemon lives on is missing: it says so, harms no call, and goes on
when it is there again."""
import ctypes
import mmap
import os
import resource
import signal
import struct

import pytest

import conntrack
from test_daemon import fails
from test_engine import by_queue, engine, passed
from test_journal_file import disk

BPF_MAP_CREATE, BPF_OBJ_PIN, BPF_OBJ_GET, SYS_BPF = 0, 6, 7, 321
BPF_MAP_TYPE_ARRAY = 2
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
    """Requests wait, which the log says once; calls and new connections go
    on."""
    fw = own().up('user = ""')      # whose limits are ours to change
    net = fw.network
    call = net.connect().start().call(500, 1)
    pid = fw.daemon.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = max(map(int, os.listdir("/proc/%d/fd" % pid))) + 1
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, before[1]))
    asked = [fw.ns.popen(*fw.ctl_words("status"), stdout=-1, stderr=-1)
             for _ in range(2)]
    fw.logged(["a new connection has to wait", "Too many open files"])
    call.both_ways()
    net.connect().start().call(500, 2).both_ways()
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    for program in asked:
        assert "calls" in program.communicate(timeout=120)[0]
    assert len(fw.calls()) == 2
    call.both_ways()
    assert fw.log_text().count("open files") == 1


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


# A table for 65,536 calls begins so (call_map.h): places, up to a whole slot
# and one more, and then a bit for each slot that is taken.
PLACES = 2 * 65536 + 4096 + 32
TAKEN, WORDS = 4 * PLACES + 128, 65536 // 64
NOBODY = 1              # at a place: no call's slot
FULL = 2 ** 64 - 1


def fill_tables(fw):
    """No free place and no free slot, in either direction."""
    for name in "inbound", "outbound":
        path = ctypes.create_string_buffer(
            os.path.join(fw.pins, name).encode())
        fd = bpf(BPF_OBJ_GET, struct.pack("=QI", ctypes.addressof(path), 0))
        with mmap.mmap(fd, TAKEN + 8 * WORDS) as memory:
            with memoryview(memory) as view, view.cast("I") as places, \
                    view[TAKEN:].cast("Q") as taken:
                for i in range(PLACES):
                    places[i] = places[i] or NOBODY
                for i in range(WORDS):
                    taken[i] = FULL
        os.close(fd)


@pytest.mark.parametrize("forward", ["auto", "stack", "direct"])
def test_a_full_table_of_calls(own, forward):
    """The log says whose GRE is queued instead; others notice nothing.  After
    a restart there is room: slots of no call are given back."""
    fw = own().up(engine(forward))
    net = fw.network
    first = net.connect().start().call(500, 1)
    fill_tables(fw)
    late = net.connect().start().call(500, 2)
    fw.logged(["no room in the kernel's maps", late.control.client.src])
    assert fw.counter("map-full") == 1
    row = fw.call(late)
    assert (row["way_in"], row["way_out"]) == ("queue", "queue")
    assert by_queue(fw, late) == 2
    assert by_queue(fw, first) == 0
    fw.stop()
    fw.start()
    assert by_queue(fw, late) == 0
    assert fw.counter("map-full") == 0
