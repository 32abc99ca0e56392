/*
 * tls_cipher: keys and records to the byte, and what is not opened.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/ascii.h"
#include "sys/tls_cipher.h"
#include "tlsknown.h"
#include "unit.h"

static const uint16_t suites[] = { AES_128, AES_256, CHACHA };

/* --- bytes --- */

static struct slice bytes_of(const void *bytes, size_t len)
{
	return slice_of(bytes, len);
}

/* How many bytes the digits are. */
static size_t unhex(const char *digits, unsigned char *out)
{
	size_t len = strlen(digits) / 2;

	for (size_t i = 0; i < len; i++)
		out[i] = (unsigned char)(ascii_hex(digits[2 * i]) << 4 |
					 ascii_hex(digits[2 * i + 1]));
	return len;
}

static void check_hex(const unsigned char *bytes, size_t len, const char *hex)
{
	unsigned char expected[TLS_RECORD_MAX];

	ck_assert_uint_eq(unhex(hex, expected), len);
	ck_assert_mem_eq(bytes, expected, len);
}

static size_t secret_len(uint16_t suite)
{
	return suite == AES_256 ? 48 : 32;
}

/* A cipher whose secret is 0, 1, 2 and so on, but for the first byte. */
static bool begin(struct tls_cipher *c, uint16_t suite, unsigned char first)
{
	unsigned char secret[TLS_SECRET_MAX];

	for (size_t i = 0; i < sizeof secret; i++)
		secret[i] = (unsigned char)i;
	secret[0] = first;
	return tls_cipher_begin(c, suite, bytes_of(secret, secret_len(suite)));
}

static struct tls_cipher cipher_of(uint16_t suite, unsigned char first)
{
	struct tls_cipher c;

	ck_assert(begin(&c, suite, first));
	return c;
}

/* --- known answers --- */

static struct tls_cipher begin_known(const struct known *k)
{
	unsigned char secret[TLS_SECRET_MAX];
	size_t len = unhex(k->secret, secret);
	struct tls_cipher c;

	ck_assert(tls_cipher_begin(&c, k->suite, bytes_of(secret, len)));
	c.count = k->before;
	return c;
}

static void check_keys(
    const struct tls_cipher *c, const char *key, const char *iv)
{
	check_hex(c->key, c->suite == AES_128 ? 16 : 32, key);
	check_hex(c->iv, sizeof c->iv, iv);
}

/* One seals so, and the other finds the content in it. */
static void check_record(struct tls_cipher *out, struct tls_cipher *in,
    int type, struct slice content, const char *hex)
{
	unsigned char record[TLS_RECORD_MAX], to[TLS_RECORD_MAX];
	size_t len = tls_cipher_seal(out, type, content, record);
	int got = -1;

	check_hex(record, len, hex);
	ck_assert_int_eq(
	    tls_cipher_record_len(bytes_of(record, len)), (int)len);
	ck_assert_int_eq(tls_cipher_open(in, bytes_of(record, len), to, &got),
	    (int)content.len);
	ck_assert_int_eq(got, type);
	ck_assert_mem_eq(to, content.ptr, content.len);
}

static void check_known(const struct known *k)
{
	struct tls_cipher out = begin_known(k), in = begin_known(k);
	char data[50];

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)i;
	check_keys(&out, k->key, k->iv);
	check_record(&out, &in, TLS_DATA, slice_of(data, sizeof data), k->data);
	check_record(&out, &in, TLS_ALERT, slice_of("\x01\x00", 2), k->alert);
	ck_assert(tls_cipher_renew(&out) && tls_cipher_renew(&in));
	check_hex(out.secret, secret_len(k->suite), k->next_secret);
	check_keys(&out, k->next_key, k->next_iv);
	check_record(
	    &out, &in, TLS_DATA, slice_of(data, sizeof data), k->next_data);
}

START_TEST(keys_and_records_are_the_known_ones)
{
	for (size_t i = 0; i < KNOWN; i++)
		check_known(&known[i]);
}
END_TEST

/* All eight bytes of the count go into the nonce. */
START_TEST(the_count_of_records_goes_into_the_nonce)
{
	struct tls_cipher out = begin_known(&known[0]);
	struct tls_cipher in = begin_known(&known[0]);
	char data[50];

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)i;
	out.count = in.count = 0x0102030405060708;
	check_record(&out, &in, TLS_DATA, slice_of(data, sizeof data),
	    "1703030043fa361aa3376aff2786d8a59862d2f2dc31e4a704ec5d382e885d5fea"
	    "1c0c12d5f81f3ea02c06a5e53f839185f7f02afa383d1c1510e2d9f0eca68e5383"
	    "00e30803a756");
	ck_assert_uint_eq(out.count, 0x0102030405060709);
}
END_TEST

