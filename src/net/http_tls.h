/*
 * http_tls: TLS towards the server of an authenticator, by its files as they
 * were at one moment. All workers share it, so that what is wrong with it is
 * said once: when that changes.
 */
#ifndef NET_HTTP_TLS_H
#define NET_HTTP_TLS_H

#include "base/err.h"
#include "base/log.h"

struct conf_auth;
struct http_tls;
struct tls;
struct tls_client;

/*
 * Read the files of auth->tls for the host of this https:// URL. One with one
 * reference, or NULL with e. What is logged is of this component. Main thread.
 */
struct http_tls *http_tls_new(const struct conf_auth *auth, const char *url,
    enum log_component component, struct err *e);

/* Any thread; both take NULL, which is plain http://. */
struct http_tls *http_tls_ref(struct http_tls *t);
void http_tls_unref(struct http_tls *t);

/* Borrowed; NULL of NULL. */
struct tls_client *http_tls_client(const struct http_tls *t);

/* A connection has ended in TLS, or is up; any thread. NULL is fine for t. */
void http_tls_failed(struct http_tls *t, const struct tls *s);
void http_tls_came_up(struct http_tls *t);

#endif
