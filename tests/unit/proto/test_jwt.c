/*
 * jwt: the corpus tests/tokens (made by another library, or by hand to be
 * hostile), times, lengths, and many threads with the same keys.
 */
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "corpus.h"
#include "proto/jwt.h"
#include "proto/jwt_keys.h"
#include "unit.h"

#define KEYS "tests/tokens/keys/"

enum {
	NOW = 1700000000,
	LEEWAY = 30,
	ALL = (1 << SIGNATURE_ALGORITHM_COUNT) - 1
};

static char secret_txt[] = KEYS "secret.txt";
static char secret_jwk[] = KEYS "secret.jwk";
static char rsa_pem[] = KEYS "rsa.pem";
static char p256_pem[] = KEYS "p256.pem";
static char p384_pem[] = KEYS "p384.pem";
static char p521_pem[] = KEYS "p521.pem";
static char ed25519_pem[] = KEYS "ed25519.pem";
static char jwks_json[] = KEYS "jwks.json";

static char *const secrets[] = { secret_txt, secret_jwk };
static char *const publics[] = { jwks_json, rsa_pem, p256_pem, p384_pem,
	p521_pem, ed25519_pem };

enum { SECRETS = 2, PUBLICS = 6 };

/* What the second column of the corpus names. */
static struct jwt_policy make_policy(const char *name)
{
	struct jwt_policy p = { .leeway_s = LEEWAY };
	struct jwt_keys *keys = NULL;
	struct err e = { "" };
	int rc = -1;

	if (!strcmp(name, "any")) {
		rc = jwt_keys_load(
		    ALL, secrets, SECRETS, publics, PUBLICS, &keys, &e);
		p.issuer = "https://issuer.test";
		p.audience = "roomcast";
	} else if (!strcmp(name, "rs256")) {
		rc = jwt_keys_load(SIGNATURE_BIT(SIGNATURE_RS256), NULL, 0,
		    &publics[1], 1, &keys, &e);
	} else if (!strcmp(name, "hs256")) {
		rc = jwt_keys_load(SIGNATURE_BIT(SIGNATURE_HS256), secrets, 1,
		    NULL, 0, &keys, &e);
	} else if (!strcmp(name, "named")) {
		rc = jwt_keys_load(SIGNATURE_BIT(SIGNATURE_HS256) |
				       SIGNATURE_BIT(SIGNATURE_RS256),
		    &secrets[1], 1, publics, 1, &keys, &e);
	}
	ck_assert_msg(rc == 0, "%s: %s", name, e.text);
	p.keys = keys;
	return p;
}

static void free_policy(struct jwt_policy *p)
{
	struct jwt_keys *keys;

	memcpy(&keys, &p->keys, sizeof keys); /* the policy only borrows */
	jwt_keys_unref(keys);
}

static enum jwt_verdict verify(
    const struct jwt_policy *p, struct slice token, int64_t now_s)
{
	char *copy = exact_copy(token);
	struct cJSON *claims;
	int64_t expires_at_s;
	enum jwt_verdict verdict = jwt_verify(
	    p, slice_of(copy, token.len), now_s, &claims, &expires_at_s);

	ck_assert(
	    (verdict == JWT_OK || verdict == JWT_EXPIRED) == (claims != NULL));
	cJSON_Delete(claims);
	free(copy);
	return verdict;
}

struct loaded {
	const char *name;
	struct jwt_policy policy;
};

static const struct jwt_policy *find_policy(
    const struct loaded *loaded, size_t count, struct slice name)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq(name, slice_str(loaded[i].name)))
			return &loaded[i].policy;
	ck_abort_msg("no policy %.*s", (int)name.len, name.ptr);
	return NULL;
}

/* As the corpus has it, but for the case. */
static const char *name_of(enum jwt_verdict verdict)
{
	static const char *const names[JWT_VERDICT_COUNT] = { [JWT_OK] = "OK",
#define X(id, text) [JWT_##id] = #id,
		JWT_VERDICTS(X)
#undef X
	};

	return names[verdict];
}

static bool is_name(struct slice word, const char *name)
{
	return word.len == strlen(name) &&
	       strncasecmp(word.ptr, name, word.len) == 0;
}

