#include "sys/tls_aead.h"

#ifdef ROOMCAST_IPSEC_MB

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

enum { KINDS = 2 }; /* of AES-GCM, the first ones */

/* The library's functions for keys of one length. */
struct calls {
	aes_gcm_pre_t set_key;
	aes_gcm_init_t begin;
	aes_gcm_enc_dec_update_t seal, open;
	aes_gcm_enc_dec_finalize_t end_sealed, end_opened;
};

/* Its header says how they are aligned for its own build alone. */
struct state {
	_Alignas(64) struct gcm_key_data key;
	_Alignas(64) struct gcm_context_data record; /* that is under way */
	const struct calls *calls;
};

static struct {
	bool is_here;
	struct calls calls[KINDS];
} shared;

/*
 * Who asks in openssl.cnf for another provider than OpenSSL's own, one of FIPS
 * or of a device, gets it.
 */
static bool has_default_provider(void)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
	bool is_default =
	    cipher &&
	    strcmp(OSSL_PROVIDER_get0_name(EVP_CIPHER_get0_provider(cipher)),
		"default") == 0;

	EVP_CIPHER_free(cipher);
	return is_default;
}

static bool is_worth_while(IMB_MGR *mgr)
{
	static const uint64_t wanted = IMB_FEATURE_AESNI |
				       IMB_FEATURE_PCLMULQDQ |
				       IMB_FEATURE_SELF_TEST_PASS;

	return imb_get_errno(mgr) == 0 && (mgr->features & wanted) == wanted;
}

static struct calls calls_for_16(const IMB_MGR *mgr)
{
	return (struct calls){
		.set_key = mgr->gcm128_pre,
		.begin = mgr->gcm128_init,
		.seal = mgr->gcm128_enc_update,
		.open = mgr->gcm128_dec_update,
		.end_sealed = mgr->gcm128_enc_finalize,
		.end_opened = mgr->gcm128_dec_finalize,
	};
}

static struct calls calls_for_32(const IMB_MGR *mgr)
{
	return (struct calls){
		.set_key = mgr->gcm256_pre,
		.begin = mgr->gcm256_init,
		.seal = mgr->gcm256_enc_update,
		.open = mgr->gcm256_dec_update,
		.end_sealed = mgr->gcm256_enc_finalize,
		.end_opened = mgr->gcm256_dec_finalize,
	};
}

/*
 * A manager is for what is to be done later, of which there is nothing here. It
 * also names the functions that suit the processor, and those need none.
 */
static void look(void)
{
	IMB_MGR *mgr = has_default_provider() ? alloc_mb_mgr(0) : NULL;

	if (!mgr)
		return;
	init_mb_mgr_auto(mgr, NULL);
	if (is_worth_while(mgr)) {
		shared.calls[TLS_AES_128_GCM] = calls_for_16(mgr);
		shared.calls[TLS_AES_256_GCM] = calls_for_32(mgr);
		shared.is_here = true;
	}
	free_mb_mgr(mgr);
}

static bool mb_has(enum tls_aead_kind kind)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, look);
	return (int)kind < KINDS && shared.is_here;
}

static void *mb_open_state(enum tls_aead_kind kind)
{
	struct state *s = aligned_alloc(_Alignof(struct state), sizeof *s);

	if (s)
		*s = (struct state){ .calls = &shared.calls[kind] };
	return s;
}

static void mb_forget_key(void *state)
{
	struct state *s = state;

	OPENSSL_cleanse(&s->key, sizeof s->key);
	OPENSSL_cleanse(&s->record, sizeof s->record);
}

static void mb_free_state(void *state)
{
	if (state)
		mb_forget_key(state);
	free(state);
}

static void begin(struct state *s, const struct tls_aead_record *r)
{
	if (r->key)
		s->calls->set_key(r->key, &s->key);
	s->calls->begin(&s->key, &s->record, r->nonce,
	    (const uint8_t *)r->head.ptr, r->head.len);
}

static void mb_seal(void *state, const struct tls_aead_record *r,
    struct slice content, unsigned char last, unsigned char *to)
{
	struct state *s = state;
	const struct calls *calls = s->calls;

	begin(s, r);
	if (content.len > 0)
		calls->seal(&s->key, &s->record, to,
		    (const uint8_t *)content.ptr, content.len);
	to += content.len;
	calls->seal(&s->key, &s->record, to, &last, 1);
	calls->end_sealed(&s->key, &s->record, to + 1, TLS_AEAD_TAG_BYTES);
}

static bool mb_open(void *state, const struct tls_aead_record *r,
    struct slice sealed, unsigned char *to)
{
	struct state *s = state;
	size_t len = sealed.len - TLS_AEAD_TAG_BYTES;
	unsigned char tag[TLS_AEAD_TAG_BYTES];

	begin(s, r);
	if (len > 0)
		s->calls->open(
		    &s->key, &s->record, to, (const uint8_t *)sealed.ptr, len);
	s->calls->end_opened(&s->key, &s->record, tag, sizeof tag);
	return CRYPTO_memcmp(tag, sealed.ptr + len, sizeof tag) == 0;
}

const struct tls_aead tls_aead_mb = {
	.has = mb_has,
	.open_state = mb_open_state,
	.free_state = mb_free_state,
	.forget_key = mb_forget_key,
	.seal = mb_seal,
	.open = mb_open,
};

#else /* built without the library */

static bool mb_has(enum tls_aead_kind kind)
{
	(void)kind;
	return false;
}

const struct tls_aead tls_aead_mb = { .has = mb_has };

#endif
