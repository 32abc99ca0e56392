/*
 * tls_trial: a context that no client could use is found before clients come.
 */
#include <errno.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "sys/tls_trial.h"
#include "unit.h"

/* A server's context with a key and a certificate for it. */
static SSL_CTX *make_server(EVP_PKEY *key)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	X509 *certificate = X509_new();

	ck_assert_ptr_nonnull(key);
	ck_assert(X509_set_pubkey(certificate, key));
	ck_assert(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
	ck_assert(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
	ck_assert(X509_sign(certificate, key, EVP_sha256()));
	ck_assert(SSL_CTX_use_certificate(ctx, certificate));
	ck_assert(SSL_CTX_use_PrivateKey(ctx, key));
	X509_free(certificate);
	EVP_PKEY_free(key);
	return ctx;
}

START_TEST(a_usual_certificate_is_fine)
{
	SSL_CTX *ctx = make_server(EVP_EC_gen("P-256"));
	struct err e = { "" };

	ck_assert_int_eq(tls_trial(ctx, "cert.pem", &e), 0);
	ck_assert_str_eq(e.text, "");
	SSL_CTX_free(ctx);
}
END_TEST

START_TEST(both_versions_are_fine)
{
	SSL_CTX *ctx = make_server(EVP_RSA_gen(2048));
	struct err e = { "" };

	ck_assert(SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION));
	ck_assert_int_eq(tls_trial(ctx, "cert.pem", &e), 0);
	SSL_CTX_free(ctx);
}
END_TEST

START_TEST(a_context_without_a_common_cipher_is_found)
{
	SSL_CTX *ctx = make_server(EVP_EC_gen("P-256"));
	struct err e = { "" };

	/* Suites for RSA keys alone: this key goes with none of them. */
	ck_assert(SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION));
	ck_assert(SSL_CTX_set_cipher_list(ctx, "aRSA"));
	ck_assert_int_eq(tls_trial(ctx, "cert.pem", &e), -EINVAL);
	ck_assert_ptr_eq(strstr(e.text, "cert.pem: no TLS handshake"), e.text);
	ck_assert_ptr_nonnull(strstr(e.text, "shared cipher"));
	SSL_CTX_free(ctx);
}
END_TEST

UNIT_MAIN("sys/tls_trial", a_usual_certificate_is_fine, both_versions_are_fine,
    a_context_without_a_common_cipher_is_found)
