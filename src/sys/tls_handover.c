#include "sys/tls_handover.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "sys/tls_records.h"

struct tls_handover {
	unsigned written; /* records that went out under the last key */
	unsigned char client_len, server_len; /* of the secrets; 0: not told */
	unsigned char client[TLS_SECRET_MAX], server[TLS_SECRET_MAX];
};

/* --- what OpenSSL tells --- */

/* Its length in bytes; 0: it is something else. */
static unsigned char read_secret(
    struct slice digits, unsigned char secret[TLS_SECRET_MAX])
{
	bool is_secret = digits.len <= (size_t)2 * TLS_SECRET_MAX &&
			 ascii_bytes(digits, secret);

	return is_secret ? (unsigned char)(digits.len / 2) : 0;
}

/* A line as NSS writes it: the label, the client's random, the secret. */
static void on_secret(const SSL *ssl, const char *line)
{
	struct tls_handover *h = SSL_get_app_data(ssl);
	struct slice rest = slice_str(line);
	struct slice label = slice_cut(&rest, ' ');

	(void)slice_cut(&rest, ' ');
	if (!h)
		return;
	if (slice_eq(label, slice_str("CLIENT_TRAFFIC_SECRET_0")))
		h->client_len = read_secret(rest, h->client);
	else if (slice_eq(label, slice_str("SERVER_TRAFFIC_SECRET_0")))
		h->server_len = read_secret(rest, h->server);
}

void tls_handover_see(
    struct tls_handover *h, bool is_ours, int type, const void *bytes)
{
	const unsigned char *message = bytes;

	if (!is_ours)
		return;
	if (type == SSL3_RT_HEADER)
		h->written++;
	else if (type == SSL3_RT_HANDSHAKE && message[0] == SSL3_MT_FINISHED)
		h->written = 0; /* the last one under the key before */
}

/* --- who is told --- */

void tls_handover_prepare(SSL_CTX *ctx)
{
	SSL_CTX_set_keylog_callback(ctx, on_secret);
}

struct tls_handover *tls_handover_new(SSL *ssl)
{
	struct tls_handover *h = try_alloc(sizeof *h);

	if (!h)
		return NULL;
	*h = (struct tls_handover){ 0 };
	(void)SSL_set_app_data(ssl, h);
	return h;
}

void tls_handover_free(struct tls_handover *h)
{
	if (!h)
		return;
	OPENSSL_cleanse(h, sizeof *h);
	free(h);
}

/* --- the handover --- */

/* What a client may ask for, and then keeps to (RFC 6066, section 4). */
static uint16_t content_max(const SSL *ssl)
{
	unsigned asked =
	    SSL_SESSION_get_max_fragment_length(SSL_get0_session(ssl));

	if (asked < TLSEXT_max_fragment_length_512 ||
	    asked > TLSEXT_max_fragment_length_4096)
		return TLS_PLAIN_MAX;
	return (uint16_t)(256u << asked);
}

static bool begin(
    const struct tls_handover *h, const SSL *ssl, struct tls_records *r)
{
	uint16_t suite =
	    SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl));
	struct slice client = { (const char *)h->client, h->client_len };
	struct slice server = { (const char *)h->server, h->server_len };

	if (!tls_cipher_begin(&r->in, suite, client) ||
	    !tls_cipher_begin(&r->out, suite, server))
		return false;
	r->out.count = h->written;
	r->content_max = content_max(ssl);
	return true;
}

static bool can_take(const struct tls_handover *h, const SSL *ssl)
{
	return h && h->client_len > 0 && h->server_len > 0 &&
	       SSL_version(ssl) == TLS1_3_VERSION && !SSL_has_pending(ssl);
}

bool tls_handover_take(struct tls_handover **h, SSL *ssl, struct tls_records *r)
{
	bool is_taken = can_take(*h, ssl) && begin(*h, ssl, r);

	(void)SSL_set_app_data(ssl, NULL);
	tls_handover_free(*h);
	*h = NULL;
	/* Else OpenSSL takes this for a failure, and forgets the session. */
	if (is_taken)
		SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN);
	return is_taken;
}
