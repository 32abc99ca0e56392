/*
 * tls_report: what is counted and logged of a client's TLS handshake that came
 * to nothing.
 */
#ifndef NET_TLS_REPORT_H
#define NET_TLS_REPORT_H

#include "sys/tls_failure.h"

struct conn;

/*
 * Count the failure and write the one log line: who, why, and in which words of
 * sys/tls_failure. Nothing in it is the client's text.
 */
void tls_report(struct conn *c, enum tls_failure why, const char *words);

#endif
