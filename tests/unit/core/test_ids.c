/*
 * ids: there and back, and nothing else gets back.
 */
#include <string.h>

#include "../base/rng.h"
#include "base/crypto.h"
#include "core/ids.h"
#include "unit.h"

enum { INSTANCE = 0x12345678 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789-_";

static struct crypto_block *new_cipher(uint64_t seed)
{
	unsigned char key[CRYPTO_BLOCK_BYTES];

	rng_fill(&seed, key, sizeof key);
	return crypto_block_new(key);
}

static struct conn_ref random_ref(uint64_t *seed)
{
	return (struct conn_ref){
		.serial = rng_next(seed),
		.worker = (uint32_t)rng_below(seed, CONN_REF_MAX_WORKER + 1),
		.slot = (uint32_t)rng_below(seed, CONN_REF_MAX_SLOT + 1),
	};
}

static void check_round_trip(
    struct crypto_block *cipher, const struct conn_ref *ref)
{
	char text[CONN_ID_LEN + 1];
	struct conn_ref back;

	conn_id_encode(cipher, INSTANCE, ref, text);
	ck_assert_uint_eq(strlen(text), CONN_ID_LEN);
	ck_assert_uint_eq(strspn(text, alphabet), CONN_ID_LEN);
	ck_assert(conn_id_decode(cipher, INSTANCE, slice_str(text), &back));
	ck_assert_uint_eq(back.serial, ref->serial);
	ck_assert_uint_eq(back.worker, ref->worker);
	ck_assert_uint_eq(back.slot, ref->slot);
}

START_TEST(an_id_leads_back_to_its_connection)
{
	const struct conn_ref first = { 0, 0, 0 };
	const struct conn_ref last = { UINT64_MAX, CONN_REF_MAX_WORKER,
		CONN_REF_MAX_SLOT };
	struct crypto_block *cipher = new_cipher(1);
	uint64_t seed = 2;

	check_round_trip(cipher, &first);
	check_round_trip(cipher, &last);
	for (int i = 0; i < 20000; i++) {
		struct conn_ref ref = random_ref(&seed);

		check_round_trip(cipher, &ref);
	}
	crypto_block_free(cipher);
}
END_TEST

START_TEST(neighbours_look_nothing_like_each_other)
{
	struct crypto_block *cipher = new_cipher(3);
	char a[CONN_ID_LEN + 1], b[CONN_ID_LEN + 1];
	struct conn_ref ref = { 41, 0, 7 };
	int alike = 0;

	conn_id_encode(cipher, INSTANCE, &ref, a);
	ref.serial++;
	conn_id_encode(cipher, INSTANCE, &ref, b);
	for (int i = 0; i < CONN_ID_LEN; i++)
		alike += a[i] == b[i];
	ck_assert_int_le(alike, 4);
	crypto_block_free(cipher);
}
END_TEST

/* Each other spelling of one character: another block, or none. */
START_TEST(an_altered_id_leads_nowhere)
{
	struct crypto_block *cipher = new_cipher(4);
	uint64_t seed = 5;

	for (int round = 0; round < 200; round++) {
		struct conn_ref ref = random_ref(&seed), back;
		char text[CONN_ID_LEN + 1];

		conn_id_encode(cipher, INSTANCE, &ref, text);
		for (int i = 0; i < CONN_ID_LEN; i++) {
			char right = text[i];

			for (const char *c = alphabet; *c; c++) {
				text[i] = *c;
				ck_assert(conn_id_decode(cipher, INSTANCE,
					      slice_str(text),
					      &back) == (*c == right));
			}
			text[i] = right;
		}
	}
	crypto_block_free(cipher);
}
END_TEST

START_TEST(ids_of_others_lead_nowhere)
{
	struct crypto_block *ours = new_cipher(6), *theirs = new_cipher(7);
	const struct conn_ref ref = { 1, 2, 3 };
	char text[CONN_ID_LEN + 1];
	struct conn_ref back;

	conn_id_encode(ours, INSTANCE + 1, &ref, text);
	ck_assert(!conn_id_decode(ours, INSTANCE, slice_str(text), &back));
	conn_id_encode(theirs, INSTANCE, &ref, text);
	ck_assert(!conn_id_decode(ours, INSTANCE, slice_str(text), &back));
	crypto_block_free(ours);
	crypto_block_free(theirs);
}
END_TEST

START_TEST(made_up_ids_lead_nowhere)
{
	struct crypto_block *cipher = new_cipher(8);
	struct conn_ref back;
	uint64_t seed = 9;

	for (int i = 0; i < 100000; i++) {
		char text[CONN_ID_LEN];

		for (size_t j = 0; j < sizeof text; j++)
			text[j] = alphabet[rng_below(&seed, 64)];
		text[CONN_ID_LEN - 1] = "AQgw"[rng_below(&seed, 4)];
		ck_assert(!conn_id_decode(
		    cipher, INSTANCE, slice_of(text, sizeof text), &back));
	}
	crypto_block_free(cipher);
}
END_TEST

START_TEST(there_is_one_spelling)
{
	struct crypto_block *cipher = new_cipher(10);
	struct conn_ref ref = { 0, 0, 0 }, back;
	char text[CONN_ID_LEN + 3], mark;
	char *dash;

	do { /* until there is a '-', for the other alphabet's '+' */
		ref.serial++;
		conn_id_encode(cipher, INSTANCE, &ref, text);
		dash = strchr(text, '-');
	} while (!dash);
	*dash = '+';
	ck_assert(!conn_id_decode(cipher, INSTANCE, slice_str(text), &back));
	*dash = '-';
	ck_assert(conn_id_decode(cipher, INSTANCE, slice_str(text), &back));
	ck_assert(!conn_id_decode(
	    cipher, INSTANCE, slice_of(text, CONN_ID_LEN - 1), &back));
	ck_assert(!conn_id_decode(
	    cipher, INSTANCE, slice_of(text, CONN_ID_LEN + 1), &back));
	ck_assert(!conn_id_decode(cipher, INSTANCE, slice_of(NULL, 0), &back));
	memcpy(text + CONN_ID_LEN, "==", 3);
	ck_assert(!conn_id_decode(cipher, INSTANCE, slice_str(text), &back));
	text[CONN_ID_LEN] = '\0';
	mark = text[3];
	text[3] = ' ';
	ck_assert(!conn_id_decode(cipher, INSTANCE, slice_str(text), &back));
	text[3] = '\0';
	ck_assert(!conn_id_decode(
	    cipher, INSTANCE, slice_of(text, CONN_ID_LEN), &back));
	text[3] = mark;
	text[CONN_ID_LEN - 1]++; /* the same bytes, with loose bits */
	ck_assert(!conn_id_decode(cipher, INSTANCE, slice_str(text), &back));
	crypto_block_free(cipher);
}
END_TEST

UNIT_MAIN("core/ids", an_id_leads_back_to_its_connection,
    neighbours_look_nothing_like_each_other, an_altered_id_leads_nowhere,
    ids_of_others_lead_nowhere, made_up_ids_lead_nowhere, there_is_one_spelling)
