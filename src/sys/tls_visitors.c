#include "sys/tls_visitors.h"

#include <errno.h>
#include <stddef.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/buf.h"
#include "base/file.h"
#include "sys/tls_dates.h"
#include "sys/tls_trust.h"

enum {
	/* Of lists: libssl hashes one anew in each handshake. */
	FILE_MAX_BYTES = 1 << 20,
	DEPTH_MAX = 10, /* of authorities above a certificate */
	/*
	 * Of a client's certificate and all that it sends along, of use or
	 * not: libssl keeps that as long as the connection, in five times the
	 * room. A certificate has one or two KiB.
	 */
	CHAIN_MAX_BYTES = 16384,
};

/* --- authorities --- */

/* Clients choose a certificate by who may have signed it. */
static int name_authorities(SSL_CTX *ctx)
{
	STACK_OF(X509_OBJECT) *all =
	    X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx));

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		X509 *certificate =
		    X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

		if (certificate && SSL_CTX_add_client_CA(ctx, certificate) != 1)
			return -ENOMEM;
	}
	return 0;
}

/* --- lists of what they have revoked --- */

static bool is_signed_by(X509_CRL *list, X509 *certificate)
{
	return X509_NAME_cmp(X509_CRL_get_issuer(list),
		   X509_get_subject_name(certificate)) == 0 &&
	       X509_CRL_verify(list, X509_get0_pubkey(certificate)) == 1;
}

static bool is_of_authority(X509_STORE *store, X509_CRL *list)
{
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		X509 *certificate =
		    X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

		if (certificate && is_signed_by(list, certificate))
			return true;
	}
	return false;
}

/* What would have every client refused: a literal, or NULL. */
static const char *fault_of(X509_STORE *store, X509_CRL *list)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(list);

	if (!is_of_authority(store, list))
		return "is of nobody in client_ca: name a list of those who "
		       "stand there";
	if (X509_cmp_current_time(X509_CRL_get0_lastUpdate(list)) > 0)
		return "is not valid yet: set the clock of this machine";
	if (next && X509_cmp_current_time(next) < 0)
		return "has expired: get the present one";
	return NULL;
}

static int add_list(X509_STORE *store, X509_CRL *list, int number,
    const char *file, struct err *e)
{
	const char *fault = fault_of(store, list);

	if (fault)
		return err_set(e, -EINVAL, "%s: revocation list %d in it %s",
		    file, number, fault);
	if (X509_STORE_add_crl(store, list) != 1)
		return err_set(e, -ENOMEM, "%s: out of memory", file);
	return 0;
}

static int read_lists(
    X509_STORE *store, BIO *pem, const char *file, struct err *e)
{
	X509_CRL *list;
	int count = 0, status = 0;

	ERR_clear_error();
	while (status == 0 &&
	       (list = PEM_read_bio_X509_CRL(pem, NULL, NULL, NULL))) {
		status = add_list(store, list, ++count, file, e);
		X509_CRL_free(list);
	}
	if (status < 0)
		return status;
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return err_set(e, -EINVAL,
		    "%s: revocation list %d in it is broken", file, count + 1);
	if (count == 0)
		return err_set(e, -EINVAL,
		    "%s: holds no revocation list in PEM (X509 CRL)", file);
	return 0;
}

static int load_lists(SSL_CTX *ctx, const char *file, struct err *e)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
	struct buf text = { 0 };
	int status = file_read(file, FILE_MAX_BYTES, &text, e);
	BIO *pem;

	if (status < 0)
		goto out;
	pem = BIO_new_mem_buf(text.data, (int)text.len);
	status = pem ? read_lists(SSL_CTX_get_cert_store(ctx), pem, file, e)
		     : err_set(e, -ENOMEM, "%s: out of memory", file);
	BIO_free(pem);
	/* Who has no list, of all above the certificate, vouches for none. */
	(void)X509_VERIFY_PARAM_set_flags(
	    param, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
out:
	buf_fini(&text);
	return status;
}

static int64_t end_of(const X509_OBJECT *object)
{
	const X509_CRL *list = X509_OBJECT_get0_X509_CRL(object);
	const ASN1_TIME *next = list ? X509_CRL_get0_nextUpdate(list) : NULL;

	return next ? tls_dates_second(next) : 0;
}

int64_t tls_visitors_lists_end(const SSL_CTX *ctx)
{
	STACK_OF(X509_OBJECT) *all =
	    X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx));
	int64_t first_s = 0;

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		int64_t end_s = end_of(sk_X509_OBJECT_value(all, i));

		if (end_s > 0 && (first_s == 0 || end_s < first_s))
			first_s = end_s;
	}
	return first_s;
}

/* --- the question --- */

/*
 * A session that is resumed would let in whose certificate has been revoked
 * since, has expired, or whose authority is believed no more.
 */
static void forbid_resumption(SSL_CTX *ctx)
{
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	(void)SSL_CTX_set_num_tickets(ctx, 0);
}

static void ask(SSL_CTX *ctx, int mode)
{
	SSL_CTX_set_verify(ctx, mode, NULL);
	SSL_CTX_set_verify_depth(ctx, DEPTH_MAX);
	SSL_CTX_set_max_cert_list(ctx, CHAIN_MAX_BYTES);
	forbid_resumption(ctx);
}

int tls_visitors_ask(SSL_CTX *ctx, const struct tls_visitors *v, struct err *e)
{
	if (tls_trust_load(ctx, v->ca, e) < 0)
		return -EINVAL;
	if (name_authorities(ctx) < 0)
		return err_set(e, -ENOMEM, "%s: out of memory", v->ca);
	if (v->crl && load_lists(ctx, v->crl, e) < 0)
		return -EINVAL;
	ask(ctx, SSL_VERIFY_PEER |
		     (v->must_show ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0));
	return 0;
}

int tls_visitors_share(SSL_CTX *from, SSL_CTX *to)
{
	STACK_OF(X509_NAME) *names =
	    SSL_dup_CA_list(SSL_CTX_get_client_CA_list(from));

	if (!names || SSL_CTX_set1_param(to, SSL_CTX_get0_param(from)) != 1) {
		sk_X509_NAME_pop_free(names, X509_NAME_free);
		return -ENOMEM;
	}
	SSL_CTX_set_client_CA_list(to, names);
	SSL_CTX_set1_cert_store(to, SSL_CTX_get_cert_store(from));
	ask(to, SSL_CTX_get_verify_mode(from));
	return 0;
}
