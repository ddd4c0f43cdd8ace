# SPDX-License-Identifier: GPL-2.0-or-later
"""MS-CHAPv2 and MPPE of 128 bits, for clients made by hand (RFC 2759, RFC 3078,
RFC 3079)."""
import ctypes
import ctypes.util
import hashlib
import struct

nettle = ctypes.CDLL(ctypes.util.find_library("nettle"))
CONTEXT = 4096      # bytes: more than any of nettle's

MASTER = b"This is the MPPE Master Key"
SENDS = (b"On the client side, this is the send key; on the server side, it "
         b"is the receive key.")
RECEIVES = (b"On the client side, this is the receive key; on the server "
            b"side, it is the send key.")
FLUSHED, ENCRYPTED = 0x8000, 0x1000


def sha1(*pieces):
    return hashlib.sha1(b"".join(pieces)).digest()


def md4(data):
    context = ctypes.create_string_buffer(CONTEXT)
    digest = ctypes.create_string_buffer(16)
    nettle.nettle_md4_init(context)
    nettle.nettle_md4_update(context, ctypes.c_size_t(len(data)), data)
    nettle.nettle_md4_digest(context, ctypes.c_size_t(16), digest)
    return digest.raw


def des(key, block):
    """By a key of 7 bytes."""
    bits = int.from_bytes(key, "big")
    wide = bytes((bits >> 49 - 7 * i & 127) << 1 for i in range(8))
    context = ctypes.create_string_buffer(CONTEXT)
    out = ctypes.create_string_buffer(8)
    nettle.nettle_des_set_key(context, bytes(
        b | (bin(b).count("1") + 1 & 1) for b in wide))
    nettle.nettle_des_encrypt(context, ctypes.c_size_t(8), out, block)
    return out.raw


class Rc4:
    def __init__(self, key):
        self.context = ctypes.create_string_buffer(CONTEXT)
        nettle.nettle_arcfour_set_key(self.context, ctypes.c_size_t(len(key)),
                                      key)

    def crypt(self, data):
        out = ctypes.create_string_buffer(max(len(data), 1))
        nettle.nettle_arcfour_crypt(self.context, ctypes.c_size_t(len(data)),
                                    out, data)
        return out.raw[:len(data)]


def rc4(key, data):
    return Rc4(key).crypt(data)


class Login:
    """What a client makes of its password and the server's challenge."""

    def __init__(self, user, password, challenge, own=b"0123456789abcdef"):
        self.hash = md4(password.encode("utf-16le"))
        mixed = sha1(own, challenge, user.encode())[:8]
        padded = self.hash + bytes(5)
        response = b"".join(des(padded[i:i + 7], mixed) for i in (0, 7, 14))
        self.response = own + bytes(8) + response + b"\0"
        self.master = sha1(md4(self.hash), response, MASTER)[:16]

    def keys(self, kind=None):
        """Encrypts; decrypts."""
        pad = bytes(40), b"\xf2" * 40
        return [(kind or Mppe)(sha1(self.master, pad[0], text, pad[1])[:16])
                for text in (SENDS, RECEIVES)]


class Mppe:
    """One direction, stateless."""

    def __init__(self, start):
        self.start, self.count = start, -1
        self.key = self.mixed(start)

    def mixed(self, key):
        return sha1(self.start, bytes(40), key, b"\xf2" * 40)[:16]

    def change(self):
        """Before each frame."""
        mixed = self.mixed(self.key)
        self.key = rc4(mixed, mixed)
        self.count = self.count + 1 & 0xFFF

    def encrypt(self, data, bits=FLUSHED | ENCRYPTED):
        self.change()
        return struct.pack("!H", bits | self.count) + rc4(self.key, data)

    def decrypt(self, frame):
        """Of frames in order, or with gaps."""
        wanted = struct.unpack("!H", frame[:2])[0] & 0xFFF
        self.change()
        while self.count != wanted:
            self.change()
        return rc4(self.key, frame[2:])

    def reset(self):
        """The peer wants a frame that can be read alone: they all are."""


class StatefulMppe(Mppe):
    """The keystream runs on; the key changes every 256 frames."""

    def __init__(self, start):
        super().__init__(start)
        self.stream, self.flush, self.lost = Rc4(self.key), True, False

    def next(self):
        """Goes on to the next frame, at which the key may change."""
        self.count = self.count + 1 & 0xFFF
        if self.count & 255 == 255:
            mixed = self.mixed(self.key)
            self.key = rc4(mixed, mixed)
            self.stream, self.flush = Rc4(self.key), True

    def encrypt(self, data, bits=ENCRYPTED):
        self.next()
        bits |= FLUSHED if self.flush else 0
        self.flush = False
        return struct.pack("!H", bits | self.count) + self.stream.crypt(data)

    def decrypt(self, frame):
        """None when it cannot be read: then a reset is wanted."""
        bits, = struct.unpack("!H", frame[:2])
        gap = (bits - self.count - 1 & 0xFFF) != 0
        while self.count != bits & 0xFFF:
            self.next()
        self.lost = (self.lost or gap) and not bits & FLUSHED
        if self.lost:
            return None
        if bits & FLUSHED:
            self.stream = Rc4(self.key)
        return self.stream.crypt(frame[2:])

    def reset(self):
        self.stream, self.flush = Rc4(self.key), True
