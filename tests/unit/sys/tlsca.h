/*
 * tlsca: an authority, the certificates that it signs, and TLS servers with
 * them, in a folder of their own.
 */
#ifndef TLSCA_H
#define TLSCA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "sys/tls.h"
#include "unit.h"

enum { TLSCA_PATH_MAX = 64, TLSCA_DAY_S = 86400 };

struct tlsca {
	char folder[TLSCA_PATH_MAX / 2];
	char file[TLSCA_PATH_MAX]; /* its own certificate */
	EVP_PKEY *key;
	X509 *own;
};

/* A certificate and its key; the names of its files are certificate's. */
struct tlsca_pair {
	EVP_PKEY *key;
	X509 *certificate;
	char file[TLSCA_PATH_MAX];
	char key_file[TLSCA_PATH_MAX];
};

static inline void tlsca_extend(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	ck_assert_ptr_nonnull(extension);
	ck_assert(X509_add_ext(x, extension, -1));
	X509_EXTENSION_free(extension);
}

/* A certificate for this key, from begin_s from now on until end_s from now. */
static inline X509 *tlsca_make(
    EVP_PKEY *key, const char *name, long begin_s, long end_s)
{
	static long serial;
	X509 *x = X509_new();

	ck_assert(X509_set_version(x, X509_VERSION_3));
	ck_assert(ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial));
	ck_assert(X509_set_pubkey(x, key));
	ck_assert(X509_gmtime_adj(X509_getm_notBefore(x), begin_s));
	ck_assert(X509_gmtime_adj(X509_getm_notAfter(x), end_s));
	ck_assert(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	    MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0));
	return x;
}

static inline void tlsca_write(const char *file, X509 *x, EVP_PKEY *key)
{
	FILE *f = fopen(file, "w");

	ck_assert_ptr_nonnull(f);
	if (x)
		ck_assert(PEM_write_X509(f, x));
	if (key)
		ck_assert(
		    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL));
	ck_assert_int_eq(fclose(f), 0);
}

/* An authority that is valid from begin_s to end_s from now. */
static inline void tlsca_open_dated(
    struct tlsca *ca, const char *name, long begin_s, long end_s)
{
	strcpy(ca->folder, "/tmp/roomcast-ca-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(ca->folder));
	(void)snprintf(ca->file, sizeof ca->file, "%s/ca.pem", ca->folder);
	ca->key = EVP_EC_gen("P-256");
	ca->own = tlsca_make(ca->key, name, begin_s, end_s);
	tlsca_extend(ca->own, NID_basic_constraints, "critical,CA:TRUE");
	ck_assert(
	    X509_set_issuer_name(ca->own, X509_get_subject_name(ca->own)));
	ck_assert(X509_sign(ca->own, ca->key, EVP_sha256()));
	tlsca_write(ca->file, ca->own, NULL);
}

static inline void tlsca_open(struct tlsca *ca, const char *name)
{
	tlsca_open_dated(ca, name, -TLSCA_DAY_S, TLSCA_DAY_S);
}

static inline void tlsca_close(struct tlsca *ca)
{
	EVP_PKEY_free(ca->key);
	X509_free(ca->own);
	(void)unlink(ca->file);
	(void)rmdir(ca->folder);
}

/* Sign a new pair for these names, as in "DNS:localhost"; NULL: for none. */
static inline void tlsca_issue(struct tlsca *ca, struct tlsca_pair *pair,
    const char *names, long begin_s, long end_s)
{
	pair->key = EVP_EC_gen("P-256");
	pair->certificate = tlsca_make(pair->key, "localhost", begin_s, end_s);
	if (names)
		tlsca_extend(pair->certificate, NID_subject_alt_name, names);
	ck_assert(X509_set_issuer_name(
	    pair->certificate, X509_get_subject_name(ca->own)));
	ck_assert(X509_sign(pair->certificate, ca->key, EVP_sha256()));
	(void)snprintf(pair->file, sizeof pair->file, "%s/%p.pem", ca->folder,
	    (void *)pair);
	(void)snprintf(pair->key_file, sizeof pair->key_file, "%s/%p.key",
	    ca->folder, (void *)pair);
	tlsca_write(pair->file, pair->certificate, NULL);
	tlsca_write(pair->key_file, NULL, pair->key);
}

static inline void tlsca_pair_fini(struct tlsca_pair *pair)
{
	EVP_PKEY_free(pair->key);
	X509_free(pair->certificate);
	(void)unlink(pair->file);
	(void)unlink(pair->key_file);
}

/* A server's context with this pair. */
static inline SSL_CTX *tlsca_server(struct tlsca_pair *pair)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	tls_setup(ctx);
	ck_assert(SSL_CTX_use_certificate(ctx, pair->certificate));
	ck_assert(SSL_CTX_use_PrivateKey(ctx, pair->key));
	return ctx;
}

/*
 * The server's end of a stream on fd; ctx stays the caller's, and *own is the
 * stream's.
 */
static inline struct tls *tlsca_accept(SSL_CTX *ctx, int fd, SSL **own)
{
	SSL *ssl = SSL_new(ctx);

	*own = ssl;
	SSL_set_accept_state(ssl);
	return tls_new(&ssl, fd);
}

#endif
