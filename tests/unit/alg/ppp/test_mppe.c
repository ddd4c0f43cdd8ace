/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys and frames of MPPE: the examples of RFC 3079, counts, header bits. */
#include "alg/ppp/mppe.h"
#include "tests/unit/hex.h"

/* Start keys of RFC 3079 section 3.5: what the server and the client send. */
#define SERVER	"8B7CDC149B993A1BA118CB153F56DCCB"
#define CLIENT	"D5F0E9521E3EA9589645E86051C82226"

/* Protocol 0x0021 and an IPv4 header. */
#define PLAIN	"0021450000140000400040010000C0A80001C0A80002"
#define LEN	22
#define ROOM	256

/* By strength and direction; frames are without their headers. */
static const struct {
	int		 bits;
	const char	*start, *keys[4];	/* after 0 to 3 changes */
	const char	*sample;	/* "test message" under keys[0] */
	const char	*late[2];	/* keys after 4096 and 4097 changes */
	const char	*stateless[3];	/* 9000 to 9002 */
	const char	*stateful[3];	/* 1000, 1001 and 90FF */
} table[] = {
	{ 128, SERVER, { "405CB2247A7956E6E211007AE27B22D4",
	    "726F10500E2B54135B1B74D7682F0471",
	    "2805BC7869BEC825573A7803E95A3ACD",
	    "58128C36CABD54968139FD94B5883D4A" }, "81848317DF68846272FB5ABE",
	    { "58D30FEA39698607D2627E638F6E12D9",
	    "53E2A1B16F09722D2189FC82A18BCBC6" },
	    { "7058132BE07B58BA9366C9247F54551269F1F87B45F7",
	    "353CA429A625EE5C02DD5B968D9230EA00B2F5D91D59",
	    "CCD975DB31ADCB5F9449E512F2EFCD64A8787FEAB660" },
	    { "F5C0B563FF11E111419A7DDA9FC22210DF6AF0120D24",
	    "4F43F083E9D87DACC756559C418E543BD9886B51DC3B",
	    "7058132BE07B58BA9366C9247F54551269F1F87B45F7" } },
	{ 128, CLIENT, { "49D11D0F0CC6BEFBA2A9B4B688F91EEE",
	    "0E09C108101DFDDEF6C0E2F2D95D0BAD",
	    "03273439AC5F94C97F13D9133DF4DFC5",
	    "146489FCDBCDDFED41085FB0E7DB0166" }, "B56CA95695E14ACB15F1BA3C",
	    { "E3F0C4AF570CB2911D2BA8D4DBFF3300",
	    "3EDB8F1C690523673C8FCC9B0C9B7B5D" },
	    { "3F79989876F0F2250A21C66E8930AB54273411FFBBB5",
	    "FB2E423D06714FA3A00C82D01ECDAA61583A06984364",
	    "E86E453924E3A7B3163F20A5C1DF6AEF8CDBD0C840E0" },
	    { "C1289F22B5982FB826909D58820029272570C6EF9040",
	    "9FCE92A4CFA201EB44255826FE42752F4B94C688C85D",
	    "3F79989876F0F2250A21C66E8930AB54273411FFBBB5" } },
	{ 56, SERVER, { "D15C00C49FA62E3E", "D16182A2AB481407",
	    "D178CC274F63FAF1", "D1894870DAAB684A" },
	    "3F106833FA448DA842BC57B8",	/* the RFC prints 58 at its end */
	    { "D198AAA781BFA674", "D158ACA1ED485954" },
	    { "68DAB65BA56F87594F82A514BA84950DFF60FD06CA98",
	    "B23CB706B0A3AAB529AC1EC2873AA4EE4AD3C293C3B9",
	    "8D3CCAB7C9D22CC67C3EDDE7EF3AA2333891102005DA" },
	    { "4B545E47DA3DE8DB71DD70DCB06773D339A25396CC21",
	    "093E5C0F08D9AC4ECEAF36E8C20776B417F74AEDF8BC",
	    "68DAB65BA56F87594F82A514BA84950DFF60FD06CA98" } },
	{ 56, CLIENT, { "D16A9BD2AE999038", "D1EF3D78B562DEA9",
	    "D158DCB865DB5E4C", "D1F665A1EA7713F6" },
	    "4AB6DF617437264825FB655C",
	    { "D125D6D6FCC63972", "D16B3DF2272D34F4" },
	    { "B655D03900D80382076734810747B0F1A8388403FB26",
	    "50E1E939D88F554F511DE643A992ACB878C6F724BC69",
	    "668C6EA6E33195409C24ADFCD2C10F9877A57E1255D5" },
	    { "3EF2E915544E433B169A42380CA3FCF10FF13C9AAA47",
	    "1A886E469FCD955D879CC6F48DB7CED31FDF9FFFBCD6",
	    "B655D03900D80382076734810747B0F1A8388403FB26" } },
	{ 40, SERVER, { "D1269EC49FA62E3E", "D1269ECE4D98D181",
	    "D1269EDEEFBD8AFF", "D1269EB1A7FCB215" },
	    "929137917E5803D668D75898",
	    { "D1269E5844A39283", "D1269EC2F61469CF" },
	    { "9EDC946694FA408F775E9D445488D1ED17E2C5B8D1F0",
	    "F2031B6C4DED91FAFB5E7FF20F35B4FDBB66770E92C4",
	    "370AC53EE3DF788FCFD12E3D949727F88A9A107822B1" },
	    { "E6D501E55E2166A55BB67FFC33B8B690F9073A0DE245",
	    "71EEF9DFE75023E9CC04DB78E5EB9C22643DE3CBD148",
	    "9EDC946694FA408F775E9D445488D1ED17E2C5B8D1F0" } },
	{ 40, CLIENT, { "D1269ED2AE999038", "D1269E772B557EC1",
	    "D1269ED36D6287C8", "D1269E668C5DD844" },
	    "DA2FFC50B22612D41FA7F2BB",
	    { "D1269E1B5F452319", "D1269E2C00936EC6" },
	    { "B243A2901F6409C0D12FDBF894CD59275AC55AD3735E",
	    "743FEB7FC8F177C0AFA867BB1173A5AEB9B863862AFC",
	    "7EFDD87A0535BFB4F6374F03D3F2B63DEAF4F81808C2" },
	    { "AE6BCA24925F77A72CC6D5DF920ED500A0A17EED8453",
	    "C7A7DCEF941688E7A419D3B4091CEDBEA1D50665EE3B",
	    "B243A2901F6409C0D12FDBF894CD59275AC55AD3735E" } },
};
#define ROWS	(sizeof(table) / sizeof(*table))