/* --- what is refused --- */

static void check_refused(uint16_t suite, size_t len)
{
	static const char secret[TLS_SECRET_MAX + 1];
	struct tls_cipher c, before;

	memset(&c, 7, sizeof c);
	before = c;
	ck_assert(!tls_cipher_begin(&c, suite, slice_of(secret, len)));
	ck_assert_mem_eq(&c, &before, sizeof c);
}

START_TEST(other_suites_and_secrets_are_refused)
{
	static const uint16_t others[] = { 0, 0x1300, 0x1304, 0x1305, 0xc02b,
		0xffff };

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		for (size_t len = 0; len <= TLS_SECRET_MAX + 1; len++)
			check_refused(others[i], len);
	for (size_t i = 0; i < 3; i++)
		for (size_t len = 0; len <= TLS_SECRET_MAX + 1; len++)
			if (len != secret_len(suites[i]))
				check_refused(suites[i], len);
}
END_TEST

/* What a fresh cipher says of this record, as the one behind so many. */
static ssize_t open_as(
    uint16_t suite, uint64_t count, const unsigned char *record, size_t len)
{
	struct tls_cipher in = cipher_of(suite, 0);
	unsigned char to[TLS_RECORD_MAX];
	int type;

	in.count = count;
	return tls_cipher_open(&in, bytes_of(record, len), to, &type);
}

