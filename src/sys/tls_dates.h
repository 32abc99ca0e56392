/*
 * tls_dates: from when to when a certificate is valid.
 */
#ifndef SYS_TLS_DATES_H
#define SYS_TLS_DATES_H

#include <stdint.h>

struct asn1_string_st; /* OpenSSL's ASN1_TIME */
struct x509_st;        /* and X509 */

/* The first and last second since 1970. */
struct tls_dates {
	int64_t begin_s;
	int64_t end_s;
};

/* In seconds since 1970; 0 for what is none. */
int64_t tls_dates_second(const struct asn1_string_st *time);

struct tls_dates tls_dates_of(const struct x509_st *certificate);

/*
 * Why these dates make a certificate not valid at now_s: a literal; NULL: they
 * do not.
 */
const char *tls_dates_fault(const struct tls_dates *d, int64_t now_s);

#endif
