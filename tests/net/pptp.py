# SPDX-License-Identifier: GPL-2.0-or-later
"""The fifteen control messages of RFC 2637, as bytes."""
import random
import struct

COOKIE = 0x1A2B3C4D
(SCCRQ, SCCRP, STOPRQ, STOPRP, ECHORQ, ECHORP, OCRQ, OCRP, ICRQ, ICRP, ICCN,
 CCRQ, CDN, WEN, SLI) = range(1, 16)
NAMES = dict(zip(range(1, 16), (
    "SCCRQ SCCRP StopRQ StopRP EchoRQ EchoRP OCRQ OCRP ICRQ ICRP ICCN CCRQ "
    "CDN WEN SLI").split()))

# Length of each message, and where its own and its peer's ID lie.
LENGTH = {SCCRQ: 156, SCCRP: 156, STOPRQ: 16, STOPRP: 16, ECHORQ: 16,
          ECHORP: 20, OCRQ: 168, OCRP: 32, ICRQ: 220, ICRP: 24, ICCN: 28,
          CCRQ: 16, CDN: 148, WEN: 40, SLI: 24}
TALK = random.Random(2637)
WINDOW = 3876           # the largest that the firewall lets an end announce


def header(kind, length=None, message_type=1, cookie=COOKIE, reserved=0):
    return struct.pack("!HHIHH", length or LENGTH[kind], message_type, cookie,
                       kind, reserved)


def message(kind, start=b"", **head):
    """A message that begins with start; the rest is noise, so that a byte
    changed anywhere is seen."""
    rest = LENGTH[kind] - 12 - len(start)
    return header(kind, **head) + start + TALK.randbytes(rest)


def sccrq():
    return message(SCCRQ, struct.pack("!HH", 0x0100, 0))


def sccrp(result=1):
    return message(SCCRP, struct.pack("!HBB", 0x0100, result, 0))


def stoprq(reason=1):
    return message(STOPRQ, struct.pack("!B", reason))


def stoprp(result=1):
    return message(STOPRP, struct.pack("!BB", result, 0))


def echorq(identifier=7):
    return message(ECHORQ, struct.pack("!I", identifier))


def echorp(identifier=7):
    return message(ECHORP, struct.pack("!IBB", identifier, 1, 0))


def ocrq(own):
    return message(OCRQ, struct.pack("!H", own))


def ocrp(own, peer, result=1, error=0):
    return message(OCRP, struct.pack("!HHBB", own, peer, result, error))


def icrq(own):
    return message(ICRQ, struct.pack("!H", own))


def icrp(own, peer, result=1, error=0):
    return message(ICRP, struct.pack("!HHBB", own, peer, result, error))


def iccn(peer):
    return message(ICCN, struct.pack("!H", peer))


def ccrq(own):
    return message(CCRQ, struct.pack("!H", own))


def cdn(call_id, result=4):
    return message(CDN, struct.pack("!HBB", call_id, result, 0))


def wen(peer):
    return message(WEN, struct.pack("!H", peer))


def sli(peer, reserved=0):
    return message(SLI, struct.pack("!HH", peer, reserved))


def kind(data):
    return struct.unpack("!H", data[8:10])[0]


def call_id(data, at=12):
    return struct.unpack("!H", data[at:at + 2])[0]


def with_id(data, value, at=12):
    """The message with another call ID."""
    return data[:at] + struct.pack("!H", value) + data[at + 2:]
