#include "sys/tls_tickets.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "proto/ticket_keys.h"

/* What OpenSSL's callback says. */
enum { ANSWER_NONE = 0, ANSWER_KEY = 1, ANSWER_KEY_AND_RENEW = 2 };

struct tls_tickets {
	atomic_uint references;
	bool are_own;
	pthread_mutex_t lock;
	struct ticket_keys keys; /* under lock */
};

static struct tls_tickets *make(bool are_own)
{
	struct tls_tickets *t = xcalloc(1, sizeof *t);

	atomic_init(&t->references, 1);
	t->are_own = are_own;
	(void)pthread_mutex_init(&t->lock, NULL);
	return t;
}

struct tls_tickets *tls_tickets_new(void)
{
	struct tls_tickets *t = make(true);

	tls_tickets_turn(t);
	return t;
}

struct tls_tickets *tls_tickets_load(const char *file, struct err *e)
{
	struct tls_tickets *t = make(false);

	if (ticket_keys_read(file, &t->keys, e) == 0)
		return t;
	tls_tickets_unref(t);
	return NULL;
}

struct tls_tickets *tls_tickets_ref(struct tls_tickets *t)
{
	(void)atomic_fetch_add(&t->references, 1);
	return t;
}

void tls_tickets_unref(struct tls_tickets *t)
{
	if (!t || atomic_fetch_sub(&t->references, 1) > 1)
		return;
	ticket_keys_wipe(&t->keys);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

bool tls_tickets_are_own(const struct tls_tickets *t)
{
	return t->are_own;
}

void tls_tickets_turn(struct tls_tickets *t)
{
	unsigned char secret[TICKET_SECRET_BYTES];
	struct ticket_key key;

	if (!t->are_own)
		return;
	crypto_random(secret, sizeof secret);
	ticket_key_of(secret, &key);
	(void)pthread_mutex_lock(&t->lock);
	t->keys.items[1] = t->keys.items[0];
	t->keys.items[0] = key;
	t->keys.count = t->keys.count == 0 ? 1 : 2;
	(void)pthread_mutex_unlock(&t->lock);
	OPENSSL_cleanse(secret, sizeof secret);
	OPENSSL_cleanse(&key, sizeof key);
}

/* --- what OpenSSL asks --- */

/* Of a context: what its tickets go by. */
static int place = -1;

/* A copy: the keys may change meanwhile. NULL for name: the one that makes. */
static bool find(struct tls_tickets *t, const unsigned char *name,
    struct ticket_key *key, bool *is_first)
{
	const struct ticket_key *found;

	(void)pthread_mutex_lock(&t->lock);
	found = name ? ticket_keys_find(&t->keys, name) : &t->keys.items[0];
	if (found)
		*key = *found;
	*is_first = found == &t->keys.items[0];
	(void)pthread_mutex_unlock(&t->lock);
	return found != NULL;
}

static bool set_mac(EVP_MAC_CTX *mac, struct ticket_key *key)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(
		    OSSL_MAC_PARAM_KEY, key->mac, sizeof key->mac),
		OSSL_PARAM_construct_utf8_string(
		    OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, params) == 1;
}

static bool set_key(struct ticket_key *key, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, bool is_new)
{
	return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher,
		   iv, is_new) == 1 &&
	       set_mac(mac, key);
}

static bool make_ticket(struct ticket_key *key, unsigned char *name,
    unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	memcpy(name, key->name, sizeof key->name);
	return RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) ==
		   1 &&
	       set_key(key, iv, cipher, mac, true);
}

/*
 * A ticket of an older key is answered with one of the first. With TLS 1.3
 * each is: clients use a ticket once, so that nobody who listens can tell that
 * two connections are of one client.
 */
static int answer(SSL *ssl, bool is_first)
{
	return is_first && SSL_version(ssl) != TLS1_3_VERSION
		   ? ANSWER_KEY
		   : ANSWER_KEY_AND_RENEW;
}

/* Without a key, or memory, the handshake goes on, as a full one. */
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int is_new)
{
	struct tls_tickets *t =
	    SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), place);
	struct ticket_key key;
	bool is_first, is_set;

	if (!find(t, is_new ? NULL : name, &key, &is_first))
		return ANSWER_NONE;
	(void)ERR_set_mark();
	is_set = is_new ? make_ticket(&key, name, iv, cipher, mac)
			: set_key(&key, iv, cipher, mac, false);
	(void)ERR_pop_to_mark(); /* else OpenSSL takes it for the handshake's */
	OPENSSL_cleanse(&key, sizeof key);
	if (!is_set)
		return ANSWER_NONE;
	return is_new ? ANSWER_KEY : answer(ssl, is_first);
}

/* --- contexts --- */

static void on_free(void *parent, void *tickets, CRYPTO_EX_DATA *ad, int index,
    long argl, void *argp)
{
	(void)parent;
	(void)ad;
	(void)index;
	(void)argl;
	(void)argp;
	tls_tickets_unref(tickets);
}

static void find_place(void)
{
	place = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, on_free);
}

int tls_tickets_give(struct tls_tickets *t, SSL_CTX *ctx)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, find_place);
	if (place < 0 || SSL_CTX_set_ex_data(ctx, place, t) != 1)
		return -ENOMEM;
	(void)tls_tickets_ref(t);
	(void)SSL_CTX_set_timeout(ctx, TLS_TICKETS_LIFETIME_S);
	(void)SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket);
	return 0;
}
