# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures as lists of packets, cut again and shuffled, and what the replay
says of them in a form that can be compared."""
import re
import struct

PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
TCP, GRE = 6, 47


class Packet:
    """An Ethernet frame with an IPv4 packet that can be changed; its length and
    checksums are made right when it is written."""
    __slots__ = "time", "frame", "protocol", "l4", "data_at"

    def __init__(self, time, frame):
        self.time, self.frame = time, bytearray(frame)
        self.protocol = self.frame[23]
        self.l4 = self.data_at = 14 + (self.frame[14] & 15) * 4
        length = struct.unpack_from(">H", self.frame, 16)[0]
        del self.frame[14 + length:]            # link padding
        if self.protocol == TCP:
            self.data_at += (self.frame[self.l4 + 12] >> 4) * 4

    def copy(self):
        new = Packet.__new__(Packet)
        new.time, new.frame = self.time, self.frame[:]
        new.protocol, new.l4, new.data_at = \
            self.protocol, self.l4, self.data_at
        return new

    @property
    def data(self):
        return self.frame[self.data_at:] if self.protocol == TCP else b""

    @property
    def size(self):
        """Of its data."""
        return len(self.frame) - self.data_at if self.protocol == TCP else 0

    @property
    def seq(self):
        return struct.unpack_from(">I", self.frame, self.l4 + 4)[0]

    @property
    def ends(self):
        return bytes(self.frame[26:34] + self.frame[self.l4:self.l4 + 4])

    def slice(self, start, stop):
        """The same segment with only a part of its data; FIN at the end."""
        new = self.copy()
        if stop < self.size:
            new.frame[new.l4 + 13] &= ~1
            del new.frame[new.data_at + stop:]
        del new.frame[new.data_at:new.data_at + start]
        struct.pack_into(">I", new.frame, new.l4 + 4,
                         (self.seq + start) & 0xFFFFFFFF)
        return new

    def again(self, number):
        """Sent once more by TCP: another IP identification."""
        new = self.copy()
        struct.pack_into(">H", new.frame, 18, number & 0xFFFF)
        return new

    def move(self, octet):
        """All addresses with another second octet."""
        new = self.copy()
        new.frame[27] = new.frame[31] = octet
        return new

    def fix(self):
        f = self.frame
        struct.pack_into(">H", f, 16, len(f) - 14)
        f[24:26] = b"\0\0"
        struct.pack_into(">H", f, 24, checksum(f[14:self.l4]))
        if self.protocol == TCP:
            f[self.l4 + 16:self.l4 + 18] = b"\0\0"
            pseudo = f[26:34] + struct.pack(">HH", TCP, len(f) - self.l4)
            struct.pack_into(">H", f, self.l4 + 16,
                             checksum(pseudo + f[self.l4:]))


def checksum(data):
    """The sum of words with end-around carry is the number modulo FFFF."""
    number = int.from_bytes(data + bytes(len(data) % 2), "big")
    return ~(number % 0xFFFF or 0xFFFF) & 0xFFFF


def read(path):
    """An Ethernet pcap of this machine's byte order."""
    with open(path, "rb") as file:
        raw = file.read()
    assert raw[:4] == PCAP_HEADER[:4] and raw[20:24] == PCAP_HEADER[20:]
    packets, at = [], 24
    while at < len(raw):
        sec, usec, length, _ = struct.unpack_from("<IIII", raw, at)
        packets.append(Packet(sec * 1000000 + usec,
                              raw[at + 16:at + 16 + length]))
        at += 16 + length
    return packets


def write(path, packets):
    with open(path, "wb") as file:
        file.write(PCAP_HEADER)
        for p in packets:
            p.fix()
            file.write(struct.pack("<IIII", p.time // 1000000,
                                   p.time % 1000000, len(p.frame),
                                   len(p.frame)) + p.frame)


# --- variants: functions from a list of packets to another ------------------

def each_segment(packets, change):
    """Puts what change makes of it in the place of every data segment."""
    out = []
    for p in packets:
        out += change(p) if p.size > 0 else [p]
    return out


def split(at):
    """Every segment in two; where it is shorter, somewhere else."""
    def change(p):
        cut = at % p.size
        return [p.slice(0, cut), p.slice(cut, p.size)] if cut else [p]
    return lambda packets: each_segment(packets, change)


def split_backwards(at):
    """The second half overtakes the first."""
    def change(p):
        cut = at % p.size
        return [p.slice(cut, p.size), p.slice(0, cut)] if cut else [p]
    return lambda packets: each_segment(packets, change)


def overlap(at):
    """First a part, then all of it, as after a lost acknowledgement."""
    def change(p):
        cut = at % p.size
        return ([p.slice(0, cut)] if cut else []) + [p.again(at + 7)]
    return lambda packets: each_segment(packets, change)


