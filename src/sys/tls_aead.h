/*
 * tls_aead: the ciphers of TLS 1.3's records (RFC 8446, section 5.2), each from
 * one of two libraries. libcrypto has all of them. Intel's IPSec_MB does
 * AES-GCM in 0.4 of the time that OpenSSL 3.0 takes. It is used where the
 * program was built with it, the processor has instructions for AES, and
 * OpenSSL is not told to take another provider than its own, as one of FIPS.
 */
#ifndef SYS_TLS_AEAD_H
#define SYS_TLS_AEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum tls_aead_kind {
	TLS_AES_128_GCM,
	TLS_AES_256_GCM,
	TLS_CHACHA20_POLY1305,
	TLS_AEAD_KINDS
};

enum {
	TLS_AEAD_KEY_MAX = 32, /* bytes; AES-128-GCM takes 16 */
	TLS_AEAD_NONCE_BYTES = 12,
	TLS_AEAD_TAG_BYTES = 16, /* behind what is sealed */
};

/* What a record is sealed and opened with; all borrowed. */
struct tls_aead_record {
	const unsigned char *key;   /* NULL: the state's last one */
	const unsigned char *nonce; /* serves once with a key */
	struct slice head;          /* authenticated with it */
};

/*
 * A library's. A state has a key and what was made of it, some kilobyte, and
 * belongs to one thread. What is written to does not overlap what is read.
 */
struct tls_aead {
	/* Whether it has this one, here. Any thread. */
	bool (*has)(enum tls_aead_kind kind);
	/* A state for it, the caller's, without a key. NULL: no memory. */
	void *(*open_state)(enum tls_aead_kind kind);
	/* Overwrite what is secret, and free; NULL is fine. */
	void (*free_state)(void *state);
	/* Overwrite what is secret: the next record comes with a key. */
	void (*forget_key)(void *state);
	/*
	 * Seal content and the one byte last behind it: content.len + 1 +
	 * TLS_AEAD_TAG_BYTES bytes at to.
	 */
	void (*seal)(void *state, const struct tls_aead_record *r,
	    struct slice content, unsigned char last, unsigned char *to);
	/*
	 * Open sealed, at least TLS_AEAD_TAG_BYTES long: so many bytes less at
	 * to. False: it was not sealed so, and what is at to is of no use.
	 */
	bool (*open)(void *state, const struct tls_aead_record *r,
	    struct slice sealed, unsigned char *to);
};

/* libcrypto's, for all of them. */
extern const struct tls_aead tls_aead_evp;

/* IPSec_MB's, for AES-GCM; elsewhere it has none. */
extern const struct tls_aead tls_aead_mb;

/* The one that does this cipher here; NULL: none has it. Any thread. */
const struct tls_aead *tls_aead_for(enum tls_aead_kind kind);

/* A library has failed where it can only for want of memory: end. */
void tls_aead_need(bool is_fine);

#endif