static void change_each_bit(uint16_t suite)
{
	struct tls_cipher out = cipher_of(suite, 0);
	unsigned char record[100];
	size_t len =
	    tls_cipher_seal(&out, TLS_DATA, slice_str("a message"), record);

	for (size_t bit = 0; bit < 8 * len; bit++) {
		record[bit / 8] ^= (unsigned char)(1 << bit % 8);
		ck_assert_int_eq(open_as(suite, 0, record, len), -EBADMSG);
		record[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	ck_assert_int_eq(open_as(suite, 0, record, len), 9);
}

START_TEST(a_changed_bit_anywhere_is_seen)
{
	for (size_t i = 0; i < 3; i++)
		change_each_bit(suites[i]);
}
END_TEST

static void mix_records(uint16_t suite)
{
	struct tls_cipher out = cipher_of(suite, 0);
	struct tls_cipher other = cipher_of(suite, 1);
	struct tls_cipher in = cipher_of(suite, 0);
	unsigned char first[50], second[50], foreign[50], to[50];
	size_t len = tls_cipher_seal(&out, TLS_DATA, slice_str("first"), first);
	int type;

	(void)tls_cipher_seal(&out, TLS_DATA, slice_str("other"), second);
	(void)tls_cipher_seal(&other, TLS_DATA, slice_str("other"), foreign);
	ck_assert_int_eq(open_as(suite, 0, second, len), -EBADMSG);
	ck_assert_int_eq(open_as(suite, 0, foreign, len), -EBADMSG);
	ck_assert_int_eq(
	    tls_cipher_open(&in, bytes_of(first, len), to, &type), 5);
	ck_assert_int_eq(
	    tls_cipher_open(&in, bytes_of(first, len), to, &type), -EBADMSG);
	ck_assert_int_eq(open_as(suite, 1, second, len), 5);
	ck_assert(tls_cipher_renew(&out));
	(void)tls_cipher_seal(&out, TLS_DATA, slice_str("third"), first);
	ck_assert_int_eq(open_as(suite, 0, first, len), -EBADMSG);
	ck_assert_int_eq(open_as(suite, 2, first, len), -EBADMSG);
}

START_TEST(a_record_out_of_turn_or_of_another_key_is_refused)
{
	for (size_t i = 0; i < 3; i++)
		mix_records(suites[i]);
}
END_TEST

/* --- padding and lengths --- */

/* Open what has these bytes inside, content and type: what is found. */
static ssize_t open_inner(struct slice inner, int *type, unsigned char *to)
{
	static unsigned char record[TLS_RECORD_MAX];
	struct tls_cipher out = cipher_of(AES_128, 0);
	struct tls_cipher in = cipher_of(AES_128, 0);
	size_t last = inner.len - 1;
	size_t len = tls_cipher_seal(&out, (unsigned char)inner.ptr[last],
	    slice_of(inner.ptr, last), record);

	return tls_cipher_open(&in, bytes_of(record, len), to, type);
}

START_TEST(zeros_behind_the_type_are_padding)
{
	static char inner[TLS_PLAIN_MAX + 1];
	static unsigned char to[TLS_RECORD_MAX];
	int type = 0;

	ck_assert_int_eq(open_inner(slice_of("ab\0\x17\0\0", 6), &type, to), 3);
	ck_assert_int_eq(type, TLS_DATA);
	ck_assert_mem_eq(to, "ab", 3);
	ck_assert_int_eq(open_inner(slice_of("\x15\0", 2), &type, to), 0);
	ck_assert_int_eq(type, TLS_ALERT);
	inner[0] = TLS_DATA; /* and padding as long as may be */
	ck_assert_int_eq(
	    open_inner(slice_of(inner, sizeof inner), &type, to), 0);
	ck_assert_int_eq(type, TLS_DATA);
}
END_TEST

START_TEST(a_record_of_zeros_has_no_type)
{
	static const char inner[TLS_PLAIN_MAX + 1];
	static unsigned char to[TLS_RECORD_MAX];
	int type;

	for (size_t len = 1; len < 100; len++)
		ck_assert_int_eq(
		    open_inner(slice_of(inner, len), &type, to), -EPROTO);
	ck_assert_int_eq(
	    open_inner(slice_of(inner, sizeof inner), &type, to), -EPROTO);
}
END_TEST

static void check_lengths(uint16_t suite)
{
	static const size_t lens[] = { 0, 1, 15, 16, 17, 16383, 16384 };
	static char content[TLS_PLAIN_MAX];
	static unsigned char record[TLS_RECORD_MAX], to[TLS_RECORD_MAX];
	struct tls_cipher out = cipher_of(suite, 0);
	struct tls_cipher in = cipher_of(suite, 0);
	int type;

	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (char)(i * 7 + i / 256);
	for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
		size_t n = tls_cipher_seal(
		    &out, TLS_DATA, slice_of(content, lens[i]), record);

		ck_assert_uint_eq(n, lens[i] + TLS_AROUND_BYTES);
		ck_assert_int_eq(
		    tls_cipher_record_len(bytes_of(record, 5)), (int)n);
		ck_assert_int_eq(
		    tls_cipher_open(&in, bytes_of(record, n), to, &type),
		    (int)lens[i]);
		ck_assert_mem_eq(to, content, lens[i]);
	}
}

START_TEST(lengths_at_their_bounds)
{
	for (size_t i = 0; i < 3; i++)
		check_lengths(suites[i]);
}
END_TEST

static ssize_t len_of_head(int type, size_t body)
{
	const unsigned char head[TLS_HEAD_BYTES] = { (unsigned char)type, 3, 3,
		(unsigned char)(body >> 8), (unsigned char)body };

	return tls_cipher_record_len(bytes_of(head, sizeof head));
}

START_TEST(a_head_says_how_long_the_record_is)
{
	static const char head[] = "\x17\x03\x03\x40";

	for (size_t len = 0; len < TLS_HEAD_BYTES; len++)
		ck_assert_int_eq(tls_cipher_record_len(slice_of(head, len)), 0);
	for (size_t len = 0; len <= 16; len++)
		ck_assert_int_eq(len_of_head(TLS_DATA, len), -EBADMSG);
	ck_assert_int_eq(len_of_head(TLS_DATA, 17), 22);
	ck_assert_int_eq(len_of_head(TLS_DATA, 16384 + 17), TLS_RECORD_MAX);
	ck_assert_int_eq(len_of_head(TLS_DATA, 16384 + 18), -EMSGSIZE);
	ck_assert_int_eq(len_of_head(TLS_DATA, 65535), -EMSGSIZE);
	for (int type = 0; type < 256; type++)
		if (type != TLS_DATA) {
			const char first = (char)type;

			ck_assert_int_eq(len_of_head(type, 100), -EPROTO);
			ck_assert_int_eq(
			    tls_cipher_record_len(slice_of(&first, 1)),
			    -EPROTO);
		}
}
END_TEST

/* --- keys in time --- */

static void wear(uint16_t suite)
{
	struct tls_cipher c = cipher_of(suite, 0);
	unsigned char record[50];

	c.count = (1 << 24) - 1;
	ck_assert(!tls_cipher_is_worn(&c));
	(void)tls_cipher_seal(&c, TLS_DATA, slice_str("last"), record);
	ck_assert(tls_cipher_is_worn(&c));
	ck_assert(tls_cipher_renew(&c));
	ck_assert(!tls_cipher_is_worn(&c));
	ck_assert_uint_eq(c.count, 0);
}

START_TEST(a_key_is_worn_after_so_many_records)
{
	for (size_t i = 0; i < 3; i++)
		wear(suites[i]);
}
END_TEST

START_TEST(what_is_wiped_is_zeros)
{
	static const struct tls_cipher zeros;
	struct tls_cipher c = cipher_of(AES_256, 9);

	tls_cipher_wipe(&c);
	ck_assert_mem_eq(&c, &zeros, sizeof c);
}
END_TEST

/* --- taking turns --- */

enum { ENDS = 4, TURNS = 200 };

struct turns {
	unsigned char own; /* first byte of its secrets */
	bool has_failed;   /* check is for one thread */
};

/* Some ciphers of each suite seal and open in turns, and renew their keys. */
static void *take_turns(void *arg)
{
	struct tls_cipher out[3 * ENDS], in[3 * ENDS];
	unsigned char record[100], to[100];
	struct turns *t = arg;
	int type;

	for (int i = 0; i < 3 * ENDS; i++) {
		unsigned char first = (unsigned char)(t->own + i);

		t->has_failed |= !begin(&out[i], suites[i % 3], first) ||
				 !begin(&in[i], suites[i % 3], first);
	}
	for (int turn = 0; turn < TURNS; turn++) {
		int i = turn * 7 % (3 * ENDS);
		struct slice content = bytes_of(&turn, sizeof turn);
		size_t n = tls_cipher_seal(&out[i], TLS_DATA, content, record);
		ssize_t got =
		    tls_cipher_open(&in[i], bytes_of(record, n), to, &type);

		t->has_failed |= got != (ssize_t)sizeof turn ||
				 memcmp(to, &turn, sizeof turn) != 0;
		if (turn % 5 == 4)
			t->has_failed |= !tls_cipher_renew(&out[i]) ||
					 !tls_cipher_renew(&in[i]);
	}
	return NULL;
}

START_TEST(ciphers_that_take_turns_do_not_disturb_each_other)
{
	struct turns t = { 0 };

	(void)take_turns(&t);
	ck_assert(!t.has_failed);
}
END_TEST

START_TEST(nor_do_those_of_several_threads)
{
	struct turns turns[4] = { { 0 } };
	pthread_t threads[4];

	for (int i = 0; i < 4; i++) {
		turns[i].own = (unsigned char)(50 * i);
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, take_turns, &turns[i]),
		    0);
	}
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		ck_assert(!turns[i].has_failed);
	}
}
END_TEST

