/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compression and expansion: RFC 2118's example, malformed input, histories. */
#include <stdlib.h>

#include "alg/ppp/mppc.h"
#include "tests/unit/hex.h"

#define BELL	"for whom the bell tolls, the bell tolls for thee."
#define BELL_BITS							\
	"666F722077686F6D207468652062656C6C20746F6C6C732CF43720FA23D3329700"

/* Both ends of a line. */
struct ends {
	struct mppc_compressor	 c;
	struct mppc_expander	 e;
	uint64_t		 seed;
};

static int
set(void **state)
{
	struct ends *x = calloc(1, sizeof(*x));

	mppc_compressor_init(&x->c);
	mppc_expander_init(&x->e);
	x->seed = 0x1234567;
	*state = x;
	return 0;
}

static int
unset(void **state)
{
	free(*state);
	return 0;
}

/* Expands a copy in memory of just that size. */
static int
expand(struct ends *x, const uint8_t *bytes, size_t len, bool flushed,
    bool front, const uint8_t **out)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	int n;

	memcpy(copy, bytes, len);
	n = mppc_expand(&x->e, copy, len, flushed, front, out);
	free(copy);
	return n;
}

/* Through both; the length on the line, 0 if it went uncompressed. */
static size_t
pass(struct ends *x, const uint8_t *bytes, size_t len, bool flushed)
{
	uint8_t line[MPPC_HISTORY + 16];
	const uint8_t *out;
	bool front;
	size_t n;

	memset(line, 0xEE, sizeof(line));
	if (flushed)
		mppc_flush(&x->c);
	n = mppc_compress(&x->c, bytes, len, line, MPPC_HISTORY, &front);
	if (n == 0)
		return 0;
	assert_true(n < len);
	assert_int_equal(line[n], 0xEE);
	assert_int_equal(expand(x, line, n, flushed, front, &out), len);
	assert_memory_equal(out, bytes, len);
	return n;
}

/* --- the format ----------------------------------------------------------- */

static void
test_example(void **state)
{
	struct ends *x = *state;
	const uint8_t *out;
	uint8_t line[64];
	bool front;

	assert_int_equal(expand(x, hex(BELL_BITS), 33, true, true, &out), 49);
	assert_memory_equal(out, BELL, 49);
	assert_int_equal(mppc_compress(&x->c, (const uint8_t *)BELL, 49, line,
	    sizeof(line), &front), 33);
	assert_hex(line, BELL_BITS);
	assert_true(front);
}

/* Bits, written as digits, filled up to bytes. */
static size_t
bits_of(uint8_t *bytes, const char *digits)
{
	size_t n = 0;

	memset(bytes, 0, 64);
	for (; *digits != '\0'; digits++)
		if (*digits != ' ') {
			if (*digits == '1')
				bytes[n / 8] |= (uint8_t)(0x80 >> n % 8);
			n++;
		}
	return (n + 7) / 8;
}

/* A history in which every three bytes tell where they are. */
static uint8_t
at(size_t i)
{
	return (uint8_t)(i % 3 == 0 ? i / 3 % 256 : i % 3 == 1 ?
	    0x80 | i / 768 % 128 : 0x2A);
}

/* RFC 2118 section 4: the encodings of offsets and lengths. */
static const struct {
	size_t		 offset, len;
	const char	*bits;
} copies[] = {
	{ 3, 3, "1111 000011 0" },
	{ 63, 4, "1111 111111 1000" },
	{ 64, 7, "1110 00000000 1011" },
	{ 128, 8, "1110 01000000 110000" },
	{ 319, 15, "1110 11111111 110111" },
	{ 320, 16, "110 0000000000000 11100000" },
	{ 1024, 120, "110 0001011000000 111110 111000" },
	{ 1, 4097, "1111 000001 111111111110 000000000001" },
	{ 4000, 4, "110 0111001100000 1000" },
};

