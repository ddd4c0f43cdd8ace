# SPDX-License-Identifier: GPL-2.0-or-later
"""Kinds of capture files and link layers, sides and views, and what -w
writes; scapy reads and writes them."""
import struct
import time

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import GRE_PPTP, CookedLinux, Dot1AD, Dot1Q, Ether
from scapy.utils import PcapNgWriter, rdpcap, wrpcap

import scene
import wire

NAME = "two-calls"


def sll2(ip):
    return struct.pack(">HHIHBB8s", 0x0800, 0, 1, 1, 0, 6, bytes(8)) + ip


LINKS = {
    "vlan": (1, lambda ip: bytes(Ether() / Dot1Q(vlan=7) / ip)),
    "qinq": (1, lambda ip: bytes(Ether() / Dot1AD(vlan=7) / Dot1Q(vlan=8) /
                                 ip)),
    "cooked": (113, lambda ip: bytes(CookedLinux(proto=0x0800) / ip)),
    "cooked-vlan": (113, lambda ip: bytes(CookedLinux(proto=0x8100) /
                                          Dot1Q(vlan=7) / ip)),
    "cooked2": (276, lambda ip: sll2(bytes(ip))),
    "raw": (101, bytes),
    "ipv4": (228, bytes),
    "null": (0, lambda ip: struct.pack("<I", 2) + bytes(ip)),
    "null-other-order": (0, lambda ip: struct.pack(">I", 2) + bytes(ip)),
    "loop": (108, lambda ip: struct.pack(">I", 2) + bytes(ip)),
}


def write(path, link_type, frames, snap=None):
    """A pcap file; snap cuts frames."""
    with open(path, "wb") as file:
        file.write(wire.PCAP_HEADER[:20] + struct.pack("<I", link_type))
        for time, frame in frames:
            kept = frame[:snap]
            file.write(struct.pack(
                "<IIII", int(time), round(time % 1 * 1e6), len(kept),
                len(frame)) + kept)


@pytest.fixture
def want(replay):
    return replay.text(replay.capture(NAME))


@pytest.mark.parametrize("link", LINKS)
def test_link_layers(replay, want, tmp_path, link):
    link_type, build = LINKS[link]
    path = tmp_path / "x.pcap"
    write(path, link_type, [(float(p.time), build(p[IP]))
                            for p in rdpcap(replay.capture(NAME))])
    assert replay.text(path) == want
    out = tmp_path / "out.pcap"
    assert replay.text("-w", out, path) == want
    with open(path, "rb") as one, open(out, "rb") as two:
        assert one.read(24)[20:] == two.read(24)[20:]
    assert replay.text(out).count("Outgoing-Call-Reply") == 2


def test_pcapng(replay, want, tmp_path):
    path = str(tmp_path / "x.pcapng")
    writer = PcapNgWriter(path)
    for p in rdpcap(replay.capture(NAME)):
        writer.write(p)
    writer.close()
    assert replay.text(path) == want


def test_nanoseconds(replay, want, tmp_path):
    path = str(tmp_path / "x.pcap")
    wrpcap(path, rdpcap(replay.capture(NAME)), nano=True)
    assert replay.text(path) == want


def test_standard_input(replay, want):
    with open(replay.capture(NAME), "rb") as file:
        assert replay.run("-", data=file.read())[0] == want


def test_no_colours_in_a_pipe(want):
    assert "\033" not in want


def test_other_packets_do_not_matter(replay, tmp_path):
    """IPv6, ARP, DNS, GRE version 0 between the packets."""
    other = [bytes(Ether(type=0x86DD)) + b"\x60" + bytes(60),
             bytes(Ether(type=0x0806)) + bytes(28),
             bytes(Ether() / IP(src=scene.IN1, dst=scene.OUT, proto=17) /
                   bytes(20)),
             bytes(Ether() / IP(src=scene.IN1, dst=scene.OUT, proto=47) /
                   b"\0\0\x08\0" / bytes(30))]
    frames = []
    for p in rdpcap(replay.capture(NAME)):
        frames += [(float(p.time), f) for f in other]
        frames.append((float(p.time), bytes(p)))
    path = tmp_path / "x.pcap"
    write(path, 1, frames)
    got, want = replay.json(path), replay.json(replay.capture(NAME))
    for key in ("connections", "calls", "gre"):
        assert got[key] == want[key]


def test_captured_twice(replay, tmp_path):
    """As on -i any without NAT: all packets again, with a lower TTL."""
    packets = []
    for p in rdpcap(replay.capture(NAME)):
        again = p.copy()
        again.time = p.time + 0.0001
        again[IP].ttl -= 1
        del again[IP].chksum
        packets += [p, again]
    path = str(tmp_path / "x.pcap")
    wrpcap(path, packets)
    got, want = replay.json(path), replay.json(replay.capture(NAME))
    for key in ("connections", "calls", "gre"):
        assert got[key] == want[key]
    names = [f["finding"] for f in got["findings"]]
    assert names == ["captured-twice", "no-failure"]


