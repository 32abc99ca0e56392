/*
 * tls_failure: the ways in which a TLS handshake comes to nothing.
 */
#ifndef NET_TLS_FAILURE_H
#define NET_TLS_FAILURE_H

struct conn;

/* Each has a row of roomcast_tls_handshakes_failed_total in metrics.def. */
#define TLS_FAILURES(X)                                                \
	X(HTTP, "http", "plain HTTP came")                             \
	X(NOT_TLS, "not_tls", "what came is not TLS")                  \
	X(VERSION, "version", "no version of TLS in common")           \
	X(CIPHER, "cipher", "no cipher, group or signature in common") \
	X(ALPN, "alpn", "the client wants another protocol inside")    \
	X(ALERT, "alert", "the client has refused")                    \
	X(CLOSED, "closed", "the client has left")                     \
	X(TIMEOUT, "timeout", "not done in time")                      \
	X(RECORDS, "records", "too many records without data")         \
	X(OTHER, "other", "the client has broken the protocol")

enum tls_failure {
#define X(id, label, text) TLS_FAILURE_##id,
	TLS_FAILURES(X)
#undef X
};

/* Which of them OpenSSL means with this error of its queue; 0: CLOSED. */
enum tls_failure tls_failure_of(unsigned long error);

/*
 * Count it and write the one log line: who, why, and OpenSSL's own words for
 * the error, if there is one (0: none). Nothing in it is the client's text.
 */
void tls_failure_note(
    struct conn *c, enum tls_failure why, unsigned long error);

#endif
