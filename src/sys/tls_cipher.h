/*
 * tls_cipher: one direction of a TLS 1.3 connection: how its records are sealed
 * and opened (RFC 8446, section 5.2), and the keys for it (section 7). The
 * ciphers themselves are sys/tls_aead's, the hashes libcrypto's.
 */
#ifndef SYS_TLS_CIPHER_H
#define SYS_TLS_CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/slice.h"

enum {
	TLS_PLAIN_MAX = 16384, /* bytes of content in a record */
	TLS_HEAD_BYTES = 5,    /* before them: type, version, length */
	TLS_AROUND_BYTES = 22, /* with those: the true type, and the tag */
	TLS_RECORD_MAX = TLS_PLAIN_MAX + TLS_AROUND_BYTES,
	TLS_SECRET_MAX = 48,
};

/* Content types (RFC 8446, section 5.1). */
enum { TLS_ALERT = 21, TLS_HANDSHAKE = 22, TLS_DATA = 23 };

/*
 * 112 bytes, all of them secret but the first three: what a library needs to
 * run a cipher is the thread's, and gets the key anew when another one's turn
 * was in between. One thread.
 */
struct tls_cipher {
	uint64_t serial; /* of the key, in this process */
	uint64_t count;  /* of records under it */
	uint16_t suite;  /* as it is named in TLS */
	unsigned char iv[12];
	unsigned char key[32];
	unsigned char secret[TLS_SECRET_MAX];
};

/*
 * Begin with a traffic secret of this cipher suite. False, with c as it was:
 * the suite is none of AES-128-GCM, AES-256-GCM and ChaCha20-Poly1305, the
 * secret is not of its length, or memory is out.
 */
bool tls_cipher_begin(struct tls_cipher *c, uint16_t suite, struct slice secret)
    __attribute__((warn_unused_result));

/*
 * Go on with the secret that follows (section 7.2). False: memory is out, and c
 * is as it was.
 */
bool tls_cipher_renew(struct tls_cipher *c) __attribute__((warn_unused_result));

/*
 * Overwrite what is secret, also where this thread has just used it. Zeros are
 * fine.
 */
void tls_cipher_wipe(struct tls_cipher *c);

/*
 * Whether so many records went under this key that it is to be renewed before
 * the next (section 5.5).
 */
bool tls_cipher_is_worn(const struct tls_cipher *c);

/*
 * Make the next record: its length, content.len + TLS_AROUND_BYTES. content has
 * at most TLS_PLAIN_MAX bytes and does not overlap.
 */
size_t tls_cipher_seal(struct tls_cipher *c, int type, struct slice content,
    unsigned char *record);

/*
 * How long the record is, in bytes, of which these are the first ones: 0 where
 * they are too few to say it; -EMSGSIZE: longer than one may be; -EBADMSG: too
 * short to be sealed with a key; -EPROTO: it does not say that it is.
 */
ssize_t tls_cipher_record_len(struct slice bytes);

/*
 * Open the next record, a whole one, into to, which has room for its length:
 * how many bytes of content, and their type. -EBADMSG: the peer has not sealed
 * it with this key, or not as the next; -EPROTO: there is no type in it.
 */
ssize_t tls_cipher_open(struct tls_cipher *c, struct slice record,
    unsigned char *to, int *type) __attribute__((warn_unused_result));

#endif
