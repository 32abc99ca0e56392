/*
 * tls_aead: the libraries seal alike, to the byte, and each opens what another
 * has sealed, and nothing else. One that is not here is not tried.
 */
#include <string.h>

#include <openssl/evp.h>

#include "sys/tls_aead.h"
#include "unit.h"

enum { CONTENT_MAX = 16384, SEALED_MAX = CONTENT_MAX + 1 + TLS_AEAD_TAG_BYTES };

static const struct tls_aead *const libraries[] = { &tls_aead_evp,
	&tls_aead_mb };
enum { LIBRARIES = sizeof libraries / sizeof libraries[0] };

/* One of each library, of a kind: NULL where it has none. */
struct fixture {
	void *states[LIBRARIES];
	unsigned char content[CONTENT_MAX + 1], key[TLS_AEAD_KEY_MAX];
	unsigned char nonce[TLS_AEAD_NONCE_BYTES], head[5];
	unsigned char sealed[LIBRARIES][SEALED_MAX + 1], to[SEALED_MAX + 1];
};

static void fill(unsigned char *to, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245u + 12345u;
		to[i] = (unsigned char)(seed >> 16);
	}
}

static struct fixture *open_all(enum tls_aead_kind kind)
{
	struct fixture *f = calloc(1, sizeof *f);

	ck_assert_ptr_nonnull(f);
	fill(f->content, sizeof f->content, 1);
	fill(f->key, sizeof f->key, 2);
	fill(f->nonce, sizeof f->nonce, 3);
	fill(f->head, sizeof f->head, 4);
	for (size_t i = 0; i < LIBRARIES; i++) {
		if (!libraries[i]->has(kind))
			continue;
		f->states[i] = libraries[i]->open_state(kind);
		ck_assert_ptr_nonnull(f->states[i]);
	}
	return f;
}

static void close_all(struct fixture *f)
{
	for (size_t i = 0; i < LIBRARIES; i++)
		if (f->states[i])
			libraries[i]->free_state(f->states[i]);
	free(f);
}

static void for_each_kind(void (*check)(struct fixture *))
{
	for (int kind = 0; kind < TLS_AEAD_KINDS; kind++) {
		struct fixture *f = open_all((enum tls_aead_kind)kind);

		check(f);
		close_all(f);
	}
}

static struct tls_aead_record record_of(
    const struct fixture *f, const unsigned char *key)
{
	return (struct tls_aead_record){ .key = key,
		.nonce = f->nonce,
		.head = slice_of((const char *)f->head, sizeof f->head) };
}

static struct slice sealed_by(
    struct fixture *f, size_t i, struct slice content, const unsigned char *key)
{
	struct tls_aead_record r = record_of(f, key);
	size_t len = content.len + 1 + TLS_AEAD_TAG_BYTES;

	f->sealed[i][len] = 0xa5;
	libraries[i]->seal(f->states[i], &r, content, 23, f->sealed[i]);
	ck_assert_uint_eq(f->sealed[i][len], 0xa5);
	return slice_of((const char *)f->sealed[i], len);
}

static bool opens(
    struct fixture *f, size_t i, struct slice sealed, const unsigned char *key)
{
	struct tls_aead_record r = record_of(f, key);
	size_t len = sealed.len - TLS_AEAD_TAG_BYTES;
	bool is_opened;

	f->to[len] = 0x5a;
	is_opened = libraries[i]->open(f->states[i], &r, sealed, f->to);
	ck_assert_uint_eq(f->to[len], 0x5a);
	return is_opened;
}

/* Each seals it, all of them the same, and each opens it. */
static void check_content(struct fixture *f, struct slice content)
{
	struct slice first = sealed_by(f, 0, content, f->key);

	for (size_t i = 0; i < LIBRARIES; i++) {
		if (!f->states[i])
			continue;
		ck_assert_mem_eq(
		    sealed_by(f, i, content, f->key).ptr, first.ptr, first.len);
		ck_assert(opens(f, i, first, f->key));
		ck_assert_mem_eq(f->to, content.ptr, content.len);
		ck_assert_uint_eq(f->to[content.len], 23);
	}
}

static struct slice content_of(const struct fixture *f, size_t from, size_t len)
{
	return slice_of((const char *)f->content + from, len);
}

/* Blocks are 16 bytes, and are taken up to 48 at a time. */
static void check_all_lengths(struct fixture *f)
{
	for (size_t len = 0; len < 900; len++) {
		fill(f->nonce, sizeof f->nonce, (unsigned)len);
		check_content(f, content_of(f, len % 16, len));
	}
	for (size_t len = CONTENT_MAX - 20; len <= CONTENT_MAX; len++)
		check_content(f, content_of(f, 0, len));
}