static void
change(struct mppe_key *k, int times)
{
	while (times-- > 0)
		mppe_key_change(k);
}

static void
test_keys(void **state)
{
	struct crypto_rc4 rc4;
	struct mppe_key k;
	uint8_t text[12];

	for (size_t i = 0; i < ROWS; i++) {
		mppe_key_init(&k, table[i].bits, hex(table[i].start));
		memcpy(text, "test message", 12);
		crypto_rc4_key(&rc4, k.session, k.len);
		crypto_rc4(&rc4, text, text, 12);
		assert_hex(text, table[i].sample);
		for (int n = 0; n < 4; n++) {
			assert_hex(k.session, table[i].keys[n]);
			mppe_key_change(&k);
		}
		change(&k, 4096 - 4);
		assert_hex(k.session, table[i].late[0]);
		mppe_key_change(&k);
		assert_hex(k.session, table[i].late[1]);
	}
}

/* RFC 3079 section 2.5, after MS-CHAPv1: both directions have this key. */
static void
test_v1_keys(void **state)
{
	static const struct {
		int		 bits;
		const char	*start, *first, *second;
	} rows[] = {
		{ 40, "76A152936096D7830E2390227404AFD2", "D1269E538CEC4A08",
		    "D1269E90012B8D2A" },
		{ 56, "76A152936096D7830E2390227404AFD2", "D10801538CEC4A08",
		    NULL },
		{ 128, "A8947850CFC0ACC1D1789FB62DDCDDB0",
		    "59D159BC09F76F1DA2A86A28FFEC0B1E",
		    "47CD939FB7A3BC1219EE797C3007DB6C" },
	};
	struct mppe_key k;

	for (size_t i = 0; i < 3; i++) {
		mppe_key_init(&k, rows[i].bits, hex(rows[i].start));
		assert_hex(k.session, rows[i].first);
		mppe_key_change(&k);
		if (rows[i].second != NULL)
			assert_hex(k.session, rows[i].second);
	}
}

