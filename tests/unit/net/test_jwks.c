/* jwks: what comes of a key that is not there, and how many looks there are. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/signature.h"
#include "net/jwks.h"
#include "proto/jwt_keys.h"
#include "unit.h"

enum { NOW_MS = 1000000, EDDSA = SIGNATURE_BIT(SIGNATURE_EDDSA) };

static struct jwks *new_jwks(void)
{
	return jwks_new("idp", "https://idp/keys", EDDSA);
}

/* A look that was wanted, with its end. */
static void look(struct jwks *j, bool is_good, int64_t now_ms)
{
	jwks_begin(j);
	jwks_end(j, is_good ? jwt_keys_new(EDDSA) : NULL, now_ms);
}

START_TEST(there_are_none_before_the_first_look)
{
	struct jwks *j = new_jwks();
	struct jwt_keys *keys;

	ck_assert_ptr_null(jwks_keys(j));
	look(j, false, NOW_MS);
	ck_assert_ptr_null(jwks_keys(j));
	ck_assert(jwks_is_in_doubt(j));
	look(j, true, NOW_MS);
	ck_assert(!jwks_is_in_doubt(j));
	keys = jwks_keys(j);
	ck_assert_ptr_nonnull(keys);
	look(j, false, NOW_MS); /* it takes none away */
	ck_assert(jwks_is_in_doubt(j));
	jwt_keys_unref(jwks_keys(j));
	look(j, true, NOW_MS); /* who has some keeps them */
	ck_assert_uint_eq(jwt_keys_count(keys), 0);
	jwt_keys_unref(keys);
	jwks_unref(j);
}
END_TEST

START_TEST(one_look_is_for_all_who_ask)
{
	struct jwks *j = new_jwks();

	look(j, true, NOW_MS);
	ck_assert(!jwks_is_coming(j));
	ck_assert_int_eq(jwks_want(j, NOW_MS), JWKS_ASKED);
	ck_assert(jwks_is_wanted(j));
	ck_assert(jwks_is_coming(j));
	ck_assert_int_eq(jwks_want(j, NOW_MS), JWKS_COMING);
	jwks_begin(j);
	ck_assert(!jwks_is_wanted(j));
	ck_assert_int_eq(jwks_want(j, NOW_MS), JWKS_COMING);
	jwks_end(j, jwt_keys_new(EDDSA), NOW_MS);
	ck_assert(!jwks_is_coming(j));
	jwks_unref(j);
}
END_TEST

START_TEST(then_there_is_a_pause)
{
	struct jwks *j = new_jwks();
	int64_t now_ms = NOW_MS;

	look(j, true, now_ms); /* one in time is none of those */
	ck_assert_int_eq(jwks_want(j, now_ms), JWKS_ASKED);
	look(j, true, now_ms);
	ck_assert_int_eq(jwks_want(j, now_ms), JWKS_KNOWN);
	look(j, false, now_ms);
	now_ms += JWKS_PAUSE_MS - 1;
	ck_assert_int_eq(jwks_want(j, now_ms), JWKS_UNKNOWN);
	ck_assert_int_eq(jwks_want(j, now_ms + 1), JWKS_ASKED);
	jwks_unref(j);
}
END_TEST

START_TEST(nothing_comes_once_nobody_looks)
{
	struct jwks *j = new_jwks();

	look(j, true, NOW_MS);
	ck_assert_int_eq(jwks_want(j, NOW_MS), JWKS_ASKED);
	jwks_retire(j);
	ck_assert(!jwks_is_coming(j));
	ck_assert(jwks_is_in_doubt(j));
	ck_assert_int_eq(jwks_want(j, NOW_MS), JWKS_UNKNOWN);
	jwt_keys_unref(jwks_keys(j)); /* what there is stays */
	jwks_unref(j);
}
END_TEST

START_TEST(another_url_or_algorithm_is_another_set)
{
	struct jwks *j = new_jwks();

	ck_assert(jwks_is_for(j, "idp", "https://idp/keys", EDDSA));
	ck_assert(!jwks_is_for(j, "idq", "https://idp/keys", EDDSA));
	ck_assert(!jwks_is_for(j, "idp", "https://idq/keys", EDDSA));
	ck_assert(!jwks_is_for(j, "idp", "https://idp/keys", EDDSA | 1));
	jwks_unref(j);
	jwks_unref(NULL);
}
END_TEST

enum { LOOKS = 2000 };

static atomic_uint asked;

static void *want_often(void *arg)
{
	struct jwks *j = arg;

	for (int i = 0; i < 10000; i++) {
		asked += jwks_want(j, NOW_MS + i) == JWKS_ASKED;
		jwt_keys_unref(jwks_keys(j));
	}
	jwks_unref(j);
	return NULL;
}

START_TEST(several_threads_ask_while_keys_change)
{
	struct jwks *j = new_jwks();
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, want_often, jwks_ref(j)),
		    0);
	for (int i = 0; i < LOOKS; i++)
		look(j, i % 3 != 0, NOW_MS + 5 * i);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	/* Who has asked waits for a look, however the threads take turns. */
	ck_assert_uint_le(asked, LOOKS + 1);
	jwks_unref(j);
}
END_TEST

UNIT_MAIN("net/jwks", there_are_none_before_the_first_look,
    one_look_is_for_all_who_ask, then_there_is_a_pause,
    nothing_comes_once_nobody_looks, another_url_or_algorithm_is_another_set,
    several_threads_ask_while_keys_change)
