#include "sys/tls_cipher.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/mem.h"
#include "sys/tls_aead.h"

enum {
	INNER_MAX = TLS_PLAIN_MAX + 1, /* content, type, padding */
	/* AES-GCM may take some 24 million at full length. */
	RECORDS_PER_KEY = 1 << 24,
};

_Static_assert(
    TLS_AROUND_BYTES == TLS_HEAD_BYTES + 1 + TLS_AEAD_TAG_BYTES, "a record");

/* --- cipher suites --- */

struct suite {
	uint16_t name; /* RFC 8446, appendix B.4 */
	const char *digest;
	unsigned char key_len, secret_len;
};

/* By enum tls_aead_kind, in the order of their names. */
enum { SUITES = TLS_AEAD_KINDS };
static const struct suite suites[SUITES] = {
	[TLS_AES_128_GCM] = { 0x1301, "SHA256", 16, 32 },
	[TLS_AES_256_GCM] = { 0x1302, "SHA384", 32, 48 },
	[TLS_CHACHA20_POLY1305] = { 0x1303, "SHA256", 32, 32 },
};

/* Below SUITES where it is one of them. */
static unsigned index_of(uint16_t suite)
{
	return (unsigned)suite - suites[0].name;
}

/* --- what each thread runs them with --- */

struct engine {
	const struct tls_aead *aead; /* NULL: no library has this one */
	void *state;                 /* owned; of aead's */
	uint64_t serial;             /* of the key that it has; 0: none */
};

static struct {
	pthread_key_t engines; /* of a thread: SUITES of them */
	const EVP_MD *digests[SUITES];
} shared;

static void free_engines(void *arg)
{
	struct engine *engines = arg;

	for (size_t i = 0; engines && i < SUITES; i++)
		if (engines[i].aead)
			engines[i].aead->free_state(engines[i].state);
	free(engines);
}

static void find_suites(void)
{
	tls_aead_need(pthread_key_create(&shared.engines, free_engines) == 0);
	for (size_t i = 0; i < SUITES; i++)
		shared.digests[i] = EVP_MD_fetch(NULL, suites[i].digest, NULL);
}

static void prepare(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, find_suites);
}

/* One for each suite that there is; false: no memory. */
static bool open_states(struct engine *engines)
{
	bool are_made = true;

	for (size_t i = 0; are_made && i < SUITES; i++) {
		struct engine *e = &engines[i];

		e->aead = tls_aead_for((enum tls_aead_kind)i);
		if (e->aead)
			e->state = e->aead->open_state((enum tls_aead_kind)i);
		are_made = !e->aead || e->state;
	}
	return are_made;
}

static struct engine *make_engines(void)
{
	struct engine *engines = try_alloc(SUITES * sizeof *engines);

	if (!engines)
		return NULL;
	memset(engines, 0, SUITES * sizeof *engines);
	if (open_states(engines) &&
	    pthread_setspecific(shared.engines, engines) == 0)
		return engines;
	free_engines(engines);
	return NULL;
}

/* Those of this thread; NULL: no memory to make them. */
static struct engine *need_engines(void)
{
	struct engine *engines = pthread_getspecific(shared.engines);

	return engines ? engines : make_engines();
}

/* Where this thread's state still has the key of c, it forgets it. */
static void forget_in_state(const struct tls_cipher *c)
{
	struct engine *engine;

	if (c->serial == 0) /* none was begun: there may be no engines at all */
		return;
	engine = pthread_getspecific(shared.engines);
	if (!engine || engine[index_of(c->suite)].serial != c->serial)
		return;
	engine += index_of(c->suite);
	engine->aead->forget_key(engine->state);
	engine->serial = 0;
}

/* --- keys --- */

/* HKDF-Expand-Label (section 7.1) with no context: len bytes of one block. */
static bool expand(const struct tls_cipher *c, const char *label,
    unsigned char *out, unsigned char len)
{
	const struct suite *s = &suites[index_of(c->suite)];
	unsigned char info[32] = { 0, len }, block[EVP_MAX_MD_SIZE];
	size_t n = strlen(label);
	bool is_done;

	info[2] = (unsigned char)(6 + n);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, n);
	info[9 + n] = 0;     /* no context */
	info[9 + n + 1] = 1; /* the first block of it */
	is_done = HMAC(shared.digests[index_of(c->suite)], c->secret,
		      s->secret_len, info, 9 + n + 2, block, NULL) != NULL;
	memcpy(out, block, is_done ? len : 0);
	OPENSSL_cleanse(block, sizeof block);
	return is_done;
}

/* What follows from the secret. */
static bool make_key(struct tls_cipher *c)
{
	static atomic_uint_fast64_t last;

	c->count = 0;
	c->serial = atomic_fetch_add(&last, 1) + 1;
	return expand(c, "key", c->key, suites[index_of(c->suite)].key_len) &&
	       expand(c, "iv", c->iv, sizeof c->iv);
}

