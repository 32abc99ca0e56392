/*
 * tls_report: what is counted of clients' TLS handshakes, and logged of those
 * that came to nothing.
 */
#ifndef NET_TLS_REPORT_H
#define NET_TLS_REPORT_H

#include "sys/tls_failure.h"

struct conn;

/* The handshake of c is done: count it. */
void tls_report_done(struct conn *c);

/*
 * Count the failure and write the one log line: who, why, and in which words of
 * sys/tls_failure. Nothing in it is the client's text.
 */
void tls_report(struct conn *c, enum tls_failure why, const char *words);

#endif
