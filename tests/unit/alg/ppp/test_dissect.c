/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames as text, of every protocol, and the facts found in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alg/ppp/dissect.h"

#define FRAME_MAX	256

static size_t
bytes_of(const char *hex, uint8_t *bytes)
{
	size_t n = 0;
	unsigned v;

	for (; sscanf(hex, " %2x", &v) == 1; n++) {
		assert_true(n < FRAME_MAX);
		bytes[n] = (uint8_t)v;
		while (*hex == ' ')
			hex++;
		hex += 2;
	}
	return n;
}

static struct dissect
dissect(const char *hex, char *line, size_t size)
{
	uint8_t bytes[FRAME_MAX];
	struct dissect d;
	size_t n = bytes_of(hex, bytes);

	dissect_frame(bytes, n, line, size, &d);
	return d;
}

static const struct {
	const char	*hex, *line;
} frames[] = {
	/* framing: with and without FF 03, protocol of one byte, padding */
	{ "ff03 c021 09 07 0008 deadbeef",
	    "LCP Echo-Request id 7: magic 0xdeadbeef" },
	{ "c021 0a 07 0008 deadbeef",
	    "LCP Echo-Reply id 7: magic 0xdeadbeef" },
	{ "fd 9001 aabbcc", "compressed or encrypted datagram, count 1, "
	    "flushed, encrypted, 3 bytes" },
	{ "ff03 00fd 2002 aa", "compressed or encrypted datagram, count 2, "
	    "compressed, 1 bytes" },
	{ "c021 06 07 0004 aaaaaaaa", "LCP Terminate-Ack id 7" },
	/* LCP */
	{ "c021 01 01 0029 0104 0578 0206 00000000 0305 c223 81"
	    "0506 01020304 0702 0802 0d03 06 1104 064e 1305 01 abcd",
	    "LCP Configure-Request id 1: MRU 1400, ACCM 0x00000000, "
	    "Auth-Protocol MS-CHAPv2, Magic 0x01020304, PFC, ACFC, "
	    "Callback CBCP, MRRU 1614, Endpoint-Discriminator local abcd" },
	{ "c021 01 01 0008 0304 c023",
	    "LCP Configure-Request id 1: Auth-Protocol PAP" },
	{ "c021 03 01 0009 0305 c223 80",
	    "LCP Configure-Nak id 1: Auth-Protocol MS-CHAP" },
	{ "c021 03 01 0009 0305 c223 05",
	    "LCP Configure-Nak id 1: Auth-Protocol CHAP-MD5" },
	{ "c021 01 01 0008 0304 c227",
	    "LCP Configure-Request id 1: Auth-Protocol EAP" },
	{ "c021 01 01 0009 0305 c223 77",
	    "LCP Configure-Request id 1: Auth-Protocol CHAP algorithm 0x77" },
	{ "c021 04 02 0007 6303 aa",
	    "LCP Configure-Reject id 2: option 99 aa" },
	{ "c021 05 03 0011 4d5050452064697361626c6564",
	    "LCP Terminate-Request id 3: \"MPPE disabled\"" },
	{ "c021 05 03 0010 11223344 003ccd74 000002e6",
	    "LCP Terminate-Request id 3: Windows error 742" },
	{ "c021 08 04 000a 8057 0101 0004",
	    "LCP Protocol-Reject id 4: IPV6CP, 4 bytes" },
	{ "c021 08 04 0006 1235",
	    "LCP Protocol-Reject id 4: protocol 0x1235, 0 bytes" },
	{ "c021 07 05 0008 0c010004",
	    "LCP Code-Reject id 5: code 12 (Identification)" },
	{ "c021 0c 06 000d 00000001 4d53524153",
	    "LCP Identification id 6: magic 0x00000001, \"MSRAS\"" },
	/* authentication: RFC 1334's example of a password stays hidden */
	{ "c023 01 01 0014 04 55736572 0a 636c69656e7450617373",
	    "PAP Authenticate-Request id 1: user \"User\", "
	    "password of 10 bytes" },
	{ "c023 03 01 0008 03 4e6f21", "PAP Authenticate-Nak id 1: \"No!\"" },
	{ "c023 02 01 0004", "PAP Authenticate-Ack id 1" },
	{ "c223 01 09 000b 04 00010203 7376",
	    "CHAP Challenge id 9: 4 bytes, name \"sv\"" },
	{ "c223 02 09 000e 02 aabb 444f4d5c757365",
	    "CHAP Response id 9: 2 bytes, user \"DOM\\x5cuse\"" },
	{ "c223 04 09 000d 453d36393120523d31",
	    "CHAP Failure id 9: \"E=691 R=1\" (wrong user name or password)" },
	{ "c227 02 01 0008 01 626f62", "EAP Response id 1: Identity \"bob\"" },
	/* CCP, IPCP, IPV6CP */
	{ "80fd 01 01 000a 1206 010000e1",
	    "CCP Configure-Request id 1: MPPE/MPPC 40-bit 56-bit 128-bit "
	    "MPPC stateless" },
	{ "80fd 01 01 000a 1206 00000000",
	    "CCP Configure-Request id 1: MPPE/MPPC nothing" },
	{ "80fd 04 01 000f 1506 00000000 1503 2f 1a04 7800",
	    "CCP Configure-Reject id 1: BSD-Compress 00000000, "
	    "BSD-Compress 2f, malformed 1a04" },
	{ "80fd 01 01 000f 1a04 7800 1804 7800 1503 2f",
	    "CCP Configure-Request id 1: Deflate 7800, Deflate-Draft 7800, "
	    "BSD-Compress 2f" },
	{ "8021 01 01 0028 0206 002d 0f01 0306 c0a80001 8106 08080808"
	    "8206 00000000 8306 01010101 8406 00000000",
	    "IPCP Configure-Request id 1: IP-Compression VJ 16 slots "
	    "compressed ids, IP-Address 192.168.0.1, DNS 8.8.8.8, "
	    "NBNS 0.0.0.0, second DNS 1.1.1.1, second NBNS 0.0.0.0" },
	{ "8057 01 01 000e 010a 0123 4567 89ab cdef",
	    "IPV6CP Configure-Request id 1: "
	    "Interface-Identifier 123:4567:89ab:cdef" },
	/* data */
	{ "21 4500 0014 0000 4000 40 01 0000 c0a80001 c0a80002",
	    "IPv4 192.168.0.1 > 192.168.0.2, ICMP, 20 bytes" },
	{ "0057 60", "IPv6, 1 bytes: 60" },
	/* nonsense */
	{ "", "cut PPP frame:" },
	{ "ff03", "cut PPP frame:" },
	{ "c0", "cut PPP frame: c0" },
	{ "1234 aabb", "protocol 0x1234, 2 bytes: aabb" },
	{ "c021", "LCP, malformed:" },
	{ "c021 01 01 0003", "LCP, malformed: 01010003" },
	{ "c021 01 01 00ff 01", "LCP, malformed: 010100ff01" },
	{ "c021 01 01 0006 0500",
	    "LCP Configure-Request id 1: malformed 0500" },
	{ "c021 01 01 0005 05", "LCP Configure-Request id 1: malformed 05" },
	{ "c021 01 01 0008 0504 aabb",
	    "LCP Configure-Request id 1: Magic aabb" },
	{ "c021 63 01 0005 aa", "LCP code 99 id 1 aa" },
	{ "8021 01 01 0007 0303 0a",
	    "IPCP Configure-Request id 1: IP-Address 0a" },
	{ "c223 02 09 0006 31 aa", "CHAP Response id 9, malformed" },
	{ "c023 01 01 0006 09 aa",
	    "PAP Authenticate-Request id 1, malformed" },
	{ "0021 45", "IPv4, malformed: 45" },
	{ "00fd 90", "compressed or encrypted datagram, malformed: 90" },
	{ "c223 04 01 0009 1b5b2241 5c",
	    "CHAP Failure id 1: \"\\x1b[\\x22A\\x5c\"" },
};