bool tls_cipher_begin(struct tls_cipher *c, uint16_t suite, struct slice secret)
{
	struct tls_cipher made = { .suite = suite };
	unsigned i = index_of(suite);
	struct engine *engines;
	bool is_made;

	prepare();
	if (i >= SUITES || secret.len != suites[i].secret_len ||
	    !shared.digests[i])
		return false;
	engines = need_engines();
	if (!engines || !engines[i].aead)
		return false;
	memcpy(made.secret, secret.ptr, secret.len);
	is_made = make_key(&made);
	if (is_made)
		*c = made;
	OPENSSL_cleanse(&made, sizeof made);
	return is_made;
}

/* All of it or nothing: half a new key would seal under nonces of the old. */
bool tls_cipher_renew(struct tls_cipher *c)
{
	struct tls_cipher next = { .suite = c->suite };
	unsigned char len = suites[index_of(c->suite)].secret_len;
	bool is_made =
	    expand(c, "traffic upd", next.secret, len) && make_key(&next);

	if (is_made) {
		tls_cipher_wipe(c);
		*c = next;
	}
	OPENSSL_cleanse(&next, sizeof next);
	return is_made;
}

void tls_cipher_wipe(struct tls_cipher *c)
{
	forget_in_state(c);
	OPENSSL_cleanse(c, sizeof *c);
}

bool tls_cipher_is_worn(const struct tls_cipher *c)
{
	return c->count >= RECORDS_PER_KEY;
}

/* --- records --- */

/* The iv, and how many records there were (section 5.3). */
static void next_nonce(struct tls_cipher *c, unsigned char *nonce)
{
	uint64_t count = c->count++;

	memcpy(nonce, c->iv, sizeof c->iv);
	for (size_t i = sizeof c->iv; count > 0; count >>= 8)
		nonce[--i] ^= (unsigned char)count;
}

/* This thread's engine for the next record, and what else that takes. */
static struct engine *begin_record(struct tls_cipher *c,
    struct tls_aead_record *r, unsigned char *nonce, const void *head)
{
	struct engine *engine = need_engines();

	tls_aead_need(engine != NULL);
	engine += index_of(c->suite);
	next_nonce(c, nonce);
	*r = (struct tls_aead_record){
		.key = engine->serial == c->serial ? NULL : c->key,
		.nonce = nonce,
		.head = slice_of(head, TLS_HEAD_BYTES),
	};
	engine->serial = c->serial;
	return engine;
}

size_t tls_cipher_seal(
    struct tls_cipher *c, int type, struct slice content, unsigned char *record)
{
	size_t len = content.len + 1 + TLS_AEAD_TAG_BYTES;
	const unsigned char head[TLS_HEAD_BYTES] = { TLS_DATA, 3, 3,
		(unsigned char)(len >> 8), (unsigned char)len };
	unsigned char nonce[sizeof c->iv];
	struct tls_aead_record r;
	struct engine *e = begin_record(c, &r, nonce, head);

	assert(content.len <= TLS_PLAIN_MAX);
	memcpy(record, head, sizeof head);
	e->aead->seal(e->state, &r, content, (unsigned char)type,
	    record + TLS_HEAD_BYTES);
	return TLS_HEAD_BYTES + len;
}

ssize_t tls_cipher_record_len(struct slice bytes)
{
	const unsigned char *head = (const unsigned char *)bytes.ptr;
	size_t len;

	if (bytes.len > 0 && head[0] != TLS_DATA)
		return -EPROTO;
	if (bytes.len < TLS_HEAD_BYTES)
		return 0;
	len = (size_t)head[3] << 8 | head[4];
	if (len > INNER_MAX + TLS_AEAD_TAG_BYTES)
		return -EMSGSIZE;
	return len > TLS_AEAD_TAG_BYTES ? (ssize_t)(TLS_HEAD_BYTES + len)
					: -EBADMSG;
}

/* What is left of len bytes without zeros behind the type, and the type. */
static ssize_t without_padding(
    const unsigned char *inner, size_t len, int *type)
{
	while (len > 0 && inner[len - 1] == 0)
		len--;
	if (len == 0)
		return -EPROTO;
	*type = inner[len - 1];
	return (ssize_t)(len - 1);
}

ssize_t tls_cipher_open(
    struct tls_cipher *c, struct slice record, unsigned char *to, int *type)
{
	struct slice sealed = slice_after(record, TLS_HEAD_BYTES);
	unsigned char nonce[sizeof c->iv];
	struct tls_aead_record r;
	struct engine *e = begin_record(c, &r, nonce, record.ptr);

	if (!e->aead->open(e->state, &r, sealed, to))
		return -EBADMSG;
	return without_padding(to, sealed.len - TLS_AEAD_TAG_BYTES, type);
}