/* --- frames --------------------------------------------------------------- */

static void
check_sent(struct mppe_sender *s, const char *header, const char *cipher)
{
	uint8_t frame[ROOM];

	hex_bytes(frame + 2, ROOM - 2, PLAIN);
	assert_int_equal(mppe_encrypt(s, frame + 2, LEN), LEN + 2);
	assert_hex(frame, header);
	assert_hex(frame + 2, cipher);
}

static int
receive(struct mppe_receiver *m, const char *header, const char *cipher)
{
	uint8_t frame[ROOM];
	size_t n = hex_bytes(frame, 2, header);
	int len;

	n += hex_bytes(frame + 2, ROOM - 2, cipher);
	len = mppe_decrypt(m, frame, n, ROOM, 0);
	if (len == LEN)
		assert_hex(frame + 2, PLAIN);
	return len;
}

static void
test_stateless_frames(void **state)
{
	static const char *const headers[] = { "9000", "9001", "9002" };
	struct mppe_receiver m;
	struct mppe_sender s;

	for (size_t i = 0; i < ROWS; i++) {
		mppe_sender_init(&s, table[i].bits, true, hex(table[i].start),
		    NULL);
		mppe_receiver_init(&m, table[i].bits, true,
		    hex(table[i].start), NULL);
		for (int n = 0; n < 3; n++) {
			check_sent(&s, headers[n], table[i].stateless[n]);
			assert_int_equal(receive(&m, headers[n],
			    table[i].stateless[n]), LEN);
		}
	}
}

/* Both kinds of first frame that there are: with bit A and without. */
static void
test_stateful_frames(void **state)
{
	const char *first[] = { "1000", "9000" };
	struct mppe_receiver m;
	struct mppe_sender s;
	uint8_t frame[ROOM];

	for (size_t i = 0; i < 2 * ROWS; i++) {
		const char *const *cipher = table[i / 2].stateful;
		const uint8_t *start = hex(table[i / 2].start);

		mppe_sender_init(&s, table[i / 2].bits, false, start, NULL);
		mppe_receiver_init(&m, table[i / 2].bits, false, start, NULL);
		check_sent(&s, "1000", cipher[0]);
		check_sent(&s, "1001", cipher[1]);
		assert_int_equal(receive(&m, first[i % 2], cipher[0]), LEN);
		assert_int_equal(receive(&m, "1001", cipher[1]), LEN);
		for (int n = 2; n < 255; n++) {
			hex_bytes(frame + 2, ROOM - 2, PLAIN);
			mppe_encrypt(&s, frame + 2, LEN);
			assert_int_equal(frame[0], 0x10);
			assert_int_equal(mppe_decrypt(&m, frame, LEN + 2, ROOM,
			    0), LEN);
		}
		check_sent(&s, "90FF", cipher[2]);
		assert_int_equal(receive(&m, "90FF", cipher[2]), LEN);
	}
}

