/*
 * jwt: is this JSON Web Token (RFC 7519, signed as in RFC 7515) a good one.
 *
 * Not on libjwt: the 1.10.2 of Debian 12 verifies by whatever algorithm the
 * token's own header names, with one key (a public key given for RS256 is an
 * HMAC secret to a token that says HS256), reads the claims before it has
 * checked the signature, and knows neither kid nor EdDSA. Debian has patched
 * CVE-2024-25189, the comparison of codes by strcmp; upstream did in 1.17.
 *
 * The rules of RFC 8725: the configuration says which algorithms there are,
 * each key knows which of them it fits, and of the header only alg, kid and
 * what must not be ignored (crit, zip, b64) are looked at; jku, jwk, x5u and
 * x5c never are. Nothing of a token is ever logged.
 */
#ifndef PROTO_JWT_H
#define PROTO_JWT_H

#include <stdint.h>

#include "base/slice.h"

struct cJSON;
struct jwt_keys;

enum { JWT_TOKEN_MAX = 8192 };

/* The last second of the year 9999: beyond it, somebody means milliseconds. */
#define JWT_DATE_MAX_S 253402300799.0

/* Why a token is refused: id, text of the answer. */
#define JWT_VERDICTS(X)                                      \
	X(TOO_LONG, "the token is too long")                 \
	X(MALFORMED, "the token is malformed")               \
	X(ALGORITHM, "the token's algorithm is not allowed") \
	X(CRITICAL, "the token needs an unknown extension")  \
	X(KEY, "no key fits the token")                      \
	X(SIGNATURE, "the token's signature is wrong")       \
	X(EXP, "a claim of the token has a wrong type: exp") \
	X(NBF, "a claim of the token has a wrong type: nbf") \
	X(IAT, "a claim of the token has a wrong type: iat") \
	X(ISS, "a claim of the token has a wrong type: iss") \
	X(AUD, "a claim of the token has a wrong type: aud") \
	X(EXP_MS, "the token's exp looks like milliseconds") \
	X(NBF_MS, "the token's nbf looks like milliseconds") \
	X(IAT_MS, "the token's iat looks like milliseconds") \
	X(EXPIRED, "the token has expired")                  \
	X(NOT_YET, "the token is not valid yet")             \
	X(ISSUER, "the token is from another issuer")        \
	X(AUDIENCE, "the token is for another audience")

enum jwt_verdict {
	JWT_OK,
#define X(id, text) JWT_##id,
	JWT_VERDICTS(X)
#undef X
	    JWT_VERDICT_COUNT
};

/* Demands on a token. All borrowed; many threads may use the same ones. */
struct jwt_policy {
	const struct jwt_keys *keys; /* and the algorithms */
	const char *issuer;          /* iss must be this; NULL: any or none */
	const char *audience; /* aud must hold this; NULL: not looked at */
	int64_t leeway_s;     /* for exp and nbf */
};

/*
 * Check a token at the time now_s (seconds since 1970). JWT_OK gives *claims,
 * its payload, which the caller frees with cJSON_Delete, and *expires_at_s,
 * the first second in which it would be refused, leeway included, or 0 for
 * never. JWT_EXPIRED gives *claims as well, to say whose token it was.
 * Otherwise *claims is NULL. JWT_KEY: no key may be tried, or none has the
 * token's kid and those without one have not signed it.
 *
 * exp, nbf and iat may be missing; where they are there they are numbers from
 * 0 to the year 9999, with or without a fraction. Memory that runs out makes
 * a token malformed. Any thread.
 */
enum jwt_verdict jwt_verify(const struct jwt_policy *policy, struct slice token,
    int64_t now_s, struct cJSON **claims, int64_t *expires_at_s);

/* The text for the client: "the token has expired". */
const char *jwt_verdict_text(enum jwt_verdict verdict);

#endif
