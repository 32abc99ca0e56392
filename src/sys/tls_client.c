#include "sys/tls_client.h"

#include <errno.h>
#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "base/ip.h"
#include "sys/tls.h"
#include "sys/tls_pair.h"
#include "sys/tls_trust.h"

enum { NAME_MAX_BYTES = 253 }; /* a DNS name */

/* --- what connections have in common --- */

static SSL_CTX *new_context(struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx) {
		(void)err_set(e, -ENOMEM, "out of memory");
		return NULL;
	}
	tls_setup(ctx);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	return ctx;
}

/* A server would refuse one that is out of its dates, in other words. */
static int load_pair(
    SSL_CTX *ctx, const struct tls_client_files *files, struct err *e)
{
	struct tls_dates dates;
	const char *fault;

	if (!files->certificate)
		return 0;
	if (tls_pair_load(ctx, files->certificate, files->key, e) < 0)
		return -EINVAL;
	dates = tls_pair_dates(ctx);
	fault = tls_dates_fault(&dates, clock_wall_ms() / 1000);
	if (fault)
		return err_set(e, -EINVAL,
		    "%s: %s: renew it, or set the clock of this machine",
		    files->certificate, fault);
	return 0;
}

static SSL_CTX *load(const struct tls_client_files *files, struct err *e)
{
	SSL_CTX *ctx = new_context(e);

	if (ctx && tls_trust_load(ctx, files->ca, e) == 0 &&
	    load_pair(ctx, files, e) == 0)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

int tls_client_check_ca(const struct tls_client_files *files, struct err *e)
{
	SSL_CTX *ctx = new_context(e);
	int rc = ctx ? tls_trust_load(ctx, files->ca, e) : -ENOMEM;

	SSL_CTX_free(ctx);
	return rc;
}

int tls_client_check_pair(const struct tls_client_files *files, struct err *e)
{
	SSL_CTX *ctx = new_context(e);
	int rc = ctx ? load_pair(ctx, files, e) : -ENOMEM;

	SSL_CTX_free(ctx);
	return rc;
}

/* --- one of them --- */

/* The dot that may end a name is no part of it in certificates and SNI. */
static bool set_host(SSL *ssl, struct slice name)
{
	char host[NAME_MAX_BYTES + 1];

	if (name.len > 0 && name.ptr[name.len - 1] == '.')
		name.len--;
	if (name.len == 0 || name.len >= sizeof host)
		return false;
	memcpy(host, name.ptr, name.len);
	host[name.len] = '\0';
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
				   X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	return SSL_set1_host(ssl, host) == 1 &&
	       SSL_set_tlsext_host_name(ssl, host) == 1;
}

/* RFC 9525: by the names in subjectAltName, never by the subject's. */
static bool expect(SSL *ssl, const char *name)
{
	struct ip ignored;

	if (ip_parse(slice_str(name), &ignored))
		return X509_VERIFY_PARAM_set1_ip_asc(
			   SSL_get0_param(ssl), name) == 1;
	return set_host(ssl, slice_str(name));
}

int tls_client_connect(struct tls **out, const struct tls_client_files *files,
    const char *name, int fd, struct err *e)
{
	SSL_CTX *ctx = load(files, e);
	SSL *ssl;

	*out = NULL;
	if (!ctx)
		return -EINVAL;
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx); /* the connection holds it */
	if (ssl && !expect(ssl, name)) {
		SSL_free(ssl);
		return err_set(
		    e, -EINVAL, "no certificate can be for this name");
	}
	if (ssl)
		SSL_set_connect_state(ssl);
	*out = tls_new(&ssl, fd);
	return *out ? 0 : err_set(e, -ENOMEM, "out of memory");
}