START_TEST(all_seal_alike_and_open_each_others)
{
	for_each_kind(check_all_lengths);
}
END_TEST

static void check_keys(struct fixture *f)
{
	unsigned char other[TLS_AEAD_KEY_MAX];

	fill(other, sizeof other, 9);
	for (size_t i = 0; i < LIBRARIES; i++) {
		struct slice content = content_of(f, 0, 100), sealed;

		if (!f->states[i])
			continue;
		sealed = sealed_by(f, i, content, f->key);
		ck_assert(opens(f, i, sealed, NULL));
		ck_assert(!opens(f, i, sealed, other));
		ck_assert(!opens(f, i, sealed, NULL));
		ck_assert(opens(f, i, sealed, f->key));
		libraries[i]->forget_key(f->states[i]);
		ck_assert(opens(f, i, sealed, f->key));
	}
}

START_TEST(a_key_stays_until_there_is_another)
{
	for_each_kind(check_keys);
}
END_TEST

/* Bits of what is sealed, of its tag, of the head and of the nonce. */
static void change_each_bit(struct fixture *f)
{
	for (size_t i = 0; i < LIBRARIES; i++) {
		struct slice sealed;

		if (!f->states[i])
			continue;
		sealed = sealed_by(f, i, content_of(f, 0, 70), f->key);
		for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
			f->sealed[i][bit / 8] ^= (unsigned char)(1 << bit % 8);
			ck_assert(!opens(f, i, sealed, f->key));
			f->sealed[i][bit / 8] ^= (unsigned char)(1 << bit % 8);
		}
		f->head[4] ^= 1;
		ck_assert(!opens(f, i, sealed, f->key));
		f->head[4] ^= 1;
		f->nonce[11] ^= 1;
		ck_assert(!opens(f, i, sealed, f->key));
		f->nonce[11] ^= 1;
		ck_assert(opens(f, i, sealed, f->key));
	}
}

START_TEST(a_changed_bit_is_seen)
{
	for_each_kind(change_each_bit);
}
END_TEST

/* Nothing but a tag: what a peer may send as well. */
static void open_a_tag(struct fixture *f)
{
	for (size_t i = 0; i < LIBRARIES; i++)
		if (f->states[i])
			ck_assert(!opens(f, i,
			    content_of(f, 0, TLS_AEAD_TAG_BYTES), f->key));
}

START_TEST(a_tag_alone_is_no_record)
{
	for_each_kind(open_a_tag);
}
END_TEST

static bool holds(const void *state, const unsigned char *key, size_t len)
{
	return memmem(state, 1024, key, len) != NULL;
}

/* Its first round key is the key itself. */
START_TEST(a_forgotten_key_is_nowhere_in_the_state)
{
	struct fixture *f = open_all(TLS_AES_128_GCM);
	void *state = f->states[1];

	if (state) {
		(void)sealed_by(f, 1, content_of(f, 0, 9), f->key);
		ck_assert(holds(state, f->key, 16));
		libraries[1]->forget_key(state);
		ck_assert(!holds(state, f->key, 16));
	}
	close_all(f);
}
END_TEST

START_TEST(the_best_one_is_taken)
{
	bool is_here = tls_aead_mb.has(TLS_AES_128_GCM);

	ck_assert_ptr_eq(tls_aead_for(TLS_AES_128_GCM), libraries[is_here]);
	ck_assert_ptr_eq(tls_aead_for(TLS_AES_256_GCM), libraries[is_here]);
	ck_assert_ptr_eq(tls_aead_for(TLS_CHACHA20_POLY1305), &tls_aead_evp);
}
END_TEST

/* As with fips=yes, where that provider is not there. */
START_TEST(who_asks_for_another_provider_gets_no_other_library)
{
	ck_assert_int_eq(
	    EVP_set_default_properties(NULL, "provider=nobody"), 1);
	ck_assert(!tls_aead_mb.has(TLS_AES_128_GCM));
	ck_assert_ptr_ne(tls_aead_for(TLS_AES_128_GCM), &tls_aead_mb);
}
END_TEST

UNIT_MAIN("sys/tls_aead", all_seal_alike_and_open_each_others,
    a_key_stays_until_there_is_another, a_changed_bit_is_seen,
    a_tag_alone_is_no_record, a_forgotten_key_is_nowhere_in_the_state,
    the_best_one_is_taken, who_asks_for_another_provider_gets_no_other_library)
