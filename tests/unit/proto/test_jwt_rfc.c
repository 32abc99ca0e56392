/*
 * The examples of RFC 7515, appendix A, and RFC 8037, appendix A.4: their JWKs
 * check their signatures.
 */
#include <stdio.h>

#include <cjson/cJSON.h>

#include "base/base64url.h"
#include "proto/jwt.h"
#include "proto/jwt_keys.h"
#include "unit.h"

#define CLAIMS                                                                 \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl" \
	"LmNvbS9pc19yb290Ijp0cnVlfQ"

enum { EXPIRES_AT = 1300819380 };

static const struct example {
	enum signature_algorithm algorithm;
	enum jwt_key_role role;
	const char *jwk;
	const char *signing_input;
	const char *signature;
	bool is_token; /* its payload is a set of claims */
} examples[] = {
	{ SIGNATURE_HS256, JWT_KEY_SECRET,
	    "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQ"
	    "Lr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"}",
	    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." CLAIMS,
	    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", true },
	{ SIGNATURE_RS256, JWT_KEY_PUBLIC,
	    "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSf"
	    "b4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0B"
	    "m4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_"
	    "7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2Ca"
	    "pHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNm"
	    "oudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\"}",
	    "eyJhbGciOiJSUzI1NiJ9." CLAIMS,
	    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7A"
	    "AuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BA"
	    "ynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0Ga"
	    "rZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1p"
	    "hCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igc"
	    "N_IoypGlUPQGe77Rw",
	    true },
	{ SIGNATURE_ES256, JWT_KEY_PUBLIC,
	    "{\"kty\":\"EC\",\"crv\":\"P-256\","
	    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
	    "eyJhbGciOiJFUzI1NiJ9." CLAIMS,
	    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSAp"
	    "mWQxfKTUJqPP3-Kg6NU1Q",
	    true },
	{ SIGNATURE_ES512, JWT_KEY_PUBLIC,
	    "{\"kty\":\"EC\",\"crv\":\"P-521\","
	    "\"x\":\"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_N"
	    "jFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk\","
	    "\"y\":\"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly"
	    "79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2\"}",
	    "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
	    "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqw"
	    "qT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEH"
	    "wJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
	    false },
	{ SIGNATURE_EDDSA, JWT_KEY_PUBLIC,
	    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
	    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
	    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
	    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5Bh"
	    "VsPt9g7sVvpAr_MuM0KAg",
	    false },
};

enum { EXAMPLES = sizeof examples / sizeof examples[0] };

static struct jwt_keys *load(const struct example *x)
{
	struct jwt_keys *keys = jwt_keys_new(SIGNATURE_BIT(x->algorithm));
	struct err e = { "" };

	ck_assert_msg(jwt_keys_add(keys, x->role, slice_str(x->jwk), &e) == 0,
	    "%s", e.text);
	return keys;
}

static void check_signature(const struct example *x)
{
	struct jwt_keys *keys = load(x);
	const struct signature_key *found[JWT_KEYS_TRIED];
	unsigned char raw[PUBLIC_KEY_SIGNATURE_MAX];
	struct slice bytes = slice_str(x->signing_input);
	long len = base64url_decode(slice_str(x->signature), raw);
	struct slice signature = slice_of((const char *)raw, (size_t)len);

	ck_assert_int_gt(len, 0);
	ck_assert_uint_eq(jwt_keys_select(keys, x->algorithm, NULL, found), 1);
	ck_assert(signature_verify(found[0], x->algorithm, bytes, signature));
	ck_assert(!signature_verify(
	    found[0], x->algorithm, slice_after(bytes, 1), signature));
	raw[len / 2] ^= 1;
	ck_assert(!signature_verify(found[0], x->algorithm, bytes, signature));
	jwt_keys_unref(keys);
}

START_TEST(the_signatures_are_good)
{
	for (size_t i = 0; i < EXAMPLES; i++)
		check_signature(&examples[i]);
}
END_TEST

static enum jwt_verdict verify(const struct example *x, int64_t now_s)
{
	struct jwt_keys *keys = load(x);
	const struct jwt_policy policy = { .keys = keys, .issuer = "joe" };
	enum jwt_verdict verdict;
	struct cJSON *claims;
	char token[2048];
	int64_t end;

	(void)snprintf(
	    token, sizeof token, "%s.%s", x->signing_input, x->signature);
	verdict = jwt_verify(&policy, slice_str(token), now_s, &claims, &end);
	cJSON_Delete(claims);
	jwt_keys_unref(keys);
	return verdict;
}

START_TEST(the_tokens_are_good_until_they_expire)
{
	for (size_t i = 0; i < EXAMPLES; i++) {
		const struct example *x = &examples[i];

		ck_assert_int_eq(verify(x, EXPIRES_AT - 1),
		    x->is_token ? JWT_OK : JWT_MALFORMED);
		ck_assert_int_eq(verify(x, EXPIRES_AT),
		    x->is_token ? JWT_EXPIRED : JWT_MALFORMED);
	}
}
END_TEST

UNIT_MAIN("proto/jwt_rfc", the_signatures_are_good,
    the_tokens_are_good_until_they_expire)
