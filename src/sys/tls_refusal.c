#include "sys/tls_refusal.h"

#include <stddef.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "sys/tls.h"
#include "sys/tls_failure.h"

/* OpenSSL's reason for an alert of the other end has its number in it. */
enum { ALERTS = SSL_AD_REASON_OFFSET };

/* What has happened, and what helps; a name follows that of NAME. */
static const struct {
	const char *reason;
	const char *remedy;
} rows[] = {
	[TLS_REFUSAL_ISSUER] = { "the server's certificate is signed by nobody "
				 "who is trusted",
	    "name in tls.ca a file with the certificate of who has signed it; "
	    "without it those count that the system trusts" },
	[TLS_REFUSAL_EXPIRED] = { "the server's certificate, or its issuer's, "
				  "has expired",
	    "renew it at the server, or set the clock of this machine" },
	[TLS_REFUSAL_EARLY] = { "the server's certificate, or its issuer's, is "
				"not valid yet",
	    "set the clock of this machine, or that of who has signed it" },
	[TLS_REFUSAL_NAME] = { "the server's certificate is not for ",
	    "connect by a name that is in its subjectAltName, or say in "
	    "tls.server_name which one is meant" },
	[TLS_REFUSAL_OTHER] = { "the server's certificate cannot be trusted",
	    "give the server another certificate" },
	[TLS_REFUSAL_WANTED] = { "the server asks for a certificate of ours",
	    "set tls.certificate and tls.key" },
	[TLS_REFUSAL_OURS] = { "the server refuses our certificate",
	    "let who signs for the server's clients sign tls.certificate, and "
	    "look at its dates" },
	[TLS_REFUSAL_ALERT] = { "the server refuses TLS with us",
	    "see the log of the server: it may ask for tls.certificate, or "
	    "have no cipher in common with us" },
	[TLS_REFUSAL_PLAIN] = { "the server does not speak TLS",
	    "take the port that does, or a URL for one in plain" },
	[TLS_REFUSAL_VERSION] = { "no version of TLS in common",
	    "let the server speak TLS 1.2 or 1.3" },
	[TLS_REFUSAL_CLOSED] = { "the server has left before TLS was up",
	    "see the log of the server: it may not speak TLS at this port" },
	[TLS_REFUSAL_BROKEN] = { "the server has broken the protocol of TLS",
	    "see the log of the server" },
};

static enum tls_refusal of_verdict(long verdict)
{
	switch (verdict) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		return TLS_REFUSAL_ISSUER;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return TLS_REFUSAL_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return TLS_REFUSAL_EARLY;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return TLS_REFUSAL_NAME;
	default:
		return TLS_REFUSAL_OTHER;
	}
}

static enum tls_refusal of_alert(int alert)
{
	switch (alert) {
	case SSL_AD_CERTIFICATE_REQUIRED:
		return TLS_REFUSAL_WANTED;
	case SSL_AD_BAD_CERTIFICATE:
	case SSL_AD_UNSUPPORTED_CERTIFICATE:
	case SSL_AD_CERTIFICATE_REVOKED:
	case SSL_AD_CERTIFICATE_EXPIRED:
	case SSL_AD_CERTIFICATE_UNKNOWN:
	case SSL_AD_UNKNOWN_CA:
		return TLS_REFUSAL_OURS;
	case SSL_AD_PROTOCOL_VERSION:
		return TLS_REFUSAL_VERSION;
	default:
		return TLS_REFUSAL_ALERT;
	}
}

static enum tls_refusal of_failure(enum tls_failure why)
{
	switch (why) {
	case TLS_FAILURE_HTTP:
	case TLS_FAILURE_NOT_TLS:
		return TLS_REFUSAL_PLAIN;
	case TLS_FAILURE_VERSION:
		return TLS_REFUSAL_VERSION;
	case TLS_FAILURE_CLOSED:
		return TLS_REFUSAL_CLOSED;
	default:
		return TLS_REFUSAL_BROKEN;
	}
}

static int reason_of(unsigned long error)
{
	return ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
}

enum tls_refusal tls_refusal_of(const struct tls *s)
{
	int reason = reason_of(tls_error(s));

	if (tls_verdict(s) != X509_V_OK)
		return of_verdict(tls_verdict(s));
	if (reason > ALERTS)
		return of_alert(reason - ALERTS);
	return of_failure(tls_failure_of(s));
}

const char *tls_refusal_words(const struct tls *s)
{
	unsigned long error = tls_error(s);

	if (tls_verdict(s) != X509_V_OK)
		return X509_verify_cert_error_string(tls_verdict(s));
	return error ? ERR_reason_error_string(error) : NULL;
}

void tls_refusal_explain(
    const struct tls *s, enum tls_refusal why, const char *name, struct err *e)
{
	const char *words = tls_refusal_words(s);

	(void)err_set(e, 0, "%s%s%s%s%s", rows[why].reason,
	    why == TLS_REFUSAL_NAME ? name : "", words ? " (" : "",
	    words ? words : "", words ? ")" : "");
}

const char *tls_refusal_remedy(enum tls_refusal why)
{
	return rows[why].remedy;
}
