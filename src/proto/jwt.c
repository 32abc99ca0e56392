/*
 * jwt: see jwt.h. The order is that of RFC 7515, section 5.2, and of what an
 * attacker can reach: header, key, signature; only then is the payload read.
 */
#include "proto/jwt.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/base64url.h"
#include "proto/json_tree.h"
#include "proto/jwt_keys.h"

enum { DATE_NONE = -1 };

/* HEADER "." PAYLOAD "." SIGNATURE; the first two with their dot are signed. */
struct parts {
	struct slice header;
	struct slice payload;
	struct slice signature;
	struct slice signing_input;
};

/* Space to decode a part into; one part at a time. */
struct scratch {
	unsigned char bytes[BASE64URL_BYTES(JWT_TOKEN_MAX)];
};

/* The keys that may have made the signature, and the algorithm. */
struct signer {
	enum signature_algorithm algorithm;
	const struct signature_key *keys[JWT_KEYS_TRIED];
	size_t key_count;
	bool lacks_named; /* no key has the token's kid: others are tried */
};

static const char *const texts[JWT_VERDICT_COUNT] = {
	[JWT_OK] = "the token is good",
#define X(id, text) [JWT_##id] = text,
	JWT_VERDICTS(X)
#undef X
};

const char *jwt_verdict_text(enum jwt_verdict verdict)
{
	return texts[verdict];
}

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* A third dot ends up in the signature, where it is no base64url. */
static bool split(struct slice token, struct parts *parts)
{
	const char *end = token.ptr + token.len;
	const char *first, *second;

	first = token.len > 0 ? memchr(token.ptr, '.', token.len) : NULL;
	if (!first)
		return false;
	second = memchr(first + 1, '.', (size_t)(end - first - 1));
	if (!second)
		return false;
	parts->header = slice_of(token.ptr, (size_t)(first - token.ptr));
	parts->payload = slice_of(first + 1, (size_t)(second - first - 1));
	parts->signature = slice_of(second + 1, (size_t)(end - second - 1));
	parts->signing_input =
	    slice_of(token.ptr, (size_t)(second - token.ptr));
	return true;
}

static bool decode(
    struct slice part, struct scratch *scratch, struct slice *bytes)
{
	long len = base64url_decode(part, scratch->bytes);

	if (len < 0)
		return false;
	*bytes = slice_of((const char *)scratch->bytes, (size_t)len);
	return true;
}

/* A part that is a JSON object, owned by the caller; NULL when it is none. */
static cJSON *decode_object(struct slice part, struct scratch *scratch)
{
	struct slice text;

	return decode(part, scratch, &text) ? json_tree_parse(text) : NULL;
}

/* Extensions that change what the rest means must not be passed over. */
static bool needs_extension(const cJSON *header)
{
	return member(header, "crit") || member(header, "zip") ||
	       member(header, "b64");
}

static enum jwt_verdict read_header(
    const struct jwt_keys *keys, const cJSON *header, struct signer *signer)
{
	const cJSON *kid = member(header, "kid");
	int algorithm = signature_algorithm(
	    slice_str(cJSON_GetStringValue(member(header, "alg"))));
	struct slice name;

	if (algorithm < 0 ||
	    !(jwt_keys_algorithms(keys) & SIGNATURE_BIT(algorithm)))
		return JWT_ALGORITHM;
	if (needs_extension(header))
		return JWT_CRITICAL;
	if (kid && !cJSON_IsString(kid))
		return JWT_MALFORMED;
	name = slice_str(cJSON_GetStringValue(kid));
	signer->algorithm = (enum signature_algorithm)algorithm;
	signer->key_count = jwt_keys_select(
	    keys, signer->algorithm, kid ? &name : NULL, signer->keys);
	signer->lacks_named =
	    kid && !jwt_keys_have_kid(keys, signer->algorithm, name);
	return signer->key_count > 0 ? JWT_OK : JWT_KEY;
}

static enum jwt_verdict find_signer(const struct jwt_keys *keys,
    struct slice part, struct scratch *scratch, struct signer *signer)
{
	cJSON *header = decode_object(part, scratch);
	enum jwt_verdict verdict = JWT_MALFORMED;

	if (header)
		verdict = read_header(keys, header, signer);
	cJSON_Delete(header);
	return verdict;
}

static enum jwt_verdict check_signature(const struct signer *signer,
    const struct parts *parts, struct scratch *scratch)
{
	struct slice signature;

	if (!decode(parts->signature, scratch, &signature))
		return JWT_MALFORMED;
	for (size_t i = 0; i < signer->key_count; i++)
		if (signature_verify(signer->keys[i], signer->algorithm,
			parts->signing_input, signature))
			return JWT_OK;
	return signer->lacks_named ? JWT_KEY : JWT_SIGNATURE;
}

