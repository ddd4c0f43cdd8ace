# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever comes by GRE, from a peer or from a stranger: the tunnels of
others work on, and so does the peer's own where it is not to blame."""
import random
import socket
import struct

import pytest

import mschap
import pptp
import tunnels
from caller import (ACK, CCP, CHAP, ECHO, ENCRYPTED, IPCP, IPV4, LCP, REQUEST,
                    TERMINATE, Caller)
from packet import GRE, ICMP, Gre, Ip, checksum
from topology import PATIENCE
from tunnels import LOCAL, SERVER, ping, until

STRAY = random.Random(1701)


@pytest.fixture(scope="module")
def field():
    """One server; a client of ours that must not notice anything."""
    field = tunnels.Field()
    field.serve("restart-time = 1\nlogin-timeout = 5")
    field.client = field.connect()
    field.number = field.client.up()[0]["session"]
    field.hosts = [field.client_space() for _ in range(2)]
    yield field
    field.close()


@pytest.fixture
def caller(field):
    caller = Caller(field.hosts[0], SERVER)
    yield caller
    caller.close()
    assert ping(field.client.ns, LOCAL) == 3
    assert field.client.up()[0]["session"] == field.number


def reply(sequence, name="reply"):
    """An ICMP echo reply to the tunnel."""
    body = struct.pack("!BBHHH", 0, 0, 0, 1, sequence) + name.encode()
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


def drops(server):
    return {name: count for name, count in server.ask("counters")[0].items()
            if name.startswith("drop-")}


def works(caller, number):
    caller.frames.clear()
    assert caller.ping(number=number)


def test_gre_of_all_kinds(field, caller):
    """From the peer's address: headers that lie."""
    caller.start().call().up()
    server, good = field.server, caller.peer_id
    before = server.counter("gre-malformed")
    payload = b"\xff\x03\xc0\x21\x09\x01\x00\x08\0\0\0\0"
    for lie in (dict(length=len(payload) + 1), dict(length=65535),
                dict(flags=0x2011), dict(flags=0x2041), dict(flags=0xA001),
                dict(flags=0x6001), dict(flags=0x0001), dict(flags=0x2801),
                dict(flags=0x2101)):
        caller.raw(bytes(Gre(good, payload, 5000, **lie)))
    whole = bytes(Gre(good, payload, 5000, 1))
    for end in range(1, 16):
        caller.raw(whole[:end])
    for other in (dict(flags=0x2000), dict(flags=0x2002),
                  dict(proto=0x0800), dict(proto=0x880C)):
        caller.raw(bytes(Gre(good, payload, 5000, **other)))
    works(caller, 1)
    assert server.counter("gre-malformed") > before
    assert server.up()


def test_ppp_of_all_kinds(field, caller):
    """Frames that are cut, of unknown protocols, with lengths that lie."""
    caller.start().call().up()
    server = field.server
    frames = [b"", b"\xff", b"\xff\x03", b"\xff\x03\xc0", b"\x00", b"\x02\x02",
              b"\xff\x03\x00\x21", b"\xff\x03\x00\xfd", b"\xff\x03\x00\xfd\x90",
              b"\xff\x03\x00\xfd\x90\x00", b"\xc0\x21", b"\xc0\x21\x01"]
    for protocol in (LCP, CHAP, CCP, IPCP, 0xC023, 0xC025, 0xC029, 0xC227,
                     0x8057, 0x80FB, 0x803F, 0x003D, 0x0021, 0x0057, 0x00FB,
                     0x4021, 0xFFFF):
        head = b"\xff\x03" + struct.pack("!H", protocol)
        frames += [head + struct.pack("!BBH", code, 1, length) + rest
                   for code in (0, 3, 11, 12, 14, 15, 200)
                   for length, rest in ((0, b""), (3, b""), (4, b""),
                                        (5, b""), (65535, b"x" * 40),
                                        (8, b"\x01\x00\x01\x01"),
                                        (1400, b"\xff" * 1396))]
    before = drops(server)
    for frame in frames:
        caller.raw(caller.header(frame))
        caller.turn(0)
    works(caller, 2)
    after = drops(server)
    assert after["drop-malformed"] > before["drop-malformed"]
    assert after["drop-plain"] > before["drop-plain"]


