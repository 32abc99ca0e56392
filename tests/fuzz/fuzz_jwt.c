/*
 * Any bytes as a token. The first byte chooses: even, the rest is the token;
 * odd, the rest is a header and behind the first line feed a payload, which
 * are encoded and signed here, so that the fuzzer gets past the signature.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/crypto.h"
#include "proto/jwt.h"
#include "proto/jwt_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char secret[] = "a secret that only the fuzzer knows";
static const char jwks[] =
    "{\"keys\":[{\"kty\":\"OKP\",\"kid\":\"e\",\"crv\":\"Ed25519\",\"x\":"
    "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},{\"kty\":\"EC\","
    "\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";

enum { NOW = 1700000000 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static const struct jwt_keys *load(void)
{
	static struct jwt_keys *keys;
	struct err e;

	if (keys)
		return keys;
	keys = jwt_keys_new(SIGNATURE_BIT(SIGNATURE_HS256) |
			    SIGNATURE_BIT(SIGNATURE_EDDSA) |
			    SIGNATURE_BIT(SIGNATURE_ES256));
	must(jwt_keys_add(keys, JWT_KEY_SECRET, slice_str(secret), &e) == 0);
	must(jwt_keys_add(keys, JWT_KEY_PUBLIC, slice_str(jwks), &e) == 0);
	return keys;
}

/* A token in memory of its own size, so that one byte too many is seen. */
static void check(const char *token, size_t len)
{
	const struct jwt_policy policy = {
		.keys = load(), .audience = "a", .leeway_s = 30
	};
	char *copy = malloc(len + 1);
	struct cJSON *claims;
	enum jwt_verdict verdict;
	int64_t expires_at_s;

	must(copy != NULL);
	memcpy(copy, token, len);
	verdict = jwt_verify(
	    &policy, slice_of(copy, len), NOW, &claims, &expires_at_s);
	must((verdict == JWT_OK || verdict == JWT_EXPIRED) == (claims != NULL));
	must(verdict < JWT_VERDICT_COUNT && jwt_verdict_text(verdict));
	must(verdict != JWT_OK || expires_at_s == 0 || expires_at_s > NOW);
	must(len <= JWT_TOKEN_MAX || verdict == JWT_TOO_LONG);
	cJSON_Delete(claims);
	free(copy);
}

static char *put_base64url(char *to, const void *bytes, size_t len)
{
	size_t count = crypto_base64_encode(bytes, len, to);

	while (count > 0 && to[count - 1] == '=')
		count--;
	for (size_t i = 0; i < count; i++)
		to[i] = (char)(to[i] == '+' ? '-' : to[i] == '/' ? '_' : to[i]);
	return to + count;
}

static void sign_and_check(const char *text, size_t len)
{
	const char *end = text + len;
	const char *feed = memchr(text, '\n', len);
	const char *payload = feed ? feed + 1 : end;
	size_t header_len = (size_t)((feed ? feed : end) - text);
	unsigned char code[EVP_MAX_MD_SIZE];
	char *token = malloc(2 * len + 128);
	unsigned code_len = 0;
	char *to;

	must(token != NULL);
	to = put_base64url(token, text, header_len);
	*to++ = '.';
	to = put_base64url(to, payload, (size_t)(end - payload));
	must(HMAC(EVP_sha256(), secret, sizeof secret - 1,
		 (unsigned char *)token, (size_t)(to - token), code,
		 &code_len) != NULL);
	*to++ = '.';
	to = put_base64url(to, code, code_len);
	check(token, (size_t)(to - token));
	free(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *rest = (const char *)data + 1;

	if (size == 0)
		return 0;
	if (data[0] % 2 == 0)
		check(rest, size - 1);
	else
		sign_and_check(rest, size - 1);
	return 0;
}
