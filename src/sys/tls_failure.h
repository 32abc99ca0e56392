/*
 * tls_failure: the ways in which a TLS handshake comes to nothing, seen from
 * either end.
 */
#ifndef SYS_TLS_FAILURE_H
#define SYS_TLS_FAILURE_H

struct tls;

/* Name, label of a metric, and what to say where OpenSSL says nothing. */
#define TLS_FAILURES(X)                                                  \
	X(HTTP, "http", "plain HTTP came")                               \
	X(NOT_TLS, "not_tls", "what came is not TLS")                    \
	X(VERSION, "version", "no version of TLS in common")             \
	X(CIPHER, "cipher", "no cipher, group or signature in common")   \
	X(ALPN, "alpn", "the other end wants another protocol inside")   \
	X(NO_CERTIFICATE, "no_certificate", "a certificate is missing")  \
	X(CERTIFICATE, "certificate", "the certificate is not accepted") \
	X(ALERT, "alert", "the other end has refused")                   \
	X(CLOSED, "closed", "the other end has left")                    \
	X(TIMEOUT, "timeout", "not done in time")                        \
	X(RECORDS, "records", "too many records without data")           \
	X(OTHER, "other", "the other end has broken the protocol")

enum tls_failure {
#define X(id, label, text) TLS_FAILURE_##id,
	TLS_FAILURES(X)
#undef X
};

/* The failure of a tls_read that has ended before s was up. */
enum tls_failure tls_failure_of(const struct tls *s);

/* The failure's label in metrics: a literal. */
const char *tls_failure_label(enum tls_failure why);

/* What it is called in the log: a literal. */
const char *tls_failure_text(enum tls_failure why);

/*
 * OpenSSL's words for the failure of s, or else tls_failure_text. A literal,
 * never a text of the other end.
 */
const char *tls_failure_words(const struct tls *s, enum tls_failure why);

#endif