static void *seal_b(void *arg)
{
	unsigned char record[50];

	(void)tls_cipher_seal(arg, TLS_DATA, slice_str("b"), record);
	return NULL;
}

START_TEST(a_cipher_may_change_its_thread)
{
	struct tls_cipher c = cipher_of(CHACHA, 0);
	struct tls_cipher same = cipher_of(CHACHA, 0);
	unsigned char record[50], expected[50];
	pthread_t thread;
	size_t n;

	(void)tls_cipher_seal(&same, TLS_DATA, slice_str("a"), expected);
	(void)tls_cipher_seal(&same, TLS_DATA, slice_str("b"), expected);
	n = tls_cipher_seal(&same, TLS_DATA, slice_str("c"), expected);
	(void)tls_cipher_seal(&c, TLS_DATA, slice_str("a"), record);
	ck_assert_int_eq(pthread_create(&thread, NULL, seal_b, &c), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	(void)tls_cipher_seal(&c, TLS_DATA, slice_str("c"), record);
	ck_assert_mem_eq(record, expected, n);
}
END_TEST

UNIT_MAIN("sys/tls_cipher", keys_and_records_are_the_known_ones,
    the_count_of_records_goes_into_the_nonce,
    other_suites_and_secrets_are_refused, a_changed_bit_anywhere_is_seen,
    a_record_out_of_turn_or_of_another_key_is_refused,
    zeros_behind_the_type_are_padding, a_record_of_zeros_has_no_type,
    lengths_at_their_bounds, a_head_says_how_long_the_record_is,
    a_key_is_worn_after_so_many_records, what_is_wiped_is_zeros,
    ciphers_that_take_turns_do_not_disturb_each_other,
    nor_do_those_of_several_threads, a_cipher_may_change_its_thread)
