/*
 * tls_contexts: see tls_contexts.h. The context is chosen before OpenSSL looks
 * at the session that a client brings: one of another certificate is then of
 * another session id context, and not resumed.
 */
#include "sys/tls_contexts.h"

#include <errno.h>
#include <pthread.h>

#include <openssl/ssl.h>

#include "proto/server_name.h"
#include "sys/tls.h"
#include "sys/tls_ciphers.h"
#include "sys/tls_handover.h"
#include "sys/tls_hosts.h"
#include "sys/tls_pair.h"
#include "sys/tls_tickets.h"
#include "sys/tls_trial.h"

/* What is being read, and for whom. All borrowed. */
struct loading {
	const struct tls_settings *settings;
	struct tls_tickets *tickets;
	struct tls_dates *dates; /* to be filled */
};

/* --- what a client gets --- */

/* Browsers ask for http/1.1 on a WebSocket; h2 alone is no match. */
static int select_protocol(SSL *ssl, const unsigned char **out,
    unsigned char *out_len, const unsigned char *in, unsigned in_len, void *arg)
{
	static const unsigned char http11[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_len, http11, sizeof http11 - 1,
		in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* The first message has come, and nothing of it was gone by yet. arg: hosts. */
static int select_context(SSL *ssl, int *alert, void *arg)
{
	const unsigned char *bytes;
	SSL_CTX *ctx = NULL;
	size_t len;

	if (SSL_client_hello_get0_ext(
		ssl, TLSEXT_TYPE_server_name, &bytes, &len) == 1)
		ctx = tls_hosts_find(
		    arg, server_name_of(slice_of((const char *)bytes, len)));
	if (!ctx || SSL_set_SSL_CTX(ssl, ctx))
		return SSL_CLIENT_HELLO_SUCCESS;
	*alert = SSL_AD_INTERNAL_ERROR; /* out of memory */
	return SSL_CLIENT_HELLO_ERROR;
}

/* --- one certificate --- */

/* Settings of a server, beyond what every stream needs. */
static void set_up(SSL_CTX *ctx, const struct tls_settings *s)
{
	tls_setup(ctx);
	tls_handover_prepare(ctx);
	if (s->is_1_3_only)
		(void)SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	/* Resumption by tickets: the client keeps the session, not we. */
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_alpn_select_cb(ctx, select_protocol, NULL);
}

/* A session belongs to the certificate that it began with. */
static bool set_session_context(SSL_CTX *ctx)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len;

	return X509_digest(SSL_CTX_get0_certificate(ctx), EVP_sha256(), digest,
		   &len) == 1 &&
	       SSL_CTX_set_session_id_context(ctx, digest, len) == 1;
}

static int fill(SSL_CTX *ctx, const struct loading *l,
    const struct tls_files *pair, struct err *e)
{
	set_up(ctx, l->settings);
	if (!tls_ciphers_order(ctx) || tls_tickets_give(l->tickets, ctx) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	if (tls_pair_load(ctx, pair->certificate, pair->key, e) < 0 ||
	    tls_trial(ctx, pair->certificate, e) < 0)
		return -EINVAL;
	if (!set_session_context(ctx))
		return err_set(e, -ENOMEM, "out of memory");
	return 0;
}

/* The trial is over that a question about a certificate would end. */
static int ask_visitors(
    SSL_CTX *ctx, const struct tls_settings *s, SSL_CTX *first, struct err *e)
{
	if (!s->visitors.ca)
		return 0;
	if (!first)
		return tls_visitors_ask(ctx, &s->visitors, e);
	return tls_visitors_share(first, ctx) < 0
		   ? err_set(e, -ENOMEM, "out of memory")
		   : 0;
}

/* first is the one of the first certificate, where this is another. */
static SSL_CTX *load_one(
    const struct loading *l, size_t index, SSL_CTX *first, struct err *e)
{
	const struct tls_settings *s = l->settings;
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx) {
		(void)err_set(e, -ENOMEM, "out of memory");
		return NULL;
	}
	if (fill(ctx, l, &s->pairs[index], e) < 0 ||
	    ask_visitors(ctx, s, first, e) < 0) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	l->dates[index] = tls_pair_dates(ctx);
	return ctx;
}

/* --- all of them --- */

/* A key of another kind for the same names: clients get what they can use. */
static bool join_twin(SSL_CTX *ctx, SSL_CTX *from)
{
	STACK_OF(X509) *issuers = NULL;

	(void)SSL_CTX_get0_chain_certs(from, &issuers);
	return SSL_CTX_use_cert_and_key(ctx, SSL_CTX_get0_certificate(from),
		   SSL_CTX_get0_privatekey(from), issuers, false) == 1;
}

static bool give_names(struct tls_hosts *hosts, SSL_CTX *first, SSL_CTX *ctx)
{
	const X509 *certificate = SSL_CTX_get0_certificate(ctx);
	SSL_CTX *twin;

	if (tls_hosts_are_of_one(hosts, certificate, &twin))
		return join_twin(twin ? twin : first, ctx);
	return tls_hosts_add(hosts, certificate, ctx) > 0;
}

/* Add one more to those that first holds. */
static int add(const struct loading *l, size_t index, SSL_CTX *first,
    struct tls_hosts *hosts, struct err *e)
{
	const char *file = l->settings->pairs[index].certificate;
	SSL_CTX *ctx = load_one(l, index, first, e);
	bool is_chosen;

	if (!ctx)
		return -EINVAL;
	is_chosen = give_names(hosts, first, ctx);
	SSL_CTX_free(ctx); /* its names hold it */
	if (is_chosen)
		return 0;
	return err_set(e, -EINVAL,
	    "%s: would never be chosen: each DNS name in it "
	    "(subjectAltName), if there is one, is in a certificate above it "
	    "with a key of the same kind; take one of them out",
	    file);
}

/* Of a first context: where its hosts are. */
static int place = -1;

static void on_free(void *parent, void *hosts, CRYPTO_EX_DATA *ad, int index,
    long argl, void *argp)
{
	(void)parent;
	(void)ad;
	(void)index;
	(void)argl;
	(void)argp;
	tls_hosts_free(hosts);
}

static void find_place(void)
{
	place = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, on_free);
}

/* From now on first owns the hosts. */
static int hold(SSL_CTX *first, struct tls_hosts *hosts, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, find_place);
	if (place < 0 || SSL_CTX_set_ex_data(first, place, hosts) != 1) {
		tls_hosts_free(hosts);
		return err_set(e, -ENOMEM, "out of memory");
	}
	SSL_CTX_set_client_hello_cb(first, select_context, hosts);
	return 0;
}

static int add_others(const struct loading *l, SSL_CTX *first, struct err *e)
{
	struct tls_hosts *hosts = tls_hosts_new();
	int status = 0;

	(void)tls_hosts_add(hosts, SSL_CTX_get0_certificate(first), NULL);
	for (size_t i = 1; i < l->settings->pair_count && status == 0; i++)
		status = add(l, i, first, hosts, e);
	if (status == 0)
		return hold(first, hosts, e);
	tls_hosts_free(hosts);
	return status;
}

SSL_CTX *tls_contexts_load(const struct tls_settings *s,
    struct tls_tickets *tickets, struct tls_dates *dates, struct err *e)
{
	const struct loading l = { s, tickets, dates };
	SSL_CTX *first = load_one(&l, 0, NULL, e);

	if (!first || s->pair_count == 1 || add_others(&l, first, e) == 0)
		return first;
	SSL_CTX_free(first);
	return NULL;
}
