#include "sys/tls_cipher.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>

#include "base/fatal.h"
#include "base/mem.h"

enum {
	TAG_BYTES = 16,
	INNER_MAX = TLS_PLAIN_MAX + 1, /* content, type, padding */
	/* AES-GCM may take some 24 million at full length. */
	RECORDS_PER_KEY = 1 << 24,
};

/* --- cipher suites --- */

struct suite {
	uint16_t name; /* RFC 8446, appendix B.4 */
	const char *cipher, *digest;
	unsigned char key_len, secret_len;
};

enum { SUITES = 3 };
static const struct suite suites[SUITES] = {
	{ 0x1301, "AES-128-GCM", "SHA256", 16, 32 },
	{ 0x1302, "AES-256-GCM", "SHA384", 32, 48 },
	{ 0x1303, "ChaCha20-Poly1305", "SHA256", 32, 32 },
};

/* Below SUITES where it is one of them. */
static unsigned index_of(uint16_t suite)
{
	return (unsigned)suite - suites[0].name;
}

/* --- what each thread runs them with --- */

struct engine {
	EVP_CIPHER_CTX *ctx; /* owned */
	uint64_t serial;     /* of the key that it has; 0: none */
};

static struct {
	pthread_key_t engines; /* of a thread: SUITES of them */
	EVP_CIPHER *ciphers[SUITES];
	const EVP_MD *digests[SUITES];
} shared;

static void need(bool is_fine)
{
	if (!is_fine)
		fatal("tls", "libcrypto fails: out of memory?");
}

static void free_engines(void *arg)
{
	struct engine *engines = arg;

	for (size_t i = 0; engines && i < SUITES; i++)
		EVP_CIPHER_CTX_free(engines[i].ctx);
	free(engines);
}

/* Found once: looking for one takes longer than a small record. */
static void find_suites(void)
{
	need(pthread_key_create(&shared.engines, free_engines) == 0);
	for (size_t i = 0; i < SUITES; i++) {
		shared.ciphers[i] =
		    EVP_CIPHER_fetch(NULL, suites[i].cipher, NULL);
		shared.digests[i] = EVP_MD_fetch(NULL, suites[i].digest, NULL);
	}
}

static void prepare(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, find_suites);
}

/* The context for a suite, if there is one; false: no memory. */
static bool make_context(EVP_CIPHER_CTX **ctx, const EVP_CIPHER *cipher)
{
	if (!cipher)
		return true;
	*ctx = EVP_CIPHER_CTX_new();
	return *ctx &&
	       EVP_CipherInit_ex(*ctx, cipher, NULL, NULL, NULL, 1) == 1;
}

static struct engine *make_engines(void)
{
	struct engine *engines = try_alloc(SUITES * sizeof *engines);
	bool are_made = engines != NULL;

	for (size_t i = 0; are_made && i < SUITES; i++)
		engines[i] = (struct engine){ 0 };
	for (size_t i = 0; are_made && i < SUITES; i++)
		are_made = make_context(&engines[i].ctx, shared.ciphers[i]);
	if (are_made && pthread_setspecific(shared.engines, engines) == 0)
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

static struct engine *engine_of(const struct tls_cipher *c)
{
	struct engine *engines = need_engines();

	need(engines != NULL);
	return &engines[index_of(c->suite)];
}

/* Where the context of this thread still has the key of c, it gets another. */
static void forget_in_context(const struct tls_cipher *c)
{
	static const unsigned char none[sizeof c->key];
	struct engine *engine;

	if (c->serial == 0) /* none was begun: there may be no engines at all */
		return;
	engine = pthread_getspecific(shared.engines);
	if (!engine || engine[index_of(c->suite)].serial != c->serial)
		return;
	engine += index_of(c->suite);
	need(EVP_CipherInit_ex(engine->ctx, NULL, NULL, none, NULL, 1) == 1);
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
	bool is_made;

	prepare();
	if (i >= SUITES || secret.len != suites[i].secret_len ||
	    !shared.ciphers[i] || !shared.digests[i] || !need_engines())
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
	forget_in_context(c);
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

/* A context, ready for the next record with this head. */
static EVP_CIPHER_CTX *begin_record(
    struct tls_cipher *c, const unsigned char *head, bool is_sealing)
{
	struct engine *engine = engine_of(c);
	const unsigned char *key = engine->serial == c->serial ? NULL : c->key;
	unsigned char nonce[sizeof c->iv];
	int n;

	next_nonce(c, nonce);
	need(EVP_CipherInit_ex(
		 engine->ctx, NULL, NULL, key, nonce, is_sealing) == 1);
	need(
	    EVP_CipherUpdate(engine->ctx, NULL, &n, head, TLS_HEAD_BYTES) == 1);
	engine->serial = c->serial;
	return engine->ctx;
}

/* As EVP_CIPHER_CTX_ctrl has it, which takes longer to say the same. */
static bool take_tag(EVP_CIPHER_CTX *ctx, unsigned char *to)
{
	OSSL_PARAM wanted[] = { OSSL_PARAM_octet_string(
				    OSSL_CIPHER_PARAM_AEAD_TAG, to, TAG_BYTES),
		OSSL_PARAM_END };

	return EVP_CIPHER_CTX_get_params(ctx, wanted) == 1;
}

size_t tls_cipher_seal(
    struct tls_cipher *c, int type, struct slice content, unsigned char *record)
{
	size_t len = content.len + 1 + TAG_BYTES;
	const unsigned char head[TLS_HEAD_BYTES] = { TLS_DATA, 3, 3,
		(unsigned char)(len >> 8), (unsigned char)len };
	const unsigned char inner_type = (unsigned char)type;
	unsigned char *at = record + TLS_HEAD_BYTES;
	EVP_CIPHER_CTX *ctx;
	int n = 0;

	assert(content.len <= TLS_PLAIN_MAX);
	memcpy(record, head, sizeof head);
	ctx = begin_record(c, head, true);
	if (content.len > 0)
		need(EVP_CipherUpdate(ctx, at, &n,
			 (const unsigned char *)content.ptr,
			 (int)content.len) == 1);
	at += n;
	need(EVP_CipherUpdate(ctx, at, &n, &inner_type, 1) == 1);
	at += n;
	need(EVP_CipherFinal_ex(ctx, at, &n) == 1);
	need(take_tag(ctx, at + n));
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
	if (len > INNER_MAX + TAG_BYTES)
		return -EMSGSIZE;
	return len > TAG_BYTES ? (ssize_t)(TLS_HEAD_BYTES + len) : -EBADMSG;
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
	const unsigned char *bytes = (const unsigned char *)record.ptr;
	size_t len = record.len - TLS_HEAD_BYTES - TAG_BYTES;
	unsigned char tag[TAG_BYTES];
	EVP_CIPHER_CTX *ctx = begin_record(c, bytes, false);
	int n = 0, rest = 0;

	memcpy(tag, bytes + TLS_HEAD_BYTES + len, TAG_BYTES);
	need(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) ==
	     1);
	need(EVP_CipherUpdate(ctx, to, &n, bytes + TLS_HEAD_BYTES, (int)len) ==
	     1);
	if (EVP_CipherFinal_ex(ctx, to + n, &rest) != 1)
		return -EBADMSG;
	return without_padding(to, len, type);
}
