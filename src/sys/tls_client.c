#include "sys/tls_client.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "base/ip.h"
#include "base/mem.h"
#include "sys/tls.h"
#include "sys/tls_pair.h"
#include "sys/tls_trust.h"

enum { NAME_MAX_BYTES = 253 }; /* a DNS name */

struct tls_client {
	atomic_uint references;
	SSL_CTX *ctx; /* owned; many threads make connections of it */
	char *name;   /* owned */
};

/* --- files --- */

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

/* --- names --- */

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

/* A connection that expects that name; NULL: there is no memory for it. */
static SSL *new_connection(const struct tls_client *c)
{
	SSL *ssl = SSL_new(c->ctx);

	if (ssl && expect(ssl, c->name)) {
		SSL_set_connect_state(ssl);
		return ssl;
	}
	SSL_free(ssl);
	return NULL;
}

/* --- what connections have in common --- */

int tls_client_new(struct tls_client **out,
    const struct tls_client_files *files, const char *name, struct err *e)
{
	SSL_CTX *ctx = load(files, e);
	struct tls_client *c;
	SSL *trial;

	*out = NULL;
	if (!ctx)
		return -EINVAL;
	c = xcalloc(1, sizeof *c);
	atomic_init(&c->references, 1);
	c->ctx = ctx;
	c->name = xstrdup(name);
	trial = new_connection(c);
	if (!trial) {
		tls_client_unref(c);
		return err_set(
		    e, -EINVAL, "no certificate can be for this name");
	}
	SSL_free(trial);
	*out = c;
	return 0;
}

struct tls_client *tls_client_ref(struct tls_client *c)
{
	(void)atomic_fetch_add(&c->references, 1);
	return c;
}

void tls_client_unref(struct tls_client *c)
{
	if (!c || atomic_fetch_sub(&c->references, 1) > 1)
		return;
	SSL_CTX_free(c->ctx);
	free(c->name);
	free(c);
}

/* --- streams --- */

struct tls *tls_client_open(struct tls_client *c, int fd)
{
	SSL *ssl = new_connection(c);

	return tls_new(&ssl, fd);
}

int tls_client_connect(struct tls **out, const struct tls_client_files *files,
    const char *name, int fd, struct err *e)
{
	struct tls_client *c;
	int rc = tls_client_new(&c, files, name, e);

	*out = NULL;
	if (rc < 0)
		return rc;
	*out = tls_client_open(c, fd);
	tls_client_unref(c); /* the connection holds its context */
	return *out ? 0 : err_set(e, -ENOMEM, "out of memory");
}
