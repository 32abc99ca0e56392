/*
 * auth_certificate: who a client is by the certificate that it has shown in
 * TLS, for authenticators of type certificate. That it is good, TLS has found
 * out (sys/tls_visitors); a proxy's headers about one are not looked at.
 */
#ifndef NET_AUTH_CERTIFICATE_H
#define NET_AUTH_CERTIFICATE_H

#include "net/verdict.h"

struct conf_auth;
struct identity;
struct x509_st; /* OpenSSL's X509 */

/*
 * Whether a client with this certificate, NULL for none, is admitted. When it
 * goes on *id has the user, the certificate's texts as claims, and its end;
 * else there may be in it who it was. Any worker.
 */
struct verdict auth_certificate_check(const struct conf_auth *auth,
    const struct x509_st *certificate, struct identity *id);

#endif
