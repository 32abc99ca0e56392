#include "sys/tls_dates.h"

#include <stddef.h>
#include <time.h>

#include <openssl/x509.h>

int64_t tls_dates_second(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

struct tls_dates tls_dates_of(const X509 *certificate)
{
	return (struct tls_dates){
		.begin_s = tls_dates_second(X509_get0_notBefore(certificate)),
		.end_s = tls_dates_second(X509_get0_notAfter(certificate)),
	};
}

const char *tls_dates_fault(const struct tls_dates *d, int64_t now_s)
{
	return now_s > d->end_s     ? "the certificate has expired"
	       : now_s < d->begin_s ? "the certificate is not valid yet"
				    : NULL;
}
