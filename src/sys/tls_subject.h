/*
 * tls_subject: whose a certificate is, by the texts in it. They are what an
 * authority has signed, and no more: any bytes.
 */
#ifndef SYS_TLS_SUBJECT_H
#define SYS_TLS_SUBJECT_H

#include "base/slice.h"

struct x509_st; /* OpenSSL's X509 */

/* Parts of the subject, and alternative names of it (subjectAltName). */
enum tls_subject_field {
	TLS_SUBJECT_CN, /* common name */
	TLS_SUBJECT_O,  /* organization */
	TLS_SUBJECT_OU, /* organizational unit */
	TLS_SUBJECT_DNS,
	TLS_SUBJECT_EMAIL,
	TLS_SUBJECT_URI,
	TLS_SUBJECT_FIELDS
};

/*
 * Call visit with each text of these fields; of the subject in UTF-8, empty
 * where that is not possible. A text may hold any bytes, NUL among them, and is
 * there during the call only. How many there are is bounded by what a TLS
 * message may hold. Any thread.
 */
typedef void (*tls_subject_visit_fn)(
    void *arg, enum tls_subject_field field, struct slice text);
void tls_subject_visit(
    const struct x509_st *certificate, tls_subject_visit_fn visit, void *arg);

#endif