def test_cut_packets_are_told(replay, tmp_path):
    path = tmp_path / "x.pcap"
    write(path, 1, [(float(p.time), bytes(p))
                    for p in rdpcap(replay.capture(NAME))], snap=96)
    report = replay.json(path)
    assert "cut-packets" in [f["finding"] for f in report["findings"]]


def test_wrong_checksums_are_told(replay, tmp_path):
    packets = rdpcap(replay.capture(NAME))
    for p in packets:
        if TCP in p and p[IP].src == scene.IN1:
            p[TCP].chksum = 0x1234
    path = str(tmp_path / "x.pcap")
    wrpcap(path, packets)
    got, want = replay.json(path), replay.json(replay.capture(NAME))
    assert got["calls"] == want["calls"]
    assert [f["finding"] for f in got["findings"]] == \
        ["wrong-checksums", "no-failure"]


def test_each_end_sees_its_own_ids(replay, capture):
    """What is rewritten starts or ends with what the capture shows."""
    for e in replay.json(replay.capture(capture))["events"]:
        for change in e.get("rewritten", []):
            own = "from" if e["direction"] == "out" else "to"
            assert change[own] == e["fields"][change["field"]]


def connection(replay, *words):
    return replay.json(*words)["connections"][0]


def test_sides(replay):
    """Who is inside, and what address the outside sees."""
    c = connection(replay, replay.capture(NAME))
    assert (c["inside"], c["public"]) == (scene.IN1, scene.PUBLIC)
    assert c["opened_by"] == "inside"
    c = connection(replay, "--inside", scene.OUT + "/24",
                   replay.capture(NAME))
    assert (c["inside"], c["public"]) == (scene.OUT, scene.OUT)
    assert c["opened_by"] == "outside"
    c = connection(replay, "--inside", "0.0.0.0/0", replay.capture(NAME))
    assert c["inside"] == scene.IN1
    c = connection(replay, "--public", "192.0.2.77", replay.capture(NAME))
    assert c["public"] == "192.0.2.77"


def test_other_side_of_the_nat_tells_the_address(replay):
    report = replay.json(replay.capture("both-sides"))
    one, two = report["connections"]
    assert (one["public"], one["public_port"]) == ("192.1.2.9", 61000)
    assert two["outside_view_of"] == 1
    assert len(report["calls"]) == 1


# --- -w -----------------------------------------------------------------------

def checksums_are_right(packet):
    raw = bytes(packet[IP])
    fresh = IP(raw)
    del fresh.chksum
    if TCP in fresh:
        del fresh[TCP].chksum
    return bytes(fresh) == raw


@pytest.mark.parametrize("name", [
    "two-clients-inside", "same-ids", "server-inside", "incoming-from-inside",
    "two-calls", "one-segment", "protocol-unreachable", "fragments"])
def test_written_as_the_outside_sees_it(replay, name, tmp_path):
    out = str(tmp_path / "out.pcap")
    before = replay.json("-w", out, replay.capture(name))
    packets = rdpcap(out)
    assert packets
    for p in packets:
        assert checksums_are_right(p)
        assert scene.PUBLIC in (p[IP].src, p[IP].dst)
        assert not p[IP].src.startswith("10.")
        assert not p[IP].dst.startswith("10.")
    after = replay.json("--inside", scene.PUBLIC, out)
    # There the calls have the IDs that were chosen, and all of them fit.
    assert [c["inside_call_id"] for c in after["calls"]] == \
        [c["mapped_call_id"] for c in before["calls"]]
    for a, b in zip(after["calls"], before["calls"]):
        assert a["mapped_call_id"] == a["inside_call_id"]
        for key in ("outside", "outside_call_id", "was_up", "state", "ppp",
                    "packets_in", "packets_out"):
            assert a[key] == b[key], key


def test_dropped_packets_are_not_written(replay, tmp_path):
    """GRE from inside of no known call stays inside."""
    c = scene.Scene()
    c.gre(scene.IN1, scene.OUT, 5, b"\xfd\x90\x00x")
    path, out = str(tmp_path / "x.pcap"), str(tmp_path / "out.pcap")
    wrpcap(path, c.packets)
    replay.run("-w", out, path)
    with open(out, "rb") as file:
        assert len(file.read()) == 24


def test_fragments_reach_the_brain_whole(replay, tmp_path):
    out = str(tmp_path / "out.pcap")
    report = replay.json("-w", out, replay.capture("fragments"))
    assert [f["packets"] for f in report["gre"]] == [1, 1]
    sizes = [len(p[GRE_PPTP]) for p in rdpcap(out) if GRE_PPTP in p]
    assert sizes == [1512, 1512]


