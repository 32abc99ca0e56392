/*
 * jwt_keys and jwk: files that will do, files that will not and what is said
 * about them, and which keys a token gets to try.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "proto/jwt_keys.h"
#include "unit.h"

#define KEYS    "tests/tokens/keys/"
#define BIT(id) SIGNATURE_BIT(SIGNATURE_##id)
#define X32     "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define OKP     "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X32 "\""
#define OCT     "\"kty\":\"oct\",\"k\":\"" X32 "\""

static int add(unsigned algorithms, enum jwt_key_role role, const char *text,
    struct err *e)
{
	struct jwt_keys *keys = jwt_keys_new(algorithms);
	int rc = jwt_keys_add(keys, role, slice_str(text), e);

	jwt_keys_unref(keys);
	return rc;
}

static void is_refused(unsigned algorithms, enum jwt_key_role role,
    const char *text, const char *why)
{
	struct err e = { "" };

	ck_assert_msg(add(algorithms, role, text, &e) == -EINVAL, "%s", text);
	ck_assert_msg(strstr(e.text, why) != NULL, "%s: %s", text, e.text);
}

static void is_fine(
    unsigned algorithms, enum jwt_key_role role, const char *text)
{
	struct err e = { "" };

	ck_assert_msg(
	    add(algorithms, role, text, &e) == 0, "%s: %s", text, e.text);
}

START_TEST(secrets_are_long_enough_for_each_algorithm)
{
	const char *raw = "0123456789abcdef0123456789abcdef";

	is_fine(BIT(HS256), JWT_KEY_SECRET, raw);
	is_fine(BIT(HS256) | BIT(RS256), JWT_KEY_SECRET, raw);
	is_refused(BIT(HS256), JWT_KEY_SECRET, raw + 1,
	    "a secret of 31 bytes; HS256 needs at least 32");
	is_refused(BIT(HS256), JWT_KEY_SECRET,
	    "0123456789abcdef0123456789abcde\n", "31 bytes");
	is_refused(BIT(HS256) | BIT(HS384), JWT_KEY_SECRET, raw,
	    "HS384 needs at least 48");
	is_refused(BIT(HS512), JWT_KEY_SECRET, raw, "HS512 needs at least 64");
	is_refused(BIT(HS256), JWT_KEY_SECRET, "", "empty");
	is_refused(BIT(HS256), JWT_KEY_SECRET, "\n", "empty");
	is_refused(BIT(RS256), JWT_KEY_SECRET, raw, "none of the algorithms");
}
END_TEST

/* HMAC-SHA-256 of "x" under 32 times "a". */
static const char code_of_x[] =
    "\x50\xfc\xb5\xc9\xe3\x60\x8d\x6f\x8c\x57\x06\x51\xb0\xe8\xf1\xb5"
    "\x5f\x2a\xeb\x3d\x16\xb0\x37\xa7\x96\xf8\x09\xa0\x4b\x54\x99\xd9";

static bool makes_that_code(const char *text)
{
	const struct signature_key *found[JWT_KEYS_TRIED];
	struct jwt_keys *keys = jwt_keys_new(BIT(HS256));
	struct err e;
	bool is_good;

	ck_assert_int_eq(
	    jwt_keys_add(keys, JWT_KEY_SECRET, slice_str(text), &e), 0);
	ck_assert_uint_eq(
	    jwt_keys_select(keys, SIGNATURE_HS256, NULL, found), 1);
	is_good = signature_verify(
	    found[0], SIGNATURE_HS256, slice_str("x"), slice_of(code_of_x, 32));
	jwt_keys_unref(keys);
	return is_good;
}

