/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any packet at all, beside two calls with one ID: the first byte of the
 * input is the direction and whether it starts with a right IP header for
 * one of the calls.  Only GRE of a call that is up passes translated, with
 * nothing changed but an address, its checksum and the call ID; everything
 * else is dropped, or passes as it was when it is not enhanced GRE.
 */
#include "tests/fuzz/stage.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define ID	500

static size_t
make_packet(uint8_t *packet, const uint8_t *bytes, size_t len)
{
	bool out = (bytes[0] & 1) == 0;
	uint32_t client = STAGE_CLIENT + (bytes[0] >> 7);

	if (bytes[0] & 2) {
		memcpy(packet, bytes + 1, len - 1);
		return len - 1;
	}
	stage_ip(packet, STAGE_GRE, out ? client : STAGE_SERVER,
	    out ? STAGE_SERVER : STAGE_PUBLIC, len + 19);
	memcpy(packet + 20, bytes + 1, len - 1);
	return len + 19;
}

/* RFC 2637 section 4.1: version 1, PPP. */
static bool
enhanced(const uint8_t *p, size_t len)
{
	size_t header = (size_t)(p[0] & 15) * 4;

	return len >= 20 && p[0] >> 4 == 4 && p[9] == STAGE_GRE &&
	    len >= header + 4 && (p[header + 1] & 7) == 1 &&
	    wire_get16(p + header + 2) == 0x880B;
}

static void
check_translated(const uint8_t *before, const uint8_t *after,
    const struct alg_result *r, enum alg_dir dir)
{
	size_t header = (size_t)(after[0] & 15) * 4;
	size_t address = dir == ALG_OUTBOUND ? 12 : 16;

	for (size_t i = 0; i < r->keep; i++) {
		bool free = (i >= address && i < address + 4) || i == 10 ||
		    i == 11 || (dir == ALG_INBOUND && (i == header + 6 ||
		    i == header + 7));

		CHECK(free || before[i] == after[i]);
	}
	if (wire_checksum(0, before, header) == 0)
		CHECK(wire_checksum(0, after, header) == 0);
	if (dir == ALG_OUTBOUND)
		CHECK(wire_get32(after + 12) == STAGE_PUBLIC);
	else
		CHECK(wire_get16(after + header + 6) == ID);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	uint8_t packet[STAGE_MAX], before[STAGE_MAX];
	struct alg_result r;
	enum alg_dir dir;
	struct alg *a;

	if (len < 2 || len > STAGE_MAX - 20)
		return 0;
	a = stage_translator(true);
	stage_call(a, STAGE_CLIENT, ID, 1);
	stage_call(a, STAGE_CLIENT + 1, ID, 2);
	dir = bytes[0] & 1 ? ALG_INBOUND : ALG_OUTBOUND;
	len = make_packet(packet, bytes, len);
	memcpy(before, packet, len);
	alg_packet(a, dir, packet, len, 2000, &r);
	if (r.action == ALG_PASS && r.changed && before[9] == STAGE_GRE) {
		CHECK(enhanced(before, len) && r.ours && r.call != 0);
		CHECK(r.keep == wire_get16(before + 2) && r.keep <= len);
		check_translated(before, packet, &r, dir);
	} else if (r.action == ALG_PASS && !r.changed) {
		CHECK(!enhanced(before, len));
		CHECK(memcmp(before, packet, len) == 0);
	}
	stage_end(a, 2000);
	return 0;
}