static void
test_frames(void **state)
{
	char line[512];

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		dissect(frames[i].hex, line, sizeof(line));
		assert_string_equal(line, frames[i].line);
	}
}

/* What is too long is cut; nothing is written beyond the buffer. */
static void
test_lines_are_cut(void **state)
{
	char full[512], line[512];
	size_t size;

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		dissect(frames[i].hex, full, sizeof(full));
		for (size = 0; size <= strlen(full) + 1; size++) {
			memset(line, 'x', sizeof(line));
			dissect(frames[i].hex, line, size);
			assert_int_equal(line[size], 'x');
			if (size == 0)
				continue;
			assert_int_equal(strlen(line), size - 1);
			assert_memory_equal(line, full, size - 1);
		}
	}
}

/* Bytes beyond a frame that is cut short are not looked at. */
static void
test_cut_frames(void **state)
{
	uint8_t bytes[FRAME_MAX], *copy;
	char line[512];
	struct dissect d;
	size_t n;

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		n = bytes_of(frames[i].hex, bytes);
		for (size_t cut = 0; cut < n; cut++) {
			copy = malloc(cut > 0 ? cut : 1);
			assert_non_null(copy);
			memcpy(copy, bytes, cut);
			dissect_frame(copy, cut, line, sizeof(line), &d);
			free(copy);
			assert_true(line[0] != '\0');
		}
	}
}

static void
test_facts(void **state)
{
	char line[512];
	struct dissect d;

	d = dissect("c021 01 05 0009 0305 c223 81", line, sizeof(line));
	assert_int_equal(d.protocol, DISSECT_LCP);
	assert_int_equal(d.code, DISSECT_CONFREQ);
	assert_int_equal(d.id, 5);
	assert_string_equal(d.auth, "MS-CHAPv2");
	d = dissect("c023 01 01 000a 02 6d65 02 7077", line, sizeof(line));
	assert_string_equal(d.name, "me");
	d = dissect("c223 02 09 000e 02 aabb 444f4d5c757365", line,
	    sizeof(line));
	assert_string_equal(d.name, "DOM\\x5cuse");
	d = dissect("c223 04 09 0009 453d363439", line, sizeof(line));
	assert_int_equal(d.error, 649);
	assert_string_equal(d.message, "E=649");
	d = dissect("80fd 02 01 000a 1206 01000040", line, sizeof(line));
	assert_true(d.has_mppe);
	assert_int_equal(d.mppe, DISSECT_MPPE_128 | DISSECT_MPPE_STATELESS);
	d = dissect("c021 08 04 0006 80fd", line, sizeof(line));
	assert_int_equal(d.rejected, DISSECT_CCP);
	d = dissect("8021 02 01 000a 0306 0a000001", line, sizeof(line));
	assert_int_equal(d.address, 0x0a000001);
	d = dissect("c021 05 03 0007 627965", line, sizeof(line));
	assert_string_equal(d.message, "bye");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_lines_are_cut),
		cmocka_unit_test(test_cut_frames),
		cmocka_unit_test(test_facts),
	};

	return cmocka_run_group_tests_name("dissect", tests, NULL, NULL);
}