static void
test_copies(void **state)
{
	struct ends *x = *state;
	uint8_t bytes[64];
	const uint8_t *out;
	size_t n, from = 4080;

	for (size_t i = 0; i < sizeof(copies) / sizeof(*copies); i++) {
		for (size_t k = 0; k < MPPC_HISTORY; k++)
			x->e.history[k] = at(k);
		x->e.pos = (uint16_t)from;
		n = bits_of(bytes, copies[i].bits);
		assert_int_equal(expand(x, bytes, n, false, false, &out),
		    copies[i].len);
		for (size_t k = 0; k < copies[i].len; k++)
			assert_int_equal(out[k], at(from - copies[i].offset +
			    k % copies[i].offset));
	}
}

/* And that the encoder writes them so, after bytes that are all literals. */
static void
test_encoder(void **state)
{
	struct ends *x = *state;
	uint8_t in[MPPC_HISTORY], line[MPPC_HISTORY], bytes[64];
	bool front;

	for (size_t i = 0; i < sizeof(copies) / sizeof(*copies); i++) {
		size_t len = copies[i].len, offset = copies[i].offset;
		size_t n = bits_of(bytes, copies[i].bits);

		if (offset < len || offset > 320)
			continue;
		for (size_t k = 0; k < offset; k++)
			in[k] = (uint8_t)(k % 2 ? k / 2 % 128 : 1 + k / 256);
		memcpy(in + offset, in, len);
		mppc_flush(&x->c);
		assert_int_equal(mppc_compress(&x->c, in, offset + len, line,
		    sizeof(line), &front), offset + n);
		assert_memory_equal(line + offset, bytes, n);
	}
	memset(in, 0x56, sizeof(in));
	for (size_t len = 12; len <= sizeof(in); len += 1 + len / 100)
		assert_in_range(pass(x, in, len, true), 1, 6);
}

static void
test_literals(void **state)
{
	struct ends *x = *state;
	uint8_t bytes[64];
	const uint8_t *out;
	size_t n = bits_of(bytes, "01010110 101100111 00000000 101111111");

	assert_int_equal(expand(x, bytes, n, true, false, &out), 4);
	assert_hex(out, "56E700FF");
}

/* --- malformed ------------------------------------------------------------ */

static void
test_malformed(void **state)
{
	static const char *const wrong[] = {
		"1111 000000 0",			/* offset 0 */
		"110 1111111111111 0",			/* beyond 8191 */
		"110 1111011000000 0",			/* 8192 */
		"1111 000001 111111111111 0000000000000", /* no such length */
		"11110000", "11100000", "11000000 00000000",
		"01010110 1111 000001 1110",
		"1011111",				/* half a literal */
	};
	struct ends *x = *state;
	uint8_t bytes[64];
	const uint8_t *out;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(expand(x, bytes, bits_of(bytes, wrong[i]),
		    true, true, &out), -1);
}

/* The history's end is the end; what is behind it stays as it is. */
static void
test_overflow(void **state)
{
	struct { struct mppc_expander e; uint8_t guard[64]; } *g;
	uint8_t bytes[64];
	const uint8_t *out;
	size_t n;

	g = calloc(1, sizeof(*g));
	n = bits_of(bytes, "01010110 1111 000001 111111111110 111111111111");
	assert_int_equal(mppc_expand(&g->e, bytes, n, true, true, &out), 8192);
	assert_int_equal(mppc_expand(&g->e, bytes, 1, false, false, &out), -1);
	n = bits_of(bytes, "01010110 01010110 1111 000001 111111111110"
	    "111111111111");
	assert_int_equal(mppc_expand(&g->e, bytes, n, true, true, &out), -1);
	n = bits_of(bytes, "01010110 1111 000001 111111111110 111111111111"
	    "1111 000001 0");
	assert_int_equal(mppc_expand(&g->e, bytes, n, true, true, &out), -1);
	for (size_t i = 0; i < sizeof(g->guard); i++)
		assert_int_equal(g->guard[i], 0);
	free(g);
}

/* --- properties ----------------------------------------------------------- */