@pytest.mark.parametrize("stage", ["call", "lcp", "login", "up"])
def test_noise(field, caller, stage):
    """Random bytes behind right headers, in every state."""
    speaks = {"call": (), "lcp": (LCP,), "login": (LCP, CHAP)}.get(stage)
    if speaks is not None:
        caller.speaks = speaks
    caller.start().call()
    if stage == "up":
        caller.up()
    for protocol in (LCP, CHAP, CCP, IPCP, ENCRYPTED, IPV4, None):
        for size in [STRAY.randrange(1500) for _ in range(40)]:
            noise = STRAY.randbytes(size)
            if protocol is not None:
                noise = b"\xff\x03" + struct.pack("!H", protocol) + noise
            caller.raw(caller.header(noise))
        caller.turn(0)
    again = Caller(field.hosts[1], SERVER).start().call().up()
    assert again.ping()
    again.close()


def test_large_and_small_frames(field, caller):
    """As much as fits into GRE, and nothing."""
    caller.start().call().up()
    server = field.server
    for size in (1, 1400, 1496, 1500, 1532, 1533, 3000, 9000, 65000):
        caller.raw(caller.header(bytes(size)))
        caller.encrypted(bytes(size))
    caller.raw(caller.header(b""))
    caller.raw(bytes(Gre(caller.peer_id)))
    works(caller, 3)
    assert server.counter("gre-too-long") > 0
    caller.frames.clear()
    assert caller.ping(size=1372, number=4)
    assert [len(data) for _, data in caller.frames] == [1400]


def test_encrypted_frames_that_lie(field, caller):
    """With the right keys: what is in them must be a packet of its own."""
    caller.start().call().up()
    server = field.server
    before = server.ask("counters")[0]
    mine = caller.tunnel
    echo = struct.pack("!BBHHH", 8, 0, 0, 1, 9)
    good = bytes(Ip(mine, LOCAL, ICMP, echo))
    for inner in (b"", b"\x45", good[:19], good[:25],
                  b"\x4f" + good[1:], b"\x44" + good[1:], b"\x65" + good[1:],
                  good[:2] + b"\xff\xff" + good[4:],
                  good[:2] + b"\x00\x05" + good[4:],
                  bytes(Ip("10.99.0.98", LOCAL, ICMP, echo)),
                  bytes(Ip("0.0.0.0", LOCAL, ICMP, echo)),
                  bytes(Ip(LOCAL, LOCAL, ICMP, echo)),
                  bytes(Ip("127.0.0.1", LOCAL, ICMP, echo)),
                  bytes(Ip(mine, SERVER, GRE, bytes(
                      Gre(caller.peer_id, b"x", 1))))):
        caller.encrypted(inner)
    for protocol in (LCP, CHAP, CCP, IPCP, ENCRYPTED, 0x0057, 0x002D, 0x4021):
        caller.encrypted(b"\x05\x01\x00\x04", protocol)
    works(caller, 5)
    after = server.ask("counters")[0]
    assert after["spoofed"] >= before["spoofed"] + 4
    assert after["tunnel-in-itself"] > before["tunnel-in-itself"]
    assert after["drop-undecoded"] > before["drop-undecoded"]


@pytest.mark.parametrize("jump", [2, 100, 2000, 2049, 3000, 4095])
def test_coherency_counts_that_jump(field, caller, jump):
    """One forged count costs bounded work, and the tunnel survives it."""
    caller.start().call().up()
    works(caller, 1)
    count = caller.encrypts.count + jump & 0xFFF
    header = mschap.FLUSHED | mschap.ENCRYPTED | count
    caller.frame(ENCRYPTED, struct.pack("!H", header) + bytes(100))
    if jump < 2048:         # who has the key of a frame goes on from there
        while caller.encrypts.count != count:
            caller.encrypts.change()
    works(caller, 2)
    caller.frame(ENCRYPTED, struct.pack("!H", mschap.ENCRYPTED | 5) + bytes(20))
    caller.frame(ENCRYPTED, struct.pack("!H", mschap.FLUSHED | 6) + bytes(20))
    works(caller, 3)


