/*
 * signature: see signature.h. One table says what each algorithm is; what
 * computes is in hmac.c and public_key.c.
 */
#include "base/signature.h"

#include <stdlib.h>

#include "base/hmac.h"
#include "base/mem.h"

/* public_key's kinds, and one more that is a secret. */
enum key_kind {
	KIND_RSA = PUBLIC_KEY_RSA,
	KIND_P256 = PUBLIC_KEY_P256,
	KIND_P384 = PUBLIC_KEY_P384,
	KIND_P521 = PUBLIC_KEY_P521,
	KIND_ED25519 = PUBLIC_KEY_ED25519,
	KIND_SECRET,
};

static const struct {
	const char *name;
	enum key_kind kind;
	enum hmac_digest hmac;
	enum public_key_digest digest;
} algorithms[SIGNATURE_ALGORITHM_COUNT] = {
#define X(id, name, kind, digest) \
	{ name, KIND_##kind, HMAC_##digest, PUBLIC_KEY_##digest },
	SIGNATURE_ALGORITHMS(X)
#undef X
};

struct signature_key {
	struct hmac_secret *secret;    /* owned; NULL: a public key */
	struct public_key *public_key; /* owned; NULL: a secret */
	unsigned algorithms;           /* the set that it fits */
};

int signature_algorithm(struct slice name)
{
	for (int i = 0; i < SIGNATURE_ALGORITHM_COUNT; i++)
		if (slice_eq(name, slice_str(algorithms[i].name)))
			return i;
	return -1;
}

const char *signature_algorithm_name(enum signature_algorithm algorithm)
{
	return algorithms[algorithm].name;
}

size_t signature_secret_min(enum signature_algorithm algorithm)
{
	if (algorithms[algorithm].kind != KIND_SECRET)
		return 0;
	return hmac_bytes(algorithms[algorithm].hmac);
}

struct signature_key *signature_key_of_secret(struct slice secret)
{
	struct signature_key *key = xcalloc(1, sizeof *key);

	key->secret = hmac_secret_new(secret);
	for (int i = 0; i < SIGNATURE_ALGORITHM_COUNT; i++)
		if (algorithms[i].kind == KIND_SECRET &&
		    secret.len >= signature_secret_min(i))
			key->algorithms |= SIGNATURE_BIT(i);
	return key;
}

struct signature_key *signature_key_of_public(struct public_key **k)
{
	struct signature_key *key = xcalloc(1, sizeof *key);
	enum key_kind kind = (enum key_kind)public_key_kind(*k);

	key->public_key = *k;
	*k = NULL;
	for (int i = 0; i < SIGNATURE_ALGORITHM_COUNT; i++)
		if (algorithms[i].kind == kind)
			key->algorithms |= SIGNATURE_BIT(i);
	return key;
}

void signature_key_free(struct signature_key *key)
{
	if (!key)
		return;
	hmac_secret_free(key->secret);
	public_key_free(key->public_key);
	free(key);
}

unsigned signature_key_algorithms(const struct signature_key *key)
{
	return key->algorithms;
}

bool signature_verify(const struct signature_key *key,
    enum signature_algorithm algorithm, struct slice bytes,
    struct slice signature)
{
	if (!(key->algorithms & SIGNATURE_BIT(algorithm)))
		return false;
	if (key->secret)
		return hmac_verify(
		    key->secret, algorithms[algorithm].hmac, bytes, signature);
	return public_key_verify(
	    key->public_key, algorithms[algorithm].digest, bytes, signature);
}
