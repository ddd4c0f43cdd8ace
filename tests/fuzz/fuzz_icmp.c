/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICMP errors about the GRE of two calls with one ID.  The input: whose and
 * which way, type and code, how much is quoted, then places and values of
 * bytes to spoil.  An inside address is never seen outside, checksums that
 * were right stay right, and what is not translated is not changed.
 */
#include "tests/fuzz/stage.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define ID	500
#define ICMP	20
#define QUOTE	28	/* where the quoted packet starts */

/* The error as the firewall sees it, before it is spoilt. */
static size_t
make_error(uint8_t *packet, struct cursor *in, enum alg_dir dir,
    uint32_t which)
{
	uint8_t quoted[STAGE_MAX], payload[100] = { 0 };
	uint32_t client = STAGE_CLIENT + which;
	uint16_t what = (uint16_t)stage_take(in, 2);
	size_t keep = 20 + stage_take(in, 1) % 80, len;
	bool out = dir == ALG_OUTBOUND;

	if (out)	/* about what the client got */
		stage_gre(quoted, STAGE_SERVER, client, ID, payload, 100);
	else		/* about what the server got */
		stage_gre(quoted, STAGE_PUBLIC, STAGE_SERVER,
		    (uint16_t)(1 + which), payload, 100);
	len = QUOTE + keep;
	stage_ip(packet, STAGE_ICMP, out ? client : STAGE_SERVER,
	    out ? STAGE_SERVER : STAGE_PUBLIC, len);
	memset(packet + ICMP, 0, QUOTE - ICMP);
	wire_put16(packet + ICMP, what);
	memcpy(packet + QUOTE, quoted, keep);
	wire_put16(packet + ICMP + 2,
	    wire_checksum(0, packet + ICMP, len - ICMP));
	return len;
}

static void
check_call(struct alg *a, uint64_t serial, enum alg_dir dir,
    const uint8_t *packet, size_t header, size_t quote)
{
	struct alg_call_info call = { 0 };
	uint32_t at = 0;
	bool out = dir == ALG_OUTBOUND;

	while (alg_calls(a, &at, &call) && call.serial != serial)
		;
	CHECK(call.serial == serial);
	CHECK(wire_get32(packet + (out ? 12 : 16)) ==
	    (out ? STAGE_PUBLIC : call.flow.inside));
	CHECK(wire_get32(packet + quote + (out ? 16 : 12)) ==
	    (out ? STAGE_PUBLIC : call.flow.inside));
	if (out)
		CHECK(wire_get16(packet + quote + header + 6) ==
		    call.mapped_id);
}

static void
check_translated(const uint8_t *before, const uint8_t *after, size_t len,
    enum alg_dir dir)
{
	size_t header = (size_t)(before[0] & 15) * 4, quote = header + 8;
	size_t inner = (size_t)(before[quote] & 15) * 4;
	bool out = dir == ALG_OUTBOUND;

	for (size_t i = 0; i < len; i++) {
		size_t outer = i - (out ? 12 : 16);
		size_t address = i - quote - (out ? 16 : 12);
		size_t id = i - quote - inner - 6;

		if (outer >= 4 && address >= 4 && !(out && id < 2) &&
		    i - 10 >= 2 && i - header - 2 >= 2 && i - quote - 10 >= 2)
			CHECK(before[i] == after[i]);
	}
	if (wire_checksum(0, before, header) == 0)
		CHECK(wire_checksum(0, after, header) == 0);
	if (wire_checksum(0, before + quote, inner) == 0)
		CHECK(wire_checksum(0, after + quote, inner) == 0);
	if (wire_checksum(0, before + header, len - header) == 0)
		CHECK(wire_checksum(0, after + header, len - header) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct cursor in = cursor_of(bytes, size);
	static const struct alg_origin origin;
	uint8_t packet[STAGE_MAX], before[STAGE_MAX];
	struct alg *a = stage_translator(true);
	uint32_t flags = stage_take(&in, 1);
	enum alg_dir dir = flags & 1 ? ALG_INBOUND : ALG_OUTBOUND;
	struct alg_result r;
	size_t len;

	stage_call(a, STAGE_CLIENT, ID, 1);
	stage_call(a, STAGE_CLIENT + 1, ID, 2);
	len = make_error(packet, &in, dir, flags >> 1 & 1);
	while (in.left > 0) {
		size_t place = stage_take(&in, 1) % len;

		packet[place] = (uint8_t)stage_take(&in, 1);
	}
	memcpy(before, packet, len);
	(void)alg_note_refusal(a, &origin, dir, flags & 4, packet, len, 2000);
	CHECK(memcmp(before, packet, len) == 0);
	alg_packet(a, dir, packet, len, 2000, &r);
	if (r.action == ALG_PASS && r.changed && before[9] == STAGE_ICMP) {
		size_t header = (size_t)(before[0] & 15) * 4;
		size_t quote = header + 8;

		CHECK(r.keep <= len);
		check_translated(before, packet, r.keep, dir);
		check_call(a, r.call, dir, packet,
		    (size_t)(packet[quote] & 15) * 4, quote);
	} else if (r.action == ALG_PASS && !r.changed) {
		CHECK(memcmp(before, packet, len) == 0);
	}
	stage_end(a, 2000);
	return 0;
}
