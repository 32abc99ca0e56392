#include "sys/tls_failure.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "sys/tls.h"

static const struct {
	const char *label;
	const char *text;
} failures[] = {
#define X(id, label, text) [TLS_FAILURE_##id] = { label, text },
	TLS_FAILURES(X)
#undef X
};

/* Whether it begins as a request line: with a method, or most of one. */
static bool looks_like_http(struct slice head)
{
	size_t i = 0;

	while (i < head.len && head.ptr[i] >= 'A' && head.ptr[i] <= 'Z')
		i++;
	return i > 0 && (i == head.len || (i >= 3 && head.ptr[i] == ' '));
}

/* Reasons that a client's offer gives; a table would be no shorter. */
static enum tls_failure failure_of_reason(int reason)
{
	switch (reason) {
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
		return TLS_FAILURE_HTTP;
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_BAD_RECORD_TYPE:
	case SSL_R_UNKNOWN_PROTOCOL:
		return TLS_FAILURE_NOT_TLS;
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_INAPPROPRIATE_FALLBACK:
		return TLS_FAILURE_VERSION;
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_NO_SUITABLE_KEY_SHARE:
	case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
	case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
		return TLS_FAILURE_CIPHER;
	case SSL_R_NO_APPLICATION_PROTOCOL:
		return TLS_FAILURE_ALPN;
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
		return TLS_FAILURE_NO_CERTIFICATE;
	case SSL_R_CERTIFICATE_VERIFY_FAILED:
		return TLS_FAILURE_CERTIFICATE;
	case SSL_R_UNEXPECTED_EOF_WHILE_READING:
		return TLS_FAILURE_CLOSED;
	default:
		/* An alert of the other end stands here with its number. */
		return reason > SSL_AD_REASON_OFFSET ? TLS_FAILURE_ALERT
						     : TLS_FAILURE_OTHER;
	}
}

static enum tls_failure failure_of_error(unsigned long error)
{
	if (error == 0 || ERR_SYSTEM_ERROR(error))
		return TLS_FAILURE_CLOSED;
	if (ERR_GET_LIB(error) != ERR_LIB_SSL)
		return TLS_FAILURE_OTHER;
	return failure_of_reason(ERR_GET_REASON(error));
}

enum tls_failure tls_failure_of(const struct tls *s)
{
	enum tls_failure why = failure_of_error(tls_error(s));

	return why != TLS_FAILURE_CLOSED && looks_like_http(tls_first_head(s))
		   ? TLS_FAILURE_HTTP
		   : why;
}

const char *tls_failure_label(enum tls_failure why)
{
	return failures[why].label;
}

const char *tls_failure_text(enum tls_failure why)
{
	return failures[why].text;
}

const char *tls_failure_words(const struct tls *s, enum tls_failure why)
{
	unsigned long error = tls_error(s);
	const char *words = error ? ERR_reason_error_string(error) : NULL;

	/* Of a certificate the error says no more than that. */
	if (why == TLS_FAILURE_CERTIFICATE)
		return X509_verify_cert_error_string(tls_verdict(s));
	return words ? words : tls_failure_text(why);
}