START_TEST(a_line_end_and_a_mark_are_no_part_of_a_secret)
{
	ck_assert(makes_that_code("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
	ck_assert(makes_that_code("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"));
	ck_assert(makes_that_code("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"));
	ck_assert(makes_that_code("\xef\xbb\xbf"
				  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"));
	ck_assert(!makes_that_code("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "));
}
END_TEST

START_TEST(a_secret_has_one_line)
{
	const char *raw = "0123456789abcdef0123456789abcdef";
	char two[128];

	for (int i = 0; i < 3; i++) {
		(void)snprintf(two, sizeof two, "%s%s%s", i == 1 ? "\n" : "",
		    raw, i == 0 ? "\n\n" : "\nb");
		is_refused(
		    BIT(HS256), JWT_KEY_SECRET, two, "more than one line");
	}
	(void)snprintf(two, sizeof two, "\xff\xfe%s", raw);
	is_refused(BIT(HS256), JWT_KEY_SECRET, two, "UTF-16");
	(void)snprintf(two, sizeof two,
	    "\xef\xbb\xbf{\"kty\":\"oct\",\"k\":\"%s\"}",
	    "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY");
	is_fine(BIT(HS256), JWT_KEY_SECRET, two);
}
END_TEST

START_TEST(a_file_of_public_keys_as_editors_save_it)
{
	struct buf pem = { 0 }, text = { 0 };
	struct err e;

	ck_assert_int_eq(file_read(KEYS "rsa.pem", 4096, &pem, &e), 0);
	buf_puts(&text, "\xef\xbb\xbf");
	buf_putn(&text, pem.data, pem.len);
	buf_putn(&text, "", 1);
	is_fine(BIT(RS256), JWT_KEY_PUBLIC, text.data);
	buf_fini(&pem);
	buf_fini(&text);
	is_refused(BIT(RS256), JWT_KEY_PUBLIC, "\xff\xfe-",
	    "the file is in UTF-16: save it as UTF-8 or ASCII");
}
END_TEST

START_TEST(jwks_that_will_do)
{
	is_fine(BIT(EDDSA), JWT_KEY_PUBLIC, "{" OKP "}");
	is_fine(BIT(EDDSA), JWT_KEY_PUBLIC, " \n{" OKP ",\"use\":\"sig\"}\n");
	is_fine(BIT(EDDSA), JWT_KEY_PUBLIC,
	    "{" OKP ",\"key_ops\":[\"sign\",\"verify\"],\"x5c\":7}");
	is_fine(BIT(EDDSA), JWT_KEY_PUBLIC, "{" OKP ",\"alg\":\"EdDSA\"}");
	is_fine(BIT(HS256), JWT_KEY_SECRET, "{" OCT "}");
	is_fine(BIT(HS256) | BIT(HS512), JWT_KEY_SECRET,
	    "{" OCT ",\"alg\":\"HS256\"}");
	is_fine(BIT(EDDSA), JWT_KEY_PUBLIC,
	    "{\"keys\":[{\"kty\":\"LWE\"},{\"kty\":\"EC\",\"crv\":\"P-224\"},{" OKP
	    "},{" OKP ",\"use\":\"enc\"},{" OKP ",\"alg\":\"ES256\"}]}");
}
END_TEST

#define Y_OF_EC "IQld7Aj9xVJaNaA2ynew5wMKEMpwn5DjreigTNPa3f0"
#define EC(x)                                                      \
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"y\":\"" Y_OF_EC "\"," \
	"\"x\":\"" x "\"}"

/* RFC 7518, section 6.2.1.2: a coordinate has its full size. */
START_TEST(coordinates_have_their_leading_zeros)
{
	is_fine(BIT(ES256), JWT_KEY_PUBLIC,
	    EC("ANn-AGuUUbraBE1b8wutpiY7jZ8h3LBkd3w8LI0myPs"));
	is_refused(BIT(ES256), JWT_KEY_PUBLIC,
	    EC("2f4Aa5RRutoETVvzC62mJjuNnyHcsGR3fDwsjSbI-w"),
	    "of 31 and 32 bytes; each has 32, with its leading zeros");
}
END_TEST

START_TEST(jwks_that_are_broken)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
		{ "{", "not a JSON object" },
		{ "{}", "without \"kty\"" },
		{ "{\"kty\":\"LWE\"}", "neither RSA" },
		{ "{\"kty\":7}", "neither RSA" },
		{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}", "without \"x\"" },
		{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":1}",
		    "without \"x\"" },
		{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAA=\"}",
		    "\"x\" is not base64url" },
		{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}",
		    "3 bytes" },
		{ "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" X32 "\"}",
		    "neither RSA" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X32 "\"}",
		    "without \"y\"" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X32
		  "\",\"y\":\"" X32 "\"}",
		    "of 32 and 32 bytes; each has 48" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X32
		  "\",\"y\":\"" X32 "\"}",
		    "broken" },
		{ "{\"kty\":\"RSA\",\"n\":\"" X32 "\"}", "without \"e\"" },
		{ "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", "without \"n\"" },
		{ "{\"kty\":\"RSA\",\"n\":\"" X32 "\",\"e\":\"AQAB\"}",
		    "bits; it must have 2048" },
		{ "{" OKP ",\"d\":\"" X32 "\"}", "private key" },
		{ "{" OKP ",\"use\":\"enc\"}", "not to verify" },
		{ "{" OKP ",\"use\":null}", "not to verify" },
		{ "{" OKP ",\"key_ops\":[\"sign\"]}", "not to verify" },
		{ "{" OKP ",\"alg\":\"none\"}", "alg is none that" },
		{ "{" OKP ",\"alg\":5}", "alg is none that" },
		{ "{" OKP ",\"alg\":\"RS256\"}", "none of the algorithms" },
		{ "{" OKP ",\"kid\":5}", "kid is not a text" },
		{ "{" OKP ",\"kty\":\"OKP\"}", "not a JSON object" },
		{ "{\"keys\":{}}", "without a list" },
		{ "{\"keys\":[]}", "without a key that fits" },
		{ "{\"keys\":[7]}", "without \"kty\"" },
		{ "{\"keys\":[{" OKP ",\"kid\":\"a\",\"kid\":\"b\"}]}",
		    "a member twice" },
		{ "{\"keys\":[{" OKP ",\"use\":\"enc\"}]}",
		    "without a key that fits" },
		{ "{\"keys\":[{" OKP ",\"kid\":\"a\"},{" OKP
		  ",\"kid\":\"a\"}]}",
		    "same kid" },
		{ "{\"keys\":[{" OKP "},{" OKP "},{" OKP "},{" OKP "}]}",
		    "more than 3 keys without a kid for EdDSA" },
		{ "{" OCT "}", "a secret in a file of public keys" },
		{ "{\"keys\":[{" OKP "},{" OCT "}]}",
		    "a secret in a file of public keys" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		is_refused(BIT(EDDSA) | BIT(RS256) | BIT(ES256) | BIT(ES384) |
			       BIT(HS256),
		    JWT_KEY_PUBLIC, rows[i].text, rows[i].why);
	is_refused(BIT(EDDSA) | BIT(HS256), JWT_KEY_SECRET, "{" OKP "}",
	    "a public key in a file of secrets");
	is_refused(BIT(HS256), JWT_KEY_SECRET, "{broken", "not a JSON object");
	is_refused(BIT(HS256), JWT_KEY_SECRET,
	    "{\"kty\":\"oct\",\"k\":\"AAAA\"}", "a secret of 3 bytes");
	is_refused(BIT(HS512), JWT_KEY_SECRET, "{" OCT "}", "HS512 needs");
}
END_TEST

static int load_files(unsigned algorithms, const char *secret,
    const char *public, struct jwt_keys **keys, struct err *e)
{
	char secret_path[256], public_path[256];
	char *const secrets[] = { secret_path };
	char *const publics[] = { public_path };

	(void)snprintf(
	    secret_path, sizeof secret_path, KEYS "%s", secret ? secret : "");
	(void)snprintf(
	    public_path, sizeof public_path, KEYS "%s", public ? public : "");
	return jwt_keys_load(algorithms, secrets, secret != NULL, publics,
	    public != NULL, keys, e);
}

static void load_is_refused(unsigned algorithms, const char *secret,
    const char *public, const char *why)
{
	struct jwt_keys *keys;
	struct err e = { "" };

	ck_assert_int_lt(load_files(algorithms, secret, public, &keys, &e), 0);
	ck_assert_msg(strstr(e.text, why) != NULL, "%s", e.text);
}

START_TEST(errors_name_the_file)
{
	load_is_refused(BIT(RS256), NULL, "bad-rsa1024.pem",
	    KEYS "bad-rsa1024.pem: an RSA key of 1024 bits");
	load_is_refused(BIT(ES256), NULL, "bad-secp256k1.pem", "curve other");
	load_is_refused(BIT(RS256), NULL, "bad-chain.pem", "one PEM block");
	load_is_refused(BIT(RS256), NULL, "bad-exponent-1.jwk",
	    "modulus or exponent cannot be right");
	load_is_refused(BIT(ES256), NULL, "bad-off-curve.jwk", "broken");
	load_is_refused(BIT(RS256), NULL, "nowhere.pem",
	    KEYS "nowhere.pem: cannot be read: No such file");
	load_is_refused(BIT(RS256), NULL, "secret.txt", "neither PEM nor");
	load_is_refused(
	    BIT(HS256), "jwks.json", NULL, "a public key in a file of secrets");
	load_is_refused(BIT(HS256), "rsa.pem", NULL,
	    "a key or certificate in a file of secrets");
	load_is_refused(
	    BIT(RS256), NULL, "p256.pem", "fits none of the algorithms");
	load_is_refused(
	    BIT(RS256) | BIT(ES384), NULL, "rsa.pem", "no key fits ES384");
}
END_TEST

/* Whatever a path leads to by mistake is not read into memory. */
START_TEST(a_file_of_keys_has_a_greatest_size)
{
	char path[] = "/tmp/roomcast-keys-XXXXXX";
	struct jwt_keys *keys = jwt_keys_new(BIT(HS256));
	struct err e = { "" };
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	for (int i = 0; i < JWT_KEY_FILE_MAX / 1024; i++) {
		char text[1024];

		memset(text, 'a', sizeof text);
		ck_assert_int_eq(write(fd, text, sizeof text), sizeof text);
	}
	ck_assert_msg(jwt_keys_add_file(keys, JWT_KEY_SECRET, path, &e) == 0,
	    "%s", e.text);
	ck_assert_int_eq(write(fd, "a", 1), 1);
	ck_assert_int_eq(
	    jwt_keys_add_file(keys, JWT_KEY_SECRET, path, &e), -EFBIG);
	(void)close(fd);
	(void)unlink(path);
	jwt_keys_unref(keys);
}
END_TEST

START_TEST(a_public_key_never_serves_hmac)
{
	const struct signature_key *found[JWT_KEYS_TRIED];
	struct jwt_keys *keys;
	struct err e;

	ck_assert_int_eq(load_files(BIT(HS256) | BIT(RS256), "secret.txt",
			     "rsa.pem", &keys, &e),
	    0);
	ck_assert_uint_eq(
	    jwt_keys_select(keys, SIGNATURE_HS256, NULL, found), 1);
	ck_assert_uint_eq(signature_key_algorithms(found[0]) & BIT(RS256), 0);
	ck_assert_uint_eq(
	    jwt_keys_select(keys, SIGNATURE_RS256, NULL, found), 1);
	ck_assert_uint_eq(signature_key_algorithms(found[0]) & BIT(HS256), 0);
	ck_assert_uint_eq(
	    jwt_keys_select(keys, SIGNATURE_ES256, NULL, found), 0);
	ck_assert_uint_eq(jwt_keys_algorithms(keys), BIT(HS256) | BIT(RS256));
	jwt_keys_unref(keys);
	jwt_keys_unref(NULL);
}
END_TEST

static size_t count_for(const struct jwt_keys *keys, const char *kid)
{
	const struct signature_key *found[JWT_KEYS_TRIED];
	struct slice name = slice_str(kid);

	return jwt_keys_select(
	    keys, SIGNATURE_EDDSA, kid ? &name : NULL, found);
}

START_TEST(a_kid_chooses_its_key_and_those_without)
{
	static const char set[] =
	    "{\"keys\":[{" OKP "},{" OKP ",\"kid\":\"a\"},{" OKP
	    ",\"kid\":\"\"},{" OKP ",\"kid\":\"b\"},{" OKP "},{" OKP "}]}";
	struct jwt_keys *keys = jwt_keys_new(BIT(EDDSA));
	struct err e = { "" };

	ck_assert_msg(
	    jwt_keys_add(keys, JWT_KEY_PUBLIC, slice_str(set), &e) == 0, "%s",
	    e.text);
	ck_assert_uint_eq(count_for(keys, "a"), 4);
	ck_assert_uint_eq(count_for(keys, ""), 4);
	ck_assert_uint_eq(count_for(keys, "A"), 3);
	ck_assert_uint_eq(count_for(keys, "../a"), 3);
	ck_assert_uint_eq(count_for(keys, NULL), JWT_KEYS_TRIED);
	jwt_keys_unref(keys);
}
END_TEST

START_TEST(keys_have_a_greatest_number)
{
	struct jwt_keys *keys = jwt_keys_new(BIT(EDDSA));
	struct err e = { "" };
	char text[256];

	for (int i = 0; i <= JWT_KEYS_MAX; i++) {
		(void)snprintf(
		    text, sizeof text, "{" OKP ",\"kid\":\"%d\"}", i);
		ck_assert_int_eq(
		    jwt_keys_add(keys, JWT_KEY_PUBLIC, slice_str(text), &e),
		    i < JWT_KEYS_MAX ? 0 : -EINVAL);
	}
	ck_assert_str_eq(e.text, "more than 64 keys");
	jwt_keys_unref(keys);
}
END_TEST

static void check_read(const char *text, const char *wrong)
{
	struct jwt_keys *keys = NULL;
	struct err e = { "" };
	int rc = jwt_keys_read(BIT(EDDSA), slice_str(text), &keys, &e);

	ck_assert_int_eq(rc, wrong[0] ? -EINVAL : 0);
	if (rc < 0)
		ck_assert_str_eq(e.text, wrong);
	else
		ck_assert_uint_eq(jwt_keys_count(keys), 1);
	jwt_keys_unref(keys);
}

START_TEST(what_a_server_sends_is_json_with_public_keys)
{
	check_read("{\"keys\":[{" OKP ",\"kid\":\"a\"}]}", "");
	check_read(" {" OKP "}", "");
	check_read("", "what came is no JSON object");
	check_read("[{" OKP "}]", "what came is no JSON object");
	check_read("-----BEGIN PUBLIC KEY-----", "what came is no JSON object");
	check_read("{\"keys\":[]}",
	    "a JWK set without a key that fits the algorithms");
	check_read("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}",
	    "a secret in a file of public keys");
}
END_TEST

START_TEST(what_is_of_no_use_at_a_server_is_passed_over)
{
	static const char *const others[] = {
		"{\"kid\":\"no kty\"}",
		"{\"kty\":\"RSA\",\"kid\":\"no n\"}",
		"{\"kty\":\"RSA\",\"n\":\"__8\",\"e\":\"AQAB\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}",
		"{\"kty\":\"oct\",\"k\":\"AAAA\"}",
		"{" OKP ",\"kid\":\"a\"}",
		"{" OKP ",\"d\":\"AAAA\"}",
		"17",
	};

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		char text[512];

		(void)snprintf(text, sizeof text, "{\"keys\":[{%s},%s]}",
		    OKP ",\"kid\":\"a\"", others[i]);
		check_read(text, "");
		(void)snprintf(text, sizeof text, "{\"keys\":[%s,{%s}]}",
		    others[i], OKP ",\"kid\":\"a\"");
		check_read(text, "");
	}
}
END_TEST

/* Those beside them, named or first, still check tokens. */
START_TEST(more_keys_without_a_kid_than_are_tried_are_left_out)
{
	static const char set[] =
	    "{\"keys\":[{" OKP "},{" OKP "},{" OKP "},{" OKP "},{" OKP "},{" OKP
	    ",\"kid\":\"a\"}]}";
	struct jwt_keys *keys;
	struct err e = { "" };

	ck_assert_msg(jwt_keys_read(BIT(EDDSA), slice_str(set), &keys, &e) == 0,
	    "%s", e.text);
	ck_assert_uint_eq(jwt_keys_count(keys), 4);
	ck_assert_uint_eq(jwt_keys_left_out(keys), 2);
	ck_assert_uint_eq(count_for(keys, "a"), JWT_KEYS_TRIED);
	jwt_keys_unref(keys);
	ck_assert_int_eq(
	    jwt_keys_read(BIT(EDDSA), slice_str("{" OKP "}"), &keys, &e), 0);
	ck_assert_uint_eq(jwt_keys_left_out(keys), 0);
	jwt_keys_unref(keys);
}
END_TEST

START_TEST(a_server_has_not_too_many)
{
	struct buf text = { 0 };

	buf_printf(&text, "{\"keys\":[");
	for (int i = 0; i <= JWT_KEYS_MAX; i++)
		buf_printf(
		    &text, "%s{" OKP ",\"kid\":\"%d\"}", i ? "," : "", i);
	buf_putn(&text, "]}", 3);
	check_read(text.data, "more than 64 keys");
	buf_fini(&text);
}
END_TEST

UNIT_MAIN("proto/jwt_keys", secrets_are_long_enough_for_each_algorithm,
    a_line_end_and_a_mark_are_no_part_of_a_secret, a_secret_has_one_line,
    a_file_of_public_keys_as_editors_save_it, jwks_that_will_do,
    coordinates_have_their_leading_zeros, jwks_that_are_broken,
    errors_name_the_file, a_file_of_keys_has_a_greatest_size,
    a_public_key_never_serves_hmac, a_kid_chooses_its_key_and_those_without,
    keys_have_a_greatest_number, what_a_server_sends_is_json_with_public_keys,
    what_is_of_no_use_at_a_server_is_passed_over,
    more_keys_without_a_kid_than_are_tried_are_left_out,
    a_server_has_not_too_many)