/* Text-like, repeating, binary or random bytes. */
static size_t
make(uint64_t *seed, uint8_t *bytes, size_t most)
{
	size_t len = 1 + hex_random(seed) % most;
	uint32_t kind = hex_random(seed) % 4;
	uint32_t period = 1 + hex_random(seed) % 40;

	for (size_t i = 0; i < len; i++) {
		uint32_t r = hex_random(seed);

		bytes[i] = (uint8_t)(r % 16 == 0 ? r >> 8 : 0x90);
		if (kind == 0)
			bytes[i] = (uint8_t)r;
		else if (kind == 1)
			bytes[i] = (uint8_t)"etaoin shrdlu"[r % 13];
		else if (kind == 2 && i >= period)
			bytes[i] = bytes[i - period];
	}
	return len;
}

static void
test_round_trips(void **state)
{
	struct ends *x = *state;
	uint8_t bytes[MPPC_HISTORY];
	size_t compressed = 0, len, most;

	for (int i = 0; i < 5000; i++) {
		most = i % 50 == 0 ? MPPC_HISTORY : 1500;
		len = make(&x->seed, bytes, most);
		if (pass(x, bytes, len, hex_random(&x->seed) % 16 == 0))
			compressed++;
	}
	assert_true(compressed > 2000);
	len = 1400;
	for (size_t i = 0; i < len; i++)
		bytes[i] = "0123456789abcdef"[i * i % 16];
	assert_in_range(pass(x, bytes, len, true), 1, len / 4);
}

/* What was sent before helps, until a flush. */
static void
test_history(void **state)
{
	struct ends *x = *state;
	uint8_t bytes[500];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)hex_random(&x->seed) & 0x7F;
	assert_int_equal(pass(x, bytes, sizeof(bytes), true), 0);
	memset(bytes, 1, 100);
	assert_in_range(pass(x, bytes, sizeof(bytes), false), 400, 420);
	assert_in_range(pass(x, bytes, sizeof(bytes), false), 2, 16);
	assert_in_range(pass(x, bytes, sizeof(bytes), true), 400, 420);
}

/* Too long for the history, or for the room: sent as it is. */
static void
test_room(void **state)
{
	struct ends *x = *state;
	uint8_t bytes[MPPC_HISTORY + 1] = { 0 }, line[MPPC_HISTORY];
	bool front;

	assert_int_equal(mppc_compress(&x->c, bytes, sizeof(bytes), line,
	    sizeof(line), &front), 0);
	assert_int_equal(mppc_compress(&x->c, bytes, 0, line, sizeof(line),
	    &front), 0);
	for (size_t i = 0; i < 1000; i++)
		bytes[i] = at(i) & 0x7F;
	for (size_t room = 0; room < 8; room++) {
		memset(line, 0xEE, sizeof(line));
		assert_int_equal(mppc_compress(&x->c, bytes, 1000, line, room,
		    &front), 0);
		assert_int_equal(line[room], 0xEE);
	}
	assert_true(pass(x, bytes, 1000, false) > 0);
}

/* Cut anywhere, a frame is refused or is the start of what it was. */
static void
test_truncation(void **state)
{
	struct ends *x = *state;
	uint8_t bytes[1500], line[1500];
	const uint8_t *out;
	bool front;
	size_t len, n;

	for (int i = 0; i < 40; i++) {
		len = make(&x->seed, bytes, sizeof(bytes));
		mppc_flush(&x->c);
		n = mppc_compress(&x->c, bytes, len, line, sizeof(line),
		    &front);
		for (size_t cut = 0; cut < n; cut++) {
			int got = expand(x, line, cut, true, true, &out);

			assert_true(got < (int)len);
			if (got > 0)
				assert_memory_equal(out, bytes, (size_t)got);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_example, set, unset),
		cmocka_unit_test_setup_teardown(test_copies, set, unset),
		cmocka_unit_test_setup_teardown(test_encoder, set, unset),
		cmocka_unit_test_setup_teardown(test_literals, set, unset),
		cmocka_unit_test_setup_teardown(test_malformed, set, unset),
		cmocka_unit_test_setup_teardown(test_overflow, set, unset),
		cmocka_unit_test_setup_teardown(test_round_trips, set, unset),
		cmocka_unit_test_setup_teardown(test_history, set, unset),
		cmocka_unit_test_setup_teardown(test_room, set, unset),
		cmocka_unit_test_setup_teardown(test_truncation, set, unset),
	};

	return cmocka_run_group_tests_name("mppc", tests, NULL, NULL);
}