def pieces(size):
    def change(p):
        return [p.slice(i, min(i + size, p.size))
                for i in range(0, p.size, size)]
    return lambda packets: each_segment(packets, change)


def pieces_backwards(size):
    def change(p):
        return [p.slice(i, min(i + size, p.size))
                for i in range(0, p.size, size)][::-1]
    return lambda packets: each_segment(packets, change)


def twice(packets):
    """TCP sends everything twice, the network doubles the rest."""
    out = []
    for n, p in enumerate(packets):
        out += [p, p.again(0x8000 + n) if p.protocol == TCP else p.copy()]
    return out


def late_copies(packets):
    """Every segment comes once more after the next packet."""
    out, late = [], []
    for n, p in enumerate(packets):
        out += [p] + late
        late = [p.again(0x9000 + n)] if p.size > 0 else []
    return out + late


def merged(packets):
    """Repeats all that an end has said so far, as one segment."""
    out, said = [], {}
    for n, p in enumerate(packets):
        out.append(p)
        if p.size == 0:
            continue
        before = said.get(p.ends)
        if before is not None and before.seq + before.size == p.seq:
            whole = before.copy()
            whole.frame += p.data
            struct.pack_into(">H", whole.frame, 18, 0xA000 + n)
            out.append(whole)
            p = whole
        said[p.ends] = p
    return out


def swapped(packets):
    """Neighbours of one direction change places."""
    out = list(packets)
    for i in range(len(out) - 1):
        a, b = out[i], out[i + 1]
        if a.size > 0 and b.size > 0 and a.ends == b.ends \
                and a.seq != b.seq:
            out[i], out[i + 1] = b, a
    return out


def variants(packets):
    """Names and functions: all that must not change the outcome."""
    longest = max([p.size for p in packets] + [1])
    for at in range(1, longest):
        yield f"split at {at}", split(at)
    for at in range(1, longest, 5):
        yield f"backwards at {at}", split_backwards(at)
        yield f"overlap at {at}", overlap(at)
    for size in (1, 2, 3, 5, 7, 8, 12, 13, 15, 16, 17):
        yield f"pieces of {size}", pieces(size)
        yield f"pieces of {size} backwards", pieces_backwards(size)
    yield "twice", twice
    yield "late copies", late_copies
    yield "merged", merged
    yield "swapped", swapped
    for at in range(1, 40):
        yield f"split at {at}, swapped", \
            lambda p, at=at: swapped(split(at)(p))
        yield f"split at {at}, twice", lambda p, at=at: twice(split(at)(p))


# --- the outcome -------------------------------------------------------------

def octet_of(address):
    return int(address.split(".")[1])


class Outcome:
    """What a replay says, without what may differ between variants: times,
    packet numbers, serials, chosen call IDs, retransmissions."""
    def __init__(self):
        self.messages, self.calls, self.gre, self.findings = {}, [], [], []

    def __eq__(self, other):
        return vars(self) == vars(other)

    def __repr__(self):
        return repr(vars(self))


def address_without_octet(address):
    first, _, rest = address.split(".", 2)
    return f"{first}.*.{rest}"


def outcomes(report):
    """Second octet -> Outcome, of a report on many variants."""
    found, home, calls = {}, {}, {}
    for c in report["connections"]:
        octet = octet_of(c["inside"])
        found.setdefault(octet, Outcome())
        home[c["connection"]] = octet
    for c in report["calls"]:
        octet = home[c["connection"]]
        kept = c["mapped_call_id"] == c["inside_call_id"]
        calls[c["call"]] = (octet, len(found[octet].calls))
        found[octet].calls.append(
            [address_without_octet(c["inside"]), c["inside_call_id"],
             address_without_octet(c["outside"]), c["outside_call_id"],
             "kept" if kept else "changed", c["state"], c["direction"],
             c["asked_by"], c["was_up"], c["reason"], c["ppp"]])
    first = {}
    for number, octet in home.items():
        first[octet] = min(number, first.get(octet, number))
    for e in report["events"]:
        if e["event"] == "message":
            octet = home[e["connection"]]
            where = (e["connection"] - first[octet], e["direction"])
            found[octet].messages.setdefault(where, []).append(
                [e["message"], e["passed"], e["fields"],
                 [c["field"] for c in e["rewritten"]]])
    for f in report["gre"]:
        octet = octet_of(f["from"])
        call = calls.get(f["call"], (octet, None))[1]
        found.setdefault(octet, Outcome()).gre.append(
            [address_without_octet(f["from"]), address_without_octet(f["to"]),
             f["call_id"], call, f["packets"], f["dropped"], f["reason"]])
    for f in report["findings"]:
        if "connection" in f:
            found[home[f["connection"]]].findings.append(f["finding"])
    return found
