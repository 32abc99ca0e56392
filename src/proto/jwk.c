/*
 * jwk: see jwk.h. Members that nobody needs here (x5c, x5u, ext, ...) are not
 * looked at.
 */
#include "proto/jwk.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/base64url.h"
#include "base/mem.h"
#include "proto/json_tree.h"

/* A member in base64url, decoded. */
struct octets {
	unsigned char *bytes; /* owned */
	struct slice slice;
};

static cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* Whether there is a member with this very text. */
static bool has_text(const cJSON *object, const char *name, const char *text)
{
	const char *value = cJSON_GetStringValue(member(object, name));

	return value && !strcmp(value, text);
}

static int octets_init(
    struct octets *n, const cJSON *object, const char *name, struct err *e)
{
	struct slice text =
	    slice_str(cJSON_GetStringValue(member(object, name)));
	long len;

	*n = (struct octets){ 0 };
	if (text.len == 0)
		return err_set(e, -EINVAL, "a key without \"%s\"", name);
	n->bytes = xmalloc(BASE64URL_BYTES(text.len));
	len = base64url_decode(text, n->bytes);
	if (len < 0)
		return err_set(
		    e, -EINVAL, "a key whose \"%s\" is not base64url", name);
	n->slice = slice_of((const char *)n->bytes, (size_t)len);
	return 0;
}

static void octets_fini(struct octets *n)
{
	if (n->slice.len > 0)
		explicit_bzero(n->bytes, n->slice.len);
	free(n->bytes);
}

static struct public_key *read_rsa(const cJSON *object, struct err *e)
{
	struct octets n, exponent = { 0 };
	struct public_key *k = NULL;

	if (octets_init(&n, object, "n", e) == 0 &&
	    octets_init(&exponent, object, "e", e) == 0)
		k = public_key_from_rsa(n.slice, exponent.slice, e);
	octets_fini(&n);
	octets_fini(&exponent);
	return k;
}

static struct public_key *read_ec(
    const cJSON *object, enum public_key_kind kind, struct err *e)
{
	struct octets x, y = { 0 };
	struct public_key *k = NULL;

	if (octets_init(&x, object, "x", e) == 0 &&
	    octets_init(&y, object, "y", e) == 0)
		k = public_key_from_ec(kind, x.slice, y.slice, e);
	octets_fini(&x);
	octets_fini(&y);
	return k;
}

static struct public_key *read_ed25519(const cJSON *object, struct err *e)
{
	struct public_key *k = NULL;
	struct octets x;

	if (octets_init(&x, object, "x", e) == 0)
		k = public_key_from_ed25519(x.slice, e);
	octets_fini(&x);
	return k;
}

/* kty and crv of the kinds of public keys; RSA has no crv. */
static const struct {
	const char *kty;
	const char *crv;
	enum public_key_kind kind;
} kinds[] = {
	{ "RSA", NULL, PUBLIC_KEY_RSA },
	{ "EC", "P-256", PUBLIC_KEY_P256 },
	{ "EC", "P-384", PUBLIC_KEY_P384 },
	{ "EC", "P-521", PUBLIC_KEY_P521 },
	{ "OKP", "Ed25519", PUBLIC_KEY_ED25519 },
};

static int find_kind(const cJSON *object, struct err *e)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (has_text(object, "kty", kinds[i].kty) &&
		    (!kinds[i].crv || has_text(object, "crv", kinds[i].crv)))
			return (int)kinds[i].kind;
	return err_set(e, -ENOTSUP,
	    "a key that is neither RSA, nor EC on P-256, P-384 or P-521, nor "
	    "Ed25519");
}

static int read_public(const cJSON *object, struct jwk *out, struct err *e)
{
	int kind = find_kind(object, e);
	struct public_key *k;

	if (kind < 0)
		return kind;
	if (member(object, "d"))
		return err_set(e, -EINVAL,
		    "a private key; only its public part belongs here");
	if (kind == PUBLIC_KEY_RSA)
		k = read_rsa(object, e);
	else if (kind == PUBLIC_KEY_ED25519)
		k = read_ed25519(object, e);
	else
		k = read_ec(object, (enum public_key_kind)kind, e);
	if (!k)
		return -EINVAL;
	out->key = signature_key_of_public(&k);
	return 0;
}

static int read_secret(const cJSON *object, struct jwk *out, struct err *e)
{
	struct octets k;
	int rc = octets_init(&k, object, "k", e);

	if (rc == 0) {
		out->key = signature_key_of_secret(k.slice);
		out->secret_len = k.slice.len;
	}
	octets_fini(&k);
	return rc;
}

static bool is_for_verifying(const cJSON *object)
{
	const cJSON *ops = member(object, "key_ops");
	const cJSON *op;

	if (member(object, "use") && !has_text(object, "use", "sig"))
		return false;
	if (!ops)
		return true;
	cJSON_ArrayForEach(op, ops)
	{
		if (cJSON_IsString(op) && !strcmp(op->valuestring, "verify"))
			return true;
	}
	return false;
}

/* Read alg and kid, which are no part of the key itself. */
static int read_labels(const cJSON *object, struct jwk *out, struct err *e)
{
	const cJSON *alg = member(object, "alg");
	const cJSON *kid = member(object, "kid");
	int algorithm;

	if (!is_for_verifying(object))
		return err_set(e, -ENOTSUP,
		    "a key whose use or key_ops is not to verify signatures");
	if (alg) {
		algorithm =
		    signature_algorithm(slice_str(cJSON_GetStringValue(alg)));
		if (algorithm < 0)
			return err_set(e, -ENOTSUP,
			    "a key whose alg is none that can be used here");
		out->algorithms = SIGNATURE_BIT(algorithm);
	}
	if (kid && !cJSON_IsString(kid))
		return err_set(e, -EINVAL, "a key whose kid is not a text");
	if (kid)
		out->kid = xstrdup(kid->valuestring);
	return 0;
}

static void wipe_secret(cJSON *object)
{
	cJSON *k = member(object, "k");

	if (cJSON_IsString(k))
		explicit_bzero(k->valuestring, strlen(k->valuestring));
}

static int parse(cJSON *object, struct jwk *out, struct err *e)
{
	int rc;

	if (!cJSON_IsObject(object) || !member(object, "kty"))
		return err_set(e, -EINVAL, "a key without \"kty\"");
	if (!json_tree_is_unique(object))
		return err_set(e, -EINVAL, "a key with a member twice");
	rc = read_labels(object, out, e);
	if (rc < 0)
		return rc;
	if (has_text(object, "kty", "oct"))
		return read_secret(object, out, e);
	return read_public(object, out, e);
}

int jwk_parse(struct cJSON *object, struct jwk *out, struct err *e)
{
	int rc;

	*out = (struct jwk){ .algorithms = UINT32_MAX };
	rc = parse(object, out, e);
	wipe_secret(object);
	if (rc < 0)
		jwk_fini(out);
	return rc;
}

void jwk_fini(struct jwk *k)
{
	signature_key_free(k->key);
	free(k->kid);
	*k = (struct jwk){ 0 };
}