# --- what is told -----------------------------------------------------------

def test_summary(replay):
    """What explains a failure comes first, the events not at all."""
    path = replay.capture("auth-failed")
    whole, short = replay.text(path), replay.text("--summary", path)
    at = whole.index("\nControl connections")
    tables, findings = whole[at:].split("\nWhat the capture shows\n")
    assert short == "What the capture shows\n" + findings + tables
    report = replay.json("--summary", path)
    assert report["events"] == []
    assert report["findings"] == replay.json(path)["findings"]


def test_absolute_times(replay):
    path = replay.capture(NAME)
    plain = replay.json(path)["events"]
    there = replay.json("--absolute", path)["events"]
    first = float(rdpcap(path)[0].time)
    for a, b in zip(plain, there, strict=True):
        assert abs(a["time"] + first - b["time"]) < 1e-5
    day = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(first))
    line = replay.text("--absolute", path).splitlines()[1]
    assert line.startswith(f"     1 {day}.000000  connection 1 ")


def test_one_client(replay):
    """Only what concerns it is told, and its call ID is still another."""
    path = replay.capture("same-ids")
    report = replay.json("--client", scene.IN2, path)
    assert [c["inside"] for c in report["connections"]] == [scene.IN2] * 2
    assert [c["inside"] for c in report["calls"]] == [scene.IN2] * 2
    assert report["calls"][0]["mapped_call_id"] != 0x0203
    for f in report["gre"]:
        assert scene.IN2 in (f["from"], f["to"])
    assert {e["connection"] for e in report["events"]
            if e["event"] == "message"} == {2, 3}
    other = replay.json("--client", "10.9.9.9", path)
    assert other["events"] == other["calls"] == other["gre"] == []
    assert [f["finding"] for f in other["findings"]] == ["no-call"]


# --- input that is no good ----------------------------------------------------

def test_usage(replay):
    for words in ((), ("a", "b"), ("--nonsense", "x"), ("--inside", "x", "y"),
                  ("--inside", "10.0.0.0/33", "y"), ("--inside", "10.0.0.0/",
                  "y"), ("--public", "example.org", "y"),
                  ("--client", "x", "y"), ("-w",),
                  ("-w", "-", "y")):
        out, err = replay.run(*words, status=(2,))
        assert out == "" and err != ""
    assert replay.run("--help")[0].startswith("usage:")


def test_no_such_file(replay, tmp_path):
    out, err = replay.run(tmp_path / "none", status=(1,))
    assert out == "" and "none" in err and "No such file" in err
    out, err = replay.run("-w", tmp_path / "no" / "file",
                          replay.capture(NAME), status=(1,))
    assert out == "" and "No such file" in err


def test_other_link_types_are_named(replay, tmp_path):
    path = tmp_path / "x.pcap"
    write(path, 105, [])
    _, err = replay.run(path, status=(1,))
    assert "IEEE802_11" in err and "Ethernet" in err


def test_no_capture(replay, tmp_path):
    path = tmp_path / "x"
    for data in (b"", b"\xd4\xc3\xb2\xa1", b"hello, world" * 10, bytes(100)):
        path.write_bytes(data)
        out, err = replay.run(path, status=(1,))
        assert out == "" and str(path) in err
        assert replay.run("-", data=data, status=(1,))[1] != ""


def test_cut_file_is_read_as_far_as_it_goes(replay, tmp_path, want):
    """As after a tcpdump that was killed: the report, then the complaint."""
    with open(replay.capture(NAME), "rb") as file:
        raw = file.read()
    path = tmp_path / "x.pcap"
    path.write_bytes(raw[:-5])
    out, err = replay.run(path, status=(1,))
    assert "truncated" in err
    assert out.splitlines()[:5] == want.splitlines()[:5]
    assert "What the capture shows" in out
    assert "The file was not read to its end" in out
    path.write_bytes(raw[:24] + b"\xff" * 100)
    out, err = replay.run(path, status=(1,))
    assert "no PPTP" not in out and "to packet 0: " in out and err != ""


def test_any_cut_or_flipped_byte(replay, tmp_path):
    """No crash, whatever the file holds: some broken ones, by a fixed rule
    (fuzz_pcap has many)."""
    with open(replay.capture("server-inside"), "rb") as file:
        raw = file.read()
    path = tmp_path / "x.pcap"
    for n in range(0, len(raw), 389):
        broken = bytearray(raw)
        broken[n] ^= 0xFF
        for at in range(n % 41 + 24, len(raw), 641):
            broken[at] ^= 1 << n % 8
        path.write_bytes(broken)
        replay.run("--json", path, status=(0, 1))
