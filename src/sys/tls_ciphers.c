#include "sys/tls_ciphers.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>

#include "base/buf.h"

/* With a key of its own for each connection, as all of TLS 1.3's have. */
static bool is_first(const SSL_CIPHER *cipher)
{
	int exchange = SSL_CIPHER_get_kx_nid(cipher);

	return SSL_CIPHER_get_cipher_nid(cipher) == NID_aes_128_gcm &&
	       (exchange == NID_kx_any || exchange == NID_kx_ecdhe);
}

static bool is_1_3(const SSL_CIPHER *cipher)
{
	return strcmp(SSL_CIPHER_get_version(cipher), "TLSv1.3") == 0;
}

/* The names of those that come first, or of the others, behind those there. */
static void add(
    struct buf *names, STACK_OF(SSL_CIPHER) * ciphers, bool of_1_3, bool first)
{
	for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
		const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);

		if (is_1_3(cipher) == of_1_3 && is_first(cipher) == first)
			buf_printf(names, "%s%s", names->len > 0 ? ":" : "",
			    SSL_CIPHER_get_name(cipher));
	}
}

/* A version's own, in the order in which they are taken. */
static struct buf names_of(STACK_OF(SSL_CIPHER) * ciphers, bool of_1_3)
{
	struct buf names = { 0 };

	add(&names, ciphers, of_1_3, true);
	add(&names, ciphers, of_1_3, false);
	buf_putn(&names, "", 1);
	return names;
}

bool tls_ciphers_order(SSL_CTX *ctx)
{
	STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(ctx);
	struct buf new = names_of(ciphers, true);
	struct buf old = names_of(ciphers, false);
	bool is_done =
	    (new.len == 1 || SSL_CTX_set_ciphersuites(ctx, new.data)) &&
	    (old.len == 1 || SSL_CTX_set_cipher_list(ctx, old.data));

	buf_fini(&new);
	buf_fini(&old);
	(void)SSL_CTX_set_options(
	    ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	return is_done;
}