def test_sequence_numbers_that_jump(field, caller):
    """A frame from afar does not make all later ones late."""
    caller.start().call().up()
    for jump in 1 << 31, (1 << 31) - 1, 40000, 3000, -3000, -70, 1 << 30:
        far = caller.sequence + jump & 0xFFFFFFFF
        caller.raw(caller.header(b"\xff\x03\x00\x21junk", sequence=far))
        works(caller, abs(jump) & 0xFFFF)


def test_acks_that_lie(field, caller):
    caller.start().call().up()
    for ack in (0, 1 << 31, 0xFFFFFFFF, 5, 100000):
        caller.raw(bytes(Gre(caller.peer_id, b"", None, ack)))
        works(caller, ack & 0xFFFF)


def from_stranger(field, caller):
    """Sends with any source address, and no socket of the caller's."""
    space = field.hosts[1]
    with space:
        s = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                          socket.IPPROTO_RAW)

    def send(payload, source=space.address):
        s.sendto(bytes(Ip(source, SERVER, GRE, payload)), (SERVER, 0))
    return send


def test_stranger(field, caller):
    """With the right call ID, and frames that would end the call."""
    caller.start().call().up()
    server = field.server
    send = from_stranger(field, caller)
    before = server.counter("gre-unknown-call")
    terminate = b"\xff\x03\xc0\x21\x05\x01\x00\x04"
    for sequence in range(caller.sequence - 5, caller.sequence + 20):
        send(bytes(Gre(caller.peer_id, terminate, sequence & 0xFFFFFFFF)))
    works(caller, 1)
    assert server.counter("gre-unknown-call") == before + 25
    assert len(server.up()) == 2


def test_forged_peer(field, caller):
    """Somebody sends in the peer's name, and knows the call ID: LCP and CCP
    are open to that in PPTP, but junk of other kinds does no harm.  The peer
    sends meanwhile: were it silent, numbers from afar would be believed."""
    caller.start().call().up()
    send = from_stranger(field, caller)
    for sequence in range(0, 4000, 7):
        caller.raw(caller.header(b""))
        send(bytes(Gre(caller.peer_id, b"\xff\x03\x00\xfd" +
                       struct.pack("!H", 0x9000 | sequence & 0xFFF) +
                       STRAY.randbytes(60), 1 << 20 | sequence)),
             caller.address)
    works(caller, 1)


def test_call_id_of_another_caller(field, caller):
    """Each peer has its own: a known ID does not open another's tunnel."""
    other = Caller(field.hosts[1], SERVER)
    other.start().call().up()
    caller.start().call().up()
    terminate = b"\xff\x03\xc0\x21\x05\x01\x00\x04"
    caller.raw(bytes(Gre(other.peer_id, terminate, other.sequence + 1)))
    works(caller, 1)
    works(other, 2)
    other.close()


def test_plain_packets(field, caller):
    """Unencrypted ones do not pass, before and after encryption is on."""
    caller.speaks = {LCP, CHAP}
    caller.start().call()
    caller.until(lambda: caller.done(CHAP), "a login")
    echo = bytes(Ip("10.99.0.10", LOCAL, ICMP, struct.pack(
        "!BBHHH", 8, 0, 0, 1, 9)))
    before = drops(field.server)
    caller.frame(IPV4, echo)
    caller.frame(ENCRYPTED, b"\x90\x00" + bytes(30))
    caller.frame(IPCP, b"\x01\x01\x00\x0a\x03\x06\0\0\0\0")
    until(lambda: sum(drops(field.server).values()) >=
          sum(before.values()) + 3, "drops", field.server)
    caller.speaks = {LCP, CHAP, CCP, IPCP}
    caller.up()
    before = field.server.counter("drop-plain")
    caller.frame(IPV4, echo)
    until(lambda: field.server.counter("drop-plain") > before, "a drop",
          field.server)
    works(caller, 1)


