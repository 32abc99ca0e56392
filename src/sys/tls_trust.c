#include "sys/tls_trust.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "sys/tls_dates.h"

enum { FILE_MAX_BYTES = 4 << 20 }; /* of a system: less than 1 MiB */

/* The certificates of a file, and how many of them are in vain. */
struct found {
	size_t count;
	size_t faulty;
	const char *fault; /* of the last of those; a literal */
};

static int add(SSL_CTX *ctx, X509 *certificate, struct found *found)
{
	struct tls_dates dates = tls_dates_of(certificate);
	const char *fault = tls_dates_fault(&dates, clock_wall_ms() / 1000);

	found->count++;
	if (fault) {
		found->faulty++;
		found->fault = fault;
	}
	/*
	 * What it may be used for is made out now, on this thread, and not by
	 * the first of the threads that verify with it.
	 */
	(void)X509_check_purpose(certificate, -1, 0);
	return X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), certificate);
}

/* All there are. What else stands in the file, as a key, is passed over. */
static void read_all(SSL_CTX *ctx, BIO *pem, struct found *found)
{
	X509 *certificate;
	int is_added = 1;

	while (is_added &&
	       (certificate = PEM_read_bio_X509(pem, NULL, NULL, NULL))) {
		is_added = add(ctx, certificate, found);
		X509_free(certificate);
	}
}

/* OpenSSL says of the end of a file that no certificate begins there. */
static bool is_end(unsigned long error)
{
	return ERR_GET_LIB(error) == ERR_LIB_PEM &&
	       ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static int judge(const char *file, const struct found *found, struct err *e)
{
	unsigned long error = ERR_peek_last_error();
	const char *words = ERR_reason_error_string(error);

	if (!is_end(error))
		return err_set(e, -EINVAL,
		    "%s: certificate %zu in it is broken: %s", file,
		    found->count + 1, words ? words : "unknown reason");
	if (found->count == 0)
		return err_set(e, -EINVAL,
		    "%s: holds no certificate in PEM: name a file of those who "
		    "sign the others'",
		    file);
	if (found->faulty == found->count)
		return err_set(e, -EINVAL,
		    "%s: %s%s: get the present one of those who sign the "
		    "others'",
		    file, found->fault,
		    found->count > 1 ? ", as all in it" : "");
	return 0;
}

static int load_file(SSL_CTX *ctx, const char *file, struct err *e)
{
	struct found found = { 0 };
	struct buf text = { 0 };
	int rc = file_read(file, FILE_MAX_BYTES, &text, e);
	BIO *pem;

	if (rc < 0)
		goto out;
	pem = BIO_new_mem_buf(text.data, (int)text.len);
	if (!pem) {
		rc = err_set(e, -ENOMEM, "%s: out of memory", file);
		goto out;
	}
	ERR_clear_error();
	read_all(ctx, pem, &found);
	rc = judge(file, &found, e);
	BIO_free(pem);
out:
	buf_fini(&text);
	return rc;
}

int tls_trust_load(SSL_CTX *ctx, const char *file, struct err *e)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);

	if (file && load_file(ctx, file, e) < 0)
		return -EINVAL;
	if (!file && SSL_CTX_set_default_verify_paths(ctx) != 1)
		return err_set(
		    e, -ENOMEM, "the system's authorities: out of memory");
	(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	return 0;
}