/* The first encrypted frame of a Windows 2000 client, and its later keys. */
static void
test_windows(void **state)
{
	const uint8_t *start = hex("01118AE7C6D7A768CEEDDC8D484CEAF9");
	struct mppe_receiver m;
	struct mppe_key k;
	uint8_t frame[ROOM];
	size_t n;

	mppe_key_init(&k, 128, start);
	assert_hex(k.session, "16BC18DA7B529924E4D56F75F5F1B091");
	change(&k, 1);
	assert_hex(k.session, "2CBAC6BF718014D04E2C5753441EDED4");
	change(&k, 1);
	assert_hex(k.session, "29F848F19852CFEA986431F9FDA47C72");
	change(&k, 0x10);
	assert_hex(k.session, "B137259FAFFC34DF93661CFEA9D892DE");
	mppe_receiver_init(&m, 128, true, start, NULL);
	n = hex_bytes(frame, ROOM, "9000"
	    "785f8e5198352e930c87c35a940ce5502c9b00964ebcab09425dc6b28a99b5f4"
	    "d715b23482e162095d1cff5757539454c94ac8d7c9b19ab01110ef168f61e245"
	    "7dd8fdff83ac61709966e4b654c0e328d336e9165085eda89b4c8f7a8a34bd23"
	    "1226");
	assert_int_equal(mppe_decrypt(&m, frame, n, ROOM, 0), 98);
	assert_hex(frame + 2,
	    "0021450000601856000080115f8dc0a80202ffffffff00890089004cd12c823e"
	    "291000010000000000012046414544434e444543414341434143414341434143"
	    "41434143414341434141410000200001c00c00200001000493e000066000c0a8"
	    "0202");
	mppe_key_init(&k, 128, hex("F4A91354E1957D8FF2FB619F2E194A5A"));
	assert_hex(k.session, "AE447D317F6401B3C7D7C3C5F647AFD5");
}

/* The count wraps; the key goes on. */
static void
test_wrap(void **state)
{
	struct mppe_receiver m;
	struct mppe_sender s;
	uint8_t frame[ROOM];

	for (int stateless = 0; stateless < 2; stateless++) {
		mppe_sender_init(&s, 128, stateless, hex(SERVER), NULL);
		mppe_receiver_init(&m, 128, stateless, hex(SERVER), NULL);
		for (unsigned n = 0; n < 10000; n++) {
			hex_bytes(frame + 2, ROOM - 2, PLAIN);
			mppe_encrypt(&s, frame + 2, LEN);
			assert_int_equal(((frame[0] & 15) << 8) + frame[1],
			    n % 4096);
			assert_int_equal(mppe_decrypt(&m, frame, LEN + 2,
			    ROOM, 0), LEN);
			assert_hex(frame + 2, PLAIN);
		}
		assert_int_equal(m.counters[MPPE_OK], 10000);
	}
}

static void
test_short_frames(void **state)
{
	struct mppe_receiver m;
	uint8_t frame[ROOM] = { 0x90, 0 };

	mppe_receiver_init(&m, 128, true, hex(SERVER), NULL);
	for (size_t len = 0; len <= 2; len++)
		assert_int_equal(mppe_decrypt(&m, frame, len, ROOM, 0),
		    -MPPE_SHORT);
	assert_int_equal(receive(&m, "9000", table[0].stateless[0]), LEN);
}

/* Header bits that were not negotiated change nothing. */
static void
test_bits(void **state)
{
	static const char *const wrong[] = { "8000", "1000", "B000", "0000" };
	struct mppe_receiver m;

	mppe_receiver_init(&m, 128, true, hex(SERVER), NULL);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(receive(&m, wrong[i],
		    table[0].stateless[0]), -MPPE_BITS);
	assert_int_equal(receive(&m, "9000", table[0].stateless[0]), LEN);
	mppe_receiver_init(&m, 0, false, NULL, NULL);
	assert_int_equal(receive(&m, "9000", PLAIN), -MPPE_BITS);
	assert_int_equal(receive(&m, "8000", PLAIN), LEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_v1_keys),
		cmocka_unit_test(test_stateless_frames),
		cmocka_unit_test(test_stateful_frames),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_short_frames),
		cmocka_unit_test(test_bits),
	};

	return cmocka_run_group_tests_name("mppe", tests, NULL, NULL);
}