@pytest.mark.parametrize("how", ["reject", "terminate", "request"])
def test_encryption_is_not_talked_down(field, caller, how):
    """CCP goes down: so does the link; it never goes on in the clear."""
    caller.start().call().up()
    caller.speaks = {LCP}
    if how == "reject":
        caller.packet(LCP, 8, 9, struct.pack("!H", CCP) + bytes(10))
    elif how == "terminate":
        caller.packet(CCP, TERMINATE, 9)
    else:
        caller.packet(CCP, REQUEST, 9, b"\x12\x06\0\0\0\0")
    caller.frames.clear()
    field.space.popen("ping", "-n", "-q", "-c", "3", "-i", "0.05", "-W", "1",
                      caller.tunnel, stdout=-3).wait(PATIENCE)
    caller.until(lambda: pptp.CDN in [pptp.kind(m) for m in caller.messages],
                 "the end of the call")
    assert not [p for p, _ in caller.frames if p == IPV4]
    assert "reason=mppe-down" in field.server.logged(
        "logout:", "from=%s:%d " % (caller.address, caller.port))


def test_flood_of_gre(field, caller):
    """As fast as one process can, half of it for nobody."""
    caller.start().call().up()
    junk = caller.header(b"\xff\x03\xc0\x21\x09\x01\x00\x08\0\0\0\0")
    unknown = bytes(Gre(caller.peer_id ^ 1, b"\xff\x03\xc0\x21junk", 1))
    for _ in range(10000):
        caller.raw(junk)
        caller.raw(unknown)
    # What comes while the server's buffer is full of it is lost.
    until(lambda: ping(field.client.ns, LOCAL) == 3, "pings", field.server)
    works(caller, 1)


def test_flood_of_requests(field, caller):
    """Echo and code rejects are answered; nothing is kept for them."""
    caller.start().call().up()
    for number in range(3000):
        caller.packet(LCP, ECHO, number & 255, bytes(4))
        caller.packet(LCP, 77, number & 255, bytes(40))
        caller.frame(0x8057, bytes([1, number & 255, 0, 14, 1, 10]) +
                     bytes(8))
        if number % 100 == 0:
            caller.turn(0)
    # An answer that comes while our buffer is full of others is lost.
    until(lambda: ping(field.client.ns, LOCAL) == 3, "pings", field.server)
    while caller.turn(0.2):
        pass
    works(caller, 1)
    assert ping(field.client.ns, LOCAL) == 3


MESSAGES = [
    b"\0" * 300, b"\xff" * 300,
    pptp.header(pptp.OCRQ, length=2) + bytes(200),
    pptp.header(pptp.OCRQ, length=65535) + bytes(200),
    pptp.header(pptp.OCRQ, cookie=1) + bytes(156),
    pptp.header(99, length=16) + bytes(4),
    pptp.header(pptp.OCRQ, message_type=2) + bytes(156),
    b"GET / HTTP/1.0\r\n\r\n",
]


@pytest.mark.parametrize("number", range(len(MESSAGES)))
def test_control_messages_that_lie(field, caller, number):
    caller.start()
    caller.say(MESSAGES[number])
    caller.until(lambda: caller.over, "the end")


def test_call_of_somebody_else_is_cleared(field, caller):
    """A call ID in a control message is one of that connection."""
    other = Caller(field.hosts[0], SERVER)
    other.start().call(78).up()
    caller.start().call(79).up()
    for call_id in other.peer_id, 78:
        caller.say(pptp.ccrq(call_id))
        caller.say(pptp.cdn(call_id))
    works(caller, 1)
    works(other, 2)
    other.close()


def test_many_calls_on_one_connection(field, caller):
    """Up to a limit; then calls are refused, and those before go on."""
    caller.start()
    ids = []
    for call_id in range(100, 140):
        caller.say(pptp.ocrq(call_id))
        answer = caller.hear(pptp.OCRP)
        if answer[16] == 1:
            ids.append(pptp.call_id(answer))
    assert 1 < len(ids) < 40
    assert len(set(ids)) == len(ids)
    caller.call_id, caller.peer_id = 100, ids[0]
    caller.up()
    works(caller, 1)
    assert ACK
