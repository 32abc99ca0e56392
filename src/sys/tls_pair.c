#include "sys/tls_pair.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

/*
 * The reason of a failure: the first error in OpenSSL's queue. What stands
 * behind it is which of its functions failed on the way back.
 */
static const char *first_reason(void)
{
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_reason_error_string(code);

	return ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code))
	       : reason               ? reason
				      : "unknown reason";
}

/* Asked for the password of an encrypted key: there is none. arg: a bool. */
static int no_password(char *to, int size, int is_writing, void *arg)
{
	bool *is_encrypted = arg;

	(void)to;
	(void)size;
	(void)is_writing;
	*is_encrypted = true;
	return -1;
}

/* Without a callback OpenSSL would ask for a password at the terminal. */
static bool use_key(SSL_CTX *ctx, const char *key, bool *is_encrypted)
{
	bool is_set;

	*is_encrypted = false;
	SSL_CTX_set_default_passwd_cb(ctx, no_password);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, is_encrypted);
	is_set = SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1;
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	return is_set;
}

/* OpenSSL compares a key with the certificate of its own type only. */
static bool is_mismatch(void)
{
	unsigned long code = ERR_peek_error();

	return ERR_GET_LIB(code) == ERR_LIB_X509 &&
	       ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH;
}

static int load_key(
    SSL_CTX *ctx, const char *certificate, const char *key, struct err *e)
{
	bool is_encrypted;
	bool is_set = use_key(ctx, key, &is_encrypted);

	if (is_encrypted)
		return err_set(e, -EINVAL,
		    "%s: the key is encrypted; it must be without a password",
		    key);
	if (!is_set && !is_mismatch())
		return err_set(e, -EINVAL,
		    "%s: cannot be used as a PEM key for %s: %s", key,
		    certificate, first_reason());
	if (!is_set || SSL_CTX_check_private_key(ctx) != 1)
		return err_set(e, -EINVAL,
		    "%s: not the key of %s: name the one it was made with", key,
		    certificate);
	return 0;
}

int tls_pair_load(
    SSL_CTX *ctx, const char *certificate, const char *key, struct err *e)
{
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1)
		return err_set(e, -EINVAL,
		    "%s: cannot be used as a PEM certificate chain: %s",
		    certificate, first_reason());
	return load_key(ctx, certificate, key, e);
}

struct tls_dates tls_pair_dates(const SSL_CTX *ctx)
{
	return tls_dates_of(SSL_CTX_get0_certificate(ctx));
}