START_TEST(every_token_of_the_corpus_gets_its_verdict)
{
	struct loaded loaded[] = { { .name = "any" }, { .name = "rs256" },
		{ .name = "hs256" }, { .name = "named" } };
	const size_t count = sizeof loaded / sizeof loaded[0];
	struct corpus c;
	int good = 0;
	int hostile = 0;

	for (size_t i = 0; i < count; i++)
		loaded[i].policy = make_policy(loaded[i].name);
	corpus_open(&c, "tests/tokens/tokens.txt");
	while (corpus_next(&c, 4)) {
		const struct jwt_policy *p =
		    find_policy(loaded, count, c.fields[1]);
		enum jwt_verdict verdict = verify(p, c.fields[3], NOW);

		ck_assert_msg(is_name(c.fields[0], name_of(verdict)),
		    "%.*s: %s", (int)c.fields[2].len, c.fields[2].ptr,
		    name_of(verdict));
		good += verdict == JWT_OK;
		hostile += verdict != JWT_OK;
	}
	corpus_close(&c);
	ck_assert_int_ge(good, 30);
	ck_assert_int_ge(hostile, 200);
	for (size_t i = 0; i < count; i++)
		free_policy(&loaded[i].policy);
}
END_TEST

/* The token of a row of the corpus, by the row's name; the caller frees it. */
static char *find_token(const char *name)
{
	struct corpus c;
	char *token = NULL;

	corpus_open(&c, "tests/tokens/tokens.txt");
	while (!token && corpus_next(&c, 4))
		if (slice_eq(c.fields[2], slice_str(name)))
			token = strdup(c.fields[3].ptr);
	corpus_close(&c);
	ck_assert_msg(token != NULL, "no token %s", name);
	return token;
}

/* What comes of the token of a row with the keys that a server has sent. */
static enum jwt_verdict verify_by(const char *set, const char *name)
{
	struct jwt_policy p = { .leeway_s = LEEWAY };
	char *token = find_token(name);
	struct jwt_keys *keys;
	enum jwt_verdict verdict;
	struct err e = { "" };

	ck_assert_msg(jwt_keys_read(SIGNATURE_BIT(SIGNATURE_EDDSA),
			  slice_str(set), &keys, &e) == 0,
	    "%s", e.text);
	p.keys = keys;
	verdict = verify(&p, slice_str(token), NOW);
	free_policy(&p);
	free(token);
	return verdict;
}

#define OTHER                                         \
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":" \
	"\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""

/* The key of a token that names one may yet come; others are no reason. */
START_TEST(a_kid_that_no_key_has_lacks_its_key)
{
	static const char unnamed[] = "{\"keys\":[" OTHER "}]}";
	static const char both[] =
	    "{\"keys\":[" OTHER "}," OTHER ",\"kid\":\"other\"}]}";
	static const char named[] =
	    "{\"keys\":[" OTHER "}," OTHER ",\"kid\":\"ed-1\"}]}";

	ck_assert_int_eq(verify_by(unnamed, "EdDSA by kid"), JWT_KEY);
	ck_assert_int_eq(verify_by(both, "EdDSA by kid"), JWT_KEY);
	ck_assert_int_eq(verify_by(named, "EdDSA by kid"), JWT_SIGNATURE);
	ck_assert_int_eq(verify_by(both, "PyJWT EdDSA"), JWT_SIGNATURE);
}
END_TEST

START_TEST(claims_and_expiry_are_given_out)
{
	struct jwt_policy p = make_policy("any");
	char *token = find_token("PyJWT HS256");
	struct cJSON *claims;
	int64_t expires_at_s;
	const cJSON *rooms;

	ck_assert_int_eq(
	    jwt_verify(&p, slice_str(token), NOW, &claims, &expires_at_s),
	    JWT_OK);
	ck_assert_int_eq(expires_at_s, NOW + 3600 + LEEWAY);
	ck_assert_str_eq(cJSON_GetStringValue(
			     cJSON_GetObjectItemCaseSensitive(claims, "sub")),
	    "42");
	rooms = cJSON_GetObjectItemCaseSensitive(claims, "rooms");
	ck_assert_int_eq(cJSON_GetArraySize(rooms), 2);
	cJSON_Delete(claims);
	free(token);
	token = find_token("no exp");
	ck_assert_int_eq(
	    jwt_verify(&p, slice_str(token), NOW, &claims, &expires_at_s),
	    JWT_OK);
	ck_assert_int_eq(expires_at_s, 0);
	cJSON_Delete(claims);
	free(token);
	free_policy(&p);
}
END_TEST

START_TEST(the_second_of_expiry_is_the_first_that_refuses)
{
	struct jwt_policy p = make_policy("any");
	char *token = find_token("exp with a fraction");
	struct cJSON *claims;
	int64_t end;

	ck_assert_int_eq(
	    jwt_verify(&p, slice_str(token), NOW, &claims, &end), JWT_OK);
	cJSON_Delete(claims);
	ck_assert_int_eq(end, NOW + 1 + LEEWAY);
	ck_assert_int_eq(verify(&p, slice_str(token), end - 1), JWT_OK);
	ck_assert_int_eq(verify(&p, slice_str(token), end), JWT_EXPIRED);
	p.leeway_s = 0;
	ck_assert_int_eq(verify(&p, slice_str(token), NOW), JWT_OK);
	ck_assert_int_eq(verify(&p, slice_str(token), NOW + 1), JWT_EXPIRED);
	free(token);
	free_policy(&p);
}
END_TEST

