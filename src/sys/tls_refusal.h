/*
 * tls_refusal: the ways in which a connection to a server comes to nothing in
 * TLS: one of the two does not believe the other, or does not speak it. What a
 * server has to say of its clients is sys/tls_failure.
 */
#ifndef SYS_TLS_REFUSAL_H
#define SYS_TLS_REFUSAL_H

#include "base/err.h"

struct tls;

enum tls_refusal {
	/* We have refused: of the server's certificate, or one above it */
	TLS_REFUSAL_ISSUER,  /* nobody whom we believe has signed it */
	TLS_REFUSAL_EXPIRED, /* it has expired, */
	TLS_REFUSAL_EARLY,   /* is not valid yet, */
	TLS_REFUSAL_NAME,    /* is for somebody else, */
	TLS_REFUSAL_OTHER,   /* or is no good for another reason */
	/* The server has refused us. */
	TLS_REFUSAL_WANTED, /* it asks for a certificate, and we have none */
	TLS_REFUSAL_OURS,   /* it does not believe ours */
	/* for another reason, or in TLS 1.2 for one of these two as well */
	TLS_REFUSAL_ALERT,
	/* There was nothing to refuse. */
	TLS_REFUSAL_PLAIN,   /* it does not speak TLS */
	TLS_REFUSAL_VERSION, /* none in common */
	TLS_REFUSAL_CLOSED,  /* it has left */
	TLS_REFUSAL_BROKEN,  /* it has broken the protocol */
};

/*
 * Why a tls_read of a client's stream has ended, or may yet: by what is known.
 */
enum tls_refusal tls_refusal_of(const struct tls *s);

/* OpenSSL's words for that, a literal; NULL where it has none. */
const char *tls_refusal_words(const struct tls *s);

/*
 * Say in e why s, a stream to a server whose certificate must be for name, has
 * ended for that reason, and with which words of OpenSSL.
 */
void tls_refusal_explain(
    const struct tls *s, enum tls_refusal why, const char *name, struct err *e);

/* What helps, whatever the server is: a literal. */
const char *tls_refusal_remedy(enum tls_refusal why);

#endif
