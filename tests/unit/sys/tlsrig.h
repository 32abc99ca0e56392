/*
 * tlsrig: a certificate and its key in files of their own.
 */
#ifndef TLSRIG_H
#define TLSRIG_H

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "sys/tls_server.h"
#include "unit.h"

struct tlsrig {
	char folder[32], certificate[64], key[64];
};

/* Write a new pair, valid from now on for so many seconds; over an old one. */
static inline void tlsrig_write(struct tlsrig *rig, long seconds)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	time_t now = time(NULL); /* for both: a second may end between them */
	FILE *f;

	ck_assert(X509_set_pubkey(x, key));
	ck_assert(X509_time_adj(X509_getm_notBefore(x), 0, &now));
	ck_assert(X509_time_adj(X509_getm_notAfter(x), seconds, &now));
	ck_assert(X509_sign(x, key, EVP_sha256()));
	f = fopen(rig->certificate, "w");
	ck_assert(PEM_write_X509(f, x));
	(void)fclose(f);
	f = fopen(rig->key, "w");
	ck_assert(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL));
	(void)fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
}

static inline void tlsrig_open(struct tlsrig *rig)
{
	strcpy(rig->folder, "/tmp/roomcast-tls-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(rig->folder));
	(void)snprintf(rig->certificate, 64, "%s/cert.pem", rig->folder);
	(void)snprintf(rig->key, 64, "%s/key.pem", rig->folder);
	tlsrig_write(rig, 3600);
}

/* A listener's TLS with this one certificate, or NULL. */
static inline struct tls_server *tlsrig_listen(
    const struct tlsrig *rig, struct err *e)
{
	const struct tls_files pair = { rig->certificate, rig->key };
	const struct tls_settings s = { .pairs = &pair, .pair_count = 1 };

	return tls_server_new(&s, e);
}

static inline void tlsrig_close(struct tlsrig *rig)
{
	(void)unlink(rig->certificate);
	(void)unlink(rig->key);
	(void)rmdir(rig->folder);
}

#endif