static const struct date {
	const char *name;
	enum jwt_verdict wrong, in_milliseconds;
} exp_date = { "exp", JWT_EXP, JWT_EXP_MS },
  nbf_date = { "nbf", JWT_NBF, JWT_NBF_MS },
  iat_date = { "iat", JWT_IAT, JWT_IAT_MS };

/* A NumericDate, rounded up to a whole second; DATE_NONE when it is missing. */
static enum jwt_verdict read_date(
    const cJSON *claims, const struct date *which, int64_t *date_s)
{
	const cJSON *date = member(claims, which->name);

	*date_s = DATE_NONE;
	if (!date)
		return JWT_OK;
	if (!cJSON_IsNumber(date) || !(date->valuedouble >= 0) ||
	    !(date->valuedouble <= JWT_DATE_MAX_S * 1000))
		return which->wrong;
	if (date->valuedouble > JWT_DATE_MAX_S)
		return which->in_milliseconds;
	*date_s = (int64_t)date->valuedouble;
	if ((double)*date_s < date->valuedouble)
		(*date_s)++;
	return JWT_OK;
}

static enum jwt_verdict check_dates(const struct jwt_policy *policy,
    const cJSON *claims, int64_t now_s, int64_t *expires_at_s)
{
	int64_t exp_s, nbf_s, iat_s;
	enum jwt_verdict verdict = read_date(claims, &exp_date, &exp_s);

	if (verdict == JWT_OK)
		verdict = read_date(claims, &nbf_date, &nbf_s);
	if (verdict == JWT_OK)
		verdict = read_date(claims, &iat_date, &iat_s);
	if (verdict != JWT_OK)
		return verdict;
	if (exp_s != DATE_NONE && now_s >= exp_s + policy->leeway_s)
		return JWT_EXPIRED;
	if (nbf_s != DATE_NONE && now_s < nbf_s - policy->leeway_s)
		return JWT_NOT_YET;
	*expires_at_s = exp_s == DATE_NONE ? 0 : exp_s + policy->leeway_s;
	return JWT_OK;
}

static bool is_text(const cJSON *item, const char *text)
{
	return cJSON_IsString(item) && !strcmp(item->valuestring, text);
}

static enum jwt_verdict check_issuer(
    const struct jwt_policy *policy, const cJSON *claims)
{
	const cJSON *iss = member(claims, "iss");

	if (iss && !cJSON_IsString(iss))
		return JWT_ISS;
	if (policy->issuer && !is_text(iss, policy->issuer))
		return JWT_ISSUER;
	return JWT_OK;
}

/* A text, or an array of texts (RFC 7519, section 4.1.3). */
static enum jwt_verdict check_audience(
    const struct jwt_policy *policy, const cJSON *claims)
{
	const cJSON *aud = member(claims, "aud");
	const cJSON *item;
	bool is_ours = false;

	if (!policy->audience)
		return JWT_OK;
	if (!aud)
		return JWT_AUDIENCE;
	if (cJSON_IsString(aud))
		return is_text(aud, policy->audience) ? JWT_OK : JWT_AUDIENCE;
	if (!cJSON_IsArray(aud))
		return JWT_AUD;
	cJSON_ArrayForEach(item, aud)
	{
		if (!cJSON_IsString(item))
			return JWT_AUD;
		is_ours |= is_text(item, policy->audience);
	}
	return is_ours ? JWT_OK : JWT_AUDIENCE;
}

static enum jwt_verdict check_claims(const struct jwt_policy *policy,
    const cJSON *claims, int64_t now_s, int64_t *expires_at_s)
{
	enum jwt_verdict verdict =
	    check_dates(policy, claims, now_s, expires_at_s);

	if (verdict == JWT_OK)
		verdict = check_issuer(policy, claims);
	if (verdict == JWT_OK)
		verdict = check_audience(policy, claims);
	return verdict;
}

enum jwt_verdict jwt_verify(const struct jwt_policy *policy, struct slice token,
    int64_t now_s, struct cJSON **claims, int64_t *expires_at_s)
{
	struct scratch scratch;
	struct signer signer;
	struct parts parts;
	enum jwt_verdict verdict;
	cJSON *payload;

	*claims = NULL;
	*expires_at_s = 0;
	if (token.len > JWT_TOKEN_MAX)
		return JWT_TOO_LONG;
	if (!split(token, &parts))
		return JWT_MALFORMED;
	verdict = find_signer(policy->keys, parts.header, &scratch, &signer);
	if (verdict == JWT_OK)
		verdict = check_signature(&signer, &parts, &scratch);
	if (verdict != JWT_OK)
		return verdict;
	payload = decode_object(parts.payload, &scratch);
	if (!payload)
		return JWT_MALFORMED;
	verdict = check_claims(policy, payload, now_s, expires_at_s);
	if (verdict == JWT_OK || verdict == JWT_EXPIRED)
		*claims = payload;
	else
		cJSON_Delete(payload);
	return verdict;
}