START_TEST(issuer_and_audience_count_only_where_they_are_asked_for)
{
	struct jwt_policy p = make_policy("any");
	char *token = find_token("no iss");

	p.issuer = NULL;
	ck_assert_int_eq(verify(&p, slice_str(token), NOW), JWT_OK);
	free(token);
	token = find_token("no aud");
	ck_assert_int_eq(verify(&p, slice_str(token), NOW), JWT_AUDIENCE);
	p.audience = NULL;
	ck_assert_int_eq(verify(&p, slice_str(token), NOW), JWT_OK);
	free(token);
	free_policy(&p);
}
END_TEST

static enum jwt_verdict verify_filled(
    const struct jwt_policy *p, const char *token, size_t len)
{
	size_t has = strlen(token);
	char *copy = malloc(len);
	enum jwt_verdict verdict;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, token, has);
	memset(copy + has, 'A', len - has);
	verdict = verify(p, slice_of(copy, len), NOW);
	free(copy);
	return verdict;
}

START_TEST(a_token_has_a_greatest_length)
{
	struct jwt_policy p = make_policy("any");
	char *token = find_token("PyJWT HS256");

	ck_assert_int_eq(
	    verify_filled(&p, token, JWT_TOKEN_MAX + 1), JWT_TOO_LONG);
	ck_assert_int_eq(verify_filled(&p, token, 65536), JWT_TOO_LONG);
	ck_assert_int_ne(verify_filled(&p, token, JWT_TOKEN_MAX), JWT_TOO_LONG);
	ck_assert_int_eq(verify_filled(&p, "", JWT_TOKEN_MAX), JWT_MALFORMED);
	ck_assert_int_eq(verify_filled(&p, "A.", JWT_TOKEN_MAX), JWT_MALFORMED);
	ck_assert_int_eq(
	    verify_filled(&p, "A..", JWT_TOKEN_MAX), JWT_MALFORMED);
	free(token);
	free_policy(&p);
}
END_TEST

/* No good token survives a change of any one character. */
START_TEST(any_changed_character_is_noticed)
{
	static const char *const names[] = { "PyJWT HS256", "PyJWT RS256",
		"PyJWT ES256", "PyJWT EdDSA" };
	struct jwt_policy p = make_policy("any");

	for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
		char *token = find_token(names[n]);
		size_t len = strlen(token);

		for (size_t i = 0; i < len; i += 1 + n * 2) {
			char was = token[i];

			token[i] = was == 'A' ? 'B' : 'A';
			ck_assert_int_ne(
			    verify(&p, slice_str(token), NOW), JWT_OK);
			ck_assert_int_ne(
			    verify(&p, slice_of(token, i), NOW), JWT_OK);
			token[i] = was;
		}
		free(token);
	}
	free_policy(&p);
}
END_TEST

struct crowd {
	struct jwt_policy policy;
	char *tokens[4];
	int failures;
};

static void *verify_often(void *arg)
{
	struct crowd *crowd = arg;
	int failures = 0;

	for (int i = 0; i < 400; i++) {
		struct cJSON *claims;
		int64_t end;

		failures +=
		    jwt_verify(&crowd->policy, slice_str(crowd->tokens[i % 4]),
			NOW, &claims, &end) != JWT_OK;
		cJSON_Delete(claims);
	}
	__atomic_fetch_add(&crowd->failures, failures, __ATOMIC_SEQ_CST);
	return NULL;
}

START_TEST(threads_share_the_keys)
{
	struct crowd crowd = { .policy = make_policy("any"),
		.tokens = { find_token("PyJWT HS256"),
		    find_token("PyJWT RS256"), find_token("PyJWT ES256"),
		    find_token("PyJWT EdDSA") } };
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, verify_often, &crowd), 0);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_int_eq(crowd.failures, 0);
	for (size_t i = 0; i < 4; i++)
		free(crowd.tokens[i]);
	free_policy(&crowd.policy);
}
END_TEST

UNIT_MAIN("proto/jwt", every_token_of_the_corpus_gets_its_verdict,
    a_kid_that_no_key_has_lacks_its_key, claims_and_expiry_are_given_out,
    the_second_of_expiry_is_the_first_that_refuses,
    issuer_and_audience_count_only_where_they_are_asked_for,
    a_token_has_a_greatest_length, any_changed_character_is_noticed,
    threads_share_the_keys)
